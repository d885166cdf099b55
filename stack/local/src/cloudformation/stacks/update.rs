//! `UpdateStack`.

use super::{answer_with_operation, begin, is_repeated, make_obsolete, no_stack, refuse_not_served, remember_token};
use crate::cloudformation::api::{Answer, answer};
use crate::cloudformation::changes::{Known, changes};
use crate::cloudformation::input::{Call, invalid};
use crate::cloudformation::model::Stack;
use crate::cloudformation::protection::policy_of;
use crate::cloudformation::scope::Surroundings;
use crate::cloudformation::status::{OnFailure, StackStatus};
use crate::wire::ServiceError;

/// Refuses when the stack cannot be updated in its state.
pub(in crate::cloudformation) fn check_updatable(stack: &Stack) -> Result<(), ServiceError> {
    if stack.status.allows_update() {
        return Ok(());
    }
    Err(invalid(format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status.as_str())))
}

/// `UpdateStack`.
pub(in crate::cloudformation) async fn update_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?.to_owned();
    refuse_not_served(call, "UpdateStack")?;
    let token = call.token("ClientRequestToken")?;
    let disables_rollback =
        call.form.flag("DisableRollback").or_else(|| call.form.flag("DeploymentConfig.DisableRollback"));
    let on_failure = if disables_rollback == Some(true) { OnFailure::DoNothing } else { OnFailure::Rollback };
    let store = &call.cloud.cloudformation.store;
    let previous = store.read(|state| {
        let stack = state.find(&name, &call.region).ok_or_else(|| no_stack(&name))?;
        if is_repeated(stack, token.as_deref(), "UpdateStack")? {
            return Ok(Err(stack.id.clone()));
        }
        check_updatable(stack)?;
        Ok::<_, ServiceError>(Ok(stack.definition.clone()))
    })?;
    let previous = match previous {
        Ok(previous) => previous,
        Err(id) => return answer(move |xml| xml.text("StackId", id)),
    };
    let definition = call.definition(Some(&previous)).await?;
    let policy = policy_of(call, "StackPolicy").await?;
    let during = policy_of(call, "StackPolicyDuringUpdate").await?;
    let operation = store.write(|state| {
        let stack = state.find(&name, &call.region).ok_or_else(|| no_stack(&name))?;
        check_updatable(stack)?;
        let id = stack.id.clone();
        let surroundings = Surroundings::of(state, &call.region);
        let stack_is_whole = !matches!(stack.status, StackStatus::UpdateFailed | StackStatus::CreateFailed);
        if changes(&definition, stack, &call.cloud.account, surroundings, &Known::default())?.is_empty()
            && stack_is_whole
        {
            return Err(invalid("No updates are to be performed."));
        }
        if let Some(stack) = state.stacks.get_mut(&id) {
            remember_token(stack, token.as_deref(), "UpdateStack");
            make_obsolete(&mut stack.change_sets);
            if policy.is_some() {
                stack.policy.clone_from(&policy);
            }
            stack.policy_during_update.clone_from(&during);
        }
        begin(call, state, &id, definition, on_failure, token.clone()).ok_or_else(|| no_stack(&name))
    })?;
    answer_with_operation(operation)
}
