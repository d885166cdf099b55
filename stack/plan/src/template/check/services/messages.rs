//! Queues, topics and notifications: what is sent where.

use serde_json::Value;

use crate::fault::nearest;
use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::scalar::text;
use crate::template::check::{Checker, SchemaFault};

/// Protocols of a subscription and the type of resource whose ARN their endpoint is.
const PROTOCOLS: [(&str, &[&str]); 3] = [
    ("firehose", &["AWS::KinesisFirehose::DeliveryStream.Arn"]),
    (
        "lambda",
        &["AWS::Lambda::Function.Arn", "AWS::Lambda::Alias", "AWS::Lambda::Alias.AliasArn", "AWS::Lambda::Version"],
    ),
    ("sqs", &["AWS::SQS::Queue.Arn"]),
];

/// Protocols whose messages can come as they are.
const RAW: [&str; 4] = ["firehose", "http", "https", "sqs"];

/// Events of a bucket.
const EVENTS: [&str; 27] = [
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:ObjectAcl:Put",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Put",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectRestore:Post",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Delete",
    "s3:ObjectTagging:Put",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold",
];

/// The endpoint is what the protocol sends to.
pub(super) fn subscription(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    let Some(protocol) = properties.get("Protocol").and_then(Value::as_str) else { return };
    let endpoint = properties.get("Endpoint");
    if let Some((_, expected)) = PROTOCOLS.iter().find(|(name, _)| *name == protocol)
        && let Some(endpoint) = endpoint
    {
        checker.target_of_kind(endpoint, expected, true, &at.key("Endpoint"), found);
    }
    if let Some(Value::String(address)) = endpoint {
        let (is_fine, format) = match protocol {
            "email" | "email-json" => (address.contains('@'), "an e-mail address"),
            "http" => (address.starts_with("http://"), "an address that begins with `http://`"),
            "https" => (address.starts_with("https://"), "an address that begins with `https://`"),
            "sqs" | "lambda" | "firehose" | "application" => (address.starts_with("arn:"), "an ARN"),
            _ => (true, ""),
        };
        if !is_fine && !address.contains("{{resolve:") {
            let fault = SchemaFault::WrongFormat { value: address.clone(), format: format.to_owned() };
            found.push(&at.key("Endpoint"), fault);
        }
    }
    let is_raw = properties.get("RawMessageDelivery").is_some_and(|raw| text(raw) == "true");
    if is_raw && !RAW.contains(&protocol) {
        found.say(
            &at.key("RawMessageDelivery"),
            format!("a subscription of the protocol {protocol} has no raw messages"),
        );
    }
}

/// Messages that fail go to another queue, which keeps them as long at least.
pub(super) fn queue(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    for policy in checker.selected(properties, "RedrivePolicy", at, under) {
        let Some(target) = policy.value.get("deadLetterTargetArn") else { continue };
        let place = At::path(&policy.path);
        let place = place.key("deadLetterTargetArn");
        checker.target_of_kind(target, &["AWS::SQS::Queue.Arn"], true, &place, found);
        if let Some(count) = policy.value.get("maxReceiveCount")
            && text(count).parse::<i64>().is_ok_and(|count| !(1..=1000).contains(&count))
        {
            let place = At::path(&policy.path);
            let fault = SchemaFault::OutOfRange { value: text(count), bound: "between 1 and 1000".to_owned() };
            found.push(&place.key("maxReceiveCount"), fault);
        }
    }
}

/// Events that there are, and what they are told to.
pub(super) fn notifications(
    checker: &Checker<'_>,
    properties: &Value,
    at: &At<'_>,
    under: &Assumptions,
    found: &mut Found,
) {
    let kinds = [
        (
            "LambdaConfigurations",
            "Function",
            &["AWS::Lambda::Function.Arn", "AWS::Lambda::Alias", "AWS::Lambda::Alias.AliasArn", "AWS::Lambda::Version"]
                [..],
        ),
        ("QueueConfigurations", "Queue", &["AWS::SQS::Queue.Arn"][..]),
        ("TopicConfigurations", "Topic", &["AWS::SNS::Topic", "AWS::SNS::Topic.TopicArn"][..]),
    ];
    for (list, target, expected) in kinds {
        for configuration in checker.selected(properties, &format!("NotificationConfiguration/{list}/*"), at, under) {
            let place = At::path(&configuration.path);
            if let Some(event) =
                configuration.value.get("Event").and_then(Value::as_str).filter(|event| !EVENTS.contains(event))
            {
                let known: Vec<String> = EVENTS.iter().map(|event| (*event).to_owned()).collect();
                let near: Vec<String> = nearest(event, &known).into_iter().map(str::to_owned).collect();
                let allowed = if near.is_empty() { known } else { near };
                found.push(&place.key("Event"), SchemaFault::NotAllowed { value: event.to_owned(), allowed });
            }
            if let Some(value) = configuration.value.get(target) {
                checker.target_of_kind(value, expected, true, &place.key(target), found);
            }
            filters(&configuration.value, &place, found);
        }
    }
}

/// One prefix and one suffix at most.
fn filters(configuration: &Value, at: &At<'_>, found: &mut Found) {
    let rules = configuration.pointer("/Filter/S3Key/Rules").and_then(Value::as_array).into_iter().flatten();
    let mut seen: Vec<String> = Vec::new();
    for rule in rules {
        let Some(name) = rule.get("Name").and_then(Value::as_str).map(str::to_ascii_lowercase) else { continue };
        if seen.contains(&name) {
            let at = at.key("Filter");
            let at = at.key("S3Key");
            found.push(&at.key("Rules"), SchemaFault::RepeatedItem { by: Some("Name".to_owned()) });
        }
        seen.push(name);
    }
}
