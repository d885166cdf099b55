//! The operations on change sets.

mod create;

pub(super) use create::create_change_set;

use super::api::{Answer, answer};
use super::input::{Call, invalid};
use super::model::Stack;
use super::render;
use super::stacks::{begin, check_updatable, is_repeated, no_stack, remember_token, run};
use super::status::{ExecutionStatus, OnFailure, StackStatus};
use super::store::State;
use crate::wire::ServiceError;

/// Changes on one page of `DescribeChangeSet`.
const PAGE: usize = 100;

fn not_found(name: &str) -> ServiceError {
    ServiceError::not_found("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist"))
}

/// The stack and the number of the change set that a request speaks of.
fn find<'a>(call: &Call<'_>, state: &'a State, name: &str) -> Result<(&'a Stack, usize), ServiceError> {
    let position = |stack: &Stack| {
        stack.change_sets.iter().position(|change_set| change_set.id == name || change_set.name == name)
    };
    if name.starts_with("arn:") {
        let found = state.stacks.values().find_map(|stack| Some((stack, position(stack)?)));
        return found.ok_or_else(|| not_found(name));
    }
    let stack_name = call
        .form
        .get("StackName")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| invalid("StackName must be specified if ChangeSetName is not specified as an ARN."))?;
    let stack = state.find(stack_name, &call.region).ok_or_else(|| no_stack(stack_name))?;
    Ok((stack, position(stack).ok_or_else(|| not_found(name))?))
}

/// `DescribeChangeSet`.
pub(super) fn describe_change_set(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.form.require("ChangeSetName")?;
    let start: usize = match call.form.get("NextToken") {
        None => 0,
        Some(token) => token.parse().map_err(|_| invalid(format!("Invalid NextToken: {token}")))?,
    };
    let with_values = call.form.flag("IncludePropertyValues") == Some(true);
    let found = call.cloud.cloudformation.store.read(|state| {
        let (stack, index) = find(call, state, name)?;
        Ok::<_, ServiceError>((stack.id.clone(), stack.name.clone(), stack.change_sets[index].clone()))
    });
    let (stack_id, stack_name, change_set) = found?;
    answer(move |xml| {
        render::change_set(xml, &stack_id, &stack_name, &change_set);
        let page = change_set.changes.iter().skip(start).take(PAGE);
        xml.list("Changes", page, |xml, change| render::change(xml, change, with_values));
        let end = start.saturating_add(PAGE);
        xml.optional("NextToken", (end < change_set.changes.len()).then(|| end.to_string()));
    })
}

/// `DescribeChangeSetHooks`: nobody can register a hook here, so none is planned.
pub(super) fn describe_change_set_hooks(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.form.require("ChangeSetName")?;
    let (id, set_name, stack_id, stack_name) = call.cloud.cloudformation.store.read(|state| {
        let (stack, index) = find(call, state, name)?;
        let change_set = &stack.change_sets[index];
        Ok::<_, ServiceError>((change_set.id.clone(), change_set.name.clone(), stack.id.clone(), stack.name.clone()))
    })?;
    answer(move |xml| {
        xml.text("ChangeSetId", id);
        xml.text("ChangeSetName", set_name);
        xml.element("Hooks", |_| {});
        xml.text("Status", "PLANNED");
        xml.text("StackId", stack_id);
        xml.text("StackName", stack_name);
    })
}

/// `ListChangeSets`: those that were not executed.
pub(super) fn list_change_sets(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let (stack_id, stack_name, change_sets) = call.cloud.cloudformation.store.read(|state| {
        let stack = state.find(name, &call.region).ok_or_else(|| no_stack(name))?;
        Ok::<_, ServiceError>((stack.id.clone(), stack.name.clone(), stack.change_sets.clone()))
    })?;
    answer(move |xml| {
        let open = change_sets.iter().filter(|change_set| {
            matches!(
                change_set.execution,
                ExecutionStatus::Available | ExecutionStatus::Unavailable | ExecutionStatus::Obsolete
            )
        });
        xml.list("Summaries", open, |xml, change_set| {
            render::change_set_head(xml, &stack_id, &stack_name, change_set);
        });
    })
}

/// `ExecuteChangeSet`.
pub(super) fn execute_change_set(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.form.require("ChangeSetName")?.to_owned();
    let token = call.token("ClientRequestToken")?;
    let disable_rollback = call.form.flag("DisableRollback");
    let store = &call.cloud.cloudformation.store;
    let operation = store.write(|state| {
        let (stack, index) = find(call, state, &name)?;
        // A retry of the same request finds the set executed, and that is what it asked for.
        if is_repeated(stack, token.as_deref(), "ExecuteChangeSet")? {
            return Ok(None);
        }
        let change_set = &stack.change_sets[index];
        let refuse = |what: &str, status: &str| {
            ServiceError::bad_request(
                "InvalidChangeSetStatus",
                format!("ChangeSet [{}] cannot be executed in its current {what} of [{status}]", change_set.id),
            )
        };
        if change_set.failure.is_some() {
            return Err(refuse("status", "FAILED"));
        }
        if change_set.execution != ExecutionStatus::Available {
            return Err(refuse("execution status", change_set.execution.as_str()));
        }
        if disable_rollback.is_some() && change_set.on_failure.is_some() {
            return Err(invalid("You can specify either OnStackFailure or DisableRollback, but not both"));
        }
        if stack.status != StackStatus::ReviewInProgress {
            check_updatable(stack)?;
        }
        let (stack_id, change_set_id) = (stack.id.clone(), change_set.id.clone());
        let definition = change_set.definition.clone();
        let on_failure = change_set.on_failure.unwrap_or(if disable_rollback == Some(true) {
            OnFailure::DoNothing
        } else {
            OnFailure::Rollback
        });
        if let Some(stack) = state.stacks.get_mut(&stack_id) {
            remember_token(stack, token.as_deref(), "ExecuteChangeSet");
            stack.change_sets.retain(|change_set| change_set.id == change_set_id);
            for change_set in &mut stack.change_sets {
                change_set.execution = ExecutionStatus::ExecuteInProgress;
            }
            stack.change_set_id = Some(change_set_id);
            // No change set lifts the stack's policy.
            stack.policy_during_update = None;
        }
        Ok(begin(call, state, &stack_id, definition, on_failure, token.clone()))
    })?;
    if let Some(operation) = operation {
        run(operation);
    }
    answer(|_| {})
}

/// `DeleteChangeSet`.
pub(super) fn delete_change_set(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.form.require("ChangeSetName")?.to_owned();
    let store = &call.cloud.cloudformation.store;
    let stack_id = store.write(|state| {
        let (stack, index) = match find(call, state, &name) {
            Ok(found) => found,
            // Deleting what is not there is done; an unknown stack is still an error.
            Err(error) if error.code == "ChangeSetNotFound" => return Ok(None),
            Err(error) => return Err(error),
        };
        let change_set = &stack.change_sets[index];
        if change_set.execution == ExecutionStatus::ExecuteInProgress {
            return Err(ServiceError::bad_request(
                "InvalidChangeSetStatus",
                format!("ChangeSet [{}] cannot be deleted in status EXECUTE_IN_PROGRESS", change_set.id),
            ));
        }
        let stack_id = stack.id.clone();
        if let Some(stack) = state.stacks.get_mut(&stack_id) {
            stack.change_sets.remove(index);
        }
        Ok(Some(stack_id))
    })?;
    if let Some(stack_id) = stack_id {
        store.save(&stack_id);
    }
    answer(|_| {})
}
