//! The way back of an update: from whatever the stack is to its snapshot.
//!
//! Everything is read from the difference between the two, so a rollback that failed, or was cut off, can be continued.

use std::collections::BTreeSet;

use super::remove::{Rows, remove};
use super::{outlives_rollback, provide};
use crate::cloudformation::model::{STACK_TYPE, Snapshot, StackResource};
use crate::cloudformation::operation::{Operation, handler_reason};
use crate::cloudformation::provider::Update;
use crate::cloudformation::status::{ResourceStatus, StackStatus};

/// Brings the stack back to its snapshot. `skip` are logical ids that are taken as restored although they are not.
pub(super) async fn roll_back_update(operation: &Operation, reason: &str, skip: &[String]) {
    operation.enter(StackStatus::UpdateRollbackInProgress, Some(reason));
    operation.running.resume();
    let Some(snapshot) = operation.look(|stack| stack.previous.clone()).flatten() else {
        operation.enter(StackStatus::UpdateRollbackComplete, None);
        return;
    };
    let failed = restore(operation, &snapshot, skip).await;
    if !failed.is_empty() {
        let reason = format!("The following resource(s) failed to update: [{}]. ", failed.join(", "));
        operation.enter(StackStatus::UpdateRollbackFailed, Some(&reason));
        return;
    }
    let retain_except_on_create = operation.look(|stack| stack.retain_except_on_create).unwrap_or_default();
    let surplus = operation.change(|stack| {
        let restored: BTreeSet<Option<String>> =
            snapshot.resources.values().map(|row| row.physical_id.clone()).collect();
        let mut surplus = std::mem::take(&mut stack.cleanup);
        let added: Vec<String> =
            stack.resources.keys().filter(|id| !snapshot.resources.contains_key(*id)).cloned().collect();
        surplus.extend(added.iter().filter_map(|id| stack.resources.shift_remove(id)));
        surplus
            .retain(|row| row.physical_id.is_some() && !row.status.is_gone() && !restored.contains(&row.physical_id));
        // What drifted is again what it really was; the stack still says what it was deployed as.
        stack.resources.extend(snapshot.drifted.clone());
        stack.definition = snapshot.definition.clone();
        stack.outputs.clone_from(&snapshot.outputs);
        stack.imports.clone_from(&snapshot.imports);
        stack.previous = None;
        stack.cleanup.clone_from(&surplus);
        surplus
    });
    operation.enter(StackStatus::UpdateRollbackCompleteCleanupInProgress, None);
    let keeps = |row: &StackResource| outlives_rollback(row, retain_except_on_create);
    // What cannot be deleted is in the log; the outcome is decided, as it is on AWS.
    let _ = remove(operation, surplus.unwrap_or_default(), Rows::Logged, keeps).await;
    operation.change(|stack| stack.cleanup.clear());
    operation.enter(StackStatus::UpdateRollbackComplete, None);
}

/// Restores every resource of the snapshot, one after the other in the order in which they were made. Returns those
/// that could not be restored.
async fn restore(operation: &Operation, snapshot: &Snapshot, skip: &[String]) -> Vec<String> {
    let order = snapshot.definition.template.dependency_order().unwrap_or_default();
    let mut failed = Vec::new();
    for old in order.iter().filter_map(|id| snapshot.resources.get(id)) {
        let current = operation.look(|stack| stack.resources.get(&old.logical_id).cloned()).flatten();
        let restored = match current {
            Some(current) if &current == old => true,
            _ if skip.contains(&old.logical_id) => {
                operation.put(&mut old.clone(), ResourceStatus::UpdateComplete, Some("Resource update skipped"));
                true
            }
            Some(current) if current.physical_id == old.physical_id => change_back(operation, current, old).await,
            Some(replaced_by) if replaced_by.physical_id.is_some() => {
                operation.change(|stack| stack.cleanup.push(replaced_by));
                let mut row = old.clone();
                operation.put(&mut row, ResourceStatus::UpdateInProgress, None);
                operation.put(&mut row, ResourceStatus::UpdateComplete, None);
                true
            }
            // It was put aside for removal, or never was in the way.
            _ => {
                operation.change(|stack| stack.resources.insert(old.logical_id.clone(), old.clone()));
                true
            }
        };
        if !restored {
            failed.push(old.logical_id.clone());
        }
    }
    failed
}

async fn change_back(operation: &Operation, current: StackResource, old: &StackResource) -> bool {
    let tags_differ = operation
        .look(|stack| stack.previous.as_ref().is_some_and(|previous| previous.definition.tags != stack.definition.tags))
        .unwrap_or_default();
    // What a nested stack is made of is not in its properties alone.
    if current.properties == old.properties && !tags_differ && current.resource_type != STACK_TYPE {
        operation.change(|stack| stack.resources.insert(old.logical_id.clone(), old.clone()));
        return true;
    }
    let mut row = old.clone();
    operation.put(&mut row, ResourceStatus::UpdateInProgress, None);
    let mut context = operation.context(&old.logical_id);
    if let Some(tags) = operation.look(|stack| stack.previous.as_ref().map(|previous| previous.definition.tags.clone()))
    {
        context.tags = tags.unwrap_or_default();
    }
    let physical_id = old.physical_id.clone().unwrap_or_default();
    let refusal =
        match provide::update(&context, &old.resource_type, &physical_id, &current.properties, &old.properties).await {
            Ok(Update::InPlace(_)) => None,
            Ok(Update::Replace) => Some("The resource cannot be changed back in place".to_owned()),
            Err(error) => Some(handler_reason(&error)),
        };
    match refusal {
        None => {
            operation.put(&mut row, ResourceStatus::UpdateComplete, None);
            true
        }
        Some(reason) => {
            // The row stays what it is now, for the next attempt to see the difference.
            operation.put(&mut current.clone(), ResourceStatus::UpdateFailed, Some(&reason));
            false
        }
    }
}
