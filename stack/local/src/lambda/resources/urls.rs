//! `AWS::Lambda::Url`.

use serde_json::{Map, Value, json};

use super::{absent_is_done, function_named};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::lambda::Reference;
use crate::lambda::address::function_url;
use crate::lambda::urls::FunctionUrl;
use crate::wire::properties::{changed, text};

/// Gives a function or an alias an address. `Ref` is the ARN of what has it.
pub(crate) async fn create_url(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let reference = reference(properties)?;
    let url = context.cloud.lambda.create_url(&context.cloud, &reference, properties)?;
    provisioned(context, &reference, &url)
}

/// Changes the kind of authorization, the cross-origin rules and the mode in place.
pub(crate) async fn update_url(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["TargetFunctionArn", "Qualifier"]) {
        return Ok(Update::Replace);
    }
    let reference = reference(new)?;
    // What the template no longer says goes back to its default.
    let mut whole = json!({"InvokeMode": "BUFFERED", "Cors": {}});
    for (name, value) in new.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    let url = context.cloud.lambda.update_url(&context.cloud, &reference, &whole)?;
    Ok(Update::InPlace(provisioned(context, &reference, &url)?))
}

/// Takes the address away.
pub(crate) async fn delete_url(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let deleted = context.cloud.lambda.delete_url(&context.cloud, &reference(properties)?);
    absent_is_done(deleted.map_err(Into::into))
}

/// The address as properties.
pub(crate) async fn read_url(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(url) = context.cloud.lambda.url(&reference(declared)?) else { return Ok(Live::Gone) };
    let mut live = Map::from_iter([
        ("TargetFunctionArn".to_owned(), declared["TargetFunctionArn"].clone()),
        ("AuthType".to_owned(), json!(url.auth_type)),
        ("InvokeMode".to_owned(), json!(url.invoke_mode)),
    ]);
    if let Some(qualifier) = declared.get("Qualifier") {
        live.insert("Qualifier".to_owned(), qualifier.clone());
    }
    if let Some(cors) = &url.cors {
        live.insert("Cors".to_owned(), cors.show());
    }
    Ok(Live::Properties(Value::Object(live)))
}

fn reference(properties: &Value) -> Result<Reference, ProviderError> {
    let function = function_named(properties, "TargetFunctionArn")?;
    let qualifier = text(properties, "Qualifier").map(str::to_owned).or(function.qualifier);
    Ok(Reference { name: function.name, qualifier })
}

fn provisioned(
    context: &ResourceContext,
    reference: &Reference,
    url: &FunctionUrl,
) -> Result<Provisioned, ProviderError> {
    let function = context.cloud.lambda.function(&context.cloud, &reference.name)?;
    let arn = function.arn(reference.alias());
    let attributes = Map::from_iter([
        ("FunctionArn".to_owned(), json!(arn)),
        ("FunctionUrl".to_owned(), json!(function_url(&context.cloud, &url.id))),
    ]);
    Ok(Provisioned { physical_id: arn, attributes })
}
