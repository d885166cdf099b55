//! `AWS::Lambda::EventInvokeConfig`.

use serde_json::{Map, Value, json};

use super::{absent_is_done, function_named};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::lambda::LATEST;
use crate::lambda::api::event_invoke_config;
use crate::lambda::function::not_found;
use crate::wire::properties::{changed, text};

/// Sets retries and destinations. `Ref` is a generated id.
pub(crate) async fn create_event_invoke_config(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = function_named(properties, "FunctionName")?.name;
    let qualifier = qualifier(properties);
    let config = event_invoke_config(properties, &name)?;
    context.cloud.lambda.change(&context.cloud, &name, |function| {
        if function.resolve(Some(qualifier), 1.0).is_none() {
            return Err(not_found(&function.arn(Some(qualifier))));
        }
        function.event_invoke_configs.insert(qualifier.to_owned(), config);
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
    let name = function_named(properties, "FunctionName")?.name;
    let removed = context.cloud.lambda.change(&context.cloud, &name, |function| {
        function.event_invoke_configs.remove(qualifier(properties));
        Ok(())
    });
    absent_is_done(removed.map_err(Into::into))
}

/// The settings as properties.
pub(crate) async fn read_event_invoke_config(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let name = function_named(declared, "FunctionName")?.name;
    let function = context.cloud.lambda.function(&context.cloud, &name).ok();
    let config = function.and_then(|function| function.event_invoke_configs.get(qualifier(declared)).cloned());
    let Some(config) = config else { return Ok(Live::Gone) };
    let mut live = json!({"FunctionName": declared["FunctionName"], "Qualifier": qualifier(declared)});
    if let Some(attempts) = config.maximum_retry_attempts {
        live["MaximumRetryAttempts"] = json!(attempts);
    }
    if let Some(seconds) = config.maximum_event_age {
        live["MaximumEventAgeInSeconds"] = json!(seconds);
    }
    for (name, target) in [("OnSuccess", &config.on_success), ("OnFailure", &config.on_failure)] {
        if let Some(target) = target {
            live["DestinationConfig"][name] = json!({ "Destination": target });
        }
    }
    Ok(Live::Properties(live))
}

fn qualifier(properties: &Value) -> &str {
    text(properties, "Qualifier").unwrap_or(LATEST)
}
