//! What functions read and where their failures go.

use super::events::check_standard;
use crate::construct::function::{Function, Source};
use crate::construct::queue::{DeadLetter, Queue};
use crate::construct::{Constructs, Kind};
use crate::fault::{FaultKind, Sink};

/// Greatest batch of a FIFO queue.
const FIFO_BATCH: u32 = 10;

pub(super) fn check(constructs: &Constructs, sink: &Sink) {
    for function in &constructs.functions {
        check_repetition(function, sink);
        for destination in function.failure_destinations().chain(&function.on_success) {
            if destination.target.kind == Kind::Queue {
                let queue = &destination.target.name;
                check_standard(queue, "outcomes of a function", &destination.place, constructs, sink);
            }
        }
        for source in &function.sources {
            check_stream(source, constructs, sink);
            check_fifo(source, constructs, sink);
        }
    }
    for queue in &constructs.queues {
        check_dead_letter(queue, constructs, sink);
    }
}

/// Lambda reads a source for a function once.
fn check_repetition(function: &Function, sink: &Sink) {
    for (index, second) in function.sources.iter().enumerate() {
        let first = function.sources[..index].iter().find(|first| first.target == second.target);
        if let Some(first) = first {
            let (word, name) = (second.target.kind.word(), &second.target.name);
            let kind = FaultKind::BadValue {
                value: format!("{word}.{name}"),
                expected: "a source that the function does not read yet".to_owned(),
                help: format!("it is read by the entry on line {}; leave one of the two out", first.place.line()),
            };
            sink.push(kind, &second.place);
        }
    }
}

fn check_stream(source: &Source, constructs: &Constructs, sink: &Sink) {
    let is_silent = |name: &str| constructs.tables.iter().any(|table| table.name == name && !table.declares_stream);
    if source.target.kind == Kind::Table && is_silent(&source.target.name) {
        let name = &source.target.name;
        let kind = FaultKind::BadValue {
            value: format!("table.{name}"),
            expected: "a table with a stream".to_owned(),
            help: format!("say under `tables.{name}` what its stream holds: `stream: new-and-old-images`"),
        };
        sink.push(kind, &source.place);
    }
}

fn check_fifo(source: &Source, constructs: &Constructs, sink: &Sink) {
    let is_fifo = |queue: &Queue| queue.name == source.target.name && queue.fifo;
    if source.target.kind != Kind::Queue || !constructs.queues.iter().any(is_fifo) {
        return;
    }
    if source.batch.0 > FIFO_BATCH {
        let what = "messages of a batch from a FIFO queue".to_owned();
        let kind = FaultKind::LimitExceeded { what, value: source.batch.0 as usize, limit: FIFO_BATCH as usize };
        sink.push(kind, &source.place);
    } else if source.window.0 > 0 {
        let kind = FaultKind::BadValue {
            value: format!("{}s", source.window.0),
            expected: "a window for a FIFO queue".to_owned(),
            help: "batches of a FIFO queue are not gathered: leave `window` out".to_owned(),
        };
        sink.push(kind, &source.place);
    }
}

fn check_dead_letter(queue: &Queue, constructs: &Constructs, sink: &Sink) {
    let Some(DeadLetter::Queue(name)) = &queue.dead_letter else { return };
    let of_name = constructs.queues.iter().find(|candidate| candidate.name == *name);
    if let Some(dead_letter) = of_name.filter(|dead_letter| dead_letter.fifo != queue.fifo) {
        let what = |fifo| if fifo { "a FIFO queue" } else { "a standard queue" };
        let kind = FaultKind::BadValue {
            value: format!("queue.{name}"),
            expected: format!("{}, as `{}` is", what(queue.fifo), queue.name),
            help: format!("`{}` is {}; a dead-letter queue has the type of its source", name, what(dead_letter.fifo)),
        };
        sink.push(kind, &queue.dead_letter_place);
    }
}
