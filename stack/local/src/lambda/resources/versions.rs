//! `AWS::Lambda::Version` and `AWS::Lambda::Alias`.

use serde_json::{Map, Value, json};

use super::{absent_is_done, function_named};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::lambda::Reference;
use crate::lambda::function::Function;
use crate::wire::properties::{changed, required_text, text};

/// Publishes a version. `Ref` is its ARN.
pub(crate) async fn create_version(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = function_named(properties, "FunctionName")?.name;
    let (cloud, lambda) = (&context.cloud, &context.cloud.lambda);
    let last = lambda.function(cloud, &name)?.last_version;
    let version = lambda.publish(cloud, &name, properties)?;
    if version.version.parse().is_ok_and(|number: u32| number <= last) {
        return Err(ProviderError::new(
            "AlreadyExists",
            format!(
                "A version for this Lambda function exists ( {} ). Modify the function to create a new version.",
                version.version
            ),
        ));
    }
    set_provisioned(context, &name, &version.version, properties)?;
    let arn = version.qualified_arn();
    let attributes =
        Map::from_iter([("Version".to_owned(), json!(version.version)), ("FunctionArn".to_owned(), json!(arn))]);
    Ok(Provisioned { physical_id: arn, attributes })
}

/// Changes provisioned concurrency in place; anything else needs another version.
pub(crate) async fn update_version(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["FunctionName", "CodeSha256", "Description", "RuntimePolicy"]) {
        return Ok(Update::Replace);
    }
    let (name, version) = parts(physical_id)?;
    set_provisioned(context, &name, &version, new)?;
    let attributes =
        Map::from_iter([("Version".to_owned(), json!(version)), ("FunctionArn".to_owned(), json!(physical_id))]);
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes }))
}

/// Removes the version.
pub(crate) async fn delete_version(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let (name, version) = parts(physical_id)?;
    let deleted = context.cloud.lambda.delete_version(&context.cloud, &name, &version).await;
    absent_is_done(deleted.map_err(Into::into))
}

/// The version as properties.
pub(crate) async fn read_version(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let (name, number) = parts(physical_id)?;
    let Ok(function) = context.cloud.lambda.function(&context.cloud, &name) else { return Ok(Live::Gone) };
    let Some(version) = function.version(&number) else { return Ok(Live::Gone) };
    let mut live = json!({"FunctionName": declared["FunctionName"], "Description": version.description});
    add_provisioned(&mut live, &function, &number);
    Ok(Live::Properties(live))
}

/// Makes an alias. `Ref` is its ARN.
pub(crate) async fn create_alias(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let name = function_named(properties, "FunctionName")?.name;
    let alias = context.cloud.lambda.create_alias(&context.cloud, &name, properties)?.name;
    set_provisioned(context, &name, &alias, properties)?;
    alias_made(context, &name, &alias)
}

/// Points the alias elsewhere in place.
pub(crate) async fn update_alias(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["FunctionName", "Name"]) {
        return Ok(Update::Replace);
    }
    let name = function_named(new, "FunctionName")?.name;
    let alias = required_text(new, "Name")?;
    // What the template no longer says goes back to its default.
    let mut whole = json!({"Description": "", "RoutingConfig": {}});
    for (property, value) in new.as_object().into_iter().flatten() {
        whole[property] = value.clone();
    }
    context.cloud.lambda.update_alias(&context.cloud, &name, alias, &whole)?;
    set_provisioned(context, &name, alias, new)?;
    Ok(Update::InPlace(alias_made(context, &name, alias)?))
}

/// Removes the alias.
pub(crate) async fn delete_alias(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let name = function_named(properties, "FunctionName")?.name;
    let deleted = context.cloud.lambda.delete_alias(&context.cloud, &name, required_text(properties, "Name")?);
    absent_is_done(deleted.map_err(Into::into))
}

/// The alias as properties.
pub(crate) async fn read_alias(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let name = function_named(declared, "FunctionName")?.name;
    let Ok(function) = context.cloud.lambda.function(&context.cloud, &name) else { return Ok(Live::Gone) };
    let Some(alias) = text(declared, "Name").and_then(|alias| function.aliases.get(alias)) else {
        return Ok(Live::Gone);
    };
    let mut live = json!({
        "FunctionName": declared["FunctionName"],
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
    });
    if let Some((version, weight)) = &alias.additional {
        let weights = json!([{"FunctionVersion": version, "FunctionWeight": weight}]);
        live["RoutingConfig"] = json!({ "AdditionalVersionWeights": weights });
    }
    add_provisioned(&mut live, &function, &alias.name);
    Ok(Live::Properties(live))
}

fn alias_made(context: &ResourceContext, name: &str, alias: &str) -> Result<Provisioned, ProviderError> {
    let arn = context.cloud.lambda.function(&context.cloud, name)?.arn(Some(alias));
    Ok(Provisioned { attributes: Map::from_iter([("AliasArn".to_owned(), json!(arn))]), physical_id: arn })
}

/// Records what `ProvisionedConcurrencyConfig` says, or forgets what it said before.
fn set_provisioned(
    context: &ResourceContext,
    name: &str,
    qualifier: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let reference = Reference { name: name.to_owned(), qualifier: Some(qualifier.to_owned()) };
    let (cloud, lambda) = (&context.cloud, &context.cloud.lambda);
    match properties.get("ProvisionedConcurrencyConfig") {
        Some(config) => lambda.put_provisioned(cloud, &reference, config).map(drop)?,
        None => lambda.delete_provisioned(cloud, &reference)?,
    }
    Ok(())
}

fn add_provisioned(live: &mut Value, function: &Function, qualifier: &str) {
    if let Some(provisioned) = function.provisioned.get(qualifier) {
        live["ProvisionedConcurrencyConfig"] = json!({"ProvisionedConcurrentExecutions": provisioned.requested});
    }
}

/// Function and number of a version from its ARN.
fn parts(arn: &str) -> Result<(String, String), ProviderError> {
    let reference = Reference::parse(arn);
    let version = reference.qualifier.ok_or_else(|| ProviderError::invalid(format!("`{arn}` names no version")))?;
    Ok((reference.name, version))
}
