//! The exit code that a report ends the process with.

use stack_aws::{DeployDecision, DriftOutcome, GarbageOutcome, Outcome, StackStatus};

use super::{CheckState, DriftOfStack, Report};
use crate::differences::StackDifferences;
use crate::preview::ChangeSetView;

impl Report {
    /// Exit code of the process (see `stack --help`).
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Stack { outcome, .. } => outcome_exit_code(outcome),
            Self::Stacks { stacks, .. } => {
                let codes: Vec<u8> = stacks.iter().map(|stack| outcome_exit_code(&stack.outcome)).collect();
                [130, 1, 4, 3].into_iter().find(|code| codes.contains(code)).unwrap_or(0)
            }
            Self::Status { state, .. } => match (&state.stack, state.deploy) {
                (_, DeployDecision::Busy) => 4,
                (None, _) | (_, DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy) => 1,
                _ => 0,
            },
            Self::Drift { stacks, .. } => drift_exit_code(stacks),
            Self::Doctor { checks } => u8::from(checks.iter().any(|check| check.state == CheckState::Missing)),
            Self::CloudStatus { answers, .. } => u8::from(!answers),
            Self::Differences { changes, .. } => {
                if changes.is_empty() {
                    0
                } else {
                    2
                }
            }
            Self::Invoked { invoked, .. } => u8::from(invoked.error.is_some()),
            Self::StackDifferences { stacks, .. } => differences_exit_code(stacks),
            Self::Garbage { outcome, dry_run } => match outcome {
                GarbageOutcome::Declined { .. } if *dry_run => 0,
                GarbageOutcome::NoBucket { .. } | GarbageOutcome::Deleted { .. } => 0,
                GarbageOutcome::Declined { .. } | GarbageOutcome::ApprovalNeeded { .. } => 3,
                GarbageOutcome::Busy { .. } => 4,
                _ => 1,
            },
            Self::Declined => 3,
            Self::Interrupted => 130,
            Self::Checked { .. }
            | Self::TemplateChecked { .. }
            | Self::Rendered { .. }
            | Self::Explained { .. }
            | Self::Graph { .. }
            | Self::Schema { .. }
            | Self::Completions { .. }
            | Self::Migrations { .. }
            | Self::Sources { .. }
            | Self::Examples { .. }
            | Self::Initialized { .. }
            | Self::Written { .. }
            | Self::Built { .. }
            | Self::Events { .. }
            | Self::Environments { .. }
            | Self::Logs { .. }
            | Self::Outputs { .. }
            | Self::Access { .. }
            | Self::Token { .. }
            | Self::CloudStarted { .. }
            | Self::CloudStopped { .. }
            | Self::CloudReset { .. }
            | Self::CloudEnvironment { .. }
            | Self::Ended => 0,
        }
    }
}

/// What would not deploy wins over a difference.
fn differences_exit_code(stacks: &[StackDifferences]) -> u8 {
    let code = |stack: &StackDifferences| match &stack.change_set {
        Some(ChangeSetView::Refused { .. }) => 1,
        Some(ChangeSetView::Busy { .. }) => 4,
        _ if stack.is_empty() => 0,
        _ => 2,
    };
    let codes: Vec<u8> = stacks.iter().map(code).collect();
    [1, 4, 2].into_iter().find(|code| codes.contains(code)).unwrap_or(0)
}

/// Drift that was found wins over a stack that could not be looked at.
fn drift_exit_code(stacks: &[DriftOfStack]) -> u8 {
    let code = |stack: &DriftOfStack| match &stack.outcome {
        DriftOutcome::Detected(drift) if drift.drifted().next().is_some() => 2,
        DriftOutcome::Detected(drift) => u8::from(drift.failure.is_some()),
        DriftOutcome::Busy { .. } => 4,
        _ => 1,
    };
    let codes: Vec<u8> = stacks.iter().map(code).collect();
    [2, 4, 1].into_iter().find(|code| codes.contains(code)).unwrap_or(0)
}

fn is_stuck(status: StackStatus) -> bool {
    matches!(StackStatus::deploy_decision(Some(status)), DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy)
}

fn outcome_exit_code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Deployed { .. }
        | Outcome::NoChanges { .. }
        | Outcome::ChangeSetLeft { .. }
        | Outcome::Settled { .. }
        | Outcome::DriftReverted { .. }
        | Outcome::HotSwapped { .. }
        | Outcome::Destroyed { .. }
        | Outcome::Absent { .. } => 0,
        Outcome::Idle { status, .. } => u8::from(is_stuck(*status)),
        Outcome::NotCancelled { status, .. } if !status.is_in_progress() => 1,
        Outcome::Declined { .. } | Outcome::ApprovalNeeded { .. } => 3,
        Outcome::Busy { .. } | Outcome::NotCancelled { .. } => 4,
        Outcome::Detached { .. } | Outcome::Interrupted { .. } => 130,
        _ => 1,
    }
}
