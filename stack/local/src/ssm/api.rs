//! The wire format of Systems Manager: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::parameters::{Write, invalid, name_of, not_found};
use super::{Parameter, Version, parameter_arn, public};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::properties::{as_flag, as_integer, reference_list, text};
use crate::wire::{Protocol, ServiceError, read_json, target_operation};

/// The key of a `SecureString` that names none.
const DEFAULT_KEY: &str = "alias/aws/ssm";

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let caller = request.extensions().get::<Principal>().cloned().unwrap_or_else(Principal::root);
    let operation = target_operation(&request);
    let answered = match read_json::<Value>(request).await {
        Ok(input) => answer(&Asked { cloud, caller: &caller, input: &input }, &operation),
        Err(error) => Err(error),
    };
    match answered {
        Ok(value) => Protocol::Json.json_response(StatusCode::OK, &value),
        Err(error) => Protocol::Json.render_error(&error),
    }
}

/// Whoever asks, and for what.
struct Asked<'a> {
    cloud: &'a Arc<Cloud>,
    caller: &'a Principal,
    input: &'a Value,
}

fn answer(asked: &Asked<'_>, operation: &str) -> Result<Value, ServiceError> {
    match operation {
        "PutParameter" => put(asked),
        "GetParameter" => {
            let name = asked.require("Name")?;
            asked.authorize("ssm:GetParameter", name)?;
            Ok(json!({"Parameter": asked.read(name)?}))
        }
        "GetParameters" => get_many(asked),
        "GetParametersByPath" => by_path(asked),
        "GetParameterHistory" => history(asked),
        "DescribeParameters" => describe(asked),
        "DeleteParameter" => {
            let name = asked.require("Name")?;
            asked.authorize("ssm:DeleteParameter", name)?;
            asked.cloud.ssm.remove(&name_of(name))?;
            Ok(json!({}))
        }
        "DeleteParameters" => delete_many(asked),
        "LabelParameterVersion" => {
            let name = asked.require("Name")?;
            asked.authorize("ssm:LabelParameterVersion", name)?;
            let number =
                asked.input.get("ParameterVersion").and_then(as_integer).and_then(|number| u64::try_from(number).ok());
            let labels = reference_list(asked.input, "Labels");
            let (wrong, number) = asked.cloud.ssm.label(&name_of(name), number, &labels)?;
            Ok(json!({"InvalidLabels": wrong, "ParameterVersion": number}))
        }
        "UnlabelParameterVersion" => unlabel(asked),
        "AddTagsToResource" => {
            let added = crate::wire::properties::tags(asked.input, &BTreeMap::new());
            change_tags(asked, "ssm:AddTagsToResource", |tags| tags.extend(added))
        }
        "RemoveTagsFromResource" => {
            let keys = reference_list(asked.input, "TagKeys");
            change_tags(asked, "ssm:RemoveTagsFromResource", |tags| tags.retain(|key, _| !keys.contains(key)))
        }
        "ListTagsForResource" => {
            let name = resource(asked, "ssm:ListTagsForResource")?;
            let parameter = asked.cloud.ssm.parameter(&name).map_err(|_| no_resource())?;
            let tags: Vec<Value> =
                parameter.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            Ok(json!({ "TagList": tags }))
        }
        other => Err(ServiceError::unknown_operation("Systems Manager", other)),
    }
}

impl Asked<'_> {
    /// A text that must be there.
    fn require(&self, name: &str) -> Result<&str, ServiceError> {
        text(self.input, name).filter(|value| !value.is_empty()).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"))
        })
    }

    fn authorize(&self, action: &str, name: &str) -> Result<(), ServiceError> {
        let arn = parameter_arn(&self.cloud.region, &name_of(name));
        self.cloud.iam.authorize(self.caller, &Access::new(action, &arn))
    }

    fn decrypts(&self) -> bool {
        self.input.get("WithDecryption").and_then(as_flag) == Some(true)
    }

    /// What a reference means, as answers show it.
    fn read(&self, reference: &str) -> Result<Value, ServiceError> {
        if let Some(value) = public::value(reference) {
            return Ok(json!({
                "Name": name_of(reference), "Type": "String", "Value": value, "Version": 1,
                "ARN": format!("arn:aws:ssm:{}::parameter{}", self.cloud.region, name_of(reference)),
                "DataType": "aws:ec2:image",
            }));
        }
        let (parameter, version) = self.cloud.ssm.find(reference)?;
        let selector = reference.strip_prefix(&parameter.name).filter(|selector| selector.starts_with(':'));
        let mut shown = self.show(&parameter, &version)?;
        if let Some(selector) = selector {
            shown["Selector"] = json!(selector);
        }
        Ok(shown)
    }

    /// A version as `GetParameter` shows it. A `SecureString` comes decrypted to those who ask and may.
    fn show(&self, parameter: &Parameter, version: &Version) -> Result<Value, ServiceError> {
        Ok(json!({
            "Name": parameter.name,
            "Type": version.kind,
            "Value": self.shown_value(parameter, version)?,
            "Version": version.number,
            "LastModifiedDate": seconds(version.modified),
            "ARN": parameter_arn(&self.cloud.region, &parameter.name),
            "DataType": version.data_type,
        }))
    }

    fn shown_value(&self, parameter: &Parameter, version: &Version) -> Result<String, ServiceError> {
        if version.kind != "SecureString" {
            return Ok(version.value.clone());
        }
        let key = version.key_id.as_deref().unwrap_or(DEFAULT_KEY);
        let arn = parameter_arn(&self.cloud.region, &parameter.name);
        self.cloud.kms.reveal(self.cloud, self.caller, key, ("PARAMETER_ARN", &arn), &version.value, self.decrypts())
    }
}

#[expect(clippy::cast_precision_loss, reason = "the API shows seconds as a floating-point number")]
fn seconds(milliseconds: i64) -> Value {
    json!(milliseconds as f64 / 1000.0)
}

fn put(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let (input, name) = (asked.input, asked.require("Name")?);
    asked.authorize("ssm:PutParameter", name)?;
    let owned = |member: &str| text(input, member).map(str::to_owned);
    let kind = owned("Type");
    let version = asked.cloud.ssm.write(Write {
        name: name_of(name),
        key_id: owned("KeyId").filter(|_| kind.as_deref() == Some("SecureString")),
        kind,
        value: asked.require("Value")?.to_owned(),
        description: owned("Description"),
        allowed_pattern: owned("AllowedPattern").filter(|pattern| !pattern.is_empty()),
        data_type: owned("DataType"),
        tier: owned("Tier"),
        overwrite: input.get("Overwrite").and_then(as_flag) == Some(true),
        user: asked.caller.arn.clone(),
        tags: crate::wire::properties::tags(input, &BTreeMap::new()),
    })?;
    Ok(json!({"Version": version.number, "Tier": version.tier}))
}

fn get_many(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let names = reference_list(asked.input, "Names");
    if !(1..=10).contains(&names.len()) {
        return Err(invalid(
            "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and 10",
        ));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        asked.authorize("ssm:GetParameters", &name)?;
        match asked.read(&name) {
            Ok(parameter) => found.push(parameter),
            Err(error) if error.code.starts_with("Parameter") => missing.push(name),
            Err(error) => return Err(error),
        }
    }
    Ok(json!({"Parameters": found, "InvalidParameters": missing}))
}

fn by_path(asked: &Asked<'_>) -> Result<Value, ServiceError> {
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

fn history(asked: &Asked<'_>) -> Result<Value, ServiceError> {
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

fn describe(asked: &Asked<'_>) -> Result<Value, ServiceError> {
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

fn delete_many(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let (mut deleted, mut missing) = (Vec::new(), Vec::new());
    for name in reference_list(asked.input, "Names") {
        asked.authorize("ssm:DeleteParameters", &name)?;
        match asked.cloud.ssm.remove(&name_of(&name)) {
            Ok(()) => deleted.push(name),
            Err(error) if error.code == "ParameterNotFound" => missing.push(name),
            Err(error) => return Err(error),
        }
    }
    Ok(json!({"DeletedParameters": deleted, "InvalidParameters": missing}))
}

fn unlabel(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let name = asked.require("Name")?;
    asked.authorize("ssm:UnlabelParameterVersion", name)?;
    let number = asked.input.get("ParameterVersion").and_then(as_integer).and_then(|number| u64::try_from(number).ok());
    let labels = reference_list(asked.input, "Labels");
    asked.cloud.ssm.change(&name_of(name), |parameter| {
        let version = parameter.versions.iter_mut().find(|version| Some(version.number) == number);
        let version = version.ok_or_else(|| {
            ServiceError::bad_request(
                "ParameterVersionNotFound",
                "Systems Manager could not find this version of the parameter.",
            )
        })?;
        let (removed, unknown): (Vec<String>, Vec<String>) =
            labels.into_iter().partition(|label| version.labels.contains(label));
        version.labels.retain(|label| !removed.contains(label));
        Ok(json!({"RemovedLabels": removed, "InvalidLabels": unknown}))
    })
}

fn no_resource() -> ServiceError {
    ServiceError::bad_request(
        "InvalidResourceId",
        "The resource ID isn't valid. Verify that you entered the correct ID and try again.",
    )
}

/// The parameter that a request about tags is for, if the caller may.
fn resource(asked: &Asked<'_>, action: &str) -> Result<String, ServiceError> {
    let kind = asked.require("ResourceType")?;
    if kind != "Parameter" {
        return Err(ServiceError::bad_request(
            "InvalidResourceType",
            format!("the local cloud has parameters only, no `{kind}`"),
        ));
    }
    let name = asked.require("ResourceId")?;
    asked.authorize(action, name)?;
    Ok(name_of(name))
}

fn change_tags(
    asked: &Asked<'_>,
    action: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<Value, ServiceError> {
    let name = resource(asked, action)?;
    let changed = asked.cloud.ssm.change(&name, |parameter| {
        change(&mut parameter.tags);
        Ok(json!({}))
    });
    changed.map_err(|error| if error == not_found() { no_resource() } else { error })
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
