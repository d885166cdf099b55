//! The operations that change stacks directly, and what change sets share with them.

mod create;
mod delete;
mod rollback;
mod settings;
mod update;

pub(super) use create::{create_stack, parse_on_failure};
pub(super) use delete::delete_stack;
pub(super) use rollback::{cancel_update_stack, continue_update_rollback, rollback_stack};
pub(super) use settings::{get_stack_policy, set_stack_policy, update_termination_protection};
pub(super) use update::{check_updatable, update_stack};

use super::api::{Answer, answer};
use super::change_set::ChangeSet;
use super::input::{Call, constraint, invalid};
use super::model::{Definition, Stack};
use super::operation::Operation;
use super::status::{ExecutionStatus, OnFailure, OperationType, StackStatus};
use super::store::State;
use super::{clock, work};
use crate::wire::ServiceError;

/// Fields that ask for what is not served.
const NOT_SERVED: [&str; 3] = ["ResourceTypes", "TimeoutInMinutes", "ResourcesToImport"];

pub(super) fn refuse_not_served(call: &Call<'_>, operation: &str) -> Result<(), ServiceError> {
    call.refuse_fields(operation, &NOT_SERVED)?;
    // What is configured here is stable at once, so that the two modes are one.
    match call.form.get("DeploymentConfig.Mode") {
        None | Some("STANDARD" | "EXPRESS") => Ok(()),
        Some(other) => {
            Err(constraint("deploymentConfig.mode", other, "Member must satisfy enum value set: [STANDARD, EXPRESS]"))
        }
    }
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

fn answer_with_operation(operation: Operation) -> Result<Answer, ServiceError> {
    let (id, operation_id) = (operation.stack_id.clone(), operation.entry.id.clone());
    run(operation);
    answer(move |xml| {
        xml.text("StackId", id);
        xml.text("OperationId", operation_id);
    })
}
