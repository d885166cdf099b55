//! How a command ended, in words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stack_aws::{ContentsChanges, Failure, Operation, Outcome};

use super::event::{Tally, bytes};
use super::question::destroy_text;
use crate::output::style::{Style, harmless};
use crate::report::{Check, CheckState, Declaration, Report};

/// What goes where.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// For stdout.
    pub(super) data: String,
    /// For stderr.
    pub(super) talk: String,
}

impl Parts {
    fn data(data: impl Into<String>) -> Self {
        Self { data: data.into(), talk: String::new() }
    }

    fn talk(talk: impl Into<String>) -> Self {
        Self { data: String::new(), talk: talk.into() }
    }
}

/// The report for people.
pub(super) fn parts(style: Style, report: &Report, tally: &Tally) -> Parts {
    match report {
        Report::Checked { file, stack_name, resources, functions } => Parts::talk(format!(
            "{} {file}: stack {stack_name}, {}, {}\n",
            style.good("no faults in"),
            count(*resources, "resource"),
            count(*functions, "function")
        )),
        Report::Rendered { text, .. } => Parts::data(text.clone()),
        Report::Written { files } => {
            Parts::data(files.iter().fold(String::new(), |text, file| text + &file.display().to_string() + "\n"))
        }
        Report::Built { functions } => Parts::data(functions.iter().fold(String::new(), |mut text, built| {
            let _ = writeln!(text, "{}  {}  {}", built.function, built.file.display(), bytes(built.size));
            text
        })),
        Report::Stack { outcome, declared } => outcome_parts(style, outcome, declared.as_ref(), tally),
        Report::Outputs { outputs, only, .. } => match only {
            Some(name) => Parts::data(outputs.get(name).map(|value| format!("{value}\n")).unwrap_or_default()),
            None => Parts::data(outputs_text(outputs)),
        },
        Report::CloudStarted { url, pid, already } => Parts {
            data: format!("ready {url}\n"),
            talk: if *already { format!("it ran already (process {pid})\n") } else { String::new() },
        },
        Report::CloudStopped { pid: Some(pid) } => Parts::talk(format!("stopped the local cloud (process {pid})\n")),
        Report::CloudStopped { pid: None } => Parts::talk("no local cloud of this directory runs\n"),
        Report::CloudStatus { running: false, .. } => Parts::data("stopped\n"),
        Report::CloudStatus { url, pid, answers, data, log, .. } => Parts::data(format!(
            "{} {}\nprocess {}\nstate   {}\nlog     {}\n",
            if *answers { "running" } else { "no answer at" },
            url.as_deref().unwrap_or_default(),
            pid.unwrap_or_default(),
            data.as_ref().map_or_else(|| "in memory".to_owned(), |data| data.display().to_string()),
            log.display()
        )),
        Report::CloudReset { directory, existed: true } => Parts::talk(format!("removed {}\n", directory.display())),
        Report::CloudReset { existed: false, .. } => Parts::talk("there was nothing to remove\n"),
        Report::CloudEnvironment { variables } => Parts::data(environment_text(variables)),
        Report::Doctor { checks } => Parts::data(checks.iter().fold(String::new(), |mut text, check| {
            text.push_str(&check_text(style, check));
            text
        })),
        Report::Declined => Parts::talk("nothing was changed\n"),
        Report::Ended => Parts::default(),
        Report::Interrupted => Parts::talk("interrupted; nothing was deployed\n"),
    }
}

fn outcome_parts(style: Style, outcome: &Outcome, declared: Option<&Declaration>, tally: &Tally) -> Parts {
    match outcome {
        Outcome::Deployed { stack, operation, outputs, contents, orphans, .. } => {
            let word = match operation {
                Operation::Created => "created",
                Operation::Updated => "updated",
            };
            let mut talk = format!("{} {}", style.good(word), style.bold(&stack.name));
            if let Some(summary) = tally.summary() {
                let _ = write!(talk, ": {summary}");
            }
            talk.push('\n');
            talk += &contents_text(contents);
            for orphan in orphans {
                let _ = writeln!(talk, "{} {}", style.attention("left over:"), failure_text(orphan));
            }
            Parts { data: outputs_text(outputs), talk }
        }
        Outcome::NoChanges { stack, outputs, contents } => Parts {
            data: outputs_text(outputs),
            talk: format!("{} is up to date\n{}", style.bold(&stack.name), contents_text(contents)),
        },
        Outcome::Declined { .. } => Parts::talk("declined; nothing was changed\n"),
        Outcome::ApprovalNeeded { question } => Parts::talk(format!(
            "{}\napproval is needed, and there is no terminal to ask on: see above, then run again with --yes\n",
            super::question::text(style, question)
        )),
        Outcome::Busy { stack, status } => Parts::talk(format!(
            "{} is busy: {}; nothing was begun, run the command again when that is over\n",
            style.bold(&stack.name),
            status.as_str()
        )),
        Outcome::ChangeSetRefused { stack, reason, findings } => {
            let mut talk =
                format!("{} CloudFormation refused the change set of {}\n", style.bad("failed:"), stack.name);
            let _ = writeln!(talk, "  {}", harmless(reason));
            for finding in findings {
                let place = [finding.logical_id.as_deref(), finding.path.as_deref()];
                let place = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
                let _ = writeln!(talk, "  {place}: {}", harmless(&finding.reason));
            }
            talk += "nothing was changed\n";
            Parts::talk(talk)
        }
        Outcome::ChangeSetObsolete { stack, reason } => Parts::talk(format!(
            "{} {} was changed by someone else meanwhile: {}\nnothing was changed; run the command again\n",
            style.bad("refused:"),
            stack.name,
            harmless(reason)
        )),
        Outcome::RolledBack { stack, status, cause, others, next } => Parts::talk(
            failed_text(style, "rolled back", &stack.name, status.as_str(), cause.as_ref(), others, declared)
                + &next_text(next),
        ),
        Outcome::NeedsRollback { stack, status, cause, next } => Parts::talk(
            failed_text(style, "stuck", &stack.name, status.as_str(), cause.as_ref(), &[], declared) + &next_text(next),
        ),
        Outcome::Destroyed { stack, retained, emptied } => {
            let mut talk = format!("{} {}\n", style.good("destroyed"), style.bold(&stack.name));
            for (bucket, versions) in emptied {
                let _ = writeln!(talk, "  emptied bucket {bucket}: {versions} object versions");
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

fn failed_text(
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

fn failure_text(failure: &Failure) -> String {
    let Failure { logical_id, resource_type, physical_id, status, reason, .. } = failure;
    let physical_id = if physical_id.is_empty() { String::new() } else { format!(", {physical_id}") };
    format!("{logical_id} ({resource_type}{physical_id}) {status}: {}", harmless(reason))
}

fn next_text(next: &[String]) -> String {
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

fn outputs_text(outputs: &BTreeMap<String, String>) -> String {
    outputs.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name} = {value}");
        text
    })
}

fn environment_text(variables: &BTreeMap<&'static str, String>) -> String {
    // Keys of a session or a profile of the shell would win over the ones given here.
    let mut text = "unset AWS_PROFILE AWS_SESSION_TOKEN\n".to_owned();
    for (name, value) in variables {
        let _ = writeln!(text, "export {name}={value}");
    }
    text
}

fn check_text(style: Style, check: &Check) -> String {
    let mark = match check.state {
        CheckState::Good => style.good("ok     "),
        CheckState::Replaceable => style.attention("absent "),
        CheckState::Missing => style.bad("missing"),
    };
    let mut text = format!("{mark} {:<16} {}\n", check.name, harmless(&check.found));
    if let Some(mend) = &check.mend {
        let _ = writeln!(text, "        {:<16} {mend}", "mend:");
    }
    text
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
