//! How CloudFormation makes functions and what belongs to them.

mod event_invoke;
mod layers;
mod permissions;
mod read;
mod urls;
mod versions;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Reference;
use super::function::{Configuration, missing};
use super::runtimes::{Runtime, inline_zip};
use super::settings::one_of;
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{as_integer, changed, tags, text};

pub(crate) use event_invoke::{
    create_event_invoke_config, delete_event_invoke_config, read_event_invoke_config, update_event_invoke_config,
};
pub(crate) use layers::{
    create_layer_permission, create_layer_version, delete_layer_permission, delete_layer_version,
    read_layer_permission, read_layer_version, replace_layer,
};
pub(crate) use permissions::{create_permission, delete_permission, read_permission, update_permission};
pub(crate) use read::read_function;
pub(crate) use urls::{create_url, delete_url, read_url, update_url};
pub(crate) use versions::{
    create_alias, create_version, delete_alias, delete_version, read_alias, read_version, update_alias, update_version,
};

/// `AWS::Lambda::Function`. `Ref` is the name.
pub(crate) async fn create_function(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "FunctionName").map_or_else(|| context.generated_name(64), str::to_owned);
    let reserved = reserved_concurrency(properties)?;
    let recursion = allows_recursion(properties)?;
    let lambda = &context.cloud.lambda;
    let packaged = with_inline_code(properties)?;
    let tags = tags(properties, &context.tags);
    let created = lambda.create(&context.cloud, &context.region, &name, &packaged, tags).await;
    let function = created.map_err(|error| {
        if error.code == "ResourceConflictException" {
            return ProviderError::new(
                "AlreadyExists",
                format!("Resource of type 'AWS::Lambda::Function' with identifier '{name}' already exists."),
            );
        }
        error.into()
    })?;
    lambda.change(&context.cloud, &name, |function| {
        function.reserved_concurrency = reserved;
        function.allows_recursion = recursion;
        Ok(())
    })?;
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
    let reserved = reserved_concurrency(new)?;
    let recursion = allows_recursion(new)?;
    let packaged = with_inline_code(new)?;
    let (cloud, lambda) = (&context.cloud, &context.cloud.lambda);
    let latest = lambda.function(cloud, physical_id)?.latest;
    // Settings that are no longer in the template go back to their defaults.
    let mut wanted = Configuration::create(&latest.name, &context.region, &context.account, new)?;
    wanted.layers = lambda.layer_uses(new)?.unwrap_or_default();
    lambda.check_interpreter(&wanted.runtime).await?;
    if changed(old, new, &["Code", "Runtime"]) {
        let code = packaged.get("Code").ok_or_else(|| missing("code"))?;
        lambda.update_code(cloud, physical_id, code).await?;
    }
    let retired = lambda.change(cloud, physical_id, |function| {
        let before = function.latest.clone();
        function.latest = Configuration { code: before.code, code_size: before.code_size, ..wanted };
        function.reserved_concurrency = reserved;
        function.allows_recursion = recursion;
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
    let deleted = context.cloud.lambda.delete(&context.cloud, &Reference::of(physical_id)).await;
    absent_is_done(deleted.map_err(Into::into))
}

fn provisioned(configuration: &Configuration) -> Provisioned {
    Provisioned {
        physical_id: configuration.name.clone(),
        attributes: Map::from_iter([("Arn".to_owned(), json!(configuration.arn))]),
    }
}

/// A function that exists already.
pub(crate) fn adopt_function(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(provisioned(&context.cloud.lambda.function(&context.cloud, name)?.latest))
}

/// `ZipFile` of a template is source text, not a zip as in the API: the same properties with a package made of it.
fn with_inline_code(properties: &Value) -> Result<Cow<'_, Value>, ProviderError> {
    let Some(source) = properties.get("Code").and_then(|code| text(code, "ZipFile")) else {
        return Ok(Cow::Borrowed(properties));
    };
    let runtime = text(properties, "Runtime").map(Runtime::parse).transpose()?;
    let refuse = || {
        ProviderError::invalid(
            "ZipFile can only be used when Runtime is set to a nodejs or python runtime: use S3Bucket and S3Key",
        )
    };
    let zip = runtime.and_then(|runtime| inline_zip(runtime, source)).ok_or_else(refuse)?;
    let zip = zip.map_err(|error| ProviderError::invalid(format!("cannot make a package of ZipFile: {error}")))?;
    let mut packaged = properties.clone();
    packaged["Code"] = json!({"ZipFile": STANDARD.encode(zip)});
    Ok(Cow::Owned(packaged))
}

fn allows_recursion(properties: &Value) -> Result<bool, ProviderError> {
    let wanted = text(properties, "RecursiveLoop").unwrap_or("Terminate");
    Ok(one_of("recursiveLoop", wanted, &["Terminate", "Allow"])? == "Allow")
}

fn reserved_concurrency(properties: &Value) -> Result<Option<u32>, ProviderError> {
    let Some(value) = properties.get("ReservedConcurrentExecutions") else { return Ok(None) };
    let number = as_integer(value).and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= 1000);
    number.map(Some).ok_or_else(|| {
        ProviderError::invalid(format!("ReservedConcurrentExecutions must be a number from 0 to 1000, not `{value}`"))
    })
}

fn absent_is_done(result: Result<(), ProviderError>) -> Result<(), ProviderError> {
    match result {
        Err(error) if error.code == "NotFound" => Ok(()),
        other => other,
    }
}

/// The function that a property names (by name or ARN), as a reference to the function itself.
fn function_named(properties: &Value, property: &str) -> Result<Reference, ProviderError> {
    let named = crate::wire::properties::required_text(properties, property)?;
    Ok(Reference::parse(named))
}

#[cfg(test)]
mod tests;
