//! What must hold between constructs.

use crate::construct::access::Verb;
use crate::construct::bucket::{Bucket, EventRule};
use crate::construct::function::Function;
use crate::construct::{Constructs, Kind};
use crate::fault::{FaultKind, Sink};

/// Reports functions that start themselves and events that S3 cannot tell apart.
pub(crate) fn check_links(constructs: &Constructs, sink: &Sink) {
    for bucket in &constructs.buckets {
        check_overlap(bucket, sink);
        for event in &bucket.events {
            for function in started_by(event, constructs) {
                check_recursion(bucket, event, function, sink);
            }
        }
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
