//! `CreateStack`.

use super::{answer_with_operation, begin, is_repeated, make_obsolete, no_stack, refuse_not_served, remember_token};
use crate::cloudformation::api::{Answer, answer};
use crate::cloudformation::input::{Call, constraint, invalid};
use crate::cloudformation::model::Stack;
use crate::cloudformation::protection::policy_of;
use crate::cloudformation::status::{OnFailure, StackStatus};
use crate::cloudformation::store::State;
use crate::wire::ServiceError;

/// What becomes of the stack when the operation fails: `OnFailure`, or `DisableRollback`.
fn on_failure(call: &Call<'_>) -> Result<OnFailure, ServiceError> {
    let disable = call.form.flag("DisableRollback").or_else(|| call.form.flag("DeploymentConfig.DisableRollback"));
    match (call.form.get("OnFailure"), disable) {
        (Some(_), Some(_)) => Err(invalid("You can specify either DisableRollback or OnFailure, but not both")),
        (Some(text), None) => parse_on_failure("onFailure", text),
        (None, Some(true)) => Ok(OnFailure::DoNothing),
        (None, _) => Ok(OnFailure::Rollback),
    }
}

pub(in crate::cloudformation) fn parse_on_failure(member: &str, text: &str) -> Result<OnFailure, ServiceError> {
    [OnFailure::Rollback, OnFailure::Delete, OnFailure::DoNothing]
        .into_iter()
        .find(|choice| choice.as_str() == text)
        .ok_or_else(|| constraint(member, text, "Member must satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]"))
}

/// `CreateStack`.
pub(in crate::cloudformation) async fn create_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?.to_owned();
    if name.starts_with("arn:") {
        return Err(constraint(
            "stackName",
            &name,
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
        ));
    }
    refuse_not_served(call, "CreateStack")?;
    let token = call.token("ClientRequestToken")?;
    let on_failure = on_failure(call)?;
    let existing = |state: &State| -> Result<Option<String>, ServiceError> {
        match state.find(&name, &call.region) {
            None => Ok(None),
            Some(stack) if is_repeated(stack, token.as_deref(), "CreateStack")? => Ok(Some(stack.id.clone())),
            Some(stack) if stack.status == StackStatus::ReviewInProgress => Ok(None),
            Some(_) => {
                Err(ServiceError::bad_request("AlreadyExistsException", format!("Stack [{name}] already exists")))
            }
        }
    };
    let store = &call.cloud.cloudformation.store;
    if let Some(id) = store.read(existing)? {
        return answer(move |xml| xml.text("StackId", id));
    }
    let definition = call.definition(None).await?;
    let policy = policy_of(call, "StackPolicy").await?;
    let operation = store.write(|state| {
        // Somebody may have been quicker while the template was read.
        if existing(state)?.is_some() {
            return Ok(None);
        }
        let id = if let Some(stack) = state.find(&name, &call.region) {
            stack.id.clone()
        } else {
            let stack = Stack::new(&call.cloud.account, &call.region, &name, StackStatus::ReviewInProgress);
            let id = stack.id.clone();
            state.stacks.insert(id.clone(), stack);
            id
        };
        if let Some(stack) = state.stacks.get_mut(&id) {
            remember_token(stack, token.as_deref(), "CreateStack");
            make_obsolete(&mut stack.change_sets);
            stack.termination_protection = call.form.flag("EnableTerminationProtection").unwrap_or(false);
            stack.policy.clone_from(&policy);
        }
        Ok(begin(call, state, &id, definition, on_failure, token.clone()))
    })?;
    match operation {
        Some(operation) => answer_with_operation(operation),
        None => {
            store.read(existing)?.map_or_else(|| Err(no_stack(&name)), |id| answer(move |xml| xml.text("StackId", id)))
        }
    }
}
