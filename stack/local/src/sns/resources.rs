//! How CloudFormation makes topics, their policies and subscriptions.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Subscription, delivery};
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, reference_list, required_text, tags, text};

/// Attributes of a topic that are properties of the same name.
const TOPIC_ATTRIBUTES: [&str; 4] = ["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];

/// Attributes of a subscription that are properties of the same name.
const SUBSCRIPTION_ATTRIBUTES: [&str; 6] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
];

/// `AWS::SNS::Topic`. `Ref` is the ARN.
pub(crate) async fn create_topic(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let sns = &context.cloud.sns;
    let name = text(properties, "TopicName").map_or_else(|| context.generated_name(256), str::to_owned);
    if sns.topics().iter().any(|topic| topic.name == name) {
        return Err(ProviderError::new(
            "AlreadyExists",
            format!("Resource of type 'AWS::SNS::Topic' with identifier '{name}' already exists."),
        ));
    }
    let attributes = attributes(properties, &TOPIC_ATTRIBUTES);
    let topic = sns.create_topic(&context.region, &name, attributes, tags(properties, &context.tags))?;
    if let Err(error) = subscribe_inline(context, &topic.arn, properties) {
        sns.delete_topic(&topic.arn)?;
        return Err(error);
    }
    Ok(provisioned_topic(&topic.arn, &name))
}

/// Changes attributes, tags and inline subscriptions in place.
pub(crate) async fn update_topic(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["TopicName", "FifoTopic"]) {
        return Ok(Update::Replace);
    }
    let sns = &context.cloud.sns;
    let attributes = attributes(new, &TOPIC_ATTRIBUTES);
    for name in TOPIC_ATTRIBUTES {
        sns.set_topic_attribute(physical_id, name, attributes.get(name).map_or("", String::as_str))?;
    }
    sns.change_topic(physical_id, |topic| topic.tags = tags(new, &context.tags))?;
    subscribe_inline(context, physical_id, new)?;
    let wanted = inline_subscriptions(new);
    for (protocol, endpoint) in inline_subscriptions(old).iter().filter(|one| !wanted.contains(one)) {
        let gone = sns
            .subscriptions_of(physical_id)
            .into_iter()
            .find(|subscription| subscription.protocol == *protocol && subscription.endpoint == *endpoint);
        if let Some(gone) = gone {
            sns.unsubscribe(&gone.arn)?;
        }
    }
    let name = physical_id.rsplit(':').next().unwrap_or_default();
    Ok(Update::InPlace(provisioned_topic(physical_id, name)))
}

/// Removes the topic and its subscriptions.
pub(crate) async fn delete_topic(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(context.cloud.sns.delete_topic(physical_id)?)
}

fn provisioned_topic(arn: &str, name: &str) -> Provisioned {
    Provisioned {
        physical_id: arn.to_owned(),
        attributes: Map::from_iter([("TopicArn".to_owned(), json!(arn)), ("TopicName".to_owned(), json!(name))]),
    }
}

/// Properties as attribute texts; objects as JSON.
fn attributes(properties: &Value, names: &[&str]) -> BTreeMap<String, String> {
    names
        .iter()
        .filter_map(|name| {
            let value = match properties.get(*name)? {
                Value::String(text) => text.clone(),
                Value::Null => return None,
                other => other.to_string(),
            };
            Some(((*name).to_owned(), value))
        })
        .collect()
}

fn inline_subscriptions(properties: &Value) -> Vec<(String, String)> {
    let list = properties.get("Subscription").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let pair = |one: &Value| Some((text(one, "Protocol")?.to_owned(), text(one, "Endpoint")?.to_owned()));
    list.iter().filter_map(pair).collect()
}

fn subscribe_inline(context: &ResourceContext, topic_arn: &str, properties: &Value) -> Result<(), ProviderError> {
    for (protocol, endpoint) in inline_subscriptions(properties) {
        subscribe(context, topic_arn, &protocol, &endpoint, BTreeMap::new())?;
    }
    Ok(())
}

fn subscribe(
    context: &ResourceContext,
    topic_arn: &str,
    protocol: &str,
    endpoint: &str,
    attributes: BTreeMap<String, String>,
) -> Result<Subscription, ProviderError> {
    let sns = &context.cloud.sns;
    let (subscription, is_new) = sns.subscribe(topic_arn, protocol, endpoint, attributes)?;
    if is_new && !subscription.confirmed {
        delivery::ask_to_confirm(&context.cloud, &sns.topic(topic_arn)?, subscription.clone());
    }
    Ok(subscription)
}

/// `AWS::SNS::Subscription`. `Ref` is the ARN.
pub(crate) async fn create_subscription(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let subscription = subscribe(
        context,
        required_text(properties, "TopicArn")?,
        required_text(properties, "Protocol")?,
        text(properties, "Endpoint").unwrap_or_default(),
        attributes(properties, &SUBSCRIPTION_ATTRIBUTES),
    )?;
    Ok(Provisioned {
        attributes: Map::from_iter([("Arn".to_owned(), json!(subscription.arn))]),
        physical_id: subscription.arn,
    })
}

/// Changes attributes in place.
pub(crate) async fn update_subscription(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["TopicArn", "Protocol", "Endpoint"]) {
        return Ok(Update::Replace);
    }
    let mut wanted = attributes(new, &SUBSCRIPTION_ATTRIBUTES);
    for name in attributes(old, &SUBSCRIPTION_ATTRIBUTES).into_keys() {
        wanted.entry(name).or_default();
    }
    context.cloud.sns.set_subscription_attributes(physical_id, &wanted)?;
    Ok(Update::InPlace(Provisioned {
        physical_id: physical_id.to_owned(),
        attributes: Map::from_iter([("Arn".to_owned(), json!(physical_id))]),
    }))
}

/// Ends the subscription.
pub(crate) async fn delete_subscription(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(context.cloud.sns.unsubscribe(physical_id)?)
}

/// `AWS::SNS::TopicPolicy`: the policy of one or more topics. `Ref` is a generated id.
pub(crate) async fn create_topic_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    set_policy(context, &reference_list(properties, "Topics"), &policy(properties)?)?;
    Ok(Provisioned { physical_id: context.generated_name(128), attributes: Map::new() })
}

/// Writes the policy anew; topics that are no longer named go back to the default policy.
pub(crate) async fn update_topic_policy(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let topics = reference_list(new, "Topics");
    set_policy(context, &topics, &policy(new)?)?;
    let mut gone = reference_list(old, "Topics");
    gone.retain(|topic| !topics.contains(topic));
    reset_policy(context, &gone)?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Goes back to the default policy.
pub(crate) async fn delete_topic_policy(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    reset_policy(context, &reference_list(properties, "Topics"))
}

/// `AWS::SNS::TopicInlinePolicy`: the policy of one topic. `Ref` is the topic's ARN.
pub(crate) async fn create_topic_inline_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let topic = required_text(properties, "TopicArn")?;
    set_policy(context, &[topic.to_owned()], &policy(properties)?)?;
    Ok(Provisioned { physical_id: topic.to_owned(), attributes: Map::new() })
}

/// Writes the policy anew.
pub(crate) async fn update_topic_inline_policy(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["TopicArn"]) {
        return Ok(Update::Replace);
    }
    create_topic_inline_policy(context, new).await.map(Update::InPlace)
}

/// Goes back to the default policy.
pub(crate) async fn delete_topic_inline_policy(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    reset_policy(context, &[physical_id.to_owned()])
}

fn policy(properties: &Value) -> Result<String, ProviderError> {
    match properties.get("PolicyDocument") {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(document @ Value::Object(_)) => Ok(document.to_string()),
        _ => Err(ProviderError::invalid("the required property `PolicyDocument` is missing")),
    }
}

fn set_policy(context: &ResourceContext, topics: &[String], policy: &str) -> Result<(), ProviderError> {
    for topic in topics {
        context.cloud.sns.set_topic_attribute(topic, "Policy", policy)?;
    }
    Ok(())
}

fn reset_policy(context: &ResourceContext, topics: &[String]) -> Result<(), ProviderError> {
    for topic in topics {
        match context.cloud.sns.set_topic_attribute(topic, "Policy", "") {
            Err(error) if error.status != http::StatusCode::NOT_FOUND => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
