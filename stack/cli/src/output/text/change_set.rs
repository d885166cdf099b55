//! Change sets, in words.

use std::fmt::Write as _;

use stack_aws::{ChangeAction, ChangeSet, Risk};

use super::report::Parts;
use crate::output::style::{Style, harmless};

/// A change set that waits: its ARN for programs, what it does and what can be done with it for people.
pub(super) fn left_parts(style: Style, change_set: &ChangeSet, execute: &[String], discard: &str) -> Parts {
    let mut talk = change_set_text(style, change_set);
    let _ = writeln!(
        talk,
        "{} the change set of {} waits, nothing was executed",
        style.attention("left:"),
        style.bold(&change_set.stack_name)
    );
    for (index, command) in execute.iter().enumerate() {
        let _ = writeln!(talk, "{} {command}", if index == 0 { "execute it:" } else { "      then:" });
    }
    let _ = writeln!(talk, " delete it: {discard}");
    Parts { data: format!("{}\n", change_set.id), talk }
}

/// The changes, one per line.
pub(super) fn change_set_text(style: Style, change_set: &ChangeSet) -> String {
    let mut text = format!("\n{} {}\n", style.bold("changes to stack"), change_set.stack_name);
    for change in &change_set.changes {
        let action = match change.action {
            ChangeAction::Add => style.good("+ add        "),
            ChangeAction::Modify => style.attention("~ modify     "),
            ChangeAction::Replace => style.bad("± replace    "),
            ChangeAction::MayReplace => style.bad("± may replace"),
            ChangeAction::Remove => style.bad("- remove     "),
            ChangeAction::Import => style.good("> import     "),
        };
        let _ = write!(text, "  {action} {} {}", change.logical_id, style.dim(&change.resource_type));
        if !change.properties.is_empty() {
            let _ = write!(text, " ({})", change.properties.join(", "));
        }
        text.push('\n');
    }
    for Risk { kind, logical_id, detail, .. } in &change_set.risks {
        let _ = writeln!(text, "  {} {logical_id}: {}", style.bad(format!("{}:", kind.as_str())), harmless(detail));
    }
    for warning in &change_set.warnings {
        let place = warning.logical_id.as_deref().unwrap_or("template");
        let _ = writeln!(text, "  {} {place}: {}", style.attention("warning:"), harmless(&warning.reason));
    }
    text
}
