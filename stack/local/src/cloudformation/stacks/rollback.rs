//! Operations that take an update or a creation back: `CancelUpdateStack`, `ContinueUpdateRollback`, `RollbackStack`.

use super::{is_repeated, no_stack, remember_token};
use crate::cloudformation::api::{Answer, answer};
use crate::cloudformation::input::{Call, invalid};
use crate::cloudformation::operation::Operation;
use crate::cloudformation::status::{OperationType, StackStatus};
use crate::cloudformation::work;
use crate::wire::ServiceError;

/// `CancelUpdateStack`.
pub(in crate::cloudformation) fn cancel_update_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let token = call.token("ClientRequestToken")?;
    call.cloud.cloudformation.store.write(|state| {
        let stack = state.find_mut(name, &call.region).ok_or_else(|| no_stack(name))?;
        if is_repeated(stack, token.as_deref(), "CancelUpdateStack")? {
            return Ok(());
        }
        if stack.status != StackStatus::UpdateInProgress {
            return Err(invalid("CancelUpdateStack cannot be called from current stack status"));
        }
        remember_token(stack, token.as_deref(), "CancelUpdateStack");
        let id = stack.id.clone();
        state.stop(&id);
        Ok(())
    })?;
    answer(|_| {})
}

/// `ContinueUpdateRollback`.
pub(in crate::cloudformation) fn continue_update_rollback(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?.to_owned();
    let token = call.token("ClientRequestToken")?;
    let skip = call.form.list("ResourcesToSkip");
    let operation = call.cloud.cloudformation.store.write(|state| {
        let stack = state.find_mut(&name, &call.region).ok_or_else(|| no_stack(&name))?;
        if is_repeated(stack, token.as_deref(), "ContinueUpdateRollback")? {
            return Ok(None);
        }
        if stack.status != StackStatus::UpdateRollbackFailed {
            return Err(invalid(format!(
                "Stack:{} is in {} state and can not continue rollback.",
                stack.id,
                stack.status.as_str()
            )));
        }
        if let Some(unknown) = skip.iter().find(|id| !stack.resources.contains_key(*id)) {
            return Err(invalid(format!("Resource {unknown} does not exist for stack {}", stack.name)));
        }
        remember_token(stack, token.as_deref(), "ContinueUpdateRollback");
        // Busy from here on, so that nobody else starts anything.
        stack.status = StackStatus::UpdateRollbackInProgress;
        let id = stack.id.clone();
        Ok(Some(Operation::register(call.cloud, state, &id, OperationType::ContinueRollback, token.clone())))
    })?;
    if let Some(operation) = operation {
        operation.spawn(move |operation| work::roll_back_update(operation, skip));
    }
    answer(|_| {})
}

/// `RollbackStack`.
pub(in crate::cloudformation) fn rollback_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?.to_owned();
    let token = call.token("ClientRequestToken")?;
    let begun = call.cloud.cloudformation.store.write(|state| {
        let stack = state.find_mut(&name, &call.region).ok_or_else(|| no_stack(&name))?;
        if is_repeated(stack, token.as_deref(), "RollbackStack")? {
            return Ok(Err(stack.id.clone()));
        }
        let (status, is_update) = match stack.status {
            StackStatus::CreateFailed => (StackStatus::RollbackInProgress, false),
            StackStatus::UpdateFailed => (StackStatus::UpdateRollbackInProgress, true),
            other => {
                return Err(invalid(format!(
                    "Stack:{} is in {} state and can not be rolled back.",
                    stack.id,
                    other.as_str()
                )));
            }
        };
        remember_token(stack, token.as_deref(), "RollbackStack");
        stack.retain_except_on_create = call.form.flag("RetainExceptOnCreate").unwrap_or(false);
        stack.status = status;
        let id = stack.id.clone();
        let operation = Operation::register(call.cloud, state, &id, OperationType::Rollback, token.clone());
        Ok(Ok((operation, is_update)))
    })?;
    match begun {
        Err(id) => answer(move |xml| xml.text("StackId", id)),
        Ok((operation, is_update)) => {
            let (id, operation_id) = (operation.stack_id.clone(), operation.entry.id.clone());
            if is_update {
                operation.spawn(|operation| work::roll_back_update(operation, Vec::new()));
            } else {
                operation.spawn(|operation| work::roll_back_creation(operation, "User Initiated"));
            }
            answer(move |xml| {
                xml.text("StackId", id);
                xml.text("OperationId", operation_id);
            })
        }
    }
}
