//! Takes a resource that exists already into the stack, as it is.

use crate::cloudformation::change_set::ChangeAction;
use crate::cloudformation::imports::adopt;
use crate::cloudformation::model::StackResource;
use crate::cloudformation::operation::{Operation, handler_reason};
use crate::cloudformation::status::ResourceStatus;

/// Physical id of the resource that the change set which is being executed imports.
pub(super) fn to_import(operation: &Operation, logical_id: &str) -> Option<String> {
    operation
        .look(|stack| {
            let changes = &stack.executing()?.changes;
            let change = changes.iter().find(|change| change.logical_id == logical_id)?;
            change.physical_id.clone().filter(|_| change.action == ChangeAction::Import)
        })
        .flatten()
}

/// Imports a resource and returns its row, `None` when that failed. Nothing is done to the resource.
pub(super) async fn import(operation: &Operation, row: StackResource) -> Option<StackResource> {
    let mut row = StackResource { imported: true, ..row };
    operation.put(&mut row, ResourceStatus::ImportInProgress, Some("Resource import started."));
    match adopt(&operation.context(&row.logical_id), &row).await {
        Ok(provisioned) => {
            row.physical_id = Some(provisioned.physical_id);
            row.attributes = provisioned.attributes;
            operation.put(&mut row, ResourceStatus::ImportComplete, Some("Resource import completed."));
            operation.save();
            Some(row)
        }
        Err(error) => {
            // It is not the stack's, so that nothing has to be done for it on the way back.
            row.physical_id = None;
            operation.put(&mut row, ResourceStatus::ImportFailed, Some(&handler_reason(&error)));
            None
        }
    }
}
