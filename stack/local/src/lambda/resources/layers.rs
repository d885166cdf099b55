//! `AWS::Lambda::LayerVersion` and `AWS::Lambda::LayerVersionPermission`.

use serde_json::{Map, Value, json};

use super::absent_is_done;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::lambda::layers::parse_arn;
use crate::wire::properties::{required_text, text};

/// Publishes a version. `Ref` is its ARN.
pub(crate) async fn create_layer_version(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "LayerName").map_or_else(|| context.generated_name(140), str::to_owned);
    let lambda = &context.cloud.lambda;
    let version = lambda.publish_layer(&context.cloud, &context.region, &name, properties).await?;
    let attributes = Map::from_iter([("LayerVersionArn".to_owned(), json!(version.arn))]);
    Ok(Provisioned { physical_id: version.arn, attributes })
}

/// Every property of a version, and of a permission for one, is create-only.
pub(crate) async fn replace_layer(
    _context: &ResourceContext,
    _physical_id: &str,
    _old: &Value,
    _new: &Value,
) -> Result<Update, ProviderError> {
    Ok(Update::Replace)
}

/// Removes the version. Functions that have it keep it.
pub(crate) async fn delete_layer_version(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let Some((name, number)) = parse_arn(physical_id) else { return Ok(()) };
    Ok(context.cloud.lambda.delete_layer_version(&context.cloud, name, number).await?)
}

/// The version as properties, without its package.
pub(crate) async fn read_layer_version(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    let version = parse_arn(physical_id).and_then(|(name, number)| {
        let version = context.cloud.lambda.layer_version(name, number)?;
        Some((name, version))
    });
    let Some((name, version)) = version else { return Ok(Live::Gone) };
    let mut live = json!({"LayerName": name, "Description": version.description});
    for (property, list) in
        [("CompatibleRuntimes", &version.runtimes), ("CompatibleArchitectures", &version.architectures)]
    {
        if !list.is_empty() {
            live[property] = json!(list);
        }
    }
    if let Some(license) = &version.license {
        live["LicenseInfo"] = json!(license);
    }
    Ok(Live::Properties(live))
}

/// Lets somebody use a version. `Ref` is the ARN of the version and the statement's id.
pub(crate) async fn create_layer_permission(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let arn = required_text(properties, "LayerVersionArn")?;
    let (name, number) = version_of(arn)?;
    let id = context.generated_name(100);
    let mut input = properties.clone();
    input["StatementId"] = json!(id);
    context.cloud.lambda.add_layer_permission(&context.cloud, name, number, &input)?;
    let physical_id = format!("{arn}#{id}");
    Ok(Provisioned { attributes: Map::from_iter([("Id".to_owned(), json!(physical_id))]), physical_id })
}

/// Takes the permission back.
pub(crate) async fn delete_layer_permission(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let (name, number) = version_of(required_text(properties, "LayerVersionArn")?)?;
    let id = physical_id.rsplit_once('#').map_or(physical_id, |(_, id)| id);
    let removed = context.cloud.lambda.remove_layer_permission(&context.cloud, name, number, id, None);
    absent_is_done(removed.map_err(Into::into))
}

/// The permission as properties.
pub(crate) async fn read_layer_permission(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let (name, number) = version_of(required_text(declared, "LayerVersionArn")?)?;
    let id = physical_id.rsplit_once('#').map_or(physical_id, |(_, id)| id);
    let version = context.cloud.lambda.layer_version(name, number);
    let is_there =
        version.is_some_and(|version| version.policy.iter().any(|statement| text(statement, "Sid") == Some(id)));
    // A statement cannot be changed, only removed and added.
    Ok(if is_there { Live::Properties(declared.clone()) } else { Live::Gone })
}

fn version_of(arn: &str) -> Result<(&str, u32), ProviderError> {
    parse_arn(arn).ok_or_else(|| ProviderError::invalid(format!("`{arn}` is not the ARN of a layer version")))
}
