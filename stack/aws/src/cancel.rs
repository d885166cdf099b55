//! Stops an update: CloudFormation takes back what it did so far.

use crate::attach::{Goal, Watch};
use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::events::Follower;
use crate::host::Host;
use crate::options::OperationOptions;
use crate::outcome::Outcome;
use crate::status::StackStatus;
use crate::{owner, stack};

/// Cancels the update that runs on a stack, of this name or id, and follows its rollback to the end.
///
/// [`Outcome::Settled`] when the stack is as it was before. Only `UPDATE_IN_PROGRESS` can be cancelled: any other running
/// operation is [`Outcome::NotCancelled`] and goes on.
///
/// # Errors
/// A refused or unanswered call, a stack of another project.
pub async fn cancel(aws: &Aws, stack_name: &str, options: &OperationOptions, host: &mut dyn Host) -> Result<Outcome> {
    let Some(stack) = stack::status(aws, stack_name).await? else {
        return Ok(Outcome::Absent { stack_name: stack_name.to_owned() });
    };
    owner::check(aws, &stack, &options.tags)?;
    let watch = Watch { aws, stack: &stack.reference, options };
    match stack.status {
        StackStatus::UpdateInProgress => {}
        status if status.is_in_progress() => return Ok(not_cancelled(&watch, status)),
        status => return Ok(watch.idle(status)),
    }
    let follower = Follower::of_running(aws, &stack.reference).await?;
    let attempt = Attempt::new(options.attempt.as_deref());
    let ordered = aws
        .cloudformation
        .cancel_update_stack()
        .stack_name(&stack.reference.id)
        .client_request_token(attempt.cancel_token())
        .send()
        .await
        .map_err(failed("CloudFormation", "CancelUpdateStack"));
    if let Err(error) = ordered
        && !error.has_code("TokenAlreadyExistsException")
        && let Some(outcome) = passed(&watch, error).await?
    {
        return Ok(outcome);
    }
    watch.to_its_end(follower, Goal::Rollback, host).await
}

/// What a refusal means: the update may have ended, or turned back by itself, while we asked.
async fn passed(watch: &Watch<'_>, error: AwsError) -> Result<Option<Outcome>> {
    if !error.has_code("ValidationError") {
        return Err(error);
    }
    match stack::status(watch.aws, &watch.stack.id).await? {
        Some(now) if now.status == StackStatus::UpdateInProgress => Err(error),
        // An order of ours whose answer was lost, or a failure: either way it is being taken back.
        Some(now) if now.status == StackStatus::UpdateRollbackInProgress => Ok(None),
        Some(now) => Ok(Some(not_cancelled(watch, now.status))),
        None => Err(error),
    }
}

fn not_cancelled(watch: &Watch<'_>, status: StackStatus) -> Outcome {
    let next = if status.is_in_progress() { watch.about().running(status) } else { Vec::new() };
    Outcome::NotCancelled { stack: watch.stack.clone(), status, next }
}
