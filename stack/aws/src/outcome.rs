//! How a command ended.

mod parts;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::change_set::ChangeSet;
use crate::contents::ContentsChanges;
use crate::destroy_plan::{DestroyPlan, NonEmptyBucket, StackResource};
use crate::host::Question;
use crate::saved_plan::PlanChange;
use crate::status::StackStatus;
use crate::validation::ValidationFinding;

pub use parts::{CompanionChange, CompanionStack, Failure, Operation, StackReference};

/// How a command ended. Each variant is something that the user can act on; what cannot be answered is an
/// [`AwsError`](crate::AwsError).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// The stack is as the plan says.
    Deployed {
        /// The stack.
        stack: StackReference,
        /// Created or updated.
        operation: Operation,
        /// The executed change set.
        change_set: ChangeSet,
        /// Stack outputs.
        outputs: BTreeMap<String, String>,
        /// What happened to bucket contents.
        contents: ContentsChanges,
        /// Resources that the update replaced or removed but CloudFormation could not delete: they are no longer part of
        /// the stack and still exist.
        orphans: Vec<Failure>,
        /// What happened to the stacks beside it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        companions: Vec<CompanionChange>,
    },
    /// The stack was as the plan says already.
    NoChanges {
        /// The stack.
        stack: StackReference,
        /// Stack outputs.
        outputs: BTreeMap<String, String>,
        /// What happened to bucket contents, which are not part of the stack.
        contents: ContentsChanges,
        /// What happened to the stacks beside it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        companions: Vec<CompanionChange>,
    },
    /// Resources are as the deployed template says again.
    DriftReverted {
        /// The stack.
        stack: StackReference,
        /// The executed change set; absent when CloudFormation found nothing to bring back.
        change_set: Option<ChangeSet>,
        /// Resources that were replaced and could not be deleted, as [`Outcome::Deployed`] has them.
        orphans: Vec<Failure>,
    },
    /// Functions run new code, and the stack was not told.
    HotSwapped {
        /// The stack.
        stack: StackReference,
        /// Names of the functions in the project file, sorted.
        functions: Vec<String>,
        /// Stack outputs.
        outputs: BTreeMap<String, String>,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// The user said no. What was prepared is gone.
    Declined {
        /// What was asked.
        question: Question,
        /// What had happened to the stacks beside it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        companions: Vec<CompanionChange>,
    },
    /// There was nobody to ask. What was prepared is gone.
    ApprovalNeeded {
        /// What must be approved.
        question: Question,
    },
    /// Another operation works on the stack; nothing was begun.
    Busy {
        /// The stack.
        stack: StackReference,
        /// Its status.
        status: StackStatus,
    },
    /// The change set stands and was not executed, as was asked for.
    ChangeSetLeft {
        /// The stack; of a first creation, the empty one that holds the change set.
        stack: StackReference,
        /// The change set.
        change_set: ChangeSet,
        /// Commands that execute it and do what comes after, in order.
        execute: Vec<String>,
        /// Command that takes it away, with the empty stack where it made one.
        discard: String,
    },
    /// CloudFormation refused the change set; nothing was changed.
    ChangeSetRefused {
        /// The stack.
        stack: StackReference,
        /// Reason that CloudFormation gave.
        reason: String,
        /// Findings of its validation, where it named any.
        findings: Vec<ValidationFinding>,
        /// What had happened to the stacks beside it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        companions: Vec<CompanionChange>,
    },
    /// The stack changed between the approval and the execution; nothing was changed. Run the command again.
    ChangeSetObsolete {
        /// The stack.
        stack: StackReference,
        /// Why the change set cannot be executed.
        reason: String,
        /// What had happened to the stacks beside it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        companions: Vec<CompanionChange>,
    },
    /// The saved plan does not say how things are any more; nothing was changed.
    PlanStale {
        /// Name of the stack.
        stack_name: String,
        /// What is not as it says.
        changes: Vec<PlanChange>,
    },
    /// The operation failed and CloudFormation took it back.
    RolledBack {
        /// The stack.
        stack: StackReference,
        /// Status at the end.
        status: StackStatus,
        /// The first failure, which is the cause of the others.
        cause: Option<Failure>,
        /// The other failures, oldest first.
        others: Vec<Failure>,
        /// Commands to run next.
        next: Vec<String>,
        /// What had happened to the stacks beside it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        companions: Vec<CompanionChange>,
    },
    /// Somebody else deleted the stack while the change set was being executed.
    DeletedMeanwhile {
        /// The stack that is gone.
        stack: StackReference,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// The stack is stuck in a state that `deploy` cannot leave.
    NeedsRollback {
        /// The stack.
        stack: StackReference,
        /// Its status.
        status: StackStatus,
        /// The first failure, where it happened under our eyes.
        cause: Option<Failure>,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// The stack and what it owned are gone.
    Destroyed {
        /// The stack.
        stack: StackReference,
        /// Resources that stay in the account, as the template asks.
        retained: Vec<StackResource>,
        /// Buckets that were emptied, with the number of deleted versions.
        emptied: BTreeMap<String, u64>,
        /// Stacks beside it that went with it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        companions: Vec<CompanionStack>,
    },
    /// Deletion stopped.
    DestroyFailed {
        /// The stack.
        stack: StackReference,
        /// Status at the end.
        status: StackStatus,
        /// What could not be deleted, oldest first.
        failures: Vec<Failure>,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// Buckets that would go hold objects; nothing was deleted.
    BucketsNotEmpty {
        /// The stack.
        stack: StackReference,
        /// The buckets.
        buckets: Vec<NonEmptyBucket>,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// The stack has termination protection; nothing was deleted.
    Protected {
        /// What would have gone.
        plan: DestroyPlan,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// There is no such stack.
    Absent {
        /// Name that was looked for.
        stack_name: String,
    },
    /// An operation that ran already, or was told to turn back, ended as it was meant to.
    Settled {
        /// The stack.
        stack: StackReference,
        /// Status at the end.
        status: StackStatus,
        /// Stack outputs.
        outputs: BTreeMap<String, String>,
        /// Resources that the operation left over, as [`Outcome::Deployed`] has them.
        orphans: Vec<Failure>,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// No operation runs that could be taken up, stopped or taken back; nothing was done.
    Idle {
        /// The stack.
        stack: StackReference,
        /// Its status.
        status: StackStatus,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// The operation cannot be stopped any more, or never could; it goes on, or is over.
    NotCancelled {
        /// The stack.
        stack: StackReference,
        /// Its status.
        status: StackStatus,
        /// Commands to run next.
        next: Vec<String>,
    },
    /// The caller stopped watching; the operation goes on.
    Detached {
        /// The stack.
        stack: StackReference,
        /// Its status when last seen.
        status: StackStatus,
        /// Commands that watch or stop it.
        next: Vec<String>,
    },
    /// The caller interrupted before anything was begun. What was prepared is gone.
    Interrupted {
        /// Name of the stack.
        stack_name: String,
    },
}

impl Outcome {
    /// The same outcome of the main stack, with what happened to the stacks beside it before.
    #[must_use]
    pub(crate) fn beside(mut self, changes: Vec<CompanionChange>) -> Self {
        match &mut self {
            Self::Deployed { companions, .. }
            | Self::NoChanges { companions, .. }
            | Self::Declined { companions, .. }
            | Self::ChangeSetRefused { companions, .. }
            | Self::ChangeSetObsolete { companions, .. }
            | Self::RolledBack { companions, .. } => *companions = changes,
            _ => {}
        }
        self
    }
}
