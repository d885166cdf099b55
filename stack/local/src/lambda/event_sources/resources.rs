//! How CloudFormation makes event source mappings.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::Mapping;
use super::api::function_arn;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::live_tags;
use crate::wire::properties::{as_flag, changed, tags};

/// `AWS::Lambda::EventSourceMapping`. `Ref` is the id.
pub(crate) async fn create_event_source_mapping(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let cloud = &context.cloud;
    let mut mapping = Mapping::create(function_arn(cloud, properties)?, properties)?;
    mapping.tags = tags(properties, &context.tags);
    Ok(provisioned(&cloud.lambda.event_sources.create(cloud, mapping)?))
}

/// Changes everything but source and position in place.
pub(crate) async fn update_event_source_mapping(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["EventSourceArn", "StartingPosition", "StartingPositionTimestamp"]) {
        return Ok(Update::Replace);
    }
    let cloud = &context.cloud;
    // Settings that are no longer in the template go back to their defaults.
    let wanted = Mapping::create(function_arn(cloud, new)?, new)?;
    let mapping = cloud.lambda.event_sources.change(cloud, physical_id, |mapping| {
        *mapping = Mapping { id: mapping.id.clone(), tags: tags(new, &context.tags), ..wanted };
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned(&mapping)))
}

/// Ends the mapping.
pub(crate) async fn delete_event_source_mapping(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.lambda.event_sources.remove(physical_id) {
        Err(error) if error.status != http::StatusCode::NOT_FOUND => Err(error.into()),
        _ => Ok(()),
    }
}

/// What the mapping is like now.
pub(crate) async fn read_event_source_mapping(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(mapping) = context.cloud.lambda.event_sources.mapping(physical_id) else { return Ok(Live::Gone) };
    let shown = mapping.show("");
    let mut live = Map::from_iter([("Enabled".to_owned(), json!(mapping.enabled))]);
    for name in [
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "EventSourceArn",
        "FilterCriteria",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "ScalingConfig",
        "StartingPosition",
    ] {
        if let Some(value) = shown.get(name) {
            live.insert(name.to_owned(), value.clone());
        }
    }
    if declared.get("Enabled").and_then(as_flag) == Some(mapping.enabled) {
        live.insert("Enabled".to_owned(), declared["Enabled"].clone());
    }
    // A template names the function as it likes; what counts is whether it is the same one.
    let same = function_arn(&context.cloud, declared).is_ok_and(|arn| arn == mapping.function_arn);
    let function = if same { declared["FunctionName"].clone() } else { json!(mapping.function_arn) };
    live.insert("FunctionName".to_owned(), function);
    if let Some(tags) = live_tags(&mapping.tags, &context.tags, declared) {
        live.insert("Tags".to_owned(), tags);
    }
    Ok(Live::Properties(Value::Object(live)))
}

fn provisioned(mapping: &Mapping) -> Provisioned {
    Provisioned {
        physical_id: mapping.id.clone(),
        attributes: Map::from_iter([
            ("EventSourceMappingArn".to_owned(), json!(mapping.arn())),
            ("Id".to_owned(), json!(mapping.id)),
        ]),
    }
}
