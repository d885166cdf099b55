//! How CloudFormation makes streams, filters and resource policies.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::metric_filters::MetricFilter;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::ServiceError;
use crate::wire::properties::{changed, required_text, text};

fn filter_id(group: &str, name: &str) -> String {
    format!("{group}|{name}")
}

fn group_and_name(physical_id: &str) -> (&str, &str) {
    physical_id.rsplit_once('|').unwrap_or(("", physical_id))
}

fn metric_filter(properties: &Value, name: &str) -> Result<MetricFilter, ProviderError> {
    for unserved in ["FieldSelectionCriteria", "ApplyOnTransformedLogs", "EmitSystemFieldDimensions"] {
        if properties.get(unserved).is_some_and(|value| *value != json!(false)) {
            return Err(ProviderError::invalid(format!(
                "the local cloud does not serve `{unserved}` of metric filters"
            )));
        }
    }
    let transformations =
        properties.get("MetricTransformations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let dimensions = transformations.first().and_then(|one| one.get("Dimensions")).and_then(Value::as_array);
    let dimensions = dimensions
        .into_iter()
        .flatten()
        .filter_map(|dimension| Some((text(dimension, "Key")?.to_owned(), text(dimension, "Value")?.to_owned())));
    let names = ["MetricName", "MetricNamespace", "MetricValue", "DefaultValue", "Unit"];
    Ok(MetricFilter::read(
        name,
        required_text(properties, "FilterPattern")?,
        transformations,
        names,
        dimensions.collect(),
    )?)
}

/// `AWS::Logs::MetricFilter`. `Ref` is the name.
pub(crate) async fn create_metric_filter(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let group = required_text(properties, "LogGroupName")?;
    let name = text(properties, "FilterName").map_or_else(|| context.generated_name(512), str::to_owned);
    let filter = metric_filter(properties, &name)?;
    context.cloud.logs.put_metric_filter(group, filter)?;
    Ok(Provisioned { physical_id: name, attributes: Map::new() })
}

/// Changes a filter in place; another name or group needs another filter.
pub(crate) async fn update_metric_filter(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["FilterName", "LogGroupName"]) {
        return Ok(Update::Replace);
    }
    let filter = metric_filter(new, physical_id)?;
    context.cloud.logs.put_metric_filter(required_text(new, "LogGroupName")?, filter)?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Removes a filter; it goes with its group, too.
pub(crate) async fn delete_metric_filter(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let group = text(properties, "LogGroupName").unwrap_or_default();
    gone_is_fine(context.cloud.logs.delete_metric_filter(group, physical_id))
}

fn gone_is_fine(result: Result<(), ServiceError>) -> Result<(), ProviderError> {
    match result {
        Err(error) if error.code != "ResourceNotFoundException" => Err(error.into()),
        _ => Ok(()),
    }
}

/// The filter as it is now.
pub(crate) async fn read_metric_filter(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let group = text(declared, "LogGroupName").unwrap_or_default();
    let filters = context.cloud.logs.group(group).map(|group| group.metric_filters).unwrap_or_default();
    let Some(filter) = filters.into_iter().find(|filter| filter.name == physical_id) else { return Ok(Live::Gone) };
    let mut transformation =
        json!({"MetricNamespace": filter.namespace, "MetricName": filter.metric, "MetricValue": filter.value});
    if let Some(default) = filter.default {
        transformation["DefaultValue"] = json!(default);
    }
    if let Some(unit) = filter.unit {
        transformation["Unit"] = json!(unit);
    }
    if !filter.dimensions.is_empty() {
        let dimensions = filter.dimensions.iter().map(|(name, field)| json!({"Key": name, "Value": field}));
        transformation["Dimensions"] = dimensions.collect();
    }
    let mut live = json!({
        "LogGroupName": group, "FilterPattern": filter.pattern, "MetricTransformations": [transformation],
    });
    if declared.get("FilterName").is_some() {
        live["FilterName"] = json!(filter.name);
    }
    Ok(Live::Properties(live))
}

/// `AWS::Logs::SubscriptionFilter`. `Ref` is group and name.
pub(crate) async fn create_subscription_filter(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let group = required_text(properties, "LogGroupName")?;
    let name = text(properties, "FilterName").map_or_else(|| context.generated_name(512), str::to_owned);
    put_subscription(context, group, &name, properties)?;
    Ok(Provisioned { physical_id: filter_id(group, &name), attributes: Map::new() })
}

fn put_subscription(
    context: &ResourceContext,
    group: &str,
    name: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let pattern = text(properties, "FilterPattern").unwrap_or_default();
    let destination = required_text(properties, "DestinationArn")?;
    Ok(context.cloud.logs.put_subscription(&context.cloud, group, name, pattern, destination)?)
}

/// Changes a filter in place; another name or group needs another filter.
pub(crate) async fn update_subscription_filter(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["FilterName", "LogGroupName"]) {
        return Ok(Update::Replace);
    }
    let (group, name) = group_and_name(physical_id);
    put_subscription(context, group, name, new)?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Removes a filter; it goes with its group, too.
pub(crate) async fn delete_subscription_filter(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let (group, name) = group_and_name(physical_id);
    gone_is_fine(context.cloud.logs.delete_subscription(group, name))
}

/// The filter as it is now.
pub(crate) async fn read_subscription_filter(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let (group, name) = group_and_name(physical_id);
    let filters = context.cloud.logs.group(group).map(|group| group.subscriptions).unwrap_or_default();
    let Some(filter) = filters.into_iter().find(|filter| filter.name == name) else { return Ok(Live::Gone) };
    let mut live = json!({
        "LogGroupName": group, "FilterPattern": filter.pattern, "DestinationArn": filter.destination,
    });
    if declared.get("FilterName").is_some() {
        live["FilterName"] = json!(filter.name);
    }
    Ok(Live::Properties(live))
}

/// `AWS::Logs::LogStream`. `Ref` is the name.
pub(crate) async fn create_log_stream(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let group = required_text(properties, "LogGroupName")?;
    let name = text(properties, "LogStreamName").map_or_else(|| context.generated_name(512), str::to_owned);
    context.cloud.logs.create_stream(group, &name)?;
    Ok(Provisioned { physical_id: name, attributes: Map::new() })
}

/// Every change needs another stream.
pub(crate) async fn update_log_stream(
    _context: &ResourceContext,
    _physical_id: &str,
    _old: &Value,
    _new: &Value,
) -> Result<Update, ProviderError> {
    Ok(Update::Replace)
}

/// Removes a stream with its events.
pub(crate) async fn delete_log_stream(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let group = text(properties, "LogGroupName").unwrap_or_default();
    gone_is_fine(context.cloud.logs.delete_stream(group, physical_id))
}

/// The stream, which has nothing that changes.
pub(crate) async fn read_log_stream(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let group = text(declared, "LogGroupName").unwrap_or_default();
    let exists = context
        .cloud
        .logs
        .streams(group, physical_id)
        .is_ok_and(|streams| streams.iter().any(|stream| stream.name == physical_id));
    Ok(if exists { Live::Properties(declared.clone()) } else { Live::Gone })
}

/// `AWS::Logs::ResourcePolicy`. `Ref` is the name.
pub(crate) async fn create_resource_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = required_text(properties, "PolicyName")?;
    context.cloud.logs.put_policy(name, &document(properties)?)?;
    Ok(Provisioned { physical_id: name.to_owned(), attributes: Map::new() })
}

fn document(properties: &Value) -> Result<String, ProviderError> {
    match properties.get("PolicyDocument") {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(document @ Value::Object(_)) => Ok(document.to_string()),
        _ => Err(ProviderError::invalid("the required property `PolicyDocument` is missing")),
    }
}

/// Writes the document anew.
pub(crate) async fn update_resource_policy(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["PolicyName"]) {
        return Ok(Update::Replace);
    }
    context.cloud.logs.put_policy(physical_id, &document(new)?)?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Removes the policy.
pub(crate) async fn delete_resource_policy(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    gone_is_fine(context.cloud.logs.delete_policy(physical_id))
}

/// The policy as it is now.
pub(crate) async fn read_resource_policy(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let found = context.cloud.logs.policies().into_iter().find(|(name, _)| name == physical_id);
    let Some((name, text)) = found else { return Ok(Live::Gone) };
    let is_object = declared.get("PolicyDocument").is_some_and(Value::is_object);
    let document = if is_object { serde_json::from_str(&text).unwrap_or_default() } else { json!(text) };
    Ok(Live::Properties(json!({"PolicyName": name, "PolicyDocument": document})))
}
