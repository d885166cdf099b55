//! The wire format of Secrets Manager: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::listing::{list, list_versions, matching};
use super::password::Recipe;
use super::secrets::{NewSecret, invalid, invalid_request, move_stage, put, take_stage};
use super::{CURRENT, Secret, SecretValue, rotation, secret_arn};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::properties::{as_flag, as_integer, reference_list, text};
use crate::wire::{JsonCall, Protocol, ServiceError};

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
    caller: &'a Principal,
    pub(super) input: &'a Value,
}

fn answer(asked: &Asked<'_>, operation: &str) -> Result<Value, ServiceError> {
    let secrets = &asked.cloud.secrets_manager;
    let input = asked.input;
    match operation {
        "CreateSecret" => create(asked),
        "GetSecretValue" => get_value(asked),
        "BatchGetSecretValue" => batch_get(asked),
        "PutSecretValue" => put_value(asked),
        "UpdateSecret" => update(asked),
        "DescribeSecret" => Ok(describe(&asked.secret("secretsmanager:DescribeSecret")?)),
        "ListSecrets" => list(asked),
        "ListSecretVersionIds" => list_versions(asked),
        "DeleteSecret" => delete(asked),
        "RestoreSecret" => {
            asked.secret("secretsmanager:RestoreSecret")?;
            Ok(named(&secrets.restore(asked.id()?)?))
        }
        "GetRandomPassword" => {
            asked.authorize("secretsmanager:GetRandomPassword", "*", None)?;
            Ok(json!({"RandomPassword": Recipe::read(input)?.draw()?}))
        }
        "TagResource" => {
            let tags = tags(input);
            asked.change("secretsmanager:TagResource", |secret| {
                secret.tags.extend(tags);
                Ok(json!({}))
            })
        }
        "UntagResource" => {
            let keys = reference_list(input, "TagKeys");
            asked.change("secretsmanager:UntagResource", |secret| {
                secret.tags.retain(|key, _| !keys.contains(key));
                Ok(json!({}))
            })
        }
        "UpdateSecretVersionStage" => update_stage(asked),
        "PutResourcePolicy" => {
            let policy = asked.require("ResourcePolicy")?;
            let policy = check_policy(policy, input.get("BlockPublicPolicy").and_then(as_flag) == Some(true))?;
            asked.change("secretsmanager:PutResourcePolicy", |secret| {
                secret.policy = Some(policy);
                Ok(named(secret))
            })
        }
        "GetResourcePolicy" => {
            let secret = asked.secret("secretsmanager:GetResourcePolicy")?;
            let mut shown = named(&secret);
            if let Some(policy) = &secret.policy {
                shown["ResourcePolicy"] = json!(policy.to_string());
            }
            Ok(shown)
        }
        "DeleteResourcePolicy" => asked.change("secretsmanager:DeleteResourcePolicy", |secret| {
            secret.policy = None;
            Ok(named(secret))
        }),
        "ValidateResourcePolicy" => {
            asked.authorize("secretsmanager:ValidateResourcePolicy", "*", None)?;
            let checked = check_policy(asked.require("ResourcePolicy")?, true);
            let errors: Vec<Value> = checked
                .err()
                .iter()
                .map(|error| json!({"CheckName": error.code, "ErrorMessage": error.message}))
                .collect();
            Ok(json!({"PolicyValidationPassed": errors.is_empty(), "ValidationErrors": errors}))
        }
        "RotateSecret" => {
            let secret = asked.secret("secretsmanager:RotateSecret")?;
            let version = rotation::rotate(asked.cloud, &secret, input)?;
            let mut shown = named(&secret);
            if let Some(version) = version {
                shown["VersionId"] = json!(version);
            }
            Ok(shown)
        }
        "CancelRotateSecret" => asked.change("secretsmanager:CancelRotateSecret", |secret| {
            if let Some(rotation) = &mut secret.rotation {
                rotation.enabled = false;
            }
            Ok(named(secret))
        }),
        "ReplicateSecretToRegions" | "RemoveRegionsFromReplication" | "StopReplicationToReplica" => {
            Err(invalid_request("the local cloud is one region: secrets are not replicated"))
        }
        other => Err(ServiceError::unknown_operation("Secrets Manager", other)),
    }
}

impl Asked<'_> {
    fn id(&self) -> Result<&str, ServiceError> {
        self.require("SecretId")
    }

    /// A text that must be there.
    fn require(&self, name: &str) -> Result<&str, ServiceError> {
        text(self.input, name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| invalid(format!("You must provide a value for the {name} parameter.")))
    }

    /// The secret that is asked for, if the caller may do `action` with it.
    pub(super) fn secret(&self, action: &str) -> Result<Secret, ServiceError> {
        self.existing(self.id()?, action)
    }

    fn existing(&self, id: &str, action: &str) -> Result<Secret, ServiceError> {
        let found = self.cloud.secrets_manager.find(id);
        match &found {
            Ok(secret) => self.authorize(action, &secret.arn, Some(secret))?,
            Err(_) if id.starts_with("arn:") => self.authorize(action, id, None)?,
            Err(_) => self.authorize(action, &secret_arn(&self.cloud.region, &format!("{id}-??????")), None)?,
        }
        found
    }

    pub(super) fn authorize(&self, action: &str, arn: &str, secret: Option<&Secret>) -> Result<(), ServiceError> {
        let policy = secret.and_then(|secret| secret.policy.as_ref());
        let access = Access { resource_policy: policy, ..Access::new(action, arn) };
        self.cloud.iam.authorize(self.caller, &access)
    }

    fn change(
        &self,
        action: &str,
        change: impl FnOnce(&mut Secret) -> Result<Value, ServiceError>,
    ) -> Result<Value, ServiceError> {
        let secret = self.secret(action)?;
        self.cloud.secrets_manager.change(&secret.name, change)
    }
}

pub(super) fn named(secret: &Secret) -> Value {
    json!({"ARN": secret.arn, "Name": secret.name})
}

fn named_version(secret: &Secret, version_id: &str) -> Value {
    json!({"ARN": secret.arn, "Name": secret.name, "VersionId": version_id})
}

/// The value that `SecretString` or `SecretBinary` gives.
fn value(input: &Value) -> Result<Option<SecretValue>, ServiceError> {
    match (text(input, "SecretString"), text(input, "SecretBinary")) {
        (Some(_), Some(_)) => {
            Err(invalid("You can't specify both a binary secret value and a string secret value in the same secret."))
        }
        (Some(text), None) => Ok(Some(SecretValue::String(text.to_owned()))),
        (None, Some(bytes)) => Ok(Some(SecretValue::Binary(bytes.to_owned()))),
        (None, None) => Ok(None),
    }
}

fn token(input: &Value) -> Option<String> {
    text(input, "ClientRequestToken").map(str::to_owned)
}

fn tags(input: &Value) -> BTreeMap<String, String> {
    crate::wire::properties::tags(input, &BTreeMap::new())
}

fn create(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let input = asked.input;
    let name = asked.require("Name")?;
    let region = &asked.cloud.region;
    asked.authorize("secretsmanager:CreateSecret", &secret_arn(region, &format!("{name}-??????")), None)?;
    if input.get("AddReplicaRegions").and_then(Value::as_array).is_some_and(|regions| !regions.is_empty()) {
        return Err(invalid_request("the local cloud is one region: leave out AddReplicaRegions"));
    }
    let (secret, version) = asked.cloud.secrets_manager.create(NewSecret {
        name: name.to_owned(),
        region: region.clone(),
        description: text(input, "Description").unwrap_or_default().to_owned(),
        kms_key: text(input, "KmsKeyId").map(str::to_owned),
        tags: tags(input),
        value: value(input)?,
        token: token(input),
    })?;
    Ok(version.map_or_else(|| named(&secret), |version| named_version(&secret, &version)))
}

fn show_value(secret: &Secret, version_id: &str) -> Result<Value, ServiceError> {
    let version = secret.versions.get(version_id).ok_or_else(|| super::secrets::no_value(CURRENT))?;
    let mut shown = named_version(secret, version_id);
    match &version.value {
        Some(SecretValue::String(text)) => shown["SecretString"] = json!(text),
        Some(SecretValue::Binary(bytes)) => shown["SecretBinary"] = json!(bytes),
        None => {}
    }
    shown["VersionStages"] = json!(version.stages);
    shown["CreatedDate"] = seconds(version.created);
    Ok(shown)
}

fn get_value(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    asked.secret("secretsmanager:GetSecretValue")?;
    let (version, stage) = (text(asked.input, "VersionId"), text(asked.input, "VersionStage"));
    let (secret, version) = asked.cloud.secrets_manager.find_version(asked.id()?, version, stage)?;
    asked.cloud.secrets_manager.note_access(&secret);
    show_value(&secret, &version)
}

fn batch_get(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    asked.authorize("secretsmanager:BatchGetSecretValue", "*", None)?;
    let ids = reference_list(asked.input, "SecretIdList");
    let filtered = asked.input.get("Filters").is_some();
    if ids.is_empty() != filtered {
        return Err(invalid("Either 'SecretIdList' or 'Filters' must be provided, but not both."));
    }
    let ids: Vec<String> =
        if filtered { matching(asked, "Filters").iter().map(|secret| secret.arn.clone()).collect() } else { ids };
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        let found = asked.existing(&id, "secretsmanager:GetSecretValue").and_then(|_| {
            let (secret, version) = asked.cloud.secrets_manager.find_version(&id, None, None)?;
            show_value(&secret, &version)
        });
        match found {
            Ok(value) => values.push(value),
            Err(error) => {
                let code = if error.code == "AccessDenied" { "AccessDeniedException" } else { &error.code };
                errors.push(json!({"SecretId": id, "ErrorCode": code, "Message": error.message}));
            }
        }
    }
    Ok(json!({"SecretValues": values, "Errors": errors}))
}

fn put_value(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let value = value(asked.input)?.ok_or_else(|| invalid("You must provide either SecretString or SecretBinary."))?;
    let mut stages = reference_list(asked.input, "VersionStages");
    if stages.is_empty() {
        stages.push(CURRENT.to_owned());
    }
    let token = token(asked.input);
    asked.change("secretsmanager:PutSecretValue", |secret| {
        // The first version of a secret is the current one whatever it is called.
        if secret.versions.is_empty() && !stages.iter().any(|stage| stage == CURRENT) {
            stages.push(CURRENT.to_owned());
        }
        let id = put(secret, value, token, &stages)?;
        let mut shown = named_version(secret, &id);
        shown["VersionStages"] = json!(secret.versions.get(&id).map(|version| version.stages.clone()));
        Ok(shown)
    })
}

fn update(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let (input, value, token) = (asked.input, value(asked.input)?, token(asked.input));
    asked.change("secretsmanager:UpdateSecret", |secret| {
        if let Some(description) = text(input, "Description") {
            description.clone_into(&mut secret.description);
        }
        if let Some(key) = text(input, "KmsKeyId") {
            secret.kms_key = Some(key.to_owned());
        }
        match value {
            Some(value) => {
                let id = put(secret, value, token, &[CURRENT.to_owned()])?;
                Ok(named_version(secret, &id))
            }
            None => Ok(named(secret)),
        }
    })
}

/// A secret without its values.
pub(super) fn describe(secret: &Secret) -> Value {
    let mut shown = named(secret);
    let stages: Map<String, Value> = secret
        .versions
        .iter()
        .filter(|(_, version)| !version.stages.is_empty())
        .map(|(id, version)| (id.clone(), json!(version.stages)))
        .collect();
    if !secret.description.is_empty() {
        shown["Description"] = json!(secret.description);
    }
    if let Some(key) = &secret.kms_key {
        shown["KmsKeyId"] = json!(key);
    }
    if let Some(rotation) = &secret.rotation {
        shown["RotationEnabled"] = json!(rotation.enabled);
        shown["RotationRules"] = rotation.rules.clone();
        if let Some(function) = &rotation.function {
            shown["RotationLambdaARN"] = json!(function);
        }
        if let Some(time) = rotation.last {
            shown["LastRotatedDate"] = seconds(time);
        }
    }
    shown["CreatedDate"] = seconds(secret.created);
    shown["LastChangedDate"] = seconds(secret.changed);
    if let Some(time) = secret.accessed {
        shown["LastAccessedDate"] = seconds(time);
    }
    if let Some(time) = secret.deleted_at {
        shown["DeletedDate"] = seconds(time);
    }
    let tags: Vec<Value> = secret.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    shown["Tags"] = json!(tags);
    if !stages.is_empty() {
        shown["VersionIdsToStages"] = Value::Object(stages);
    }
    shown
}

#[expect(clippy::cast_precision_loss, reason = "the API shows seconds as a floating-point number")]
pub(super) fn seconds(milliseconds: i64) -> Value {
    json!(milliseconds as f64 / 1000.0)
}

fn delete(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let force = asked.input.get("ForceDeleteWithoutRecovery").and_then(as_flag) == Some(true);
    let days = asked.input.get("RecoveryWindowInDays").and_then(as_integer);
    if force && days.is_some() {
        return Err(invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."));
    }
    if days.is_some_and(|days| !(7..=30).contains(&days)) {
        return Err(invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."));
    }
    let found = asked.secret("secretsmanager:DeleteSecret");
    let id = asked.id()?;
    if force && found.as_ref().is_err_and(|error| error.code == "ResourceNotFoundException") {
        // As on AWS: what is to be gone at once may be gone already.
        let name = id.rsplit(":secret:").next().unwrap_or(id);
        return Ok(
            json!({"ARN": secret_arn(&asked.cloud.region, name), "Name": name, "DeletionDate": seconds(super::now())}),
        );
    }
    let days = if force { None } else { Some(days.unwrap_or(30)) };
    let (secret, gone) = asked.cloud.secrets_manager.delete(&found?.name, days)?;
    let mut shown = named(&secret);
    shown["DeletionDate"] = seconds(gone);
    Ok(shown)
}

fn update_stage(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let stage = asked.require("VersionStage")?;
    let (to, from) = (text(asked.input, "MoveToVersionId"), text(asked.input, "RemoveFromVersionId"));
    asked.change("secretsmanager:UpdateSecretVersionStage", |secret| {
        let holder = secret.at_stage(stage).map(str::to_owned);
        if let Some(from) = from
            && holder.as_deref() != Some(from)
        {
            return Err(invalid(format!("The staging label {stage} is not attached to version {from}.")));
        }
        match to {
            Some(to) if !secret.versions.contains_key(to) => {
                return Err(ServiceError::bad_request(
                    "ResourceNotFoundException",
                    format!("Secrets Manager can't find the specified secret version: {to}"),
                ));
            }
            Some(to) => {
                if holder.as_ref().is_some_and(|holder| holder != to) && from.is_none() {
                    return Err(invalid(format!(
                        "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version {}, so you must explicitly reference that version in RemoveFromVersionId.",
                        holder.unwrap_or_default()
                    )));
                }
                move_stage(secret, stage, to);
            }
            None if stage == CURRENT => {
                return Err(invalid(format!("The parameter MoveToVersionId can't be empty for {CURRENT}.")));
            }
            None => take_stage(secret, stage),
        }
        Ok(named(secret))
    })
}

/// Reads a resource policy.
pub(super) fn check_policy(policy: &str, block_public: bool) -> Result<Value, ServiceError> {
    let malformed = |why: String| ServiceError::bad_request("MalformedPolicyDocumentException", why);
    let policy: Value = serde_json::from_str(policy)
        .map_err(|error| malformed(format!("This resource policy is not JSON: {error}")))?;
    stack_plan::policy::Document::parse(&policy)
        .map_err(|why| malformed(format!("This resource policy contains a syntax error: {why}")))?;
    if block_public && crate::iam::resource_policy::allows_everyone(&policy) {
        return Err(ServiceError::bad_request(
            "PublicPolicyException",
            "You can't attach a policy that grants broad access to the secret.",
        ));
    }
    Ok(policy)
}
