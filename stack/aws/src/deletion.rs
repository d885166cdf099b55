//! The deletion of a stack: ordered by id with a token, followed to its end.

use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::events::{Followed, Follower};
use crate::host::Host;
use crate::options::Pacer;
use crate::outcome::{Failure, StackReference};
use crate::stack::is_no_such_stack;
use crate::status::StackStatus;

/// How a deletion ended.
pub(crate) enum Deleted {
    Gone,
    Failed {
        status: StackStatus,
        failures: Vec<Failure>,
    },
    /// Another operation had begun: nothing was ordered.
    Busy {
        status: StackStatus,
    },
    Interrupted,
}

/// Orders the deletion and follows it.
pub(crate) async fn delete(
    aws: &Aws,
    (stack, role_arn): (&StackReference, Option<&str>),
    attempt: &Attempt,
    pacer: Pacer,
    host: &mut dyn Host,
) -> Result<Deleted> {
    let follower = match Follower::before(aws, stack, Some(attempt.delete_token())).await {
        Ok(follower) => follower,
        Err(error) if is_no_such_stack(&error) => return Ok(Deleted::Gone),
        Err(error) => return Err(error),
    };
    match order(aws, stack, role_arn, attempt).await {
        Ok(()) => {}
        Err(error) => return busy_in(&error).map(|status| Deleted::Busy { status }).ok_or(error),
    }
    follow(follower, pacer, host).await
}

/// The status in which CloudFormation refused an order, where an operation had begun meanwhile: no stack that is being updated is
/// deleted.
fn busy_in(error: &AwsError) -> Option<StackStatus> {
    let (_, status) = error.call()?.message.split_once("cannot be deleted while in status ")?;
    let end =
        status.find(|character: char| !character.is_ascii_uppercase() && character != '_').unwrap_or(status.len());
    StackStatus::parse(&status[..end]).filter(|status| status.is_in_progress())
}

/// Follows a deletion that somebody ordered.
pub(crate) async fn follow_running(
    aws: &Aws,
    stack: &StackReference,
    pacer: Pacer,
    host: &mut dyn Host,
) -> Result<Deleted> {
    match Follower::before(aws, stack, None).await {
        Ok(follower) => follow(follower, pacer, host).await,
        Err(error) if is_no_such_stack(&error) => Ok(Deleted::Gone),
        Err(error) => Err(error),
    }
}

/// Orders the deletion. A stack that is gone already is fine, and so is an order that was given before.
pub(crate) async fn order(aws: &Aws, stack: &StackReference, role_arn: Option<&str>, attempt: &Attempt) -> Result<()> {
    let answer = aws
        .cloudformation
        .delete_stack()
        .stack_name(&stack.id)
        .client_request_token(attempt.delete_token())
        .set_role_arn(role_arn.map(str::to_owned))
        .send()
        .await;
    match answer.map_err(failed("CloudFormation", "DeleteStack")) {
        Ok(_) => Ok(()),
        Err(error) if error.has_code("TokenAlreadyExistsException") || is_no_such_stack(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Puts termination protection on or takes it off.
pub(crate) async fn set_protection(aws: &Aws, stack: &StackReference, on: bool) -> Result<()> {
    aws.cloudformation
        .update_termination_protection()
        .stack_name(&stack.id)
        .enable_termination_protection(on)
        .send()
        .await
        .map_err(failed("CloudFormation", "UpdateTerminationProtection"))?;
    Ok(())
}

async fn follow(mut follower: Follower<'_>, pacer: Pacer, host: &mut dyn Host) -> Result<Deleted> {
    match follower.follow(pacer, host).await? {
        Followed::Gone | Followed::Ended(StackStatus::DeleteComplete) => Ok(Deleted::Gone),
        Followed::Interrupted => Ok(Deleted::Interrupted),
        Followed::Ended(status) => {
            let (cause, others) = follower.into_failures().into_cause_and_others();
            Ok(Deleted::Failed { status, failures: cause.into_iter().chain(others).collect() })
        }
    }
}
