//! The last operation on a stack, in words: the cause first, then what happened, in order.

use std::fmt::Write as _;

use stack_aws::LastOperation;

use super::event::{Tally, is_idle_reason, seconds};
use super::outcome::failed_text;
use super::report::Parts;
use crate::output::style::{Style, harmless};
use crate::report::Declaration;

/// Events on stdout; the cause of a failure before them, the sum after them, on stderr.
pub(super) fn parts(
    style: Style,
    stack_name: &str,
    operation: &LastOperation,
    declared: Option<&Declaration>,
    limit: usize,
) -> Parts {
    let mut tally = Tally::default();
    let mut lines = Vec::new();
    for event in &operation.events {
        let took = tally.note(event);
        let status = format!("{:<20}", event.status);
        let status = if event.status.ends_with("_FAILED") || event.status.contains("ROLLBACK") {
            style.bad(status)
        } else if event.status.ends_with("_COMPLETE") {
            style.good(status)
        } else {
            status
        };
        let mut line = format!("{} {status} {}", style.dim(&event.time), event.logical_id);
        let _ = write!(line, " {}", style.dim(&event.resource_type));
        if let Some(took) = took {
            let _ = write!(line, " {}", style.dim(seconds(took.as_seconds_f64())));
        }
        if let Some(reason) = event.reason.as_deref().filter(|reason| !is_idle_reason(reason)) {
            let _ = write!(line, "\n    {}", harmless(reason));
        }
        lines.push(line);
    }
    let left_out = lines.len().saturating_sub(limit);
    let data = lines[left_out..].iter().fold(String::new(), |text, line| text + line + "\n");
    let status = operation.ended_as.map_or("it goes on", |status| status.as_str());
    let mut talk = String::new();
    if operation.cause.is_some() {
        talk +=
            &failed_text(style, "failed", stack_name, status, operation.cause.as_ref(), &operation.others, declared);
    } else if lines.is_empty() {
        let _ = writeln!(talk, "{} has no events", style.bold(stack_name));
    } else {
        let sum = tally.summary().map(|sum| format!(": {sum}")).unwrap_or_default();
        let _ = writeln!(talk, "{} ({status}){sum}", style.bold(stack_name));
    }
    if left_out > 0 {
        let _ = writeln!(talk, "{left_out} older events are left out (--limit)");
    }
    Parts { data, talk }
}
