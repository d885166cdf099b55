//! What became of a stack, in words.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use stack_aws::{CompanionChange, ContentsChanges, Failure, Operation, Outcome, Question, RiskKind};

use super::change_set;
use super::event::Tally;
use super::plan;
use super::question::{destroy_text, text as question_text};
use super::report::{Parts, outputs_text};
use crate::output::style::{Style, harmless};
use crate::report::Declaration;

/// The outcome for people.
#[expect(clippy::too_many_lines, reason = "one arm per outcome, each read on its own")]
pub(super) fn parts(style: Style, outcome: &Outcome, declared: Option<&Declaration>, tally: &Tally) -> Parts {
    match outcome {
        Outcome::Deployed { stack, operation, outputs, contents, orphans, companions, .. } => {
            let mut talk = companions_text(style, companions);
            let _ = write!(talk, "{} {}", style.good(operation_word(*operation)), style.bold(&stack.name));
            if let Some(summary) = tally.summary() {
                let _ = write!(talk, ": {summary}");
            }
            talk.push('\n');
            talk += &contents_text(contents);
            talk += &orphans_text(style, orphans);
            Parts { data: outputs_text(outputs), talk }
        }
        Outcome::NoChanges { stack, outputs, contents, companions } => Parts {
            data: outputs_text(outputs),
            talk: format!(
                "{}{} is up to date\n{}",
                companions_text(style, companions),
                style.bold(&stack.name),
                contents_text(contents)
            ),
        },
        Outcome::DriftReverted { stack, change_set: Some(_), orphans } => {
            let mut talk = format!("{} {}", style.good("reverted"), style.bold(&stack.name));
            if let Some(summary) = tally.summary() {
                let _ = write!(talk, ": {summary}");
            }
            talk.push('\n');
            talk += &orphans_text(style, orphans);
            Parts::talk(talk)
        }
        Outcome::DriftReverted { stack, change_set: None, .. } => Parts::talk(format!(
            "CloudFormation finds nothing of {} that it could bring back\n",
            style.bold(&stack.name)
        )),
        Outcome::HotSwapped { stack, functions, outputs, next } => Parts {
            data: outputs_text(outputs),
            talk: format!(
                "{} {}: the code of {}, which the stack does not know of; the next deployment without --hotswap tells it\n{}",
                style.good("hot-swapped"),
                style.bold(&stack.name),
                functions.join(", "),
                next_text(next)
            ),
        },
        Outcome::Declined { companions, .. } => {
            Parts::talk(format!("{}declined; {}\n", companions_text(style, companions), unchanged_text(companions)))
        }
        Outcome::ApprovalNeeded { question } => Parts::talk(format!(
            "{}\napproval is needed, and there is nobody to ask: see above, then run again with --yes{}\n",
            question_text(style, question),
            allowing(question)
        )),
        Outcome::Busy { stack, status } => Parts::talk(format!(
            "{} is busy: {}; nothing was begun, run the command again when that is over\n",
            style.bold(&stack.name),
            status.as_str()
        )),
        Outcome::ChangeSetLeft { change_set, execute, discard, .. } => {
            change_set::left_parts(style, change_set, execute, discard)
        }
        Outcome::ChangeSetRefused { stack, reason, findings, companions } => {
            let mut talk = companions_text(style, companions);
            let _ = writeln!(talk, "{} CloudFormation refused the change set of {}", style.bad("failed:"), stack.name);
            let _ = writeln!(talk, "  {}", harmless(reason));
            for finding in findings {
                let _ = writeln!(talk, "  {}", change_set::finding_text(finding));
            }
            let _ = writeln!(talk, "{}", unchanged_text(companions));
            Parts::talk(talk)
        }
        Outcome::ChangeSetObsolete { stack, reason, companions } => Parts::talk(format!(
            "{}{} {} was changed by someone else meanwhile: {}\n{}; run the command again\n",
            companions_text(style, companions),
            style.bad("refused:"),
            stack.name,
            harmless(reason),
            unchanged_text(companions)
        )),
        Outcome::PlanStale { stack_name, changes } => Parts::talk(plan::stale_text(style, stack_name, changes)),
        Outcome::RolledBack { stack, status, cause, others, next, companions } => Parts::talk(
            companions_text(style, companions)
                + &failed_text(style, "rolled back", &stack.name, status.as_str(), cause.as_ref(), others, declared)
                + &next_text(next),
        ),
        Outcome::DeletedMeanwhile { stack, next } => Parts::talk(format!(
            "{} {} was deleted by someone else while it was being deployed\n{}",
            style.bad("failed:"),
            style.bold(&stack.name),
            next_text(next)
        )),
        Outcome::NeedsRollback { stack, status, cause, next } => Parts::talk(
            failed_text(style, "stuck", &stack.name, status.as_str(), cause.as_ref(), &[], declared) + &next_text(next),
        ),
        Outcome::Destroyed { stack, retained, emptied, companions } => {
            let mut talk = format!("{} {}\n", style.good("destroyed"), style.bold(&stack.name));
            for companion in companions {
                let _ = writeln!(talk, "  with it: {} in {}", companion.stack_name, companion.region);
            }
            for (bucket, versions) in emptied {
                let plural = if *versions == 1 { "" } else { "s" };
                let _ = writeln!(talk, "  emptied bucket {bucket}: {versions} object version{plural}");
            }
            for resource in retained {
                let _ = writeln!(talk, "  stays: {} {}", resource.resource_type, resource.physical_id);
            }
            Parts::talk(talk)
        }
        Outcome::DestroyFailed { stack, status, failures, next } => {
            let (first, others) = failures.split_first().map_or((None, failures.as_slice()), |(a, b)| (Some(a), b));
            Parts::talk(
                failed_text(style, "not destroyed", &stack.name, status.as_str(), first, others, declared)
                    + &next_text(next),
            )
        }
        Outcome::BucketsNotEmpty { stack, buckets, next } => {
            let mut talk = format!("{} {} has buckets with objects\n", style.bad("refused:"), stack.name);
            for bucket in buckets {
                let _ = writeln!(talk, "  {} {}", bucket.logical_id, bucket.bucket);
            }
            talk += "nothing was deleted; --empty deletes the objects too\n";
            Parts::talk(talk + &next_text(next))
        }
        Outcome::Protected { plan, next } => Parts::talk(format!(
            "{}{} {} has termination protection; nothing was deleted, --unprotect takes it away\n{}",
            destroy_text(style, plan),
            style.bad("refused:"),
            plan.stack.name,
            next_text(next)
        )),
        Outcome::Absent { stack_name } => Parts::talk(format!("there is no stack {stack_name}\n")),
        Outcome::Settled { stack, status, outputs, orphans, next } => {
            let talk = format!("{} {}: {status}\n", style.good("settled"), style.bold(&stack.name));
            let talk = talk + &orphans_text(style, orphans);
            Parts { data: outputs_text(outputs), talk: talk + &next_text(next) }
        }
        Outcome::Idle { stack, status, next } => Parts::talk(format!(
            "nothing runs on {} ({status}); nothing was done\n{}",
            style.bold(&stack.name),
            next_text(next)
        )),
        Outcome::NotCancelled { stack, status, next } if status.is_in_progress() => Parts::talk(format!(
            "{} {} is in {status}: only a running update can be cancelled, and it goes on\n{}",
            style.bad("not cancelled:"),
            stack.name,
            next_text(next)
        )),
        Outcome::NotCancelled { stack, status, next } => Parts::talk(format!(
            "{} the operation of {} was over before ({status})\n{}",
            style.bad("not cancelled:"),
            stack.name,
            next_text(next)
        )),
        Outcome::Detached { stack, status, next } => Parts::talk(format!(
            "{} CloudFormation goes on with {} ({})\n{}",
            style.attention("detached:"),
            stack.name,
            status.as_str(),
            next_text(next)
        )),
        Outcome::Interrupted { stack_name } => {
            Parts::talk(format!("interrupted; nothing was begun with {stack_name}\n"))
        }
        other => Parts::talk(format!("{other:?}\n")),
    }
}

/// The option that covers the risks of a change set.
fn allowing(question: &Question) -> String {
    let Question::ExecuteChangeSet(change_set) = question else { return String::new() };
    let kinds: BTreeSet<RiskKind> = change_set.risks.iter().map(|risk| risk.kind).collect();
    if kinds.is_empty() {
        return String::new();
    }
    format!(" --allow {}", kinds.into_iter().map(RiskKind::as_str).collect::<Vec<_>>().join(","))
}

fn operation_word(operation: Operation) -> &'static str {
    match operation {
        Operation::Created => "created",
        Operation::Updated => "updated",
    }
}

/// The stacks beside the main one that were changed, a line each.
fn companions_text(style: Style, companions: &[CompanionChange]) -> String {
    let mut text = String::new();
    for CompanionChange { region, stack, operation, orphans } in companions {
        let Some(operation) = operation else { continue };
        let word = style.good(operation_word(*operation));
        let _ = writeln!(text, "{word} {} in {region}", style.bold(&stack.name));
        text += &orphans_text(style, orphans);
    }
    text
}

/// What an operation left over, a line each.
fn orphans_text(style: Style, orphans: &[Failure]) -> String {
    orphans.iter().fold(String::new(), |mut text, orphan| {
        let _ = writeln!(text, "{} {}", style.attention("left over:"), failure_text(orphan));
        text
    })
}

/// What was left as it was when the main stack did not get its change set.
fn unchanged_text(companions: &[CompanionChange]) -> &'static str {
    if companions.iter().any(|companion| companion.operation.is_some()) {
        "nothing else was changed"
    } else {
        "nothing was changed"
    }
}

pub(super) fn failed_text(
    style: Style,
    word: &str,
    stack: &str,
    status: &str,
    cause: Option<&Failure>,
    others: &[Failure],
    declared: Option<&Declaration>,
) -> String {
    let mut text = format!("{} {} ({status})\n", style.bad(format!("{word}:")), style.bold(stack));
    if let Some(cause) = cause {
        let _ = writeln!(text, "  first failure: {}", failure_text(cause));
        if let Some(Declaration { file, line, key_path }) = declared {
            let _ = writeln!(text, "  declared in {file}:{line} ({key_path})");
        }
    }
    for other in others {
        let _ = writeln!(text, "  then: {}", failure_text(other));
    }
    text
}

pub(super) fn failure_text(failure: &Failure) -> String {
    let Failure { logical_id, resource_type, physical_id, status, reason, .. } = failure;
    let physical_id = if physical_id.is_empty() { String::new() } else { format!(", {physical_id}") };
    format!("{logical_id} ({resource_type}{physical_id}) {status}: {}", harmless(reason))
}

pub(super) fn next_text(next: &[String]) -> String {
    let mut text = String::new();
    for (index, command) in next.iter().enumerate() {
        let _ = writeln!(text, "{} {command}", if index == 0 { "next:" } else { "     " });
    }
    text
}

fn contents_text(contents: &ContentsChanges) -> String {
    let ContentsChanges { uploaded, deleted, .. } = contents;
    if *uploaded == 0 && *deleted == 0 {
        return String::new();
    }
    format!("contents: {uploaded} uploaded, {deleted} deleted\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stack_aws::StackReference;

    use super::*;

    /// The one outcome that takes a function that was built.
    #[test]
    fn a_hot_swap_says_what_the_stack_does_not_know() {
        let outcome = Outcome::HotSwapped {
            stack: StackReference { name: "small-one".to_owned(), id: "arn".to_owned() },
            functions: vec!["process".to_owned(), "resize".to_owned()],
            outputs: BTreeMap::from([("Url".to_owned(), "https://example.com".to_owned())]),
            next: vec!["stack deploy -e dev".to_owned()],
        };
        let Parts { data, talk } = parts(Style::new(false), &outcome, None, &Tally::default());
        let json = serde_json::to_string(&outcome).unwrap();
        insta::assert_snapshot!(format!("-- stdout\n{data}-- stderr\n{talk}-- json\n{json}"));
    }
}
