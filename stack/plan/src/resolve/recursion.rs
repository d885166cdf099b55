//! Functions that would start themselves for ever.

use std::collections::BTreeSet;

use crate::construct::access::{Access, Verb};
use crate::construct::bucket::{Bucket, EventRule};
use crate::construct::function::Function;
use crate::construct::transcoder::Transcoder;
use crate::construct::{Constructs, Kind};
use crate::fault::{FaultKind, Sink};

/// What a message or an event passes: a queue or a topic.
type Station = (Kind, String);

pub(super) fn check(constructs: &Constructs, sink: &Sink) {
    for bucket in &constructs.buckets {
        for event in &bucket.events {
            for function in started_by(&(event.target.kind, event.target.name.clone()), constructs) {
                check_objects(bucket, event, function, sink);
                check_transcoding(bucket, event, function, constructs, sink);
            }
        }
    }
    for function in &constructs.functions {
        for access in &function.rights.access {
            check_messages(access, function, constructs, sink);
            check_records(access, function, sink);
        }
    }
}

/// Functions that are started by what arrives at a station, through topics and queues behind it as well.
fn started_by<'a>(station: &Station, constructs: &'a Constructs) -> Vec<&'a Function> {
    let mut functions = BTreeSet::new();
    let mut stations = vec![station.clone()];
    // From a topic the way leads to queues only, and from a queue to functions only, so there is no circle to watch for.
    while let Some((kind, name)) = stations.pop() {
        match kind {
            Kind::Topic => {
                let of_name = constructs.topics.iter().filter(|topic| topic.name == name);
                for subscription in of_name.flat_map(|topic| &topic.subscriptions) {
                    functions.extend(subscription.endpoint.of_kind(Kind::Function).map(str::to_owned));
                    let queue = subscription.endpoint.of_kind(Kind::Queue);
                    stations.extend(queue.map(|queue| (Kind::Queue, queue.to_owned())));
                }
            }
            Kind::Queue => {
                let reads = |function: &&Function| function.sources.iter().any(|it| it.reads(Kind::Queue, &name));
                functions.extend(constructs.functions.iter().filter(reads).map(|function| function.name.clone()));
            }
            _ => {
                functions.insert(name);
            }
        }
    }
    constructs.functions.iter().filter(|function| functions.contains(&function.name)).collect()
}

fn report(function: &Function, access: &Access, target: String, mend: &str, sink: &Sink) {
    let kind = FaultKind::Recursion {
        function: function.name.clone(),
        verb: access.verb.word().to_owned(),
        target,
        mend: mend.to_owned(),
    };
    sink.push(kind, &access.place);
}

/// A function that writes or deletes objects whose events start it.
fn check_objects(bucket: &Bucket, event: &EventRule, function: &Function, sink: &Sink) {
    let (Some(prefix), Some(suffix)) = (&event.prefix, &event.suffix) else { return };
    let verb = if event.event.0.starts_with("ObjectCreated") {
        Verb::Write
    } else if event.event.0.starts_with("ObjectRemoved") {
        Verb::Delete
    } else {
        return;
    };
    let touching = function.rights.access.iter().find(|access| {
        access.verb == verb
            && access.target.kind == Kind::Bucket
            && access.target.name == bucket.name
            && access.may_touch(prefix, suffix)
    });
    if let Some(access) = touching {
        let target = format!("`{}` in bucket `{}`", access.key_pattern(), bucket.name);
        let mend = "let it write under another prefix or into another bucket: `write: bucket.name/prefix/*`";
        report(function, access, target, mend, sink);
    }
}

/// A function that transcodes where its own event listens gets the results of its jobs.
fn check_transcoding(bucket: &Bucket, event: &EventRule, function: &Function, constructs: &Constructs, sink: &Sink) {
    let (Some(prefix), Some(suffix)) = (&event.prefix, &event.suffix) else { return };
    if !event.event.0.starts_with("ObjectCreated") {
        return;
    }
    let jobs = function.rights.access.iter().filter(|access| access.verb == Verb::Transcode);
    for job in jobs {
        let transcoder = constructs.transcoders.iter().find(|transcoder| transcoder.name == job.target.name);
        let Some(output) = transcoder.and_then(Transcoder::results) else { continue };
        if output.target.name == bucket.name && output.may_touch(prefix, suffix) {
            let target = format!("`{}` in bucket `{}`", output.key_pattern(), bucket.name);
            let mend = "let the transcoder write under another prefix or into another bucket";
            report(function, job, target, mend, sink);
        }
    }
}

/// A function that sends or publishes what it is started by.
fn check_messages(access: &Access, function: &Function, constructs: &Constructs, sink: &Sink) {
    if !matches!(access.verb, Verb::Send | Verb::Publish) {
        return;
    }
    let (kind, name) = (access.target.kind, &access.target.name);
    let started = started_by(&(kind, name.clone()), constructs);
    if started.iter().any(|candidate| candidate.name == function.name) {
        let target = format!("to {} `{name}`", kind.word());
        report(
            function,
            access,
            target,
            "let it send somewhere else, or let another function take these messages",
            sink,
        );
    }
}

/// A function that writes the items whose records start it. One that filters its records is trusted to know its own.
fn check_records(access: &Access, function: &Function, sink: &Sink) {
    if !matches!(access.verb, Verb::Write | Verb::Delete) || access.target.kind != Kind::Table {
        return;
    }
    let name = &access.target.name;
    let reads = function.sources.iter().any(|it| it.reads(Kind::Table, name) && !it.is_filtered);
    if reads {
        let mend = "leave its own writes out by `filters:` of the event, or let it write to another table";
        report(function, access, format!("to table `{name}`"), mend, sink);
    }
}
