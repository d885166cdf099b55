//! The states of a change set that we asked for, and what each means for the deployment that waits for it.

use std::fmt;

use aws_sdk_cloudformation::types;

macro_rules! names {
    ($(#[$type_doc:meta])* $type:ident, $sdk:path; $($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        $(#[$type_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type {
            $($(#[$doc])* $variant,)*
        }

        impl $type {
            /// Every one, in the order of a change set's life.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// CloudFormation's word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// `None` for a word that CloudFormation did not have when this was written.
            pub(crate) fn of(sdk: &$sdk) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == sdk.as_str())
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// The status of a change set, as CloudFormation names it.
    ChangeSetStatus, types::ChangeSetStatus;
    /// Asked for.
    CreatePending = "CREATE_PENDING",
    /// CloudFormation compares.
    CreateInProgress = "CREATE_IN_PROGRESS",
    /// It says what would change.
    CreateComplete = "CREATE_COMPLETE",
    /// There is nothing to change, or something is wrong.
    Failed = "FAILED",
    /// Somebody ordered its deletion.
    DeletePending = "DELETE_PENDING",
    /// It is being deleted.
    DeleteInProgress = "DELETE_IN_PROGRESS",
    /// It is gone.
    DeleteComplete = "DELETE_COMPLETE",
    /// Its deletion failed.
    DeleteFailed = "DELETE_FAILED",
}

names! {
    /// Whether a change set can be executed, or was, as CloudFormation names it.
    ExecutionStatus, types::ExecutionStatus;
    /// Not yet, or never.
    Unavailable = "UNAVAILABLE",
    /// It can be executed.
    Available = "AVAILABLE",
    /// It is being executed.
    ExecuteInProgress = "EXECUTE_IN_PROGRESS",
    /// It was executed.
    ExecuteComplete = "EXECUTE_COMPLETE",
    /// It was executed, and the operation failed.
    ExecuteFailed = "EXECUTE_FAILED",
    /// The stack is no longer what it was made for.
    Obsolete = "OBSOLETE",
}

/// What `deploy` does with the change set that it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeSetDecision {
    /// Look again.
    Wait,
    /// Show it, ask, execute it.
    Ask,
    /// The stack is as the plan says. The change set is deleted.
    NoChanges,
    /// CloudFormation will not do it: tell why. The change set is deleted.
    Refused,
    /// The stack changed meanwhile: the command must be run again. The change set is deleted.
    Obsolete,
    /// Somebody deleted it: the command must be run again.
    Withdrawn,
    /// Somebody executes it at this moment: nothing is deleted, least of all the stack that it is making.
    Busy,
    /// Somebody executed it: the command must be run again, and finds what came of it.
    Executed,
}

impl ChangeSetDecision {
    /// What is done in a state. `is_empty` is true when the reason of a failure says that nothing would change.
    ///
    /// A word that is not known (`None`) is refused: nobody knows what it would become.
    #[must_use]
    pub fn of(status: Option<ChangeSetStatus>, execution: Option<ExecutionStatus>, is_empty: bool) -> Self {
        use ChangeSetStatus as Status;
        // An execution, and a stack that moved, outweigh whatever becomes of the change set itself.
        match execution {
            Some(ExecutionStatus::ExecuteInProgress) => return Self::Busy,
            Some(ExecutionStatus::ExecuteComplete | ExecutionStatus::ExecuteFailed) => return Self::Executed,
            Some(ExecutionStatus::Obsolete) => return Self::Obsolete,
            Some(ExecutionStatus::Available | ExecutionStatus::Unavailable) | None => {}
        }
        match status {
            Some(Status::CreatePending | Status::CreateInProgress) => Self::Wait,
            Some(Status::CreateComplete) if execution == Some(ExecutionStatus::Available) => Self::Ask,
            Some(Status::Failed) if is_empty => Self::NoChanges,
            Some(Status::CreateComplete | Status::Failed) | None => Self::Refused,
            Some(Status::DeletePending | Status::DeleteInProgress | Status::DeleteComplete | Status::DeleteFailed) => {
                Self::Withdrawn
            }
        }
    }

    /// The sentence for an outcome where CloudFormation gives no reason of its own.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Withdrawn => "its change set was deleted",
            Self::Busy | Self::Executed => "its change set was executed by someone else",
            Self::Obsolete => "its change set is obsolete",
            Self::Wait | Self::Ask | Self::NoChanges | Self::Refused => "CloudFormation gave no reason",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_executed_or_overtaken_is_never_asked_about() {
        assert_eq!((ChangeSetStatus::ALL.len(), ExecutionStatus::ALL.len()), (8, 6));
        for status in ChangeSetStatus::ALL {
            for execution in ExecutionStatus::ALL {
                let decision = ChangeSetDecision::of(Some(*status), Some(*execution), false);
                let is_good = (*status, *execution) == (ChangeSetStatus::CreateComplete, ExecutionStatus::Available);
                assert_eq!(decision == ChangeSetDecision::Ask, is_good, "{status} {execution}");
            }
        }
    }

    #[test]
    fn a_word_that_is_not_known_is_refused() {
        assert_eq!(ChangeSetDecision::of(None, Some(ExecutionStatus::Available), false), ChangeSetDecision::Refused);
    }
}
