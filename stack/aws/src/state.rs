//! How a stack stands, and the one command that its state asks for.

use serde::Serialize;

use crate::connect::Aws;
use crate::error::Result;
use crate::next_step::{self, About};
use crate::operation::{LastOperation, last_operation};
use crate::stack::{self, StackSummary};
use crate::status::{DeployDecision, StackStatus};

/// How a stack stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackState {
    /// The stack; absent when there is none.
    pub stack: Option<StackSummary>,
    /// What `deploy` would do with it.
    pub deploy: DeployDecision,
    /// Its last operation without the events; absent when there is no stack.
    pub operation: Option<LastOperation>,
    /// Commands to run next, the first one first.
    pub next: Vec<String>,
}

/// Looks at a stack: three calls at most for a short operation.
///
/// `arguments` choose the same stack on the command line ([`DeployOptions::arguments`](crate::DeployOptions::arguments)).
///
/// # Errors
/// A refused or unanswered call.
pub async fn state(aws: &Aws, stack_name: &str, arguments: &str) -> Result<StackState> {
    let stack = stack::status(aws, stack_name).await?;
    let status = stack.as_ref().map(|stack| stack.status);
    let deploy = StackStatus::deploy_decision(status);
    let operation = match &stack {
        Some(stack) => {
            let operation = last_operation(aws, &stack.reference).await?;
            Some(LastOperation { events: Vec::new(), ..operation })
        }
        None => None,
    };
    let next = match (&stack, deploy) {
        (Some(stack), DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy) => {
            about(aws, stack, arguments).way_out(stack.status)
        }
        (Some(stack), DeployDecision::Busy) => about(aws, stack, arguments).running(stack.status),
        _ => vec![next_step::own("deploy", arguments, "")],
    };
    Ok(StackState { stack, deploy, operation, next })
}

fn about<'a>(aws: &'a Aws, stack: &'a StackSummary, arguments: &'a str) -> About<'a> {
    About { aws, stack: &stack.reference, arguments, is_companion: false }
}

/// The stacks of a project in the account and region, by the tags that `deploy` gives them, in the order of their names.
///
/// # Errors
/// A refused or unanswered call.
pub async fn project_stacks(aws: &Aws, project: &str) -> Result<Vec<StackSummary>> {
    let mut stacks = stack::all(aws).await?;
    stacks.retain(|stack| stack.tags.get("stack:project").is_some_and(|name| name == project));
    stacks.sort_by(|one, other| one.reference.name.cmp(&other.reference.name));
    Ok(stacks)
}
