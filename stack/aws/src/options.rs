//! How a command waits, and how it is interrupted.

use std::collections::BTreeMap;
use std::time::Duration;

pub use tokio_util::sync::CancellationToken;

use crate::connect::Aws;
use crate::outcome::CompanionStack;
use crate::saved_plan::SavedPlan;

/// Options of [`deploy`](crate::deploy()).
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct DeployOptions {
    /// How often a running operation is asked about; by the distance of the endpoint when absent.
    pub polling: Option<Polling>,
    /// Cancelled by the caller to stop watching (first Ctrl-C): the command returns
    /// [`Outcome::Detached`](crate::Outcome::Detached) and the operation goes on.
    pub interrupt: CancellationToken,
    /// Name of this attempt in change set names and request tokens: letters, digits and hyphens, at most 64.
    /// Random when absent. The same name given twice is one attempt.
    pub attempt: Option<String>,
    /// Who deploys, for [`StackSummary::deployer`](crate::StackSummary::deployer): a login name, or that of a job.
    pub deployer: Option<String>,
    /// Arguments that choose the same project and environment on the command line (`-e dev --suffix alice --local`):
    /// the commands that an outcome suggests repeat them.
    pub arguments: String,
    /// Make the change set, show it and leave it: nothing is executed, and what comes after a deployment (contents of
    /// buckets, invalidations, termination protection) is left as it is. How it ends is
    /// [`Outcome::ChangeSetLeft`](crate::Outcome::ChangeSetLeft).
    pub prepare_only: bool,
    /// Take over resources that exist already under the names of the template and that no stack owns, where their deletion
    /// policy keeps them; without it, CloudFormation fails at their names.
    pub import_existing: bool,
    /// Let CloudFormation end when everything is configured, before it is stable (its mode `EXPRESS`), for throw-away environments:
    /// what fails afterwards is not seen, and a stack that was updated so cannot be rolled back on demand. Companions, and failures
    /// before that end, are as ever.
    pub express: bool,
    /// Where only the code of functions differs, give it to them without an operation of CloudFormation. Protected stacks are
    /// deployed all the same; stacks beside the main one are left as they are. How it ends is [`Outcome::HotSwapped`](crate::Outcome::HotSwapped).
    pub hot_swap: bool,
    /// What must still be so: else nothing is begun, and it ends as [`Outcome::PlanStale`](crate::Outcome::PlanStale).
    pub plan: Option<SavedPlan>,
}

/// Options of [`destroy`](crate::destroy()).
#[derive(Debug, Clone, Default)]
pub struct DestroyOptions {
    /// How often a running operation is asked about; by the distance of the endpoint when absent.
    pub polling: Option<Polling>,
    /// As [`DeployOptions::interrupt`].
    pub interrupt: CancellationToken,
    /// As [`DeployOptions::attempt`].
    pub attempt: Option<String>,
    /// As [`DeployOptions::arguments`].
    pub arguments: String,
    /// Empty the stack's own buckets first: objects, versions, delete markers, unfinished uploads.
    pub empty: bool,
    /// Take termination protection off first.
    pub unprotect: bool,
    /// The stacks beside this one, in the order in which they were deployed. They go after it, the last one first.
    pub companions: Vec<CompanionStack>,
    /// Tags of the plan: a stack whose project, environment or suffix is another is left alone. Not checked when empty.
    pub tags: BTreeMap<String, String>,
    /// Role whose rights CloudFormation uses; the one that the stack was deployed with when absent.
    pub role_arn: Option<String>,
}

/// Options of [`attach`](crate::attach()), [`cancel`](crate::cancel()) and [`roll_back`](crate::roll_back()).
#[derive(Debug, Clone, Default)]
pub struct OperationOptions {
    /// How often a running operation is asked about; by the distance of the endpoint when absent.
    pub polling: Option<Polling>,
    /// As [`DeployOptions::interrupt`].
    pub interrupt: CancellationToken,
    /// As [`DeployOptions::attempt`].
    pub attempt: Option<String>,
    /// As [`DeployOptions::arguments`].
    pub arguments: String,
    /// As [`DestroyOptions::tags`].
    pub tags: BTreeMap<String, String>,
    /// As [`DestroyOptions::role_arn`].
    pub role_arn: Option<String>,
}

/// How often a running operation is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// Pauses at the beginning.
    pub first: Duration,
    /// How many times the first pause is taken.
    pub first_count: u32,
    /// The pause after those; it doubles up to `longest`.
    pub then: Duration,
    /// Longest pause.
    pub longest: Duration,
}

impl Polling {
    /// For AWS: every second for 10 s, then 2, 4, 5, 5 ... s.
    pub const AWS: Self = Self {
        first: Duration::from_secs(1),
        first_count: 10,
        then: Duration::from_secs(2),
        longest: Duration::from_secs(5),
    };
    /// For an endpoint on this machine: 20 ms, growing to 250 ms.
    pub const NEAR: Self = Self {
        first: Duration::from_millis(20),
        first_count: 10,
        then: Duration::from_millis(50),
        longest: Duration::from_millis(250),
    };

    /// What suits the endpoint of these clients.
    #[must_use]
    pub fn suiting(aws: &Aws) -> Self {
        if aws.is_near() { Self::NEAR } else { Self::AWS }
    }

    /// The pause after the poll with this number, from 0.
    pub(crate) fn pause(&self, poll: u32) -> Duration {
        let Some(later) = poll.checked_sub(self.first_count) else { return self.first };
        self.then.saturating_mul(2_u32.saturating_pow(later.min(16))).min(self.longest)
    }
}

/// What a pause ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// The time is over.
    Over,
    /// The caller wants no more watching.
    Interrupted,
}

/// A sequence of pauses that an interrupt cuts short.
#[derive(Debug, Clone)]
pub(crate) struct Pacer {
    polling: Polling,
    interrupt: CancellationToken,
    polls: u32,
}

impl Pacer {
    pub(crate) fn new(polling: Polling, interrupt: CancellationToken) -> Self {
        Self { polling, interrupt, polls: 0 }
    }

    /// A fresh sequence with the same settings.
    pub(crate) fn restarted(&self) -> Self {
        Self { polls: 0, ..self.clone() }
    }

    /// Waits until the next poll is due.
    pub(crate) async fn pause(&mut self) -> Pause {
        let pause = self.polling.pause(self.polls);
        self.polls = self.polls.saturating_add(1);
        tokio::select! {
            biased;
            () = self.interrupt.cancelled() => Pause::Interrupted,
            () = tokio::time::sleep(pause) => Pause::Over,
        }
    }

    /// True when the caller wants no more watching.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_grow_apart_and_stop_growing() {
        let pauses: Vec<u64> = (0..15).map(|poll| Polling::AWS.pause(poll).as_secs()).collect();
        assert_eq!(pauses, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 5, 5, 5]);
        assert_eq!(Polling::NEAR.pause(u32::MAX), Polling::NEAR.longest);
    }
}
