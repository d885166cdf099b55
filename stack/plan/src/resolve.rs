//! What must hold between constructs.

use crate::construct::access::Verb;
use crate::construct::bucket::{Bucket, EventRule};
use crate::construct::function::Function;
use crate::construct::transcoder::Transcoder;
use crate::construct::{Constructs, Kind};
use crate::fault::{FaultKind, Sink};

/// Reports functions that start themselves and events that S3 cannot tell apart.
pub(crate) fn check_links(constructs: &Constructs, sink: &Sink) {
    for bucket in &constructs.buckets {
        check_overlap(bucket, sink);
        for event in &bucket.events {
            check_order(event, constructs, sink);
            for function in started_by(event, constructs) {
                check_recursion(bucket, event, function, sink);
                check_transcoding(bucket, event, function, constructs, sink);
            }
        }
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

/// Functions that an event starts, through a topic as well.
fn started_by<'a>(event: &EventRule, constructs: &'a Constructs) -> Vec<&'a Function> {
    let names: Vec<&str> = match event.target.kind {
        Kind::Topic => constructs
            .topics
            .iter()
            .filter(|topic| topic.name == event.target.name)
            .flat_map(|topic| &topic.subscriptions)
            .filter_map(|subscription| subscription.endpoint.function())
            .collect(),
        _ => vec![&event.target.name],
    };
    constructs.functions.iter().filter(|function| names.contains(&function.name.as_str())).collect()
}

fn check_recursion(bucket: &Bucket, event: &EventRule, function: &Function, sink: &Sink) {
    let (Some(prefix), Some(suffix)) = (&event.prefix, &event.suffix) else { return };
    let verb = if event.event.0.starts_with("ObjectCreated") {
        Verb::Write
    } else if event.event.0.starts_with("ObjectRemoved") {
        Verb::Delete
    } else {
        return;
    };
    let touching = function
        .access
        .iter()
        .find(|access| access.verb == verb && access.target.name == bucket.name && access.may_touch(prefix, suffix));
    if let Some(access) = touching {
        let kind = FaultKind::Recursion {
            function: function.name.clone(),
            bucket: bucket.name.clone(),
            verb: verb.word().to_owned(),
            written: access.key_pattern().to_owned(),
        };
        sink.push(kind, &access.place);
    }
}

/// A function that transcodes where its own event listens gets the results of its jobs.
fn check_transcoding(bucket: &Bucket, event: &EventRule, function: &Function, constructs: &Constructs, sink: &Sink) {
    let (Some(prefix), Some(suffix)) = (&event.prefix, &event.suffix) else { return };
    if !event.event.0.starts_with("ObjectCreated") {
        return;
    }
    let jobs = function.access.iter().filter(|access| access.verb == Verb::Transcode);
    for job in jobs {
        let transcoder = constructs.transcoders.iter().find(|transcoder| transcoder.name == job.target.name);
        let Some(output) = transcoder.and_then(Transcoder::results) else { continue };
        if output.target.name == bucket.name && output.may_touch(prefix, suffix) {
            let kind = FaultKind::Recursion {
                function: function.name.clone(),
                bucket: bucket.name.clone(),
                verb: Verb::Transcode.word().to_owned(),
                written: output.key_pattern().to_owned(),
            };
            sink.push(kind, &job.place);
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
