//! How CloudFormation makes secrets, their policies, rotations and attachments.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::password::Recipe;
use super::secrets::{NewSecret, put};
use super::{CURRENT, Secret, SecretValue, api, attachment, rotation};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::live_tags;
use crate::wire::properties::{as_flag, changed, required_text, tags, text};

/// Properties that give a secret its value.
const VALUES: [&str; 2] = ["GenerateSecretString", "SecretString"];

/// `AWS::SecretsManager::Secret`. `Ref` is the ARN.
pub(crate) async fn create_secret(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    refuse_replicas(properties)?;
    let name = text(properties, "Name").map_or_else(|| context.generated_name(512), str::to_owned);
    let created = context.cloud.secrets_manager.create(NewSecret {
        name: name.clone(),
        region: context.region.clone(),
        description: text(properties, "Description").unwrap_or_default().to_owned(),
        kms_key: text(properties, "KmsKeyId").map(str::to_owned),
        tags: tags(properties, &context.tags),
        value: value(properties)?,
        token: None,
    });
    let (secret, _) = created.map_err(|error| {
        if error.code == "ResourceExistsException" {
            return ProviderError::new(
                "AlreadyExists",
                format!("Resource of type 'AWS::SecretsManager::Secret' with identifier '{name}' already exists."),
            );
        }
        error.into()
    })?;
    Ok(provisioned(&secret.arn))
}

/// Changes everything but the name in place. A changed recipe draws a new value.
pub(crate) async fn update_secret(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Name"]) {
        return Ok(Update::Replace);
    }
    refuse_replicas(new)?;
    let value = if changed(old, new, &VALUES) { value(new)? } else { None };
    context.cloud.secrets_manager.change(physical_id, |secret| {
        text(new, "Description").unwrap_or_default().clone_into(&mut secret.description);
        secret.kms_key = text(new, "KmsKeyId").map(str::to_owned);
        secret.tags = tags(new, &context.tags);
        match value {
            Some(value) => put(secret, value, None, &[CURRENT.to_owned()]).map(drop),
            None => Ok(()),
        }
    })?;
    Ok(Update::InPlace(provisioned(physical_id)))
}

/// Removes the secret at once, without a time in which it could be restored.
pub(crate) async fn delete_secret(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.secrets_manager.delete(physical_id, None) {
        Err(error) if error.code != "ResourceNotFoundException" => Err(error.into()),
        _ => Ok(()),
    }
}

/// What the secret is like now, without its value.
pub(crate) async fn read_secret(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(secret) = context.cloud.secrets_manager.usable(physical_id) else { return Ok(Live::Gone) };
    let mut live = Map::from_iter([("Name".to_owned(), json!(secret.name))]);
    if !secret.description.is_empty() {
        live.insert("Description".to_owned(), json!(secret.description));
    }
    if let Some(key) = &secret.kms_key {
        live.insert("KmsKeyId".to_owned(), json!(key));
    }
    if let Some(tags) = live_tags(&secret.tags, &context.tags, declared) {
        live.insert("Tags".to_owned(), tags);
    }
    Ok(Live::Properties(Value::Object(live)))
}

fn provisioned(arn: &str) -> Provisioned {
    Provisioned { physical_id: arn.to_owned(), attributes: Map::from_iter([("Id".to_owned(), json!(arn))]) }
}

fn refuse_replicas(properties: &Value) -> Result<(), ProviderError> {
    if properties.get("ReplicaRegions").and_then(Value::as_array).is_some_and(|regions| !regions.is_empty()) {
        return Err(ProviderError::invalid("the local cloud is one region: leave out ReplicaRegions"));
    }
    Ok(())
}

/// The value that a template gives: as text, or drawn, perhaps into a member of a JSON object.
fn value(properties: &Value) -> Result<Option<SecretValue>, ProviderError> {
    let generate = properties.get("GenerateSecretString");
    if let Some(value) = text(properties, "SecretString") {
        if generate.is_some() {
            return Err(ProviderError::invalid("only one of SecretString and GenerateSecretString may be given"));
        }
        return Ok(Some(SecretValue::String(value.to_owned())));
    }
    let Some(generate) = generate else { return Ok(None) };
    let password = Recipe::read(generate)?.draw()?;
    let value = match (text(generate, "SecretStringTemplate"), text(generate, "GenerateStringKey")) {
        (None, None) => password,
        (Some(template), Some(key)) => {
            let mut object: Map<String, Value> = serde_json::from_str(template).map_err(|error| {
                ProviderError::invalid(format!("SecretStringTemplate must be a JSON object: {error}"))
            })?;
            object.insert(key.to_owned(), json!(password));
            Value::Object(object).to_string()
        }
        _ => {
            return Err(ProviderError::invalid("SecretStringTemplate and GenerateStringKey must be given together"));
        }
    };
    Ok(Some(SecretValue::String(value)))
}

/// `AWS::SecretsManager::ResourcePolicy`. `Ref` is the secret's ARN.
pub(crate) async fn create_resource_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let document = properties.get("ResourcePolicy").unwrap_or(&Value::Null);
    let document = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
    let block = properties.get("BlockPublicPolicy").and_then(as_flag) == Some(true);
    let policy = api::check_policy(&document, block)?;
    let arn = context.cloud.secrets_manager.change(required_text(properties, "SecretId")?, |secret| {
        secret.policy = Some(policy);
        Ok(secret.arn.clone())
    })?;
    Ok(provisioned(&arn))
}

/// Writes the policy anew.
pub(crate) async fn update_resource_policy(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["SecretId"]) {
        return Ok(Update::Replace);
    }
    create_resource_policy(context, new).await.map(Update::InPlace)
}

/// Takes the policy away.
pub(crate) async fn delete_resource_policy(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    unless_gone(context, physical_id, |secret| secret.policy = None)
}

/// The policy that the secret has now.
pub(crate) async fn read_resource_policy(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let policy = context.cloud.secrets_manager.usable(physical_id).ok().and_then(|secret| secret.policy);
    Ok(policy.map_or(Live::Gone, |policy| {
        Live::Properties(json!({"ResourcePolicy": policy, "SecretId": declared.get("SecretId")}))
    }))
}

/// `AWS::SecretsManager::RotationSchedule`. `Ref` is the secret's ARN.
pub(crate) async fn create_rotation_schedule(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    if properties.get("HostedRotationLambda").is_some() {
        return Err(ProviderError::invalid(
            "the local cloud has no hosted rotation functions: give RotationLambdaARN instead of HostedRotationLambda",
        ));
    }
    let secret = context.cloud.secrets_manager.usable(required_text(properties, "SecretId")?)?;
    let mut input = properties.clone();
    input["RotateImmediately"] = json!(properties.get("RotateImmediatelyOnUpdate").and_then(as_flag).unwrap_or(true));
    rotation::rotate(&context.cloud, &secret, &input)?;
    Ok(provisioned(&secret.arn))
}

/// Writes function and rules anew.
pub(crate) async fn update_rotation_schedule(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["SecretId"]) {
        return Ok(Update::Replace);
    }
    create_rotation_schedule(context, new).await.map(Update::InPlace)
}

/// Ends the rotation.
pub(crate) async fn delete_rotation_schedule(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    unless_gone(context, physical_id, |secret| secret.rotation = None)
}

/// Function and rules as they are now.
pub(crate) async fn read_rotation_schedule(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let rotation = context.cloud.secrets_manager.usable(physical_id).ok().and_then(|secret| secret.rotation);
    let Some(rotation) = rotation.filter(|rotation| rotation.enabled) else { return Ok(Live::Gone) };
    Ok(Live::Properties(json!({
        "RotationLambdaARN": rotation.function,
        "RotationRules": rotation.rules,
        "SecretId": declared.get("SecretId"),
    })))
}

/// `AWS::SecretsManager::SecretTargetAttachment`: adds to a secret how its database is reached. `Ref` is the secret's ARN.
pub(crate) async fn create_target_attachment(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let (kind, target) = (required_text(properties, "TargetType")?, required_text(properties, "TargetId")?);
    let added = attachment::connection(&context.cloud, kind, target)?;
    let id = required_text(properties, "SecretId")?;
    let current = context.cloud.secrets_manager.value(id)?;
    let mut object: Map<String, Value> = serde_json::from_str(&current).map_err(|_| {
        ProviderError::invalid(format!("the secret {id} must hold a JSON object to be attached to {target}"))
    })?;
    object.extend(added);
    put_object(context, id, object)?;
    Ok(provisioned(&context.cloud.secrets_manager.usable(id)?.arn))
}

/// Attaches anew.
pub(crate) async fn update_target_attachment(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["SecretId"]) {
        return Ok(Update::Replace);
    }
    create_target_attachment(context, new).await.map(Update::InPlace)
}

/// Takes out what was added.
pub(crate) async fn delete_target_attachment(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let Ok(current) = context.cloud.secrets_manager.value(physical_id) else { return Ok(()) };
    let Ok(mut object) = serde_json::from_str::<Map<String, Value>>(&current) else { return Ok(()) };
    object.retain(|name, _| !attachment::ADDED.contains(&name.as_str()));
    put_object(context, physical_id, object)
}

/// Whether the secret is attached; what it holds is not shown.
pub(crate) async fn read_target_attachment(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let current = context.cloud.secrets_manager.value(physical_id).ok();
    let object = current.and_then(|current| serde_json::from_str::<Value>(&current).ok());
    let attached = object.is_some_and(|object| object.get("host").is_some());
    Ok(if attached { Live::Properties(declared.clone()) } else { Live::Gone })
}

fn put_object(context: &ResourceContext, id: &str, object: Map<String, Value>) -> Result<(), ProviderError> {
    let value = SecretValue::String(Value::Object(object).to_string());
    context.cloud.secrets_manager.change(id, |secret| put(secret, value, None, &[CURRENT.to_owned()]).map(drop))?;
    Ok(())
}

fn unless_gone(context: &ResourceContext, id: &str, change: impl FnOnce(&mut Secret)) -> Result<(), ProviderError> {
    if context.cloud.secrets_manager.usable(id).is_err() {
        return Ok(());
    }
    context.cloud.secrets_manager.change(id, |secret| {
        change(secret);
        Ok(())
    })?;
    Ok(())
}
