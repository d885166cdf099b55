//! How CloudFormation makes queues and their policies.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attributes::SETTABLE;
use super::{Queue, api, queue_name};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::live_tags;
use crate::wire::properties::{changed, reference_list, required_text, tags, text};

/// Attributes that are no property of the queue itself.
const NO_PROPERTY: [&str; 1] = ["Policy"];

/// `AWS::SQS::Queue`. `Ref` is the URL.
pub(crate) async fn create_queue(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let fifo = attributes(properties).get("FifoQueue").is_some_and(|value| value == "true");
    let name = text(properties, "QueueName").map_or_else(
        || if fifo { format!("{}.fifo", context.generated_name(75)) } else { context.generated_name(80) },
        str::to_owned,
    );
    if context.cloud.sqs.queue(&name).is_some() {
        return Err(ProviderError::new(
            "AlreadyExists",
            format!("Resource of type 'AWS::SQS::Queue' with identifier '{name}' already exists."),
        ));
    }
    let (attributes, tags) = (attributes(properties), tags(properties, &context.tags));
    let queue = context.cloud.sqs.create(&name, &context.region, attributes, tags)?;
    Ok(provisioned(context, &queue))
}

/// Changes everything but name and kind in place.
pub(crate) async fn update_queue(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["QueueName", "FifoQueue"]) {
        return Ok(Update::Replace);
    }
    let sqs = &context.cloud.sqs;
    let name = queue_name(physical_id);
    let mut wanted = attributes(new);
    wanted.remove("FifoQueue");
    sqs.set_attributes(name, &wanted)?;
    sqs.change(name, |_, queue| {
        // What is no longer in the template goes back to its default.
        for gone in
            attributes(old).keys().filter(|attribute| *attribute != "FifoQueue" && !wanted.contains_key(*attribute))
        {
            queue.attributes.remove(gone);
        }
        queue.tags = tags(new, &context.tags);
        Ok(())
    })?;
    let queue = sqs.queue(name).ok_or_else(super::errors::no_queue)?;
    Ok(Update::InPlace(provisioned(context, &queue)))
}

/// Removes the queue and its messages.
pub(crate) async fn delete_queue(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.sqs.delete(queue_name(physical_id)) {
        Err(error) if error.code != "QueueDoesNotExist" => Err(error.into()),
        _ => Ok(()),
    }
}

/// What the queue is like now.
pub(crate) async fn read_queue(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Some(queue) = context.cloud.sqs.queue(physical_id) else { return Ok(Live::Gone) };
    let mut live = Map::from_iter([("QueueName".to_owned(), json!(queue.name))]);
    for (name, value) in &queue.attributes {
        if NO_PROPERTY.contains(&name.as_str()) {
            continue;
        }
        let value = match name.as_str() {
            "KmsMasterKeyId" | "DeduplicationScope" | "FifoThroughputLimit" => json!(value),
            // Numbers, booleans and documents are JSON already.
            _ => serde_json::from_str(value).unwrap_or_else(|_| json!(value)),
        };
        live.insert(name.clone(), value);
    }
    if let Some(tags) = live_tags(&queue.tags, &context.tags, declared) {
        live.insert("Tags".to_owned(), tags);
    }
    Ok(Live::Properties(Value::Object(live)))
}

fn provisioned(context: &ResourceContext, queue: &Queue) -> Provisioned {
    let url = api::queue_url(&context.cloud, queue);
    Provisioned {
        attributes: Map::from_iter([
            ("Arn".to_owned(), json!(queue.arn())),
            ("QueueName".to_owned(), json!(queue.name)),
            ("QueueUrl".to_owned(), json!(url)),
        ]),
        physical_id: url,
    }
}

/// Properties as attribute texts; objects as JSON.
fn attributes(properties: &Value) -> BTreeMap<String, String> {
    let own = SETTABLE.iter().filter(|name| !NO_PROPERTY.contains(*name));
    own.filter_map(|name| {
        let value = match properties.get(*name)? {
            Value::String(text) => text.clone(),
            Value::Null => return None,
            other => other.to_string(),
        };
        Some(((*name).to_owned(), value))
    })
    .collect()
}

/// `AWS::SQS::QueuePolicy`: the policy of one or more queues. `Ref` is a generated id.
pub(crate) async fn create_queue_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let policy = policy(properties)?;
    for queue in reference_list(properties, "Queues") {
        set_policy(context, &queue, &policy)?;
    }
    let id = context.generated_name(128);
    Ok(Provisioned { attributes: Map::from_iter([("Id".to_owned(), json!(id))]), physical_id: id })
}

/// Writes the policy anew; queues that are no longer named have none.
pub(crate) async fn update_queue_policy(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let (policy, queues) = (policy(new)?, reference_list(new, "Queues"));
    for queue in &queues {
        set_policy(context, queue, &policy)?;
    }
    for queue in reference_list(old, "Queues").iter().filter(|queue| !queues.contains(queue)) {
        remove_policy(context, queue)?;
    }
    Ok(Update::InPlace(Provisioned {
        attributes: Map::from_iter([("Id".to_owned(), json!(physical_id))]),
        physical_id: physical_id.to_owned(),
    }))
}

/// Takes the policy away.
pub(crate) async fn delete_queue_policy(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    reference_list(properties, "Queues").iter().try_for_each(|queue| remove_policy(context, queue))
}

/// The policy that the queues have now; that of the first one that has another than the template says.
pub(crate) async fn read_queue_policy(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let queues = reference_list(declared, "Queues");
    let policies: Vec<(&String, Value)> =
        queues.iter().filter_map(|queue| Some((queue, context.cloud.sqs.queue(queue)?.policy()?))).collect();
    let expected = declared.get("PolicyDocument");
    let shown = policies.iter().find(|(_, policy)| Some(policy) != expected).or(policies.first());
    let Some((_, policy)) = shown else { return Ok(Live::Gone) };
    let named: Vec<&String> = policies.iter().map(|(queue, _)| *queue).collect();
    Ok(Live::Properties(json!({"PolicyDocument": policy, "Queues": named})))
}

/// `AWS::SQS::QueueInlinePolicy`: the policy of one queue. `Ref` is the queue.
pub(crate) async fn create_queue_inline_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let queue = required_text(properties, "Queue")?;
    set_policy(context, queue, &policy(properties)?)?;
    Ok(Provisioned { physical_id: queue.to_owned(), attributes: Map::new() })
}

/// Writes the policy anew.
pub(crate) async fn update_queue_inline_policy(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Queue"]) {
        return Ok(Update::Replace);
    }
    create_queue_inline_policy(context, new).await.map(Update::InPlace)
}

/// Takes the policy away.
pub(crate) async fn delete_queue_inline_policy(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    remove_policy(context, physical_id)
}

/// The policy that the queue has now.
pub(crate) async fn read_queue_inline_policy(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    let policy = context.cloud.sqs.queue(physical_id).and_then(|queue| queue.policy());
    Ok(policy.map_or(Live::Gone, |policy| Live::Properties(json!({"PolicyDocument": policy, "Queue": physical_id}))))
}

fn policy(properties: &Value) -> Result<String, ProviderError> {
    match properties.get("PolicyDocument") {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(document @ Value::Object(_)) => Ok(document.to_string()),
        _ => Err(ProviderError::invalid("the required property `PolicyDocument` is missing")),
    }
}

fn set_policy(context: &ResourceContext, queue: &str, policy: &str) -> Result<(), ProviderError> {
    let attributes = BTreeMap::from([("Policy".to_owned(), policy.to_owned())]);
    Ok(context.cloud.sqs.set_attributes(queue_name(queue), &attributes)?)
}

fn remove_policy(context: &ResourceContext, queue: &str) -> Result<(), ProviderError> {
    match set_policy(context, queue, "") {
        Err(_) if context.cloud.sqs.queue(queue).is_none() => Ok(()),
        other => other,
    }
}
