//! How CloudFormation makes functions, permissions and settings of asynchronous invocations.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::Reference;
use super::api::event_invoke_config;
use super::function::Configuration;
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{as_integer, changed, required_text, tags, text};

/// `AWS::Lambda::Function`. `Ref` is the name.
pub(crate) async fn create_function(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "FunctionName").map_or_else(|| context.generated_name(64), str::to_owned);
    refuse_inline_code(properties)?;
    let reserved = reserved_concurrency(properties)?;
    let lambda = &context.cloud.lambda;
    let created = lambda.create(&context.cloud, &name, properties, tags(properties, &context.tags)).await;
    let function = created.map_err(|error| {
        if error.code == "ResourceConflictException" {
            return ProviderError::new(
                "AlreadyExists",
                format!("Resource of type 'AWS::Lambda::Function' with identifier '{name}' already exists."),
            );
        }
        error.into()
    })?;
    if reserved.is_some() {
        lambda.change(&context.cloud, &name, |function| {
            function.reserved_concurrency = reserved;
            Ok(())
        })?;
    }
    Ok(provisioned(&function.latest))
}

/// Changes everything but the name in place.
pub(crate) async fn update_function(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["FunctionName", "PackageType"]) {
        return Ok(Update::Replace);
    }
    refuse_inline_code(new)?;
    let reserved = reserved_concurrency(new)?;
    let (cloud, lambda) = (&context.cloud, &context.cloud.lambda);
    let latest = lambda.function(cloud, physical_id)?.latest;
    // Settings that are no longer in the template go back to their defaults.
    let wanted = Configuration::create(&latest.name, &context.region, &context.account, new)?;
    if changed(old, new, &["Code"]) {
        lambda.update_code(cloud, physical_id, new.get("Code").unwrap_or(&Value::Null)).await?;
    }
    let retired = lambda.change(cloud, physical_id, |function| {
        let before = function.latest.clone();
        function.latest = Configuration { code: before.code, code_size: before.code_size, ..wanted };
        function.reserved_concurrency = reserved;
        function.tags = tags(new, &context.tags);
        Ok(before.revision)
    })?;
    lambda.pool(physical_id).retire(&retired).await;
    Ok(Update::InPlace(provisioned(&lambda.function(cloud, physical_id)?.latest)))
}

/// Removes the function and ends its instances.
pub(crate) async fn delete_function(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let reference = Reference { name: physical_id.to_owned(), version: None };
    absent_is_done(context.cloud.lambda.delete(&context.cloud, &reference).await.map_err(Into::into))
}

fn provisioned(configuration: &Configuration) -> Provisioned {
    Provisioned {
        physical_id: configuration.name.clone(),
        attributes: Map::from_iter([("Arn".to_owned(), json!(configuration.arn))]),
    }
}

/// `ZipFile` of a template is source text of a managed runtime, not a zip as in the API.
fn refuse_inline_code(properties: &Value) -> Result<(), ProviderError> {
    if properties.get("Code").is_some_and(|code| code.get("ZipFile").is_some()) {
        return Err(ProviderError::invalid(
            "ZipFile can only be used when Runtime is set to a managed nodejs or python runtime, which the local cloud does not run: use S3Bucket and S3Key",
        ));
    }
    Ok(())
}

fn reserved_concurrency(properties: &Value) -> Result<Option<u32>, ProviderError> {
    let Some(value) = properties.get("ReservedConcurrentExecutions") else { return Ok(None) };
    let number = as_integer(value).and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= 1000);
    number.map(Some).ok_or_else(|| {
        ProviderError::invalid(format!("ReservedConcurrentExecutions must be a number from 0 to 1000, not `{value}`"))
    })
}

/// `AWS::Lambda::Permission`. `Ref` is the statement id.
pub(crate) async fn create_permission(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let reference = Reference::parse(required_text(properties, "FunctionName")?);
    let id = context.generated_name(100);
    context.cloud.lambda.add_permission(&context.cloud, &reference, &id, properties)?;
    Ok(Provisioned { attributes: Map::from_iter([("Id".to_owned(), json!(id))]), physical_id: id })
}

/// Every property of a permission is create-only.
pub(crate) async fn update_permission(
    _context: &ResourceContext,
    _physical_id: &str,
    _old: &Value,
    _new: &Value,
) -> Result<Update, ProviderError> {
    Ok(Update::Replace)
}

/// Removes the statement.
pub(crate) async fn delete_permission(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let reference = Reference::parse(required_text(properties, "FunctionName")?);
    let removed = context.cloud.lambda.remove_permission(&context.cloud, &reference.name, physical_id);
    absent_is_done(removed.map_err(Into::into))
}

/// `AWS::Lambda::EventInvokeConfig`. `Ref` is a generated id.
pub(crate) async fn create_event_invoke_config(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = function_of(properties)?;
    let config = event_invoke_config(properties, &name)?;
    context.cloud.lambda.change(&context.cloud, &name, |function| {
        function.event_invoke_config = Some(config);
        Ok(())
    })?;
    Ok(Provisioned { physical_id: context.generated_name(128), attributes: Map::new() })
}

/// Changes retries and destinations in place.
pub(crate) async fn update_event_invoke_config(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["FunctionName", "Qualifier"]) {
        return Ok(Update::Replace);
    }
    let made = create_event_invoke_config(context, new).await?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), ..made }))
}

/// Goes back to the defaults.
pub(crate) async fn delete_event_invoke_config(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let name = function_of(properties)?;
    let removed = context.cloud.lambda.change(&context.cloud, &name, |function| {
        function.event_invoke_config = None;
        Ok(())
    });
    absent_is_done(removed.map_err(Into::into))
}

fn function_of(properties: &Value) -> Result<String, ProviderError> {
    if let Some(qualifier) = text(properties, "Qualifier").filter(|qualifier| *qualifier != super::LATEST) {
        return Err(ProviderError::invalid(format!(
            "the local cloud keeps one EventInvokeConfig per function, for `$LATEST`, not for `{qualifier}`"
        )));
    }
    Ok(Reference::parse(required_text(properties, "FunctionName")?).name)
}

fn absent_is_done(result: Result<(), ProviderError>) -> Result<(), ProviderError> {
    match result {
        Err(error) if error.code == "NotFound" => Ok(()),
        other => other,
    }
}
