//! The last operation on a stack, read from its events.

use serde::Serialize;
use stack_plan::event::StackEvent;

use crate::connect::Aws;
use crate::error::Result;
use crate::events::{Failures, is_root, page, stack_event};
use crate::outcome::{Failure, StackReference};
use crate::status::StackStatus;

/// The last operation on a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastOperation {
    /// What began it: `CREATE_IN_PROGRESS`, `UPDATE_IN_PROGRESS`, `DELETE_IN_PROGRESS`, `IMPORT_IN_PROGRESS`; absent when its
    /// beginning is no longer told.
    pub began_as: Option<StackStatus>,
    /// When it began, in RFC 3339, UTC.
    pub began: Option<String>,
    /// What ended it; absent while it goes on.
    pub ended_as: Option<StackStatus>,
    /// When it ended, in RFC 3339, UTC.
    pub ended: Option<String>,
    /// The first failure, which is the cause of the others.
    pub cause: Option<Failure>,
    /// The other failures, oldest first, those of an update's cleanup among them.
    pub others: Vec<Failure>,
    /// Its events, oldest first, those of its rollback among them; none where only a summary is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<StackEvent>,
}

/// The last operation on a stack, with all of its events; without any on a stack that never had one.
///
/// # Errors
/// No such stack; a refused or unanswered call.
pub async fn last_operation(aws: &Aws, stack: &StackReference) -> Result<LastOperation> {
    let mut newest_first: Vec<StackEvent> = Vec::new();
    let mut token = None;
    'pages: loop {
        let (events, next) = page(aws, &stack.id, token).await?;
        for event in events {
            let id = event.event_id.clone().unwrap_or_default();
            let event = stack_event(id, &stack.name, event);
            let is_first = is_root(&event, stack) && begins(&event.status);
            newest_first.push(event);
            if is_first {
                break 'pages;
            }
        }
        token = next;
        if token.is_none() {
            break;
        }
    }
    newest_first.reverse();
    Ok(of_events(stack, newest_first))
}

fn of_events(stack: &StackReference, events: Vec<StackEvent>) -> LastOperation {
    let mut failures = Failures::default();
    for event in &events {
        failures.note(event, is_root(event, stack));
    }
    let cleanup = std::mem::take(&mut failures.cleanup);
    let has_failed = !failures.operation.is_empty();
    let (cause, mut others) = failures.into_cause_and_others();
    // What only the cleanup left over did not make the operation fail.
    others.extend(cleanup);
    let root = |event: &&StackEvent| is_root(event, stack);
    let first = events.iter().find(root).filter(|event| begins(&event.status));
    let last_event = events.iter().rev().find(root);
    let last = last_event.and_then(|event| StackStatus::parse(&event.status));
    let has_ended = last.is_some_and(|status| !status.is_in_progress());
    LastOperation {
        began_as: first.and_then(|event| StackStatus::parse(&event.status)),
        began: first.map(|event| event.time.clone()),
        ended_as: last.filter(|_| has_ended),
        ended: last_event.filter(|_| has_ended).map(|event| event.time.clone()),
        cause: cause.filter(|_| has_failed || last.is_some_and(|status| status.as_str().ends_with("_FAILED"))),
        others,
        events,
    }
}

/// True for the statuses with which a stack's operations begin; a rollback belongs to what it takes back.
fn begins(status: &str) -> bool {
    matches!(status, "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" | "IMPORT_IN_PROGRESS")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> StackReference {
        StackReference { name: "s".to_owned(), id: "arn:s".to_owned() }
    }

    fn event(logical_id: &str, status: &str) -> StackEvent {
        let is_stack = logical_id == "s";
        StackEvent {
            event_id: format!("{logical_id} {status}"),
            stack_name: "s".to_owned(),
            time: String::new(),
            logical_id: logical_id.to_owned(),
            physical_id: if is_stack { "arn:s".to_owned() } else { format!("{logical_id}-id") },
            resource_type: if is_stack { "AWS::CloudFormation::Stack" } else { "AWS::SNS::Topic" }.to_owned(),
            status: status.to_owned(),
            reason: status.ends_with("_FAILED").then(|| "why".to_owned()),
        }
    }

    #[test]
    fn a_rollback_is_part_of_what_it_takes_back() {
        let operation = of_events(
            &stack(),
            vec![
                event("s", "UPDATE_IN_PROGRESS"),
                event("A", "UPDATE_FAILED"),
                event("s", "UPDATE_ROLLBACK_IN_PROGRESS"),
                event("s", "UPDATE_ROLLBACK_COMPLETE"),
            ],
        );
        assert_eq!(operation.began_as, Some(StackStatus::UpdateInProgress));
        assert_eq!(operation.ended_as, Some(StackStatus::UpdateRollbackComplete));
        assert_eq!(operation.cause.unwrap().logical_id, "A");
    }

    #[test]
    fn what_goes_on_has_no_end_and_what_a_cleanup_leaves_is_no_cause() {
        let mut events = vec![
            event("s", "UPDATE_IN_PROGRESS"),
            event("s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            event("Old", "DELETE_FAILED"),
        ];
        assert_eq!(of_events(&stack(), events.clone()).ended_as, None);
        events.push(event("s", "UPDATE_COMPLETE"));
        let operation = of_events(&stack(), events);
        assert_eq!((operation.ended_as, operation.cause), (Some(StackStatus::UpdateComplete), None));
        assert_eq!(operation.others.len(), 1);
        let nothing = of_events(&stack(), Vec::new());
        assert_eq!((nothing.began_as, nothing.ended_as), (None, None));
    }
}
