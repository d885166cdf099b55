//! Takes up an operation that runs already: told from its beginning, followed to its end.

use std::collections::BTreeMap;

use crate::connect::Aws;
use crate::destroy_plan::{StackResource, destroy_plan};
use crate::error::Result;
use crate::events::{Followed, Follower};
use crate::host::Host;
use crate::next_step::{self, About};
use crate::options::{OperationOptions, Pacer, Polling};
use crate::outcome::{Outcome, StackReference};
use crate::owner;
use crate::stack;
use crate::status::{DeployDecision, StackStatus};

/// Follows the operation that runs on a stack, of this name or id, to its end.
///
/// [`Outcome::Settled`] when it succeeds, [`Outcome::Destroyed`] when it was a deletion, [`Outcome::Idle`] when nothing runs;
/// else as [`deploy`](crate::deploy()) and [`destroy`](crate::destroy()) end. Nothing is changed.
///
/// # Errors
/// A refused or unanswered call, a stack of another project.
pub async fn attach(aws: &Aws, stack_name: &str, options: &OperationOptions, host: &mut dyn Host) -> Result<Outcome> {
    let Some(stack) = stack::status(aws, stack_name).await? else {
        return Ok(Outcome::Absent { stack_name: stack_name.to_owned() });
    };
    owner::check(aws, &stack, &options.tags)?;
    let watch = Watch { aws, stack: &stack.reference, options };
    if !stack.status.is_in_progress() {
        return Ok(watch.idle(stack.status));
    }
    // While there is a template to read it from.
    let retained = match stack.status {
        StackStatus::DeleteInProgress => destroy_plan(aws, &stack).await?.stays,
        _ => Vec::new(),
    };
    let follower = Follower::of_running(aws, &stack.reference).await?;
    watch.to_its_end(follower, Goal::Any { retained }, host).await
}

/// What an operation is followed for.
pub(crate) enum Goal {
    /// Whatever it is; what a deletion keeps is known.
    Any { retained: Vec<StackResource> },
    /// That the stack is as it was before.
    Rollback,
}

/// A stack whose operation is followed.
pub(crate) struct Watch<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) stack: &'a StackReference,
    pub(crate) options: &'a OperationOptions,
}

impl Watch<'_> {
    /// Commands about the stack.
    pub(crate) fn about(&self) -> About<'_> {
        About { aws: self.aws, stack: self.stack, arguments: &self.options.arguments, is_companion: false }
    }

    /// There is nothing to follow.
    pub(crate) fn idle(&self, status: StackStatus) -> Outcome {
        let next = match StackStatus::deploy_decision(Some(status)) {
            DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy => self.about().way_out(status),
            _ => vec![next_step::own("status", &self.options.arguments, "")],
        };
        Outcome::Idle { stack: self.stack.clone(), status, next }
    }

    /// Follows, and says how it ended.
    pub(crate) async fn to_its_end(
        &self,
        mut follower: Follower<'_>,
        goal: Goal,
        host: &mut dyn Host,
    ) -> Result<Outcome> {
        let polling = self.options.polling.unwrap_or_else(|| Polling::suiting(self.aws));
        let pacer = Pacer::new(polling, self.options.interrupt.clone());
        let end = follower.follow(pacer, host).await?;
        let failures = follower.into_failures();
        let stack = self.stack.clone();
        let status = match end {
            Followed::Ended(status) => status,
            Followed::Gone => StackStatus::DeleteComplete,
            Followed::Interrupted => {
                let now = stack::status(self.aws, &stack.id).await?;
                let status = now.map_or(StackStatus::DeleteComplete, |stack| stack.status);
                return Ok(Outcome::Detached { next: self.about().running(status), stack, status });
            }
        };
        let deploy = || vec![next_step::own("deploy", &self.options.arguments, "")];
        Ok(match (End::of(status), goal) {
            (End::Gone, goal) => {
                let retained = if let Goal::Any { retained } = goal { retained } else { Vec::new() };
                Outcome::Destroyed { stack, retained, emptied: BTreeMap::new(), companions: Vec::new() }
            }
            // A cancellation that came too late.
            (End::Arrived, Goal::Rollback) => Outcome::NotCancelled { stack, status, next: deploy() },
            (End::Arrived, Goal::Any { .. }) | (End::TakenBack, Goal::Rollback) => {
                let outputs = stack::outputs(self.aws, &stack.id).await?;
                // What a deployment does after its operation (contents, invalidations) is still to be done.
                Outcome::Settled { stack, status, outputs, orphans: failures.cleanup, next: deploy() }
            }
            (End::TakenBack, Goal::Any { .. }) => {
                let (cause, others) = failures.into_cause_and_others();
                Outcome::RolledBack { stack, status, cause, others, next: deploy(), companions: Vec::new() }
            }
            (End::Stuck, _) if status == StackStatus::DeleteFailed => {
                let (cause, others) = failures.into_cause_and_others();
                let next = vec![next_step::own("destroy", &self.options.arguments, "")];
                Outcome::DestroyFailed { stack, status, failures: cause.into_iter().chain(others).collect(), next }
            }
            (End::Stuck, _) => {
                let (cause, _) = failures.into_cause_and_others();
                Outcome::NeedsRollback { stack, status, cause, next: self.about().way_out(status) }
            }
        })
    }
}

/// What the end of an operation means.
enum End {
    /// It did what it was to do.
    Arrived,
    /// It was taken back.
    TakenBack,
    /// The stack is gone.
    Gone,
    /// It stopped halfway.
    Stuck,
}

impl End {
    fn of(status: StackStatus) -> Self {
        match status {
            StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => Self::Arrived,
            StackStatus::RollbackComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::ImportRollbackComplete => Self::TakenBack,
            StackStatus::DeleteComplete => Self::Gone,
            _ => Self::Stuck,
        }
    }
}
