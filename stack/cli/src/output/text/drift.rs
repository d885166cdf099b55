//! Drift, in words: lines for people, and a page for the summary of a CI job.

use std::fmt::Write as _;

use stack_aws::{DifferenceKind, DriftOutcome, PropertyDifference, ResourceDrift, ResourceDriftStatus, StackDrift};

use super::report::Parts;
use crate::output::style::{Style, harmless};
use crate::report::{Declaration, DriftOfStack};

/// The drift of every stack: resources on stdout, the sum of each stack on stderr.
pub(super) fn parts(style: Style, stacks: &[DriftOfStack], markdown: bool) -> Parts {
    let mut parts = Parts::default();
    for stack in stacks {
        match &stack.outcome {
            DriftOutcome::Detected(drift) if markdown => parts.data += &page(stack, drift),
            DriftOutcome::Detected(drift) => parts.data += &resources_text(style, stack, drift),
            _ if markdown => {
                let _ = writeln!(parts.data, "### Drift\n\n{}\n", cell(&sentence(Style::new(false), stack)));
            }
            _ => {}
        }
        let _ = writeln!(parts.talk, "{}", sentence(style, stack));
        if let DriftOutcome::Detected(StackDrift { failure: Some(failure), .. }) = &stack.outcome {
            let _ = writeln!(parts.talk, "{} {}", style.attention("not all of it was looked at:"), harmless(failure));
        }
    }
    parts
}

/// How a stack stands, on one line.
fn sentence(style: Style, stack: &DriftOfStack) -> String {
    match &stack.outcome {
        DriftOutcome::Detected(drift) => {
            let name = style.bold(&drift.stack.name);
            let word = match (drift.drifted().next(), drift.unverified().next(), &drift.failure) {
                (Some(_), _, _) => style.bad("drifted:"),
                (None, None, None) => style.good("in sync:"),
                (None, _, _) => style.attention("no drift found, but not all was verified:"),
            };
            format!("{word} {name} in {}: {}", stack.region, counts(drift))
        }
        DriftOutcome::Absent { stack_name } => {
            format!("there is no stack {stack_name} in {}; `stack deploy` creates it", stack.region)
        }
        DriftOutcome::Busy { stack, status } => format!(
            "{} is busy: {status}; nothing was looked at, run the command again when that is over",
            style.bold(&stack.name)
        ),
        DriftOutcome::Refused { stack, status } => format!(
            "{} {} is in status {status}, and CloudFormation detects drift only of a stack that is whole; \
             `stack deploy` says what leads out of it",
            style.bad("refused:"),
            stack.name
        ),
        other => format!("{other:?}"),
    }
}

fn counts(drift: &StackDrift) -> String {
    let count = |status| drift.resources.iter().filter(|resource| resource.status == status).count();
    let mut text = String::new();
    for (number, word) in [
        (count(ResourceDriftStatus::Modified), "modified"),
        (count(ResourceDriftStatus::Deleted), "deleted"),
        (drift.unverified().count(), "not verified"),
    ] {
        if number > 0 {
            let _ = write!(text, "{number} {word}, ");
        }
    }
    text + &format!("{} in sync", count(ResourceDriftStatus::InSync))
}

fn resources_text(style: Style, stack: &DriftOfStack, drift: &StackDrift) -> String {
    let mut text = String::new();
    for resource in drift.drifted() {
        let ResourceDrift { logical_id, physical_id, resource_type, status, .. } = resource;
        let word = match status {
            ResourceDriftStatus::Deleted => style.bad("- deleted     "),
            _ => style.attention("~ modified    "),
        };
        let resource_type = style.dim(resource_type);
        let _ = writeln!(text, "{word} {} {resource_type} {}", style.bold(logical_id), harmless(physical_id));
        if let Some(declaration) = stack.declared.get(logical_id) {
            let _ = writeln!(text, "    declared in {}", place(declaration));
        }
        for difference in &resource.differences {
            let _ = writeln!(text, "    {}", difference_text(style, difference));
        }
    }
    for resource in drift.unverified() {
        let word = style.attention("? not verified");
        let resource_type = style.dim(&resource.resource_type);
        let _ = writeln!(text, "{word} {} {resource_type}: {}", resource.logical_id, harmless(why(resource)));
    }
    text
}

fn difference_text(style: Style, difference: &PropertyDifference) -> String {
    let path = harmless(&difference.path);
    let value = |value: &Option<String>| harmless(value.as_deref().unwrap_or("nothing"));
    let (expected, actual) = (value(&difference.expected), value(&difference.actual));
    match difference.kind {
        DifferenceKind::Added => format!("{} {path} {actual} (not in the template)", style.attention("+")),
        DifferenceKind::Removed => format!("{} {path} {expected} (only in the template)", style.bad("-")),
        DifferenceKind::NotEqual => format!("{path} is {actual}, the template says {expected}"),
    }
}

/// Why a resource is not verified.
fn why(resource: &ResourceDrift) -> &str {
    match (&resource.reason, resource.status) {
        (Some(reason), _) => reason,
        (None, ResourceDriftStatus::Unknown) => "CloudFormation could not read it",
        (None, _) => "CloudFormation does not compare this type",
    }
}

fn place(declaration: &Declaration) -> String {
    let Declaration { file, line, key_path } = declaration;
    format!("{file}:{line} ({})", harmless(key_path))
}

/// A page in Markdown: a heading, the sum, and a row for each property that differs.
fn page(stack: &DriftOfStack, drift: &StackDrift) -> String {
    let mut text = format!("### Drift of `{}`\n\n{}\n", drift.stack.name, cell(&sentence(Style::new(false), stack)));
    if let Some(failure) = &drift.failure {
        let _ = writeln!(text, "\nNot all of it was looked at: {}", cell(failure));
    }
    if drift.drifted().next().is_some() {
        text += "\n| resource | declared | property | template | actual |\n|---|---|---|---|---|\n";
    }
    for resource in drift.drifted() {
        let name = format!("`{}`<br>{}", resource.logical_id, resource.resource_type);
        let declared = stack.declared.get(&resource.logical_id).map(place).unwrap_or_default();
        if resource.status == ResourceDriftStatus::Deleted {
            let _ = writeln!(text, "| {name} | {} | **deleted** | | |", cell(&declared));
        }
        for difference in &resource.differences {
            let value = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), code);
            let _ = writeln!(
                text,
                "| {name} | {} | {} | {} | {} |",
                cell(&declared),
                code(&difference.path),
                value(&difference.expected),
                value(&difference.actual)
            );
        }
    }
    if drift.unverified().next().is_some() {
        text += "\n| not verified | why |\n|---|---|\n";
    }
    for resource in drift.unverified() {
        let ResourceDrift { logical_id, resource_type, .. } = resource;
        let _ = writeln!(text, "| `{logical_id}`<br>{resource_type} | {} |", cell(why(resource)));
    }
    text + "\n"
}

/// Text of others in a cell: nothing in it is markup or ends the cell.
fn cell(text: &str) -> String {
    let text = harmless(text).replace('\n', " ").replace('&', "&amp;").replace('<', "&lt;");
    ['|', '*', '_', '[', '#'].iter().fold(text, |text, mark| text.replace(*mark, &format!("\\{mark}")))
}

/// Text of others as code in a cell.
fn code(text: &str) -> String {
    let text = harmless(text).replace('\n', " ").replace('|', "\\|");
    // A longer fence than any in the text.
    let longest = text.split(|c: char| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("{fence}{text}{fence}") } else { format!("{fence} {text} {fence}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_in_its_cell() {
        assert_eq!(cell("a|b\n<img> *x*"), "a\\|b &lt;img> \\*x\\*");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a``b"), "``` a``b ```");
    }
}
