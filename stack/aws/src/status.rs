//! The states of a stack, and what each permits.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! stack_statuses {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The status of a stack, as CloudFormation names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StackStatus {
            $($(#[$doc])* $variant,)*
        }

        impl StackStatus {
            /// Every status, in the order of a stack's life.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// CloudFormation's word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The status of this name; `None` for a word that CloudFormation did not have when this was written.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

stack_statuses! {
    /// An empty shell that a change set of type CREATE left; no resource exists.
    ReviewInProgress = "REVIEW_IN_PROGRESS",
    /// The first creation runs.
    CreateInProgress = "CREATE_IN_PROGRESS",
    /// The first creation failed and rollback was disabled.
    CreateFailed = "CREATE_FAILED",
    /// Created.
    CreateComplete = "CREATE_COMPLETE",
    /// The failed first creation is being taken back.
    RollbackInProgress = "ROLLBACK_IN_PROGRESS",
    /// The failed first creation could not be taken back.
    RollbackFailed = "ROLLBACK_FAILED",
    /// The failed first creation was taken back: only deletion is possible.
    RollbackComplete = "ROLLBACK_COMPLETE",
    /// Deletion runs.
    DeleteInProgress = "DELETE_IN_PROGRESS",
    /// Deletion stopped at a resource.
    DeleteFailed = "DELETE_FAILED",
    /// Deleted; visible by id only.
    DeleteComplete = "DELETE_COMPLETE",
    /// An update runs.
    UpdateInProgress = "UPDATE_IN_PROGRESS",
    /// The update is decided; replaced resources are being deleted.
    UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    /// Updated.
    UpdateComplete = "UPDATE_COMPLETE",
    /// An update failed and rollback was disabled.
    UpdateFailed = "UPDATE_FAILED",
    /// A failed update is being taken back.
    UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
    /// A failed update could not be taken back: stuck.
    UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
    /// The roll back is decided; new resources are being deleted.
    UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    /// A failed update was taken back: the stack is as it was before.
    UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
    /// An import runs.
    ImportInProgress = "IMPORT_IN_PROGRESS",
    /// Imported.
    ImportComplete = "IMPORT_COMPLETE",
    /// A failed import is being taken back.
    ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
    /// A failed import could not be taken back.
    ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
    /// A failed import was taken back.
    ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
}

impl fmt::Display for StackStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for StackStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What `deploy` does with a stack in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeployDecision {
    /// A change set of type CREATE.
    Create,
    /// A change set of type UPDATE.
    Update,
    /// Delete the remains of a failed first creation by id, then create.
    DeleteThenCreate,
    /// Another operation runs: refuse.
    Busy,
    /// Stuck: a roll back, a continuation of one, or a deletion must come first.
    NeedsRollback,
    /// A deletion stopped halfway: it must be finished first.
    NeedsDestroy,
}

/// What `destroy` does with a stack in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DestroyDecision {
    /// There is nothing to delete.
    Absent,
    /// Delete, after the question.
    Delete,
    /// A deletion runs: watch it to its end.
    Follow,
    /// Another operation runs: refuse.
    Busy,
}

/// What `diff` compares a plan with, of a stack in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffDecision {
    /// With nothing: everything will be made.
    Nothing,
    /// With the template that was deployed last.
    Compare,
}

/// What `drift` does with a stack in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftDecision {
    /// There is nothing to compare.
    Absent,
    /// Let CloudFormation detect.
    Detect,
    /// An operation runs: refuse.
    Busy,
    /// CloudFormation detects no drift of a stack that is not whole: refuse.
    Refuse,
}

/// What `rollback` does with a stack in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackDecision {
    /// Take back the operation that failed and was left as it was.
    RollBack,
    /// Go on with a rollback that failed.
    Continue,
    /// There is nothing to take back.
    Idle,
    /// An operation runs: refuse.
    Busy,
    /// Only a deletion leads out.
    Refuse,
}

impl StackStatus {
    /// True while CloudFormation is at work. `REVIEW_IN_PROGRESS` is not work: it waits for a person.
    #[must_use]
    pub fn is_in_progress(self) -> bool {
        self != Self::ReviewInProgress && self.as_str().ends_with("_IN_PROGRESS")
    }

    /// What `deploy` does; `None` stands for a stack that does not exist.
    #[must_use]
    pub fn deploy_decision(status: Option<Self>) -> DeployDecision {
        let Some(status) = status else { return DeployDecision::Create };
        match status {
            Self::ReviewInProgress | Self::DeleteComplete => DeployDecision::Create,
            Self::RollbackComplete => DeployDecision::DeleteThenCreate,
            Self::CreateComplete
            | Self::UpdateComplete
            | Self::UpdateRollbackComplete
            | Self::ImportComplete
            | Self::ImportRollbackComplete => DeployDecision::Update,
            Self::CreateInProgress
            | Self::RollbackInProgress
            | Self::DeleteInProgress
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::ImportInProgress
            | Self::ImportRollbackInProgress => DeployDecision::Busy,
            Self::UpdateFailed | Self::UpdateRollbackFailed | Self::ImportRollbackFailed => {
                DeployDecision::NeedsRollback
            }
            // Rollback was disabled or failed during the first creation: there is no good state to return to.
            Self::CreateFailed | Self::RollbackFailed | Self::DeleteFailed => DeployDecision::NeedsDestroy,
        }
    }

    /// What `destroy` does; `None` stands for a stack that does not exist.
    #[must_use]
    pub fn destroy_decision(status: Option<Self>) -> DestroyDecision {
        let Some(status) = status else { return DestroyDecision::Absent };
        match status {
            Self::DeleteComplete => DestroyDecision::Absent,
            Self::DeleteInProgress => DestroyDecision::Follow,
            Self::CreateInProgress
            | Self::RollbackInProgress
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::ImportInProgress
            | Self::ImportRollbackInProgress => DestroyDecision::Busy,
            Self::ReviewInProgress
            | Self::CreateFailed
            | Self::CreateComplete
            | Self::RollbackFailed
            | Self::RollbackComplete
            | Self::DeleteFailed
            | Self::UpdateComplete
            | Self::UpdateFailed
            | Self::UpdateRollbackFailed
            | Self::UpdateRollbackComplete
            | Self::ImportComplete
            | Self::ImportRollbackFailed
            | Self::ImportRollbackComplete => DestroyDecision::Delete,
        }
    }

    /// What `rollback` does with a stack that exists.
    #[must_use]
    pub fn rollback_decision(status: Self) -> RollbackDecision {
        match status {
            status if status.is_in_progress() => RollbackDecision::Busy,
            Self::UpdateRollbackFailed => RollbackDecision::Continue,
            Self::CreateFailed | Self::UpdateFailed => RollbackDecision::RollBack,
            Self::RollbackFailed | Self::DeleteFailed | Self::ImportRollbackFailed => RollbackDecision::Refuse,
            _ => RollbackDecision::Idle,
        }
    }

    /// What `diff` compares with, where a stack exists.
    #[must_use]
    pub fn diff_decision(status: Self) -> DiffDecision {
        match status {
            Self::ReviewInProgress | Self::RollbackComplete | Self::DeleteComplete => DiffDecision::Nothing,
            _ => DiffDecision::Compare,
        }
    }

    /// What `drift` does; `None` stands for a stack that does not exist.
    #[must_use]
    pub fn drift_decision(status: Option<Self>) -> DriftDecision {
        let Some(status) = status else { return DriftDecision::Absent };
        match status {
            // A shell has no resource yet.
            Self::ReviewInProgress | Self::DeleteComplete => DriftDecision::Absent,
            status if status.is_in_progress() => DriftDecision::Busy,
            Self::CreateComplete
            | Self::UpdateComplete
            | Self::UpdateRollbackComplete
            | Self::UpdateRollbackFailed
            | Self::ImportComplete
            | Self::ImportRollbackComplete => DriftDecision::Detect,
            _ => DriftDecision::Refuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_23_states_and_each_is_read_back_from_its_name() {
        assert_eq!(StackStatus::ALL.len(), 23);
        for status in StackStatus::ALL {
            assert_eq!(StackStatus::parse(status.as_str()), Some(*status));
        }
        assert_eq!(StackStatus::parse("DREAMING"), None);
    }

    #[test]
    fn a_running_operation_is_never_disturbed() {
        for status in StackStatus::ALL.iter().copied().filter(|status| status.is_in_progress()) {
            assert_eq!(StackStatus::deploy_decision(Some(status)), DeployDecision::Busy, "{status}");
            let destroy = StackStatus::destroy_decision(Some(status));
            assert!(matches!(destroy, DestroyDecision::Busy | DestroyDecision::Follow), "{status}");
        }
    }
}
