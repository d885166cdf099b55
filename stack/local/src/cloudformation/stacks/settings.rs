//! Settings of a stack that change at once: termination protection and the stack policy.

use super::no_stack_with_id;
use crate::cloudformation::api::{Answer, answer};
use crate::cloudformation::input::{Call, invalid};
use crate::cloudformation::model::Stack;
use crate::cloudformation::protection::policy_of;
use crate::wire::ServiceError;

/// Changes a setting of a stack and keeps it.
fn set(call: &Call<'_>, change: impl FnOnce(&mut Stack)) -> Result<String, ServiceError> {
    let name = call.stack_name()?;
    let store = &call.cloud.cloudformation.store;
    let id = store.write(|state| {
        let stack = state.find_mut(name, &call.region).filter(|stack| stack.is_live());
        let stack = stack.ok_or_else(|| no_stack_with_id(name))?;
        change(stack);
        Ok::<_, ServiceError>(stack.id.clone())
    })?;
    store.save(&id);
    Ok(id)
}

/// `UpdateTerminationProtection`.
pub(in crate::cloudformation) fn update_termination_protection(call: &Call<'_>) -> Result<Answer, ServiceError> {
    call.form.require("EnableTerminationProtection")?;
    let enabled = call.form.flag("EnableTerminationProtection").unwrap_or(false);
    let id = set(call, |stack| stack.termination_protection = enabled)?;
    answer(move |xml| xml.text("StackId", id))
}

/// `SetStackPolicy`.
pub(in crate::cloudformation) async fn set_stack_policy(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let policy = policy_of(call, "StackPolicy").await?;
    let policy = policy.ok_or_else(|| invalid("You must specify either StackPolicyBody or StackPolicyURL"))?;
    set(call, |stack| stack.policy = Some(policy))?;
    answer(|_| {})
}

/// `GetStackPolicy`.
pub(in crate::cloudformation) fn get_stack_policy(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let policy = call.cloud.cloudformation.store.read(|state| {
        state.find(name, &call.region).map(|stack| stack.policy.clone()).ok_or_else(|| no_stack_with_id(name))
    })?;
    answer(move |xml| xml.optional("StackPolicyBody", policy))
}
