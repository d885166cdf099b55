//! Topics, their policies and subscriptions as they are now, in the form of templates.

use serde_json::{Value, json};

use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};
use crate::wire::properties::{reference_list, tag_list, text};

/// Properties of a topic that are attributes, and absent when nobody set them.
const TOPIC_OPTIONAL: [&str; 5] =
    ["DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];

/// Properties of a subscription that are attributes, and absent when nobody set them.
const SUBSCRIPTION_OPTIONAL: [&str; 6] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
];

/// `AWS::SNS::Topic`. Of subscriptions only those that the topic declares are told: the others are resources of their own.
pub(crate) async fn read_topic(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let sns = &context.cloud.sns;
    let Ok(topic) = sns.topic(physical_id) else { return Ok(Live::Gone) };
    let theirs = sns.subscriptions_of(physical_id);
    let inline: Vec<Value> = declared
        .get("Subscription")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|one| {
            theirs.iter().any(|subscription| {
                text(one, "Protocol") == Some(&subscription.protocol)
                    && text(one, "Endpoint") == Some(&subscription.endpoint)
            })
        })
        .cloned()
        .collect();
    let mut live = json!({"TopicName": topic.name, "Subscription": inline, "Tags": tag_list(&topic.tags)});
    for (name, value) in topic.attributes.iter().filter(|(name, _)| *name != "Policy") {
        live[name] = json!(value);
    }
    Ok(Live::readable(live, declared, &TOPIC_OPTIONAL))
}

/// `AWS::SNS::Subscription`.
pub(crate) async fn read_subscription(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(subscription) = context.cloud.sns.subscription(physical_id) else { return Ok(Live::Gone) };
    let mut live = json!({
        "TopicArn": subscription.topic_arn,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
    });
    for (name, value) in &subscription.attributes {
        live[name] = json!(value);
    }
    Ok(Live::readable(live, declared, &SUBSCRIPTION_OPTIONAL))
}

/// `AWS::SNS::TopicPolicy`. AWS has no read handler for the type; here it is told all the same.
pub(crate) async fn read_topic_policy(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let mut topics = Vec::new();
    let mut document: Option<Value> = None;
    for topic in reference_list(declared, "Topics") {
        let Some(policy) = policy_of(context, &topic) else { continue };
        // The first topic that differs from what is declared speaks for all.
        if document.is_none() || declared.get("PolicyDocument") != Some(&policy) {
            document = Some(policy);
        }
        topics.push(topic);
    }
    Ok(document.map_or(Live::Gone, |document| Live::Properties(json!({"Topics": topics, "PolicyDocument": document}))))
}

/// `AWS::SNS::TopicInlinePolicy`.
pub(crate) async fn read_topic_inline_policy(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    let policy = policy_of(context, physical_id);
    Ok(policy
        .map_or(Live::Gone, |document| Live::Properties(json!({"TopicArn": physical_id, "PolicyDocument": document}))))
}

/// The policy that was set for a topic; `None` when it has the default one, or does not exist.
fn policy_of(context: &ResourceContext, topic_arn: &str) -> Option<Value> {
    let topic = context.cloud.sns.topic(topic_arn).ok()?;
    serde_json::from_str(topic.attributes.get("Policy")?).ok()
}
