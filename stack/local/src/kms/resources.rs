//! How CloudFormation makes keys and aliases.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::api::{check_kind, check_policy, is_not_found};
use super::{Key, KeyState};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::live_tags;
use crate::wire::properties::{as_flag, as_integer, changed, required_text, tags, text};

/// `AWS::KMS::Key`. `Ref` is the id.
pub(crate) async fn create_key(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    check_kind(properties)?;
    if properties.get("MultiRegion").and_then(as_flag) == Some(true) {
        return Err(ProviderError::invalid("the local cloud is one region: leave out MultiRegion"));
    }
    let policy = policy(properties)?;
    let description = text(properties, "Description").unwrap_or_default();
    let kms = &context.cloud.kms;
    let key = kms.create(&context.region, description, policy, tags(properties, &context.tags))?;
    apply(context, &key.id, properties)?;
    Ok(provisioned(&key))
}

/// Changes everything but the kind in place.
pub(crate) async fn update_key(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["KeySpec", "KeyUsage", "Origin", "MultiRegion"]) {
        return Ok(Update::Replace);
    }
    let policy = policy(new)?.unwrap_or_else(super::keys::default_policy);
    let key = context.cloud.kms.change(&context.region, physical_id, |key| {
        key.policy = policy;
        text(new, "Description").unwrap_or_default().clone_into(&mut key.description);
        key.tags = tags(new, &context.tags);
        Ok(key.clone())
    })?;
    apply(context, physical_id, new)?;
    Ok(Update::InPlace(provisioned(&key)))
}

/// Schedules the key's removal, as CloudFormation does.
pub(crate) async fn delete_key(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let kms = &context.cloud.kms;
    let days = properties.get("PendingWindowInDays").and_then(as_integer).unwrap_or(30);
    match kms.schedule_deletion(&context.region, physical_id, days) {
        Err(error) if !is_not_found(&error) && error.code != "KMSInvalidStateException" => Err(error.into()),
        _ => Ok(()),
    }
}

/// What the key is like now.
pub(crate) async fn read_key(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let found = context.cloud.kms.key(&context.region, physical_id);
    let Some(key) = found.ok().filter(|key| key.state != KeyState::PendingDeletion) else { return Ok(Live::Gone) };
    let mut live = Map::from_iter([
        ("Enabled".to_owned(), json!(key.state == KeyState::Enabled)),
        ("EnableKeyRotation".to_owned(), json!(key.rotates)),
        ("KeyPolicy".to_owned(), key.policy.clone()),
        ("KeySpec".to_owned(), json!("SYMMETRIC_DEFAULT")),
        ("KeyUsage".to_owned(), json!("ENCRYPT_DECRYPT")),
    ]);
    if key.rotates && declared.get("RotationPeriodInDays").is_some() {
        live.insert("RotationPeriodInDays".to_owned(), json!(key.rotation_days));
    }
    if !key.description.is_empty() {
        live.insert("Description".to_owned(), json!(key.description));
    }
    if let Some(tags) = live_tags(&key.tags, &context.tags, declared) {
        live.insert("Tags".to_owned(), tags);
    }
    Ok(Live::Properties(Value::Object(live)))
}

fn provisioned(key: &Key) -> Provisioned {
    Provisioned {
        physical_id: key.id.clone(),
        attributes: Map::from_iter([("Arn".to_owned(), json!(key.arn())), ("KeyId".to_owned(), json!(key.id))]),
    }
}

fn policy(properties: &Value) -> Result<Option<Value>, ProviderError> {
    let Some(policy) = properties.get("KeyPolicy") else { return Ok(None) };
    let text = policy.as_str().map_or_else(|| policy.to_string(), str::to_owned);
    Ok(Some(check_policy(&text)?))
}

/// State and rotation as the template wants them.
fn apply(context: &ResourceContext, id: &str, properties: &Value) -> Result<(), ProviderError> {
    let enabled = properties.get("Enabled").and_then(as_flag).unwrap_or(true);
    context.cloud.kms.change(&context.region, id, |key| {
        key.state = if enabled { KeyState::Enabled } else { KeyState::Disabled };
        key.rotates = properties.get("EnableKeyRotation").and_then(as_flag).unwrap_or(false);
        key.rotation_days = properties.get("RotationPeriodInDays").and_then(as_integer).unwrap_or(365);
        Ok(())
    })?;
    Ok(())
}

/// `AWS::KMS::Alias`. `Ref` is the name.
pub(crate) async fn create_alias(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let (name, target) = (required_text(properties, "AliasName")?, required_text(properties, "TargetKeyId")?);
    context.cloud.kms.set_alias(&context.region, name, target, true).map_err(|error| {
        if error.code == "AlreadyExistsException" {
            return ProviderError::new(
                "AlreadyExists",
                format!("Resource of type 'AWS::KMS::Alias' with identifier '{name}' already exists."),
            );
        }
        error.into()
    })?;
    Ok(Provisioned { physical_id: name.to_owned(), attributes: Map::new() })
}

/// Gives the alias to another key.
pub(crate) async fn update_alias(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["AliasName"]) {
        return Ok(Update::Replace);
    }
    let target = required_text(new, "TargetKeyId")?;
    context.cloud.kms.set_alias(&context.region, physical_id, target, false)?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Removes the alias.
pub(crate) async fn delete_alias(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.kms.remove_alias(&context.region, physical_id) {
        Err(error) if !is_not_found(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// The key that the alias names now.
pub(crate) async fn read_alias(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let kms = &context.cloud.kms;
    let Ok(key) = kms.key(&context.region, physical_id) else { return Ok(Live::Gone) };
    // A template may name the key by id or by ARN.
    let same = text(declared, "TargetKeyId")
        .and_then(|target| kms.key(&context.region, target).ok())
        .is_some_and(|target| target.id == key.id);
    let target = if same { declared["TargetKeyId"].clone() } else { json!(key.id) };
    Ok(Live::Properties(json!({"AliasName": physical_id, "TargetKeyId": target})))
}
