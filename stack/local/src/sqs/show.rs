//! Messages as answers show them.

use serde_json::{Map, Value, json};

use super::Queue;
use super::message::{Attribute, Message, digest_attributes};

/// The answer to a message that was sent as `input` says.
pub(super) fn show_sent(queue: &Queue, message: &Message, input: &Value) -> Value {
    let mut shown = json!({"MD5OfMessageBody": message.digest(), "MessageId": message.id});
    if let Some(digest) = message.attribute_digest() {
        shown["MD5OfMessageAttributes"] = json!(digest);
    }
    // A trace header that came with the request and not with the message is no attribute to its sender.
    if let Some(header) = message.trace_header.as_ref().filter(|_| input.get("MessageSystemAttributes").is_some()) {
        let attribute = Attribute { data_type: "String".to_owned(), value: header.clone() };
        shown["MD5OfMessageSystemAttributes"] =
            json!(digest_attributes(std::iter::once(("AWSTraceHeader", &attribute))));
    }
    if queue.is_fifo() {
        shown["SequenceNumber"] = json!(message.sequence_number());
    }
    shown
}

/// A received message with those of its own attributes that `wanted` names: by name, by `prefix.*`, or `All`.
pub(super) fn show_message(queue: &Queue, message: &Message, wanted: &[String]) -> Value {
    let mut shown = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt(&queue.name),
        "MD5OfBody": message.digest(),
        "Body": message.body,
    });
    let is_wanted = |name: &str| {
        wanted.iter().any(|pattern| {
            pattern == "All"
                || pattern == name
                || pattern.strip_suffix(".*").is_some_and(|start| name.starts_with(start))
        })
    };
    let own: Vec<(&str, &Attribute)> = message
        .attributes
        .iter()
        .map(|(name, attribute)| (name.as_str(), attribute))
        .filter(|(name, _)| is_wanted(name))
        .collect();
    if let Some(digest) = digest_attributes(own.iter().copied()) {
        shown["MD5OfMessageAttributes"] = json!(digest);
        let attributes = own.into_iter().map(|(name, attribute)| (name.to_owned(), show_attribute(attribute)));
        shown["MessageAttributes"] = Value::Object(attributes.collect());
    }
    shown
}

fn show_attribute(attribute: &Attribute) -> Value {
    let member = if attribute.is_binary() { "BinaryValue" } else { "StringValue" };
    json!({(member): attribute.value, "DataType": attribute.data_type})
}

/// What SQS knows of a message, as far as `wanted` names it or `All`.
pub(crate) fn show_attributes(queue: &Queue, message: &Message, wanted: &[String]) -> Map<String, Value> {
    let all = wanted.iter().any(|name| name == "All");
    let known = [
        ("SenderId", Some(message.sender.clone())),
        ("SentTimestamp", Some(message.sent.to_string())),
        ("ApproximateReceiveCount", Some(message.received.to_string())),
        ("ApproximateFirstReceiveTimestamp", message.first_received.map(|time| time.to_string())),
        ("SequenceNumber", queue.is_fifo().then(|| message.sequence_number())),
        ("MessageDeduplicationId", message.deduplication.clone()),
        ("MessageGroupId", message.group.clone()),
        ("AWSTraceHeader", message.trace_header.clone()),
        ("DeadLetterQueueSourceArn", message.dead_letter_source.clone()),
    ];
    known
        .into_iter()
        .filter(|(name, _)| all || wanted.iter().any(|wanted| wanted == name))
        .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
        .collect()
}
