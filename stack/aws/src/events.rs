//! Follows an operation by its events, to the event that ends it.

use std::collections::HashSet;

use aws_sdk_cloudformation::types::StackEvent as SdkEvent;
use aws_smithy_types::date_time::Format;
use stack_plan::Event;
use stack_plan::event::StackEvent;

use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::host::Host;
use crate::operation::last_operation;
use crate::options::{Pacer, Pause};
use crate::outcome::{Failure, StackReference};
use crate::stack::{self, is_no_such_stack};
use crate::status::StackStatus;

/// Polls between two looks at the stack itself, in case that no event ends the operation.
const POLLS_PER_LOOK: u32 = 8;

/// How watching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Followed {
    /// The operation is over.
    Ended(StackStatus),
    /// The stack is gone, and with it its events.
    Gone,
    /// The caller wants no more watching.
    Interrupted,
}

/// The events of one operation on one stack.
pub(crate) struct Follower<'a> {
    aws: &'a Aws,
    stack: &'a StackReference,
    /// Token of the operation; every event of the stack belongs when absent.
    token: Option<String>,
    /// Newest event before the operation.
    baseline: Option<String>,
    /// First event of an operation that ran before we looked.
    first: Option<String>,
    told: HashSet<String>,
    failures: Failures,
}

impl<'a> Follower<'a> {
    /// Prepares to follow an operation that has not begun: what happened so far is not told.
    pub(crate) async fn before(aws: &'a Aws, stack: &'a StackReference, token: Option<String>) -> Result<Self> {
        let newest = page(aws, &stack.id, None).await?.0.into_iter().next();
        let baseline = newest.and_then(|event| event.event_id);
        Ok(Self { aws, stack, token, baseline, first: None, told: HashSet::new(), failures: Failures::default() })
    }

    /// Prepares to follow an operation that runs already: it is told from its beginning.
    pub(crate) async fn of_running(aws: &'a Aws, stack: &'a StackReference) -> Result<Self> {
        let first = last_operation(aws, stack).await?.events.into_iter().next().map(|event| event.event_id);
        Ok(Self { aws, stack, token: None, baseline: None, first, told: HashSet::new(), failures: Failures::default() })
    }

    /// Tells the host every event until the operation is over.
    pub(crate) async fn follow(&mut self, mut pacer: Pacer, host: &mut dyn Host) -> Result<Followed> {
        for poll in 1_u32.. {
            let events = match self.fetch_new().await {
                Ok(events) => events,
                Err(error) if is_no_such_stack(&error) => return Ok(Followed::Gone),
                Err(error) => return Err(error),
            };
            let mut ended = None;
            for event in events {
                if let Some(status) = self.root_status(&event) {
                    ended = Some(status).filter(|status| !status.is_in_progress());
                }
                self.failures.note(&event, is_root(&event, self.stack));
                host.event(Event::Stack(event));
            }
            if let Some(status) = ended {
                return Ok(Followed::Ended(status));
            }
            if poll % POLLS_PER_LOOK == 0 {
                match stack::status(self.aws, &self.stack.id).await? {
                    None => return Ok(Followed::Gone),
                    // Somebody else's order was the one that counted. By its id a stack is never there again.
                    Some(stack) if stack.status == StackStatus::DeleteComplete => return Ok(Followed::Gone),
                    Some(stack) if stack.status.is_in_progress() => {}
                    // The order may not have been taken up yet: then the stack is as it was and has no event of ours.
                    Some(_) if self.told.is_empty() && poll < POLLS_PER_LOOK * 4 => {}
                    Some(stack) => return Ok(Followed::Ended(stack.status)),
                }
            }
            if pacer.pause().await == Pause::Interrupted {
                return Ok(Followed::Interrupted);
            }
        }
        Ok(Followed::Interrupted)
    }

    /// What failed so far.
    pub(crate) fn into_failures(self) -> Failures {
        self.failures
    }

    /// Events of the operation that were not told yet, oldest first. Reads newest first and only as far as needed.
    async fn fetch_new(&mut self) -> Result<Vec<StackEvent>> {
        let mut new = Vec::new();
        let mut token = None;
        'pages: loop {
            let (events, next) = page(self.aws, &self.stack.id, token).await?;
            for event in events {
                let Some(id) = event.event_id.clone() else { continue };
                let is_older = self.baseline.as_ref() == Some(&id) || self.told.contains(&id);
                if is_older || !self.is_ours(&event) {
                    break 'pages;
                }
                let is_first = self.first.as_ref() == Some(&id);
                new.push(stack_event(id, &self.stack.name, event));
                if is_first {
                    break 'pages;
                }
            }
            token = next;
            if token.is_none() {
                break;
            }
        }
        new.reverse();
        self.told.extend(new.iter().map(|event| event.event_id.clone()));
        Ok(new)
    }

    /// Endpoints other than AWS may leave the token out; then the baseline alone cuts.
    fn is_ours(&self, event: &SdkEvent) -> bool {
        match (&self.token, event.client_request_token.as_deref()) {
            (Some(ours), Some(token)) => ours == token,
            _ => true,
        }
    }

    fn root_status(&self, event: &StackEvent) -> Option<StackStatus> {
        StackStatus::parse(&event.status).filter(|_| is_root(event, self.stack))
    }
}

pub(crate) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// True for an event of the stack itself, not of a resource or a nested stack.
pub(crate) fn is_root(event: &StackEvent, stack: &StackReference) -> bool {
    event.resource_type == STACK_TYPE
        && (event.physical_id == stack.id || (event.physical_id.is_empty() && event.logical_id == stack.name))
}

/// One page of events, newest first, and the token of the next.
pub(crate) async fn page(
    aws: &Aws,
    stack_id: &str,
    token: Option<String>,
) -> Result<(Vec<SdkEvent>, Option<String>), AwsError> {
    let answer = aws
        .cloudformation
        .describe_stack_events()
        .stack_name(stack_id)
        .set_next_token(token)
        .send()
        .await
        .map_err(failed("CloudFormation", "DescribeStackEvents"))?;
    Ok((answer.stack_events.unwrap_or_default(), answer.next_token))
}

pub(crate) fn stack_event(event_id: String, stack_name: &str, event: SdkEvent) -> StackEvent {
    StackEvent {
        event_id,
        stack_name: stack_name.to_owned(),
        time: event.timestamp.and_then(|time| time.fmt(Format::DateTime).ok()).unwrap_or_default(),
        logical_id: event.logical_resource_id.unwrap_or_default(),
        physical_id: event.physical_resource_id.unwrap_or_default(),
        resource_type: event.resource_type.unwrap_or_default(),
        status: event.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: event.resource_status_reason,
    }
}

/// What failed in an operation, told apart by when.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    /// Before the outcome was decided, oldest first: the first is the cause.
    pub(crate) operation: Vec<Failure>,
    /// Deletions that failed in the cleanup after an update: CloudFormation forgets these resources.
    pub(crate) cleanup: Vec<Failure>,
    /// Failures of the stack and of nested stacks, which only repeat others.
    repeated: Vec<Failure>,
    in_cleanup: bool,
}

impl Failures {
    /// Takes note of the next event.
    pub(crate) fn note(&mut self, event: &StackEvent, is_root: bool) {
        if is_root {
            self.in_cleanup = event.status.ends_with("_CLEANUP_IN_PROGRESS");
        }
        let list = match event.status.as_str() {
            // CloudFormation tries deletions again: only what stays failed counts.
            "DELETE_COMPLETE" => {
                self.operation.retain(|failure| !is_deletion_of(failure, event));
                self.cleanup.retain(|failure| !is_deletion_of(failure, event));
                return;
            }
            status if !status.ends_with("_FAILED") => return,
            _ if event.resource_type == STACK_TYPE => &mut self.repeated,
            _ if self.in_cleanup => &mut self.cleanup,
            _ => &mut self.operation,
        };
        let reason = event.reason.clone().unwrap_or_default();
        if reason.to_ascii_lowercase().contains("cancelled") {
            return;
        }
        list.retain(|failure| !(event.status == "DELETE_FAILED" && is_deletion_of(failure, event)));
        list.push(Failure {
            logical_id: event.logical_id.clone(),
            resource_type: event.resource_type.clone(),
            physical_id: event.physical_id.clone(),
            status: event.status.clone(),
            code: handler_error_code(&reason),
            reason,
        });
    }

    /// The root cause and the rest.
    pub(crate) fn into_cause_and_others(mut self) -> (Option<Failure>, Vec<Failure>) {
        if self.operation.is_empty() {
            self.operation = self.repeated;
        }
        let mut failures = self.operation.into_iter();
        (failures.next(), failures.collect())
    }
}

fn is_deletion_of(failure: &Failure, event: &StackEvent) -> bool {
    failure.status == "DELETE_FAILED"
        && failure.logical_id == event.logical_id
        && failure.physical_id == event.physical_id
}

/// `AlreadyExists` out of `... (RequestToken: ..., HandlerErrorCode: AlreadyExists)`.
fn handler_error_code(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once("HandlerErrorCode: ")?;
    let code: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    Some(code).filter(|code| !code.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(logical_id: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent {
            event_id: format!("{logical_id}-{status}"),
            stack_name: "stack".to_owned(),
            time: String::new(),
            logical_id: logical_id.to_owned(),
            physical_id: format!("{logical_id}-physical"),
            resource_type: if logical_id == "stack" { STACK_TYPE } else { "AWS::S3::Bucket" }.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
        }
    }

    fn failures(events: &[StackEvent]) -> Failures {
        let mut failures = Failures::default();
        for event in events {
            failures.note(event, event.logical_id == "stack");
        }
        failures
    }

    #[test]
    fn the_first_failure_is_the_cause_and_cancelled_ones_are_not() {
        let failures = failures(&[
            event("A", "CREATE_FAILED", "Resource creation cancelled"),
            event("B", "CREATE_FAILED", "taken (RequestToken: x, HandlerErrorCode: AlreadyExists)"),
            event("C", "CREATE_FAILED", "later"),
            event("stack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [B]."),
        ]);
        let (cause, others) = failures.into_cause_and_others();
        let cause = cause.unwrap();
        assert_eq!((cause.logical_id.as_str(), cause.code.as_deref()), ("B", Some("AlreadyExists")));
        assert_eq!(others.len(), 1);
    }

    #[test]
    fn a_stack_that_fails_by_itself_is_its_own_cause() {
        let (cause, _) = failures(&[event("stack", "UPDATE_FAILED", "role is gone")]).into_cause_and_others();
        assert_eq!(cause.unwrap().reason, "role is gone");
    }

    #[test]
    fn a_deletion_that_succeeds_in_the_end_did_not_fail() {
        let failures = failures(&[
            event("stack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
            event("A", "DELETE_FAILED", "busy"),
            event("B", "DELETE_FAILED", "not empty"),
            event("A", "DELETE_COMPLETE", ""),
        ]);
        assert!(failures.operation.is_empty());
        assert_eq!(failures.cleanup.len(), 1);
        assert_eq!(failures.cleanup[0].logical_id, "B");
    }
}
