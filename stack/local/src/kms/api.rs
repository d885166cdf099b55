//! The wire format of KMS: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::encryption::{data_key, decrypt, encrypt, re_encrypt};
use super::keys::{alias_arn, invalid, not_found};
use super::{Key, KeyState, crypto, key_arn};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::properties::{as_integer, reference_list, text};
use crate::wire::{JsonCall, Protocol, ServiceError};

/// Material that a key may have over time: its number is one byte of a ciphertext.
const MATERIAL_LIMIT: usize = 255;

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
    let (kms, region, input) = (&asked.cloud.kms, &asked.cloud.region, asked.input);
    match operation {
        "CreateKey" => create(asked),
        "DescribeKey" => Ok(json!({"KeyMetadata": show(&asked.key("kms:DescribeKey")?)})),
        "ListKeys" => {
            asked.authorize("kms:ListKeys", "*", None)?;
            let shown = kms.keys().iter().map(|key| json!({"KeyId": key.id, "KeyArn": key.arn()})).collect();
            Ok(page(asked, "Keys", shown, "KeyId"))
        }
        "Encrypt" => encrypt(asked),
        "Decrypt" => decrypt(asked),
        "ReEncrypt" => re_encrypt(asked),
        "GenerateDataKey" => data_key(asked, "kms:GenerateDataKey", true),
        "GenerateDataKeyWithoutPlaintext" => data_key(asked, "kms:GenerateDataKeyWithoutPlaintext", false),
        "GenerateRandom" => {
            asked.authorize("kms:GenerateRandom", "*", None)?;
            let bytes = crypto::random(asked.length("NumberOfBytes", 1)?.unwrap_or(32))?;
            Ok(json!({"Plaintext": STANDARD.encode(bytes)}))
        }
        "EnableKey" | "DisableKey" => {
            let state = if operation == "EnableKey" { KeyState::Enabled } else { KeyState::Disabled };
            asked.change(operation, |key| {
                key.state = state;
                Ok(json!({}))
            })
        }
        "UpdateKeyDescription" => asked.change(operation, |key| {
            text(input, "Description").unwrap_or_default().clone_into(&mut key.description);
            Ok(json!({}))
        }),
        "ScheduleKeyDeletion" => {
            let key = asked.key("kms:ScheduleKeyDeletion")?;
            let days = input.get("PendingWindowInDays").and_then(as_integer).unwrap_or(30);
            let (key, at) = kms.schedule_deletion(region, &key.id, days)?;
            Ok(
                json!({"KeyId": key.arn(), "KeyState": "PendingDeletion", "DeletionDate": at / 1000, "PendingWindowInDays": days}),
            )
        }
        "CancelKeyDeletion" => {
            let key = asked.key("kms:CancelKeyDeletion")?;
            Ok(json!({"KeyId": kms.cancel_deletion(region, &key.id)?.arn()}))
        }
        "CreateAlias" | "UpdateAlias" => {
            let (name, target) = (asked.require("AliasName")?, asked.require("TargetKeyId")?);
            let key = kms.key(region, target)?;
            let action = format!("kms:{operation}");
            asked.authorize(&action, &alias_arn(region, name), None)?;
            asked.authorize(&action, &key.arn(), Some(&key))?;
            kms.set_alias(region, name, target, operation == "CreateAlias")?;
            Ok(json!({}))
        }
        "DeleteAlias" => {
            let name = asked.require("AliasName")?;
            asked.authorize("kms:DeleteAlias", &alias_arn(region, name), None)?;
            kms.remove_alias(region, name)?;
            Ok(json!({}))
        }
        "ListAliases" => list_aliases(asked),
        other => answer_settings(asked, other),
    }
}

/// Policy, rotation and tags of a key.
fn answer_settings(asked: &Asked<'_>, operation: &str) -> Result<Value, ServiceError> {
    let input = asked.input;
    match operation {
        "GetKeyPolicy" => {
            let key = asked.key("kms:GetKeyPolicy")?;
            Ok(json!({"Policy": key.policy.to_string(), "PolicyName": "default"}))
        }
        "PutKeyPolicy" => {
            let policy = check_policy(text(input, "Policy").unwrap_or_default())?;
            asked.change(operation, |key| {
                key.policy = policy;
                Ok(json!({}))
            })
        }
        "ListKeyPolicies" => {
            asked.key("kms:ListKeyPolicies")?;
            Ok(json!({"PolicyNames": ["default"], "Truncated": false}))
        }
        "EnableKeyRotation" | "DisableKeyRotation" => {
            let days = input.get("RotationPeriodInDays").and_then(as_integer);
            if days.is_some_and(|days| !(90..=2560).contains(&days)) {
                return Err(invalid("RotationPeriodInDays must be from 90 to 2560"));
            }
            asked.change(operation, |key| {
                key.rotates = operation == "EnableKeyRotation";
                key.rotation_days = days.unwrap_or(365);
                Ok(json!({}))
            })
        }
        "GetKeyRotationStatus" => {
            let key = asked.key("kms:GetKeyRotationStatus")?;
            let mut shown = json!({"KeyId": key.arn(), "KeyRotationEnabled": key.rotates});
            if key.rotates {
                shown["RotationPeriodInDays"] = json!(key.rotation_days);
            }
            Ok(shown)
        }
        "RotateKeyOnDemand" => {
            let material = hex::encode(crypto::random(32)?);
            asked.change(operation, |key| {
                if key.material.len() == MATERIAL_LIMIT {
                    return Err(ServiceError::bad_request("LimitExceededException", "the key was rotated too often"));
                }
                key.material.push(material);
                Ok(json!({"KeyId": key.arn()}))
            })
        }
        "TagResource" => {
            let tags = tags(input);
            asked.change(operation, |key| {
                key.tags.extend(tags);
                Ok(json!({}))
            })
        }
        "UntagResource" => {
            let names = reference_list(input, "TagKeys");
            asked.change(operation, |key| {
                key.tags.retain(|name, _| !names.contains(name));
                Ok(json!({}))
            })
        }
        "ListResourceTags" => {
            let key = asked.key("kms:ListResourceTags")?;
            let shown: Vec<Value> =
                key.tags.iter().map(|(name, value)| json!({"TagKey": name, "TagValue": value})).collect();
            Ok(json!({"Tags": shown, "Truncated": false}))
        }
        other => Err(ServiceError::unknown_operation("KMS", other)),
    }
}

impl Asked<'_> {
    /// A text that must be there.
    pub(super) fn require(&self, name: &str) -> Result<&str, ServiceError> {
        text(self.input, name).filter(|value| !value.is_empty()).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"))
        })
    }

    pub(super) fn authorize(&self, action: &str, arn: &str, key: Option<&Key>) -> Result<(), ServiceError> {
        let access = Access { resource_policy: key.map(|key| &key.policy), ..Access::new(action, arn) };
        self.cloud.iam.authorize(self.caller, &access)
    }

    /// The key that `KeyId` means, if the caller may do `action` with it.
    fn key(&self, action: &str) -> Result<Key, ServiceError> {
        let reference = self.require("KeyId")?;
        let found = self.cloud.kms.key(&self.cloud.region, reference);
        match &found {
            Ok(key) => self.authorize(action, &key.arn(), Some(key))?,
            Err(_) => self.authorize(action, &key_arn(&self.cloud.region, reference), None)?,
        }
        found
    }

    /// The same if it can encrypt and decrypt.
    pub(super) fn usable(&self, action: &str) -> Result<Key, ServiceError> {
        let key = self.key(action)?;
        self.cloud.kms.usable(&self.cloud.region, &key.id)
    }

    fn change(
        &self,
        operation: &str,
        change: impl FnOnce(&mut Key) -> Result<Value, ServiceError>,
    ) -> Result<Value, ServiceError> {
        let key = self.key(&format!("kms:{operation}"))?;
        self.cloud.kms.change(&self.cloud.region, &key.id, change)
    }

    /// A number of bytes.
    pub(super) fn length(&self, name: &str, least: usize) -> Result<Option<usize>, ServiceError> {
        let Some(value) = self.input.get(name) else { return Ok(None) };
        let number = as_integer(value).and_then(|number| usize::try_from(number).ok());
        number
            .filter(|number| (least..=1024).contains(number))
            .map(Some)
            .ok_or_else(|| invalid(format!("{name} must be a number from {least} to 1024")))
    }

    /// An encryption context.
    pub(super) fn context(&self, name: &str) -> BTreeMap<String, String> {
        let pairs = self.input.get(name).and_then(Value::as_object).into_iter().flatten();
        pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    }
}

fn tags(input: &Value) -> BTreeMap<String, String> {
    let tags = input.get("Tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((text(tag, "TagKey")?.to_owned(), text(tag, "TagValue")?.to_owned()))).collect()
}

/// Refuses keys of other kinds than the local cloud has.
pub(super) fn check_kind(input: &Value) -> Result<(), ServiceError> {
    let spec = text(input, "KeySpec").or(text(input, "CustomerMasterKeySpec")).unwrap_or("SYMMETRIC_DEFAULT");
    let usage = text(input, "KeyUsage").unwrap_or("ENCRYPT_DECRYPT");
    let origin = text(input, "Origin").unwrap_or("AWS_KMS");
    if (spec, usage, origin) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS") {
        return Ok(());
    }
    Err(ServiceError::bad_request(
        "UnsupportedOperationException",
        format!("the local cloud has symmetric keys that encrypt and decrypt, not {spec} with {usage} from {origin}"),
    ))
}

/// Reads a key policy.
pub(super) fn check_policy(policy: &str) -> Result<Value, ServiceError> {
    let malformed = |why: String| ServiceError::bad_request("MalformedPolicyDocumentException", why);
    let policy: Value = serde_json::from_str(policy).map_err(|error| malformed(error.to_string()))?;
    stack_plan::policy::Document::parse(&policy).map_err(|why| malformed(why.to_string()))?;
    Ok(policy)
}

fn create(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    asked.authorize("kms:CreateKey", "*", None)?;
    check_kind(asked.input)?;
    let policy = text(asked.input, "Policy").map(check_policy).transpose()?;
    let description = text(asked.input, "Description").unwrap_or_default();
    let key = asked.cloud.kms.create(&asked.cloud.region, description, policy, tags(asked.input))?;
    Ok(json!({"KeyMetadata": show(&key)}))
}

fn show(key: &Key) -> Value {
    let state = match key.state {
        KeyState::Enabled => "Enabled",
        KeyState::Disabled => "Disabled",
        KeyState::PendingDeletion => "PendingDeletion",
    };
    let mut shown = json!({
        "AWSAccountId": crate::settings::DEFAULT_ACCOUNT,
        "KeyId": key.id,
        "Arn": key.arn(),
        "CreationDate": key.created / 1000,
        "Enabled": key.state == KeyState::Enabled,
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": state,
        "Origin": "AWS_KMS",
        "KeyManager": if key.of_service { "AWS" } else { "CUSTOMER" },
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": false,
    });
    if let Some(at) = key.deleted_at {
        shown["DeletionDate"] = json!(at / 1000);
    }
    shown
}

fn list_aliases(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let (kms, region) = (&asked.cloud.kms, &asked.cloud.region);
    asked.authorize("kms:ListAliases", "*", None)?;
    let of_key = text(asked.input, "KeyId").map(|reference| kms.key(region, reference)).transpose()?;
    let shown = kms
        .aliases()
        .into_iter()
        .filter(|(_, alias)| of_key.as_ref().is_none_or(|key| alias.as_ref().is_some_and(|alias| alias.key == key.id)))
        .map(|(name, alias)| {
            let mut shown = json!({"AliasName": name, "AliasArn": alias_arn(region, &name)});
            if let Some(alias) = alias {
                shown["TargetKeyId"] = json!(alias.key);
                shown["CreationDate"] = json!(alias.created / 1000);
                shown["LastUpdatedDate"] = json!(alias.changed / 1000);
            }
            shown
        })
        .collect();
    Ok(page(asked, "Aliases", shown, "AliasName"))
}

/// Cuts a list to the page that `Limit` and `Marker` (the name that the page before ended with) ask for.
fn page(asked: &Asked<'_>, member: &str, items: Vec<Value>, name: &str) -> Value {
    let limit = asked.input.get("Limit").and_then(as_integer).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(100).clamp(1, 1000);
    let marker = text(asked.input, "Marker");
    let start = marker.map_or(0, |marker| items.iter().position(|item| item[name] == marker).map_or(0, |at| at + 1));
    let more = items.len() > start + limit;
    let shown: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    let next = shown.last().filter(|_| more).map(|last| last[name].clone());
    let mut answer = json!({(member): shown, "Truncated": more});
    if let Some(next) = next {
        answer["NextMarker"] = next;
    }
    answer
}

/// The refusal of a key that is not there, for resources.
pub(super) fn is_not_found(error: &ServiceError) -> bool {
    error.code == not_found("").code
}
