//! The operations that change stacks directly.

use super::api::{Answer, answer};
use super::change_set::ChangeSet;
use super::changes::changes;
use super::input::{Call, constraint, invalid};
use super::model::{Definition, Stack};
use super::operation::Operation;
use super::scope::Surroundings;
use super::status::{ExecutionStatus, OnFailure, OperationType, StackStatus};
use super::store::State;
use super::{clock, work};
use crate::wire::ServiceError;

/// Fields that ask for what is not served.
const NOT_SERVED: [&str; 8] = [
    "ResourceTypes",
    "NotificationARNs",
    "RollbackConfiguration.RollbackTriggers",
    "TimeoutInMinutes",
    "StackPolicyURL",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
    "ResourcesToImport",
];

pub(super) fn refuse_not_served(call: &Call<'_>, operation: &str) -> Result<(), ServiceError> {
    call.refuse_fields(operation, &NOT_SERVED)?;
    if call.form.get("DeploymentConfig.Mode").is_some_and(|mode| mode != "STANDARD") {
        return Err(invalid(format!("the local cloud serves DeploymentConfig Mode STANDARD of {operation} only")));
    }
    Ok(())
}

/// `Stack [name] does not exist`.
pub(super) fn no_stack(name: &str) -> ServiceError {
    invalid(format!("Stack [{name}] does not exist"))
}

/// `Stack with id name does not exist`.
pub(super) fn no_stack_with_id(name: &str) -> ServiceError {
    invalid(format!("Stack with id {name} does not exist"))
}

/// Checks a client token. True when it was used for this very operation before: then nothing is to be done again.
pub(super) fn is_repeated(stack: &Stack, token: Option<&str>, operation: &str) -> Result<bool, ServiceError> {
    match token.and_then(|token| stack.tokens.get(token).map(|used| (token, used))) {
        None => Ok(false),
        Some((_, used)) if used == operation => Ok(true),
        Some((token, used)) => Err(ServiceError::bad_request(
            "TokenAlreadyExistsException",
            format!("The client request token {token} was already used for {used}"),
        )),
    }
}

pub(super) fn remember_token(stack: &mut Stack, token: Option<&str>, operation: &str) {
    if let Some(token) = token {
        stack.tokens.insert(token.to_owned(), operation.to_owned());
    }
}

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

pub(super) fn parse_on_failure(member: &str, text: &str) -> Result<OnFailure, ServiceError> {
    [OnFailure::Rollback, OnFailure::Delete, OnFailure::DoNothing]
        .into_iter()
        .find(|choice| choice.as_str() == text)
        .ok_or_else(|| constraint(member, text, "Member must satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]"))
}

/// Makes what a change set or a request defines of a stack: creates it, or updates it. The caller has checked the state.
pub(super) fn begin(
    call: &Call<'_>,
    state: &mut State,
    stack_id: &str,
    definition: Definition,
    on_failure: OnFailure,
    token: Option<String>,
) -> Option<Operation> {
    let is_new = state.stacks.get(stack_id)?.status == StackStatus::ReviewInProgress;
    let kind = if is_new { OperationType::CreateStack } else { OperationType::UpdateStack };
    let operation = Operation::register(call.cloud, state, stack_id, kind, token);
    let stack = state.stacks.get_mut(stack_id)?;
    if is_new {
        stack.created_at = clock::now();
    } else if stack.previous.is_none() {
        stack.previous = Some(Box::new(stack.snapshot()));
    }
    if !is_new || stack.change_set_id.is_some() {
        stack.updated_at = Some(clock::now());
    }
    stack.definition = definition;
    stack.on_failure = on_failure;
    stack.retain_except_on_create = call.form.flag("RetainExceptOnCreate").unwrap_or(false);
    let status = if is_new { StackStatus::CreateInProgress } else { StackStatus::UpdateInProgress };
    stack.enter(status, Some("User Initiated"), Some(&operation.entry), operation.token.as_deref());
    Some(operation)
}

/// Starts what [`begin`] registered.
pub(super) fn run(operation: Operation) {
    operation.save();
    match operation.entry.kind {
        OperationType::CreateStack => operation.spawn(work::create),
        _ => operation.spawn(work::update),
    }
}

fn make_obsolete(change_sets: &mut [ChangeSet]) {
    for change_set in change_sets {
        if change_set.execution == ExecutionStatus::Available {
            change_set.execution = ExecutionStatus::Obsolete;
        }
    }
}

/// `CreateStack`.
pub(super) async fn create_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
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
            stack.policy = call.form.get("StackPolicyBody").map(str::to_owned);
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

fn answer_with_operation(operation: Operation) -> Result<Answer, ServiceError> {
    let (id, operation_id) = (operation.stack_id.clone(), operation.entry.id.clone());
    run(operation);
    answer(move |xml| {
        xml.text("StackId", id);
        xml.text("OperationId", operation_id);
    })
}

/// Refuses when the stack cannot be updated in its state.
pub(super) fn check_updatable(stack: &Stack) -> Result<(), ServiceError> {
    if stack.status.allows_update() {
        return Ok(());
    }
    Err(invalid(format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status.as_str())))
}

/// `UpdateStack`.
pub(super) async fn update_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
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
    let operation = store.write(|state| {
        let stack = state.find(&name, &call.region).ok_or_else(|| no_stack(&name))?;
        check_updatable(stack)?;
        let id = stack.id.clone();
        let surroundings = Surroundings::of(state, &call.region);
        let stack_is_whole = !matches!(stack.status, StackStatus::UpdateFailed | StackStatus::CreateFailed);
        if changes(&definition, stack, &call.cloud.account, surroundings)?.is_empty() && stack_is_whole {
            return Err(invalid("No updates are to be performed."));
        }
        if let Some(stack) = state.stacks.get_mut(&id) {
            remember_token(stack, token.as_deref(), "UpdateStack");
            make_obsolete(&mut stack.change_sets);
            if let Some(policy) = call.form.get("StackPolicyBody") {
                stack.policy = Some(policy.to_owned());
            }
        }
        begin(call, state, &id, definition, on_failure, token.clone()).ok_or_else(|| no_stack(&name))
    })?;
    answer_with_operation(operation)
}

/// `DeleteStack`.
pub(super) fn delete_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?.to_owned();
    let token = call.token("ClientRequestToken")?;
    call.refuse_fields("DeleteStack", &["DeploymentConfig.Mode"])?;
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

/// `CancelUpdateStack`.
pub(super) fn cancel_update_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let token = call.token("ClientRequestToken")?;
    call.cloud.cloudformation.store.write(|state| {
        let running = state.find(name, &call.region).and_then(|stack| state.running.get(&stack.id).cloned());
        let stack = state.find_mut(name, &call.region).ok_or_else(|| no_stack(name))?;
        if is_repeated(stack, token.as_deref(), "CancelUpdateStack")? {
            return Ok(());
        }
        match running {
            Some(running) if stack.status == StackStatus::UpdateInProgress => {
                remember_token(stack, token.as_deref(), "CancelUpdateStack");
                running.stop();
                Ok(())
            }
            _ => Err(invalid("CancelUpdateStack cannot be called from current stack status")),
        }
    })?;
    answer(|_| {})
}

/// `ContinueUpdateRollback`.
pub(super) fn continue_update_rollback(call: &Call<'_>) -> Result<Answer, ServiceError> {
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
pub(super) fn rollback_stack(call: &Call<'_>) -> Result<Answer, ServiceError> {
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
pub(super) fn update_termination_protection(call: &Call<'_>) -> Result<Answer, ServiceError> {
    call.form.require("EnableTerminationProtection")?;
    let enabled = call.form.flag("EnableTerminationProtection").unwrap_or(false);
    let id = set(call, |stack| stack.termination_protection = enabled)?;
    answer(move |xml| xml.text("StackId", id))
}

/// `SetStackPolicy`.
pub(super) fn set_stack_policy(call: &Call<'_>) -> Result<Answer, ServiceError> {
    call.refuse_fields("SetStackPolicy", &["StackPolicyURL"])?;
    let policy = call.form.require("StackPolicyBody")?.to_owned();
    if serde_json::from_str::<serde_json::Value>(&policy).is_err() {
        return Err(invalid("Error validating stack policy: Invalid stack policy"));
    }
    set(call, |stack| stack.policy = Some(policy))?;
    answer(|_| {})
}

/// `GetStackPolicy`.
pub(super) fn get_stack_policy(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let policy = call.cloud.cloudformation.store.read(|state| {
        state.find(name, &call.region).map(|stack| stack.policy.clone()).ok_or_else(|| no_stack_with_id(name))
    })?;
    answer(move |xml| xml.optional("StackPolicyBody", policy))
}
