//! Events of buckets and subscriptions of topics.

use crate::construct::bucket::{Bucket, EventRule};
use crate::construct::topic::Topic;
use crate::construct::{Constructs, Kind};
use crate::fault::{FaultKind, Place, Sink};

pub(super) fn check(constructs: &Constructs, sink: &Sink) {
    for bucket in &constructs.buckets {
        check_overlap(bucket, sink);
        bucket.events.iter().for_each(|event| check_order(event, constructs, sink));
        for event in bucket.events.iter().filter(|event| event.target.kind == Kind::Queue) {
            check_standard(&event.target.name, "events of a bucket", &event.place, constructs, sink);
        }
    }
    for topic in constructs.topics.iter().filter(|topic| !topic.fifo) {
        check_subscriptions(topic, constructs, sink);
    }
}

/// Reports a FIFO queue where only standard queues are told.
pub(super) fn check_standard(queue: &str, what: &str, place: &Place, constructs: &Constructs, sink: &Sink) {
    if constructs.queues.iter().any(|candidate| candidate.name == queue && candidate.fifo) {
        let kind = FaultKind::BadValue {
            value: format!("queue.{queue}"),
            expected: format!("a queue for {what}"),
            help: "FIFO queues are not served here: name a standard queue".to_owned(),
        };
        sink.push(kind, place);
    }
}

/// S3 does not publish to topics that keep an order.
fn check_order(event: &EventRule, constructs: &Constructs, sink: &Sink) {
    let is_target = |name: &str| event.target.kind == Kind::Topic && event.target.name == name;
    if constructs.topics.iter().any(|topic| topic.fifo && is_target(&topic.name)) {
        let kind = FaultKind::BadValue {
            value: event.target.name.clone(),
            expected: "a topic that S3 can publish to".to_owned(),
            help: "events come in no order: leave `fifo` of the topic out".to_owned(),
        };
        sink.push(kind, &event.place);
    }
}

fn check_subscriptions(topic: &Topic, constructs: &Constructs, sink: &Sink) {
    for subscription in &topic.subscriptions {
        if let Some(queue) = subscription.endpoint.of_kind(Kind::Queue) {
            check_standard(queue, "messages of a standard topic", &subscription.place, constructs, sink);
        }
    }
}

/// S3 refuses two rules of meeting event types whose prefixes meet and whose suffixes meet.
fn check_overlap(bucket: &Bucket, sink: &Sink) {
    for (index, second) in bucket.events.iter().enumerate() {
        let first = bucket.events[..index].iter().find(|first| {
            let meet = |one: &Option<String>, other: &Option<String>, starts: bool| match (one, other) {
                (Some(one), Some(other)) if starts => {
                    one.starts_with(other.as_str()) || other.starts_with(one.as_str())
                }
                (Some(one), Some(other)) => one.ends_with(other.as_str()) || other.ends_with(one.as_str()),
                _ => false,
            };
            first.event.meets(&second.event)
                && meet(&first.prefix, &second.prefix, true)
                && meet(&first.suffix, &second.suffix, false)
        });
        if let Some(first) = first {
            let kind = FaultKind::OverlappingEvents {
                bucket: bucket.name.clone(),
                event: second.event.0.clone(),
                first_line: first.place.line(),
            };
            sink.push(kind, &second.place);
        }
    }
}
