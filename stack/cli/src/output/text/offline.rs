//! Reports of commands that ask nothing of AWS, in words.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use stack_plan::broadening::{Broadening, Severity};
use stack_plan::diff::{Action, Cause, Changes, Impact, MemberChange, ResourceChange, ValueChange};

use super::report::Parts;
use crate::output::style::{Style, harmless};
use crate::report::{ExplainedResource, SourceEntry};

/// Longest value that is shown whole, in characters.
const SHOWN: usize = 96;

/// Resources with their places, one block each.
pub(super) fn explained_text(style: Style, file: &str, resources: &[ExplainedResource]) -> String {
    let mut text = String::new();
    for resource in resources {
        let origin = &resource.origin;
        let _ = writeln!(text, "{} {}", style.bold(&resource.logical_id), style.dim(&resource.resource_type));
        let _ = writeln!(text, "  declared   {file}:{} ({})", origin.line, harmless(&origin.key_path));
        if let Some(source) = &origin.template_source {
            let whose = if resource.is_own_source { "templates/, the project's own" } else { "built in" };
            let _ = writeln!(text, "  source     {source} ({whose})");
        }
        if let Some(included) = &origin.included {
            let _ = writeln!(text, "  included   {}:{}", harmless(&included.file), included.line);
        }
        if !origin.overridden.is_empty() {
            let lines: Vec<String> = origin.overridden.iter().map(|line| format!("{file}:{line}")).collect();
            let _ = writeln!(text, "  overridden {}", lines.join(", "));
        }
        for explanation in &resource.explanations {
            let path = if explanation.path.is_empty() { "all of it" } else { &explanation.path };
            let _ = writeln!(text, "  {} {}", style.dim(format!("{path}:")), harmless(&explanation.text));
        }
    }
    text
}

/// What differs, on stdout; that nothing does, on stderr.
pub(super) fn differences(style: Style, from: &str, to: &str, changes: &Changes) -> Parts {
    if changes.is_empty() {
        return Parts::talk(format!("no difference between {from} and {to}\n"));
    }
    let talk = format!("{from} -> {to}: {}\n", counts(changes));
    Parts { data: changes_text(style, changes), talk }
}

/// What differs between two templates, a line for each resource and value.
pub(super) fn changes_text(style: Style, changes: &Changes) -> String {
    let mut text = String::new();
    for change in &changes.resources {
        resource_text(style, change, &mut text);
    }
    for change in &changes.members {
        member_text(style, change, &mut text);
    }
    broadening_text(style, &changes.broadening, &mut text);
    text
}

/// How many resources differ, by what happens to them.
pub(super) fn counts(changes: &Changes) -> String {
    let count = |action: Action| changes.resources.iter().filter(|change| change.action == action).count();
    format!(
        "{} added, {} changed, {} removed",
        count(Action::Add),
        changes.resources.len() - count(Action::Add) - count(Action::Remove),
        count(Action::Remove)
    )
}

fn resource_text(style: Style, change: &ResourceChange, text: &mut String) {
    let ResourceChange { logical_id, resource_type, action, impact, renamed, values, causes, name_taken } = change;
    let _ = write!(text, "{} {} {}", action_text(style, *action), style.bold(logical_id), style.dim(resource_type));
    if let Some(impact) = impact_text(*action, *impact) {
        let _ = write!(text, " ({impact})");
    }
    text.push('\n');
    if let Some(renamed) = renamed {
        let (word, hint) = match action {
            Action::Add => ("was", "it is made again, and a name in use cannot be taken twice"),
            _ => ("becomes", "what it holds goes with it unless it is retained"),
        };
        let _ = writeln!(text, "    {word} {renamed}: {hint}");
    }
    values_text(style, values, text);
    for cause in causes {
        let _ = writeln!(text, "    {}", cause_text(cause));
    }
    if let Some(path) = name_taken {
        let path = harmless(path);
        let _ = writeln!(
            text,
            "    {} {path} stays the same, and the new one comes before the old one goes: change it, or the update fails",
            style.bad("!")
        );
    }
}

fn cause_text(cause: &Cause) -> String {
    let path = harmless(&cause.path);
    match (&cause.made_again, cause.effect) {
        (None, Action::Replace) => format!("{path} cannot be changed in place"),
        (None, _) => format!("{path} cannot be changed in place to every value"),
        (Some(other), Action::Replace) => {
            format!("{path} changes when {} is made again, and cannot be changed in place", harmless(other))
        }
        (Some(other), Action::MayReplace) => {
            format!("{path} may change when {} is made again, and may not be changed in place", harmless(other))
        }
        (Some(other), _) => format!("{path} changes when {} is made again", harmless(other)),
    }
}

fn member_text(style: Style, change: &MemberChange, text: &mut String) {
    let name = if change.name.is_empty() { String::new() } else { format!(" {}", change.name) };
    let _ = writeln!(text, "{} {}{name}", action_text(style, change.action), style.bold(change.section));
    values_text(style, &change.values, text);
}

/// What becomes wider, under a line of its own.
fn broadening_text(style: Style, found: &[Broadening], text: &mut String) {
    if found.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", style.bold("widens access:"));
    for Broadening { logical_id, path, what, severity } in found {
        let severity = match severity {
            Severity::Severe => style.bad("severe"),
            Severity::Wider => style.attention("wider "),
        };
        let place = format!("{} {}", style.bold(harmless(logical_id)), style.dim(harmless(path)));
        let _ = writeln!(text, "  {severity} {place}: {}", harmless(what));
    }
}

fn values_text(style: Style, values: &[ValueChange], text: &mut String) {
    for change in values {
        let path = if change.path.is_empty() { String::new() } else { format!("{} ", harmless(&change.path)) };
        let line = match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("{path}{} -> {}", shown(before), shown(after)),
            (None, Some(after)) => format!("{} {path}{}", style.good("+"), shown(after)),
            (Some(before), None) => format!("{} {path}{}", style.bad("-"), shown(before)),
            (None, None) => continue,
        };
        let _ = writeln!(text, "    {line}");
    }
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

fn impact_text(action: Action, impact: Impact) -> Option<String> {
    // Of a replacement, it is the old one that goes.
    let subject = match action {
        Action::Replace => "the old one ",
        Action::MayReplace => "if so, the old one ",
        Action::Add | Action::Modify | Action::Remove | Action::Import => "",
    };
    let is = if subject.is_empty() { "" } else { "is " };
    match impact {
        Impact::Created | Impact::Updated | Impact::Deleted => None,
        Impact::DataLost => Some(format!("{subject}{is}deleted with everything in it")),
        Impact::Snapshot => Some(format!("{subject}{is}deleted after a snapshot")),
        Impact::Retained => Some(format!("{subject}stays in the account")),
        Impact::None => Some("in the template only".to_owned()),
        Impact::Unknown => Some("what that does is not known".to_owned()),
        Impact::Refused => Some("CloudFormation refuses it: a logical id keeps its type".to_owned()),
    }
}

/// A value on one line, cut where it is long.
fn shown(value: &Value) -> String {
    short(&value.to_string())
}

/// A text on one line, cut where it is long.
pub(super) fn short(text: &str) -> String {
    let text = harmless(text);
    if text.chars().count() <= SHOWN {
        return text;
    }
    text.chars().take(SHOWN - 1).chain(['…']).collect()
}

/// Sources, one a line.
pub(super) fn sources_text(style: Style, sources: &[SourceEntry]) -> String {
    sources.iter().fold(String::new(), |mut text, source| {
        let mark = if source.replaced { style.attention("the project's own") } else { style.dim("built in") };
        let _ = writeln!(text, "{:<18} {:<40} {mark}", source.owner, source.file);
        text
    })
}

/// A new project, and how to go on.
pub(super) fn initialized_text(
    style: Style,
    name: &str,
    directory: &Path,
    files: &[String],
    next: &[String],
) -> String {
    let directory = directory.display();
    let mut text =
        format!("{} project {} in {directory}: {} files\n", style.good("wrote"), style.bold(name), files.len());
    for (index, command) in next.iter().enumerate() {
        let _ = writeln!(text, "{} {command}", if index == 0 { "next:" } else { "     " });
    }
    text
}
