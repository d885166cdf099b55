//! What is asked, in words.

use std::fmt::Write as _;

use stack_aws::{ChangeAction, ChangeSet, DestroyPlan, Question, Risk, StackResource};

use crate::output::style::{Style, harmless};

/// What the user must see before the prompt.
pub(super) fn text(style: Style, question: &Question) -> String {
    match question {
        Question::CreateArtifactBucket { bucket, account, region } => format!(
            "\nFirst use in account {account}, region {region}: the bucket {} will hold function packages\n\
             (stack `stack-artifacts`, encrypted, TLS only).\n",
            style.bold(bucket)
        ),
        Question::ExecuteChangeSet(change_set) => change_set_text(style, change_set),
        Question::DestroyStack(plan) => destroy_text(style, plan),
        Question::DeleteArtifacts { bucket, objects } => super::garbage::question_text(style, bucket, objects),
        _ => String::new(),
    }
}

/// The question itself.
pub(super) fn prompt(question: &Question) -> &'static str {
    match question {
        Question::CreateArtifactBucket { .. } => "Create it?",
        Question::ExecuteChangeSet(_) => "Execute this change set?",
        Question::DestroyStack(_) => "Delete all of it?",
        Question::DeleteArtifacts { .. } => "Delete them?",
        _ => "Go on?",
    }
}

/// The changes, one per line.
fn change_set_text(style: Style, change_set: &ChangeSet) -> String {
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

/// What goes, what stays.
pub(super) fn destroy_text(style: Style, plan: &DestroyPlan) -> String {
    let mut text = format!("\n{} {}\n", style.bold("destroy stack"), plan.stack.name);
    let mut list = |word: &str, resources: &[StackResource]| {
        for resource in resources {
            let StackResource { logical_id, physical_id, resource_type } = resource;
            let _ = writeln!(text, "  {word} {logical_id} {} {physical_id}", style.dim(resource_type));
        }
    };
    list(&style.bad("- goes "), &plan.goes);
    list(&style.good("= stays"), &plan.stays);
    for bucket in &plan.non_empty_buckets {
        let _ = writeln!(text, "  {} bucket {} is not empty", style.attention("!"), bucket.bucket);
    }
    for bucket in &plan.notifications {
        let _ = writeln!(text, "  {} notifications in bucket {}, which stays", style.bad("- goes "), bucket.bucket);
    }
    for companion in &plan.companions {
        text += &destroy_text(style, companion);
    }
    text
}
