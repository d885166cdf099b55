//! Brings a stuck stack back to the state before its last operation.

use crate::attach::{Goal, Watch};
use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::events::Follower;
use crate::host::Host;
use crate::options::OperationOptions;
use crate::outcome::Outcome;
use crate::status::{RollbackDecision, StackStatus};
use crate::{owner, stack};

/// Rolls back a stack of this name or id that stands still after a failure, and follows that to the end.
///
/// `skip` names resources by logical id (`Nested.Resource` in a nested stack) that a rollback that failed already is to leave as
/// they are: they count as rolled back and differ from the template from then on.
///
/// [`Outcome::Settled`] when the stack is as it was before; a first creation is taken back to `ROLLBACK_COMPLETE`.
///
/// # Errors
/// [`AwsError::NothingToSkip`] in a state whose rollback skips nothing; a refused or unanswered call, a stack of another
/// project.
pub async fn roll_back(
    aws: &Aws,
    stack_name: &str,
    skip: &[String],
    options: &OperationOptions,
    host: &mut dyn Host,
) -> Result<Outcome> {
    let Some(stack) = stack::status(aws, stack_name).await? else {
        return Ok(Outcome::Absent { stack_name: stack_name.to_owned() });
    };
    owner::check(aws, &stack, &options.tags)?;
    let (status, reference) = (stack.status, &stack.reference);
    let watch = Watch { aws, stack: reference, options };
    let decision = StackStatus::rollback_decision(status);
    if !skip.is_empty() && decision != RollbackDecision::Continue {
        return Err(AwsError::NothingToSkip { stack: reference.name.clone(), status });
    }
    match decision {
        RollbackDecision::Continue | RollbackDecision::RollBack => {}
        RollbackDecision::Busy => return Ok(Outcome::Busy { stack: reference.clone(), status }),
        RollbackDecision::Idle | RollbackDecision::Refuse => return Ok(watch.idle(status)),
    }
    let token = Attempt::new(options.attempt.as_deref()).rollback_token();
    let follower = Follower::before(aws, reference, Some(token.clone())).await?;
    let ordered = if decision == RollbackDecision::Continue {
        let skip = Some(skip.to_vec()).filter(|skip| !skip.is_empty());
        let call = aws.cloudformation.continue_update_rollback().stack_name(&reference.id);
        let answer = call.set_resources_to_skip(skip).client_request_token(token).send().await;
        answer.map(drop).map_err(failed("CloudFormation", "ContinueUpdateRollback"))
    } else {
        let call = aws.cloudformation.rollback_stack().stack_name(&reference.id);
        let answer = call.client_request_token(token).send().await;
        answer.map(drop).map_err(failed("CloudFormation", "RollbackStack"))
    };
    match ordered {
        Ok(()) => {}
        // An order of ours whose answer was lost.
        Err(error) if error.has_code("TokenAlreadyExistsException") => {}
        Err(error) => {
            let now = stack::status(aws, &reference.id).await?;
            match now.map(|now| now.status) {
                Some(now) if now != status && now.is_in_progress() => {
                    return Ok(Outcome::Busy { stack: reference.clone(), status: now });
                }
                _ => return Err(error),
            }
        }
    }
    watch.to_its_end(follower, Goal::Rollback, host).await
}
