//! Lists of parameters by path, by filter and by version, in pages.

use serde_json::{Value, json};

use super::api::{Asked, DEFAULT_KEY, seconds};
use super::parameters::{invalid, name_of};
use super::{Parameter, Version, parameter_arn};
use crate::iam::Access;
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, as_integer, reference_list, text};

pub(super) fn by_path(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let path = asked.require("Path")?;
    if !path.starts_with('/') {
        return Err(invalid(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".",
        ));
    }
    asked.authorize("ssm:GetParametersByPath", path)?;
    let start = format!("{}/", path.trim_end_matches('/'));
    let recursive = asked.input.get("Recursive").and_then(as_flag) == Some(true);
    let below = |name: &str| {
        // A name without a slash lies at the root.
        let full = if name.starts_with('/') { name.to_owned() } else { format!("/{name}") };
        full.strip_prefix(&start).is_some_and(|rest| recursive || !rest.contains('/'))
    };
    let mut parameters = asked.cloud.ssm.all();
    parameters.retain(|parameter| {
        below(&parameter.name) && filters(asked, "ParameterFilters").iter().all(|filter| fits(parameter, filter))
    });
    let (parameters, next) = page(asked, parameters, 10, |parameter| parameter.name.clone())?;
    let mut shown = Vec::new();
    for parameter in &parameters {
        if let Some(version) = parameter.latest() {
            shown.push(asked.show(parameter, version)?);
        }
    }
    Ok(with_token(json!({ "Parameters": shown }), next))
}

pub(super) fn history(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let name = asked.require("Name")?;
    asked.authorize("ssm:GetParameterHistory", name)?;
    let parameter = asked.cloud.ssm.parameter(&name_of(name))?;
    let (versions, next) = page(asked, parameter.versions.clone(), 50, |version| version.number.to_string())?;
    let mut shown = Vec::new();
    for version in &versions {
        let mut one = metadata(&parameter, version);
        one["Value"] = json!(asked.shown_value(&parameter, version)?);
        one["Labels"] = json!(version.labels);
        shown.push(one);
    }
    Ok(with_token(json!({ "Parameters": shown }), next))
}

pub(super) fn describe(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    asked.cloud.iam.authorize(asked.caller, &Access::new("ssm:DescribeParameters", "*"))?;
    let mut parameters = asked.cloud.ssm.all();
    // The older `Filters` know `Equals` of names by their beginning.
    let older: Vec<Value> = filters(asked, "Filters")
        .iter()
        .map(|filter| json!({"Key": filter["Key"], "Values": filter["Values"], "Option": if filter["Key"] == "Name" { "BeginsWith" } else { "Equals" }}))
        .collect();
    parameters.retain(|parameter| {
        filters(asked, "ParameterFilters").iter().chain(&older).all(|filter| fits(parameter, filter))
    });
    let (parameters, next) = page(asked, parameters, 50, |parameter| parameter.name.clone())?;
    let shown: Vec<Value> = parameters
        .iter()
        .filter_map(|parameter| {
            let mut shown = metadata(parameter, parameter.latest()?);
            shown["ARN"] = json!(parameter_arn(&asked.cloud.region, &parameter.name));
            Some(shown)
        })
        .collect();
    Ok(with_token(json!({ "Parameters": shown }), next))
}

/// A version without its value.
fn metadata(parameter: &Parameter, version: &Version) -> Value {
    let mut shown = json!({
        "Name": parameter.name,
        "Type": version.kind,
        "LastModifiedDate": seconds(version.modified),
        "LastModifiedUser": version.user,
        "Version": version.number,
        "Tier": version.tier,
        "Policies": [],
        "DataType": version.data_type,
    });
    if !version.description.is_empty() {
        shown["Description"] = json!(version.description);
    }
    if version.kind == "SecureString" {
        shown["KeyId"] = json!(version.key_id.as_deref().unwrap_or(DEFAULT_KEY));
    }
    if let Some(pattern) = &version.allowed_pattern {
        shown["AllowedPattern"] = json!(pattern);
    }
    shown
}

fn filters<'a>(asked: &'a Asked<'_>, name: &str) -> &'a [Value] {
    asked.input.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether a parameter fits a filter of `DescribeParameters` or `GetParametersByPath`.
fn fits(parameter: &Parameter, filter: &Value) -> bool {
    let values = reference_list(filter, "Values");
    let begins = text(filter, "Option") == Some("BeginsWith");
    let contains = text(filter, "Option") == Some("Contains");
    let compare = |actual: &str| {
        values.iter().any(|value| match (begins, contains) {
            (true, _) => actual.starts_with(value.as_str()),
            (_, true) => actual.contains(value.as_str()),
            _ => actual == value,
        })
    };
    let Some(version) = parameter.latest() else { return false };
    match text(filter, "Key").or_else(|| text(filter, "key")).unwrap_or_default() {
        "Name" => compare(&parameter.name) || compare(parameter.name.trim_start_matches('/')),
        "Type" => compare(&version.kind),
        "KeyId" => version.key_id.as_deref().is_some_and(compare),
        "Tier" => compare(&version.tier),
        "DataType" => compare(&version.data_type),
        "Label" => version.labels.iter().any(|label| compare(label)),
        "Path" => {
            let recursive = text(filter, "Option") == Some("Recursive");
            values.iter().any(|path| {
                let rest = parameter.name.strip_prefix(&format!("{}/", path.trim_end_matches('/')));
                rest.is_some_and(|rest| recursive || !rest.contains('/'))
            })
        }
        tag => tag
            .strip_prefix("tag:")
            .and_then(|tag| parameter.tags.get(tag))
            .is_some_and(|value| values.is_empty() || compare(value)),
    }
}

/// Cuts a list to the page that `MaxResults` and `NextToken` (the name that the page before ended with) ask for.
fn page<T>(
    asked: &Asked<'_>,
    items: Vec<T>,
    most: usize,
    name: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let limit = asked.input.get("MaxResults").and_then(as_integer).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(most).clamp(1, most);
    let start = match text(asked.input, "NextToken") {
        None | Some("") => 0,
        Some(token) => {
            let at = items.iter().position(|item| name(item) == token);
            at.map(|at| at + 1)
                .ok_or_else(|| ServiceError::bad_request("InvalidNextToken", "The specified token isn't valid."))?
        }
    };
    let more = items.len() > start + limit;
    let page: Vec<T> = items.into_iter().skip(start).take(limit).collect();
    let next = page.last().filter(|_| more).map(name);
    Ok((page, next))
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    answer
}
