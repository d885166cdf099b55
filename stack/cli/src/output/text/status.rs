//! How a stack stands, and how all stacks of a project do, in words.

use std::fmt::Write as _;

use stack_aws::{DeployDecision, LastDrift, LastOperation, StackState, StackStatus, StackSummary};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::event::seconds;
use super::outcome::{failure_text, next_text};
use super::report::Parts;
use crate::output::style::{Style, harmless};

/// Tags that say whose a stack is.
const OWNER_TAGS: [(&str, &str); 3] =
    [("stack:project", "project"), ("stack:environment", "environment"), ("stack:suffix", "suffix")];

/// One stack.
pub(super) fn parts(style: Style, name: &str, region: &str, state: &StackState, now: OffsetDateTime) -> Parts {
    let mut data = String::new();
    let mut line = |word: &str, text: &str| {
        let _ = writeln!(data, "{word:<11} {text}");
    };
    line("stack", &format!("{} in {region}", style.bold(name)));
    let status = state.stack.as_ref().map(|stack| stack.status);
    let word = status.map_or("none", StackStatus::as_str);
    let word = match state.deploy {
        DeployDecision::Create | DeployDecision::Update => style.good(word),
        DeployDecision::Busy | DeployDecision::DeleteThenCreate => style.attention(word),
        DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy => style.bad(word),
    };
    line("state", &format!("{word}: {}", meaning(status)));
    if let Some(stack) = &state.stack {
        if let Some(reason) = stack.status_reason.as_deref().filter(|reason| !reason.is_empty()) {
            line("reason", &harmless(reason));
        }
        if let Some(operation) = state.operation.as_ref().filter(|operation| operation.began_as.is_some()) {
            line("operation", &operation_text(operation, now));
            if let Some(cause) = &operation.cause {
                line("failure", &failure_text(cause));
            }
        }
        if let Some(deployer) = &stack.deployer {
            line("deployer", &harmless(deployer));
        }
        line("created", &ago(stack.created.as_deref(), now));
        line("updated", &ago(stack.updated.as_deref(), now));
        line("outputs", &stack.outputs.len().to_string());
        line("drift", &drift_text(&stack.drift, now));
        line("protection", if stack.protected { "on" } else { "off" });
        line("tags", &tags_text(stack));
    }
    Parts { data, talk: next_text(&state.next) }
}

/// All stacks of a project as a table; that there is none, on stderr.
pub(super) fn list(style: Style, project: &str, region: &str, stacks: &[StackSummary], now: OffsetDateTime) -> Parts {
    if stacks.is_empty() {
        return Parts::talk(format!("project {project} has no stack in {region}; `stack deploy` creates one\n"));
    }
    let tag = |stack: &StackSummary, tag: &str| stack.tags.get(tag).map_or_else(|| "-".to_owned(), |tag| harmless(tag));
    let mut rows = vec![["STACK", "ENVIRONMENT", "SUFFIX", "STATE", "AGE", "UPDATED", "BY"].map(str::to_owned)];
    rows.extend(stacks.iter().map(|stack| {
        [
            stack.reference.name.clone(),
            tag(stack, "stack:environment"),
            tag(stack, "stack:suffix"),
            stack.status.as_str().to_owned(),
            since(stack.created.as_deref(), now).map_or_else(|| "-".to_owned(), age),
            since(stack.updated.as_deref(), now).map_or_else(|| "never".to_owned(), |since| age(since) + " ago"),
            stack.deployer.as_deref().map_or_else(|| "-".to_owned(), harmless),
        ]
    }));
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            let _ = write!(line, "{cell:<width$}  ");
        }
        let line = line.trim_end();
        let _ = writeln!(text, "{}", if number == 0 { style.dim(line) } else { line.to_owned() });
    }
    Parts::data(text)
}

fn operation_text(operation: &LastOperation, now: OffsetDateTime) -> String {
    let word = operation.began_as.map_or("", StackStatus::as_str);
    let began = ago(operation.began.as_deref(), now);
    let times = (parse(operation.began.as_deref()), parse(operation.ended.as_deref()));
    match (operation.ended_as, times) {
        (Some(end), (Some(from), Some(to))) => {
            format!("{word} {began}, {} after {}", end.as_str(), seconds((to - from).as_seconds_f64()))
        }
        (Some(end), _) => format!("{word} {began}, {}", end.as_str()),
        (None, _) => format!("{word} {began}, and it goes on"),
    }
}

fn drift_text(drift: &LastDrift, now: OffsetDateTime) -> String {
    match (drift.status.as_str(), &drift.checked) {
        ("NOT_CHECKED", _) => "never looked at; `stack drift` does".to_owned(),
        (status, checked) => format!("{status} when looked at {}", ago(checked.as_deref(), now)),
    }
}

fn tags_text(stack: &StackSummary) -> String {
    let said = OWNER_TAGS.iter().filter_map(|(tag, word)| Some(format!("{word} {}", harmless(stack.tags.get(*tag)?))));
    let said = said.collect::<Vec<_>>().join(", ");
    if said.is_empty() { "none of ours: it was not deployed by stack".to_owned() } else { said }
}

/// What a state means for its owner.
fn meaning(status: Option<StackStatus>) -> &'static str {
    let Some(status) = status else { return "there is no such stack" };
    match status {
        StackStatus::ReviewInProgress => "an empty shell that a change set left; no resource exists",
        StackStatus::CreateInProgress => "the first creation runs",
        StackStatus::CreateFailed => "the first creation failed and was not taken back",
        StackStatus::CreateComplete => "created",
        StackStatus::RollbackInProgress => "the first creation failed and is being taken back",
        StackStatus::RollbackFailed => "the first creation failed and could not be taken back",
        StackStatus::RollbackComplete => "the first creation failed and was taken back; the next deploy starts afresh",
        StackStatus::DeleteInProgress => "it is being deleted",
        StackStatus::DeleteFailed => "its deletion stopped at a resource",
        StackStatus::DeleteComplete => "deleted",
        StackStatus::UpdateInProgress => "an update runs",
        StackStatus::UpdateCompleteCleanupInProgress => "updated; what was replaced is being deleted",
        StackStatus::UpdateComplete => "updated",
        StackStatus::UpdateFailed => "an update failed and was not taken back",
        StackStatus::UpdateRollbackInProgress => "an update failed and is being taken back",
        StackStatus::UpdateRollbackFailed => "an update failed and could not be taken back: it is stuck",
        StackStatus::UpdateRollbackCompleteCleanupInProgress => {
            "an update failed and was taken back; what it made is being deleted"
        }
        StackStatus::UpdateRollbackComplete => "the last update failed and was taken back; all is as before",
        StackStatus::ImportInProgress => "an import runs",
        StackStatus::ImportComplete => "resources were imported",
        StackStatus::ImportRollbackInProgress => "an import failed and is being taken back",
        StackStatus::ImportRollbackFailed => "an import failed and could not be taken back",
        StackStatus::ImportRollbackComplete => "the last import failed and was taken back; all is as before",
    }
}

fn parse(time: Option<&str>) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(time?, &Rfc3339).ok()
}

fn since(time: Option<&str>, now: OffsetDateTime) -> Option<time::Duration> {
    // Clocks differ a little: nothing happens in the future.
    parse(time).map(|time| (now - time).max(time::Duration::ZERO))
}

fn ago(time: Option<&str>, now: OffsetDateTime) -> String {
    since(time, now).map_or_else(|| "never".to_owned(), |since| age(since) + " ago")
}

/// `45 s`, `3 min`, `5 h`, `12 days`; the greatest unit that there is one of.
fn age(age: time::Duration) -> String {
    match age.whole_seconds() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h", seconds / 3_600),
        seconds @ 86_400..172_800 => format!("{} day", seconds / 86_400),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        let text = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 200_000].map(|s| age(time::Duration::seconds(s)));
        assert_eq!(text, ["0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 day", "2 days"]);
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(ago(Some("1970-01-01T00:00:05Z"), now), "0 s ago", "a clock that is ahead");
        assert_eq!(ago(None, now), "never");
    }

    #[test]
    fn every_state_has_a_meaning_of_its_own() {
        let mut meanings: Vec<&str> = StackStatus::ALL.iter().map(|status| meaning(Some(*status))).collect();
        meanings.push(meaning(None));
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), StackStatus::ALL.len() + 1);
    }
}
