//! The states of stacks, resources and change sets.

use serde::{Deserialize, Serialize};

/// An enum whose variants have CloudFormation's names.
macro_rules! statuses {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// CloudFormation's name.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

statuses! {
    /// State of a stack.
    StackStatus {
        ReviewInProgress = "REVIEW_IN_PROGRESS",
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateComplete = "CREATE_COMPLETE",
        CreateFailed = "CREATE_FAILED",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackComplete = "ROLLBACK_COMPLETE",
        RollbackFailed = "ROLLBACK_FAILED",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateFailed = "UPDATE_FAILED",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
    }
}

impl StackStatus {
    /// True in the states from which an update may start.
    pub(crate) fn allows_update(self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::UpdateComplete
                | Self::UpdateRollbackComplete
                | Self::CreateFailed
                | Self::UpdateFailed
                | Self::ImportComplete
                | Self::ImportRollbackComplete
        )
    }

    /// Where a stack is left when its operation is cut off, `None` when no operation runs in this state.
    pub(crate) fn cut_off(self) -> Option<Self> {
        match self {
            Self::CreateInProgress => Some(Self::CreateFailed),
            Self::RollbackInProgress => Some(Self::RollbackFailed),
            Self::UpdateInProgress => Some(Self::UpdateFailed),
            // What is left to do is to remove what nobody needs; the outcome stands.
            Self::UpdateCompleteCleanupInProgress => Some(Self::UpdateComplete),
            Self::UpdateRollbackCompleteCleanupInProgress => Some(Self::UpdateRollbackComplete),
            Self::UpdateRollbackInProgress => Some(Self::UpdateRollbackFailed),
            Self::DeleteInProgress => Some(Self::DeleteFailed),
            Self::ImportInProgress | Self::ImportRollbackInProgress => Some(Self::ImportRollbackFailed),
            _ => None,
        }
    }
}

statuses! {
    /// State of a resource.
    ResourceStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateComplete = "CREATE_COMPLETE",
        CreateFailed = "CREATE_FAILED",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateFailed = "UPDATE_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        DeleteSkipped = "DELETE_SKIPPED",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
        ImportFailed = "IMPORT_FAILED",
    }
}

impl ResourceStatus {
    /// True when the resource is no longer the stack's.
    pub(crate) fn is_gone(self) -> bool {
        matches!(self, Self::DeleteComplete | Self::DeleteSkipped)
    }

    /// Where a resource is left when its operation is cut off.
    pub(crate) fn cut_off(self) -> Option<Self> {
        match self {
            Self::CreateInProgress => Some(Self::CreateFailed),
            Self::UpdateInProgress => Some(Self::UpdateFailed),
            Self::DeleteInProgress => Some(Self::DeleteFailed),
            Self::ImportInProgress => Some(Self::ImportFailed),
            _ => None,
        }
    }
}

statuses! {
    /// Whether a change set can be executed.
    ExecutionStatus {
        Unavailable = "UNAVAILABLE",
        Available = "AVAILABLE",
        ExecuteInProgress = "EXECUTE_IN_PROGRESS",
        ExecuteComplete = "EXECUTE_COMPLETE",
        ExecuteFailed = "EXECUTE_FAILED",
        Obsolete = "OBSOLETE",
    }
}

statuses! {
    /// What becomes of a stack that could not be created or updated.
    OnFailure {
        Rollback = "ROLLBACK",
        Delete = "DELETE",
        DoNothing = "DO_NOTHING",
    }
}

statuses! {
    /// What an operation does.
    OperationType {
        CreateStack = "CREATE_STACK",
        UpdateStack = "UPDATE_STACK",
        DeleteStack = "DELETE_STACK",
        ContinueRollback = "CONTINUE_ROLLBACK",
        Rollback = "ROLLBACK",
    }
}

statuses! {
    /// Whether a stack is what its template says.
    StackDriftStatus {
        Drifted = "DRIFTED",
        InSync = "IN_SYNC",
        NotChecked = "NOT_CHECKED",
        Unknown = "UNKNOWN",
    }
}

statuses! {
    /// Whether a resource is what its template says.
    ResourceDriftStatus {
        InSync = "IN_SYNC",
        Modified = "MODIFIED",
        Deleted = "DELETED",
        NotChecked = "NOT_CHECKED",
        Unknown = "UNKNOWN",
        /// Of drift-aware change sets only.
        Unsupported = "UNSUPPORTED",
    }
}

statuses! {
    /// How a property differs.
    DifferenceType {
        Add = "ADD",
        Remove = "REMOVE",
        NotEqual = "NOT_EQUAL",
    }
}
