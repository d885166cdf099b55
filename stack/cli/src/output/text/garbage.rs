//! Artifacts that nobody needs, in words.

use std::fmt::Write as _;

use stack_aws::{ArtifactObject, GarbageOutcome};

use super::event::bytes;
use super::report::Parts;
use crate::output::style::Style;

/// What became of them; those that went, or would go, on stdout.
pub(super) fn parts(style: Style, outcome: &GarbageOutcome, dry_run: bool) -> Parts {
    match outcome {
        GarbageOutcome::NoBucket { bucket } => Parts::talk(format!("there is no bucket {bucket}\n")),
        GarbageOutcome::Deleted { bucket, objects, kept } => Parts {
            data: list(objects),
            talk: format!("{} {} in {bucket}; {kept} stay\n", style.good("deleted"), sum(objects)),
        },
        GarbageOutcome::Declined { objects } if dry_run => {
            Parts { data: list(objects), talk: format!("{} would go\n", sum(objects)) }
        }
        GarbageOutcome::Declined { .. } => Parts::talk("declined; nothing was deleted\n"),
        GarbageOutcome::ApprovalNeeded { objects } => Parts {
            data: list(objects),
            talk: "approval is needed, and there is no terminal to ask on: run again with --yes\n".to_owned(),
        },
        GarbageOutcome::Busy { stack, status } => Parts::talk(format!(
            "{} {} is in {status} and may need packages that it does not name; nothing was deleted\n",
            style.bad("refused:"),
            stack.name
        )),
        other => Parts::talk(format!("{other:?}\n")),
    }
}

/// What the user must see before the prompt.
pub(super) fn question_text(style: Style, bucket: &str, objects: &[ArtifactObject]) -> String {
    format!("\n{}{} in {} that no stack refers to\n", list(objects), sum(objects), style.bold(bucket))
}

fn list(objects: &[ArtifactObject]) -> String {
    objects.iter().fold(String::new(), |mut text, object| {
        let _ = writeln!(text, "{}  {}", object.key, bytes(object.size));
        text
    })
}

fn sum(objects: &[ArtifactObject]) -> String {
    let size: u64 = objects.iter().map(|object| object.size).sum();
    let noun = if objects.len() == 1 { "object" } else { "objects" };
    format!("{} {noun}, {}", objects.len(), bytes(size))
}
