//! What is asked, in words.

use std::fmt::Write as _;

use stack_aws::{DestroyPlan, Question, StackResource};

use super::change_set::change_set_text;
use crate::output::style::Style;

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
