//! Change sets, in words.

use std::fmt::Write as _;

use stack_aws::{ChangeSet, Recreation, Risk, ValidationFinding};
use stack_plan::diff::Action;

use super::offline::short;
use super::report::Parts;
use crate::output::style::{Style, harmless};
use crate::preview::{ChangeSetView, ToldChange, ToldValue};

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
        let action = action_text(style, change.action);
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
        let _ = writeln!(text, "  {} {}", style.attention("warning:"), finding_text(warning));
    }
    text
}

/// What CloudFormation says, below what the templates tell.
pub(super) fn view_text(style: Style, view: &ChangeSetView) -> String {
    let title = style.bold("CloudFormation:");
    match view {
        ChangeSetView::Made { changes, warnings } => {
            let mut text = format!("{title} {} in its change set\n", super::report::count(changes.len(), "resource"));
            for change in changes {
                told_text(style, change, &mut text);
            }
            for warning in warnings {
                let _ = writeln!(text, "  {} {}", style.attention("warning:"), finding_text(warning));
            }
            text
        }
        ChangeSetView::Empty => format!("{title} nothing to change\n"),
        ChangeSetView::Refused { reason, findings } => {
            let mut text = format!("{title} {} {}\n", style.bad("it refuses the change set:"), harmless(reason));
            for finding in findings {
                let _ = writeln!(text, "  {}", finding_text(finding));
            }
            text
        }
        ChangeSetView::Busy { status } => {
            format!("{title} it takes no change set while an operation runs ({status})\n")
        }
        ChangeSetView::Stuck { status } => {
            format!("{title} it takes no change set in {status}; `stack status` names the way out\n")
        }
        ChangeSetView::Waits { companion } => {
            format!("{title} not asked: the stack needs what {companion} gives, which is not deployed yet\n")
        }
        ChangeSetView::NeedsBucket { bucket } => format!(
            "{title} not asked: the template is too long for a call, and the bucket {bucket}, which the first deployment makes, \
             is not there\n"
        ),
    }
}

fn told_text(style: Style, change: &ToldChange, text: &mut String) {
    let ToldChange { logical_id, resource_type, action, policy_action, values, .. } = change;
    let _ = write!(text, "  {} {logical_id} {}", action_text(style, *action), style.dim(resource_type));
    if let Some(policy_action) = policy_action {
        let _ = write!(text, " ({policy_action})");
    }
    text.push('\n');
    for ToldValue { path, before, after, recreation } in values {
        let recreation = match recreation {
            Recreation::Never => "",
            Recreation::Conditionally => " (may make it again)",
            Recreation::Always => " (makes it again)",
        };
        let path = harmless(path);
        let (before, after) = (before.as_deref().map(short), after.as_deref().map(short));
        let _ = match (before, after) {
            (None, Some(after)) => writeln!(text, "      {} {path} {after}{recreation}", style.good("+")),
            // A value that goes, and one that only the deployment knows, are both without one.
            (before, after) => {
                let (before, after) =
                    (before.unwrap_or_else(|| "?".to_owned()), after.unwrap_or_else(|| "?".to_owned()));
                writeln!(text, "      {path} {before} -> {after}{recreation}")
            }
        };
    }
}

/// Where it is, and what.
pub(super) fn finding_text(finding: &ValidationFinding) -> String {
    let place = [finding.logical_id.as_deref(), finding.path.as_deref()];
    let place = place.into_iter().flatten().map(harmless).collect::<Vec<_>>().join(" ");
    let place = if place.is_empty() { "template".to_owned() } else { place };
    format!("{place}: {}", harmless(&finding.reason))
}

fn action_text(style: Style, action: Action) -> String {
    match action {
        Action::Add => style.good("+ add        "),
        Action::Modify => style.attention("~ modify     "),
        Action::Replace => style.bad("± replace    "),
        Action::MayReplace => style.bad("± may replace"),
        Action::Remove => style.bad("- remove     "),
        Action::Import => style.good("> import     "),
    }
}
