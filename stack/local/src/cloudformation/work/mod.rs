//! The operations on stacks: create, update, roll back, delete. Each runs in the background to its end.

mod actual;
mod change;
mod converge;
mod graph;
mod import;
mod outputs;
mod provide;
mod remove;
mod rollback;
mod watch;

pub(crate) use outputs::importers;
use remove::{Rows, remove};

use super::clock;
use super::model::StackResource;
use super::operation::Operation;
use super::status::{ExecutionStatus, OnFailure, OperationType, StackStatus};

/// Creates the stack; its status is `CREATE_IN_PROGRESS` already.
pub(crate) async fn create(mut operation: Operation) {
    match converge::converge(&operation).await {
        Ok(()) => {
            finish_change_set(&operation, ExecutionStatus::ExecuteComplete);
            operation.enter(StackStatus::CreateComplete, None);
            if operation.running.is_to_delete() {
                start_and_delete(operation).await;
            }
        }
        Err(reason) => {
            finish_change_set(&operation, ExecutionStatus::ExecuteFailed);
            if operation.running.is_to_delete() {
                start_and_delete(operation).await;
                return;
            }
            match operation.look(|stack| stack.on_failure) {
                Some(OnFailure::DoNothing) => operation.enter(StackStatus::CreateFailed, Some(&reason)),
                Some(OnFailure::Delete) => {
                    operation.enter(StackStatus::DeleteInProgress, Some(&format!("{reason}Delete requested by user.")));
                    delete(operation, Vec::new()).await;
                }
                _ => {
                    operation.continue_as(OperationType::Rollback);
                    roll_back_creation(operation, &format!("{reason}Rollback requested by user.")).await;
                }
            }
        }
    }
}

/// Deletes what a creation made.
pub(crate) async fn roll_back_creation(operation: Operation, reason: &str) {
    operation.enter(StackStatus::RollbackInProgress, Some(reason));
    let (resources, retain_except_on_create) =
        operation.look(|stack| (present(stack.resources.values()), stack.retain_except_on_create)).unwrap_or_default();
    let keeps = |row: &StackResource| outlives_rollback(row, retain_except_on_create);
    let failed = remove(&operation, resources, Rows::Kept, keeps).await;
    let to_delete = operation.running.is_to_delete();
    if failed.is_empty() {
        operation.change(|stack| stack.deleted_at = Some(clock::now()));
        operation.enter(StackStatus::RollbackComplete, None);
    } else {
        operation.enter(StackStatus::RollbackFailed, Some(&failed_to_delete(&failed)));
    }
    if to_delete {
        start_and_delete(operation).await;
    }
}

/// Updates the stack; its status is `UPDATE_IN_PROGRESS` already.
pub(crate) async fn update(mut operation: Operation) {
    match converge::converge(&operation).await {
        Ok(()) => {
            finish_change_set(&operation, ExecutionStatus::ExecuteComplete);
            let surplus = operation.change(|stack| {
                stack.previous = None;
                stack.cleanup.clone()
            });
            operation.enter(StackStatus::UpdateCompleteCleanupInProgress, None);
            // What cannot be deleted is in the log; the outcome is decided, as it is on AWS.
            let _ = remove(&operation, surplus.unwrap_or_default(), Rows::Logged, stays).await;
            operation.change(|stack| stack.cleanup.clear());
            operation.enter(StackStatus::UpdateComplete, None);
        }
        Err(reason) => {
            finish_change_set(&operation, ExecutionStatus::ExecuteFailed);
            if operation.look(|stack| stack.on_failure) == Some(OnFailure::DoNothing) {
                operation.enter(StackStatus::UpdateFailed, Some(&reason));
                return;
            }
            operation.continue_as(OperationType::Rollback);
            rollback::roll_back_update(&operation, &reason, &[]).await;
        }
    }
}

/// Rolls an update back, or goes on with it; `skip` are taken as restored.
pub(crate) async fn roll_back_update(operation: Operation, skip: Vec<String>) {
    rollback::roll_back_update(&operation, "User Initiated", &skip).await;
}

/// A deletion that waited for another operation to stand still.
async fn start_and_delete(mut operation: Operation) {
    operation.continue_as(OperationType::DeleteStack);
    operation.enter(StackStatus::DeleteInProgress, Some("User Initiated"));
    delete(operation, Vec::new()).await;
}

/// Deletes the stack; its status is `DELETE_IN_PROGRESS` already. `retain` are logical ids that stay in the account.
pub(crate) async fn delete(operation: Operation, retain: Vec<String>) {
    let (resources, leftovers) =
        operation.look(|stack| (present(stack.resources.values()), present(stack.cleanup.iter()))).unwrap_or_default();
    let keeps = |row: &StackResource| stays(row) || retain.contains(&row.logical_id);
    let mut failed = remove(&operation, leftovers, Rows::Logged, keeps).await;
    operation.change(|stack| stack.cleanup.retain(|row| failed.contains(&row.logical_id)));
    failed.extend(remove(&operation, resources, Rows::Kept, keeps).await);
    if !failed.is_empty() {
        operation.enter(StackStatus::DeleteFailed, Some(&failed_to_delete(&failed)));
        return;
    }
    operation.change(|stack| {
        stack.deleted_at = Some(clock::now());
        stack.outputs.clear();
        stack.imports.clear();
        stack.change_sets.clear();
        stack.change_set_id = None;
        stack.previous = None;
        stack.drift = crate::cloudformation::drift::StackDrift::default();
    });
    operation.enter(StackStatus::DeleteComplete, None);
}

fn failed_to_delete(logical_ids: &[String]) -> String {
    format!("The following resource(s) failed to delete: [{}]. ", logical_ids.join(", "))
}

/// True for a resource that stays in the account when the operation that brought it to the stack is taken back.
fn outlives_rollback(row: &StackResource, retain_except_on_create: bool) -> bool {
    row.imported || (row.deletion_policy.as_deref() == Some("Retain") && !retain_except_on_create)
}

/// True for a resource that stays in the account when its stack lets go of it.
fn stays(row: &StackResource) -> bool {
    matches!(row.deletion_policy.as_deref(), Some("Retain" | "RetainExceptOnCreate"))
}

fn present<'a>(resources: impl Iterator<Item = &'a StackResource>) -> Vec<StackResource> {
    resources.filter(|row| row.physical_id.is_some() && !row.status.is_gone()).cloned().collect()
}

/// Notes how the change set that is being executed went.
fn finish_change_set(operation: &Operation, status: ExecutionStatus) {
    operation.change(|stack| {
        for change_set in &mut stack.change_sets {
            if change_set.execution == ExecutionStatus::ExecuteInProgress {
                change_set.execution = status;
            }
        }
    });
}
