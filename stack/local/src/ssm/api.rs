//! The wire format of Systems Manager: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::listing::{by_path, describe, history};
use super::parameters::{Write, invalid, name_of, not_found};
use super::{Parameter, Version, parameter_arn, public};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::properties::{as_flag, as_integer, reference_list, text};
use crate::wire::{JsonCall, Protocol, ServiceError};

/// The key of a `SecureString` that names none.
pub(super) const DEFAULT_KEY: &str = "alias/aws/ssm";

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered = JsonCall::read(cloud, request).await.and_then(|JsonCall { caller, operation, input, .. }| {
        answer(&Asked { cloud, caller: &caller, input: &input }, &operation)
    });
    Protocol::Json.json_answer(answered)
}

/// Whoever asks, and for what.
pub(super) struct Asked<'a> {
    pub(super) cloud: &'a Arc<Cloud>,
    pub(super) caller: &'a Principal,
    pub(super) input: &'a Value,
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
    pub(super) fn require(&self, name: &str) -> Result<&str, ServiceError> {
        text(self.input, name).filter(|value| !value.is_empty()).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"))
        })
    }

    pub(super) fn authorize(&self, action: &str, name: &str) -> Result<(), ServiceError> {
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
    pub(super) fn show(&self, parameter: &Parameter, version: &Version) -> Result<Value, ServiceError> {
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

    pub(super) fn shown_value(&self, parameter: &Parameter, version: &Version) -> Result<String, ServiceError> {
        if version.kind != "SecureString" {
            return Ok(version.value.clone());
        }
        let key = version.key_id.as_deref().unwrap_or(DEFAULT_KEY);
        let arn = parameter_arn(&self.cloud.region, &parameter.name);
        self.cloud.kms.reveal(self.cloud, self.caller, key, ("PARAMETER_ARN", &arn), &version.value, self.decrypts())
    }
}

#[expect(clippy::cast_precision_loss, reason = "the API shows seconds as a floating-point number")]
pub(super) fn seconds(milliseconds: i64) -> Value {
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
