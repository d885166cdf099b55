//! Changes one resource in place, or makes another in its place, as far as the stack's policy allows it.

use super::provide;
use crate::cloudformation::model::StackResource;
use crate::cloudformation::operation::{Operation, handler_reason};
use crate::cloudformation::protection::{UpdateAction, denial};
use crate::cloudformation::provider::Update;
use crate::cloudformation::specified::replaces;
use crate::cloudformation::status::ResourceStatus;
use crate::settings::FaultAction;

/// Changes a resource, or makes another in its place, and returns its row; `None` when that failed.
pub(super) async fn update(
    operation: &Operation,
    row: StackResource,
    existing: StackResource,
) -> Option<StackResource> {
    let physical_id = existing.physical_id.clone().unwrap_or_default();
    let mut row =
        StackResource { physical_id: existing.physical_id.clone(), attributes: existing.attributes.clone(), ..row };
    let context = operation.context(&row.logical_id);
    let is_replaced = replaces(&row.resource_type, &existing.properties, &row.properties);
    let action = if is_replaced { UpdateAction::Replace } else { UpdateAction::Modify };
    if let Some(denial) = denied(operation, action, &row) {
        // Nothing was done: the resource is still the old one.
        operation.put(&mut existing.clone(), ResourceStatus::UpdateFailed, Some(&denial));
        return None;
    }
    operation.put(&mut row, ResourceStatus::UpdateInProgress, None);
    let changed = match operation.cloud.cloudformation.faults.check(FaultAction::Update, &row.logical_id) {
        Err(fault) => Err(fault),
        Ok(()) if is_replaced => Ok(Update::Replace),
        Ok(()) => {
            provide::update(&context, &row.resource_type, &physical_id, &existing.properties, &row.properties).await
        }
    };
    match changed {
        Ok(Update::InPlace(provisioned)) => {
            let is_other = provisioned.physical_id != physical_id;
            row.physical_id = Some(provisioned.physical_id);
            // A provider that has nothing to say about attributes leaves them as they were.
            if !provisioned.attributes.is_empty() {
                row.attributes = provisioned.attributes;
            }
            if is_other {
                // The maker of a custom resource made another one in its place.
                put_aside(operation, existing);
            }
        }
        Ok(Update::Replace) => {
            let denial = if is_replaced { None } else { denied(operation, UpdateAction::Replace, &row) };
            if let Some(denial) = denial {
                operation.put(&mut existing.clone(), ResourceStatus::UpdateFailed, Some(&denial));
                return None;
            }
            row = replace(operation, row, existing).await?;
        }
        Err(error) => {
            // The row keeps the new properties: how far the change came is not known, so a rollback changes it back.
            operation.put(&mut row, ResourceStatus::UpdateFailed, Some(&handler_reason(&error)));
            return None;
        }
    }
    operation.save();
    if operation.running.is_stopped() {
        operation.put(&mut row, ResourceStatus::UpdateFailed, Some("Resource update cancelled"));
        return None;
    }
    operation.put(&mut row, ResourceStatus::UpdateComplete, None);
    Some(row)
}

/// Makes another resource in the place of an existing one, which is put aside for cleanup.
async fn replace(operation: &Operation, mut row: StackResource, existing: StackResource) -> Option<StackResource> {
    const REPLACES: &str = "Requested update requires the creation of a new physical resource; hence creating one.";
    operation.log(&mut row, ResourceStatus::UpdateInProgress, Some(REPLACES));
    match provide::create(operation, &row).await {
        Ok(provisioned) => {
            let is_other = Some(&provisioned.physical_id) != existing.physical_id.as_ref();
            row.physical_id = Some(provisioned.physical_id);
            row.attributes = provisioned.attributes;
            operation.put(&mut row, ResourceStatus::UpdateInProgress, Some("Resource creation Initiated"));
            if is_other {
                put_aside(operation, existing);
            }
            Some(row)
        }
        Err(error) => {
            // Nothing came of it: the resource is still the old one.
            operation.put(&mut existing.clone(), ResourceStatus::UpdateFailed, Some(&handler_reason(&error)));
            None
        }
    }
}

/// Puts a resource that is replaced aside for cleanup; what becomes of it then is its `UpdateReplacePolicy`.
fn put_aside(operation: &Operation, existing: StackResource) {
    let replaced = StackResource { deletion_policy: existing.update_replace_policy.clone(), ..existing };
    operation.change(|stack| stack.cleanup.push(replaced));
}

/// Why the stack's policy does not let the update do this.
fn denied(operation: &Operation, action: UpdateAction, row: &StackResource) -> Option<String> {
    let policy = operation.look(|stack| stack.policy_during_update.clone().or_else(|| stack.policy.clone())).flatten();
    denial(policy.as_deref()?, action, &row.logical_id, &row.resource_type)
}

/// Resources that would be removed although the stack's policy does not allow it: the update has failed then.
pub(super) fn deny_removals(operation: &Operation, wanted: &[String]) {
    let rows: Vec<StackResource> = operation
        .look(|stack| {
            let rows = stack.resources.values().filter(|row| row.physical_id.is_some() && !row.status.is_gone());
            rows.filter(|row| !wanted.contains(&row.logical_id)).cloned().collect()
        })
        .unwrap_or_default();
    for mut row in rows {
        if let Some(denial) = denied(operation, UpdateAction::Delete, &row) {
            operation.put(&mut row, ResourceStatus::UpdateFailed, Some(&denial));
            operation.stop();
        }
    }
}
