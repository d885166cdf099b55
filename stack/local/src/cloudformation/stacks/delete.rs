//! `DeleteStack`.

use super::{is_repeated, remember_token};
use crate::cloudformation::api::{Answer, answer};
use crate::cloudformation::input::{Call, invalid};
use crate::cloudformation::model::Stack;
use crate::cloudformation::operation::Operation;
use crate::cloudformation::status::{OperationType, StackStatus};
use crate::cloudformation::work;
use crate::wire::ServiceError;

/// `DeleteStack`.
pub(in crate::cloudformation) fn delete_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?.to_owned();
    let token = call.token("ClientRequestToken")?;
    super::refuse_not_served(call, "DeleteStack")?;
    let mut retain = call.form.list("RetainResources");
    let force = call.form.get("DeletionMode") == Some("FORCE_DELETE_STACK");
    let operation = call.cloud.cloudformation.store.write(|state| {
        let running = state.find(&name, &call.region).and_then(|stack| state.running.get(&stack.id).cloned());
        // Deleting what is not there is done.
        let Some(stack) = state.find_mut(&name, &call.region) else { return Ok(None) };
        if !stack.is_live() || is_repeated(stack, token.as_deref(), "DeleteStack")? {
            return Ok(None);
        }
        check_deletable(stack)?;
        if !retain.is_empty() || force {
            check_retain(stack, &retain, force)?;
        }
        if force {
            retain = stack.resources.keys().cloned().collect();
        }
        let (id, region, status) = (stack.id.clone(), stack.region.clone(), stack.status);
        let exports: Vec<String> = stack.outputs.iter().filter_map(|output| output.export.clone()).collect();
        for export in &exports {
            let Some(stack) = state.find(&id, &region) else { continue };
            if let Some(user) = work::importers(state, stack, export).first() {
                return Err(invalid(format!("Export {export} cannot be deleted as it is in use by {user}")));
            }
        }
        let Some(stack) = state.stacks.get_mut(&id) else { return Ok(None) };
        match status {
            StackStatus::DeleteInProgress => return Ok(None),
            StackStatus::CreateInProgress | StackStatus::RollbackInProgress => {
                remember_token(stack, token.as_deref(), "DeleteStack");
                if let Some(running) = running {
                    running.stop_and_delete();
                }
                state.stop(&id);
                return Ok(None);
            }
            _ => {}
        }
        remember_token(stack, token.as_deref(), "DeleteStack");
        let operation = Operation::register(call.cloud, state, &id, OperationType::DeleteStack, token.clone());
        if let Some(stack) = state.stacks.get_mut(&id) {
            stack.enter(
                StackStatus::DeleteInProgress,
                Some("User Initiated"),
                Some(&operation.entry),
                operation.token.as_deref(),
            );
        }
        Ok(Some(operation))
    })?;
    if let Some(operation) = operation {
        operation.save();
        operation.spawn(move |operation| work::delete(operation, retain));
    }
    answer(|_| {})
}

fn check_deletable(stack: &Stack) -> Result<(), ServiceError> {
    if stack.termination_protection {
        return Err(invalid(format!(
            "Stack [{}] cannot be deleted while TerminationProtection is enabled",
            stack.name
        )));
    }
    if matches!(
        stack.status,
        StackStatus::UpdateInProgress
            | StackStatus::UpdateCompleteCleanupInProgress
            | StackStatus::UpdateRollbackInProgress
            | StackStatus::UpdateRollbackCompleteCleanupInProgress
    ) {
        return Err(invalid(format!(
            "Stack [{}] cannot be deleted while in status {}",
            stack.id,
            stack.status.as_str()
        )));
    }
    Ok(())
}

fn check_retain(stack: &Stack, retain: &[String], force: bool) -> Result<(), ServiceError> {
    if stack.status != StackStatus::DeleteFailed {
        let what = if force { "FORCE_DELETE_STACK" } else { "which resources to retain" };
        return Err(invalid(format!(
            "Invalid operation on stack [{}]. When you delete a stack, specify {what} only when the stack is in the DELETE_FAILED state.",
            stack.id
        )));
    }
    match retain.iter().find(|id| !stack.resources.contains_key(*id)) {
        Some(id) => Err(invalid(format!(
            "The specified resources to retain must be in a valid state. Resource {id} does not exist for stack {}",
            stack.name
        ))),
        None => Ok(()),
    }
}
