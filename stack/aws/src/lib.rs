//! The only code that calls AWS.
//!
//! [`deploy()`] brings a [`Plan`](stack_plan::Plan) to an account, or into the local cloud: the same calls, another
//! endpoint. [`destroy()`] takes it away. Neither prints nor asks: both tell a [`Host`] what happens and ask it before
//! anything is changed. How a command ended is an [`Outcome`]; what the user cannot answer is an [`AwsError`].

mod actions;
mod artifact_bucket;
mod attach;
mod attempt;
mod cancel;
mod capabilities;
mod change_set;
mod change_set_state;
mod connect;
mod contents;
mod contents_files;
mod contents_seal;
mod deletion;
mod deploy;
mod destroy;
mod destroy_plan;
mod drift;
mod empty_bucket;
mod error;
mod events;
mod execution;
mod function_code;
mod garbage;
mod guard;
mod host;
mod hot_swap;
mod invalidate;
mod invoke;
mod logs;
mod next_step;
mod notification_entry;
mod notifications;
mod operation;
mod options;
mod outcome;
mod owner;
mod permissions;
mod preview;
mod resource_change;
mod revert;
mod risk;
mod rollback;
mod saved_plan;
mod stack;
mod stack_deployment;
mod stack_policy;
mod state;
mod status;
mod template_source;
mod unchanged;
mod upload;
mod validation;
mod watched;

pub use artifact_bucket::artifact_bucket_name;
pub use attach::attach;
pub use cancel::cancel;
pub use change_set::ChangeSet;
pub use change_set_state::{ChangeSetDecision, ChangeSetStatus, ExecutionStatus};
pub use connect::{Aws, CallLimits, Target};
pub use contents::ContentsChanges;
pub use deploy::{deploy, upload_artifacts};
pub use destroy::destroy;
pub use destroy_plan::{DestroyPlan, NonEmptyBucket, StackResource, resources};
pub use drift::{
    DifferenceKind, DriftOutcome, PropertyDifference, ResourceDrift, ResourceDriftStatus, StackDrift, drift,
};
pub use error::{AwsError, Call, Result};
pub use function_code::update_function_code;
pub use garbage::{ArtifactObject, GarbageOutcome, collect_garbage};
pub use host::{Answer, Host, Question};
pub use invoke::{Invocation, InvocationKind, Invoked, invoke};
pub use logs::{LogLine, fetch_logs, tail_logs};
pub use notifications::ForeignNotifications;
pub use operation::{LastOperation, last_operation};
pub use options::{CancellationToken, DeployOptions, DestroyOptions, OperationOptions, Polling};
pub use outcome::{CompanionChange, CompanionStack, Failure, Operation, Outcome, StackReference};
pub use permissions::{PermissionCheck, check_permissions};
pub use preview::{Preview, preview};
pub use resource_change::{PropertyChange, Recreation, ResourceChange};
pub use revert::revert_drift;
pub use risk::{Risk, RiskKind};
pub use rollback::roll_back;
pub use saved_plan::{PlanChange, SAVED_PLAN_VERSION, SavedPlan, SavedStack, StackVersion, save_plan};
pub use stack::{Deployed, LastDrift, StackSummary, deployed, outputs, status};
pub use state::{StackState, project_stacks, state};
pub use status::{DeployDecision, DestroyDecision, DiffDecision, DriftDecision, RollbackDecision, StackStatus};
pub use validation::ValidationFinding;
pub use watched::Watched;
