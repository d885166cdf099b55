//! Stacks within stacks: `AWS::CloudFormation::Stack`.
//!
//! The nested stack is one like any other, with its own events; its parent waits for it, and takes it back with itself.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::input::{check_parameters, read_template, template_at};
use super::model::{Definition, Stack};
use super::operation::Operation;
use super::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use super::references::parameter_store_values;
use super::rollback_triggers::RollbackConfiguration;
use super::status::{OnFailure, OperationType, StackStatus};
use super::{clock, work};
use crate::wire::ServiceError;
use crate::wire::properties::{reference_list, required_text, tags};

/// Deepest nesting, as a guard against a template that contains itself.
const DEPTH: usize = 16;

/// `AWS::CloudFormation::Stack`. `Ref` is the id of the nested stack.
pub(crate) async fn create_nested_stack(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let definition = definition(context, properties).await?;
    let cloud = &context.cloud;
    let operation = cloud.cloudformation.store.write(|state| {
        let parent = state.find(&context.stack_name, &context.region)?;
        let mut stack =
            Stack::new(&cloud.account, &context.region, &context.generated_name(128), StackStatus::CreateInProgress);
        stack.root_id = Some(parent.root_id.clone().unwrap_or_else(|| parent.id.clone()));
        stack.parent_id = Some(parent.id.clone());
        stack.definition = definition;
        // What failed stays until the parent rolls back, and takes the whole along.
        stack.on_failure = OnFailure::DoNothing;
        let id = stack.id.clone();
        state.stacks.insert(id.clone(), stack);
        let operation = Operation::register(cloud, state, &id, OperationType::CreateStack, None);
        if let Some(stack) = state.stacks.get_mut(&id) {
            stack.enter(StackStatus::CreateInProgress, Some("User Initiated"), Some(&operation.entry), None);
        }
        Some(operation)
    });
    let operation = operation.ok_or_else(|| ProviderError::plain("the stack is gone"))?;
    let id = operation.stack_id.clone();
    operation.save();
    context.initiated(&id);
    create(operation).await;
    outcome(context, &id, StackStatus::CreateComplete, "created")
}

/// Brings the nested stack to its new template and parameters; with its parent's rollback, back to what it was.
pub(crate) async fn update_nested_stack(
    context: &ResourceContext,
    physical_id: &str,
    _old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let cloud = &context.cloud;
    let store = &cloud.cloudformation.store;
    let (goes_back, before) = store.read(|state| {
        let parent = state.find(&context.stack_name, &context.region);
        let goes_back = parent.is_some_and(|parent| parent.status == StackStatus::UpdateRollbackInProgress);
        (goes_back, state.stacks.get(physical_id).and_then(|stack| stack.before_parent.clone()))
    });
    let definition = match before {
        // The template may not be at its address any more.
        Some(before) if goes_back => *before,
        _ => definition(context, new).await?,
    };
    let operation = store.write(|state| {
        let stack = state.stacks.get_mut(physical_id).filter(|stack| stack.is_live());
        let Some(stack) = stack else {
            return Err(ProviderError::new("NotFound", format!("Stack {physical_id} does not exist")));
        };
        if !goes_back {
            stack.before_parent = Some(Box::new(stack.definition.clone()));
        }
        if stack.definition == definition && stack.status.allows_update() {
            return Ok(None);
        }
        if !stack.status.allows_update() {
            return Err(ProviderError::plain(format!(
                "Stack:{} is in {} state and can not be updated.",
                stack.id,
                stack.status.as_str()
            )));
        }
        let operation = Operation::register(cloud, state, physical_id, OperationType::UpdateStack, None);
        if let Some(stack) = state.stacks.get_mut(physical_id) {
            if stack.previous.is_none() {
                stack.previous = Some(Box::new(stack.snapshot()));
            }
            stack.updated_at = Some(clock::now());
            stack.definition = definition;
            stack.on_failure = OnFailure::Rollback;
            stack.enter(StackStatus::UpdateInProgress, Some("User Initiated"), Some(&operation.entry), None);
        }
        Ok(Some(operation))
    })?;
    if let Some(operation) = operation {
        operation.save();
        update(operation).await;
    }
    let status = store.read(|state| state.stacks.get(physical_id).map(|stack| stack.status));
    let expected = match status {
        Some(StackStatus::CreateComplete) => StackStatus::CreateComplete,
        Some(StackStatus::UpdateRollbackComplete) if goes_back => StackStatus::UpdateRollbackComplete,
        _ => StackStatus::UpdateComplete,
    };
    outcome(context, physical_id, expected, "updated").map(Update::InPlace)
}

/// Deletes the nested stack with all that is in it.
pub(crate) async fn delete_nested_stack(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let cloud = &context.cloud;
    let operation = cloud.cloudformation.store.write(|state| {
        state.stacks.get(physical_id).filter(|stack| stack.is_live())?;
        let operation = Operation::register(cloud, state, physical_id, OperationType::DeleteStack, None);
        if let Some(stack) = state.stacks.get_mut(physical_id) {
            stack.enter(StackStatus::DeleteInProgress, Some("User Initiated"), Some(&operation.entry), None);
        }
        Some(operation)
    });
    let Some(operation) = operation else { return Ok(()) };
    operation.save();
    delete(operation).await;
    outcome(context, physical_id, StackStatus::DeleteComplete, "deleted").map(drop)
}

/// A nested stack is not compared: the drift of what is in it is its own.
pub(crate) async fn read_nested_stack(
    _context: &ResourceContext,
    _physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(Live::Unsupported)
}

// Boxed, because these come back here for the stacks within.
fn create(operation: Operation) -> BoxFuture<'static, ()> {
    Box::pin(operation.run_to_end(work::create))
}

fn update(operation: Operation) -> BoxFuture<'static, ()> {
    Box::pin(operation.run_to_end(work::update))
}

fn delete(operation: Operation) -> BoxFuture<'static, ()> {
    Box::pin(operation.run_to_end(|operation| work::delete(operation, Vec::new())))
}

/// The nested stack as its parent sees it: outputs as `Outputs.<name>`.
fn outcome(
    context: &ResourceContext,
    stack_id: &str,
    expected: StackStatus,
    done: &str,
) -> Result<Provisioned, ProviderError> {
    let found = context.cloud.cloudformation.store.read(|state| {
        let stack = state.stacks.get(stack_id)?;
        // The reason of a failure is that of its first row, not of the way back.
        let failure = stack.events.iter().rev().find(|event| {
            event.logical_id == stack.name
                && event.reason.as_ref().is_some_and(|reason| reason.starts_with("The following resource(s) failed"))
        });
        let reason = failure.and_then(|event| event.reason.clone()).or_else(|| stack.reason.clone());
        let outputs: Map<String, Value> =
            stack.outputs.iter().map(|output| (format!("Outputs.{}", output.key), json!(output.value))).collect();
        Some((stack.status, reason, outputs))
    });
    let Some((status, reason, attributes)) = found else {
        return Err(ProviderError::new("NotFound", format!("Stack {stack_id} does not exist")));
    };
    if status == expected {
        return Ok(Provisioned { physical_id: stack_id.to_owned(), attributes });
    }
    Err(ProviderError::plain(format!(
        "Embedded stack {stack_id} was not successfully {done}: {}",
        reason.unwrap_or_else(|| format!("it is in {}", status.as_str()))
    )))
}

/// What the parent's template asks the nested stack to be.
async fn definition(context: &ResourceContext, properties: &Value) -> Result<Definition, ProviderError> {
    let plain = |error: ServiceError| ProviderError::plain(error.message);
    let url = required_text(properties, "TemplateURL")?;
    let text = template_at(&context.cloud, url).await.map_err(plain)?;
    let template = read_template(&text).map_err(plain)?;
    let mut given = BTreeMap::new();
    for (name, value) in properties.get("Parameters").and_then(Value::as_object).into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        given.insert(name.clone(), text);
    }
    let parameters = check_parameters(&template, given).map_err(plain)?;
    let (capabilities, role_arn, depth) = context
        .cloud
        .cloudformation
        .store
        .read(|state| {
            let parent = state.find(&context.stack_name, &context.region)?;
            let ancestors = std::iter::successors(Some(parent), |stack| state.stacks.get(stack.parent_id.as_ref()?));
            let depth = ancestors.take(DEPTH + 1).count();
            Some((parent.definition.capabilities.clone(), parent.definition.role_arn.clone(), depth))
        })
        .unwrap_or_default();
    if depth > DEPTH {
        return Err(ProviderError::plain(format!(
            "nested stacks are more than {DEPTH} deep; does a template contain itself?"
        )));
    }
    super::input::check_capabilities(&template, &capabilities).map_err(plain)?;
    let resolved = parameter_store_values(&context.cloud, &template, &parameters).map_err(plain)?;
    let topics = reference_list(properties, "NotificationARNs");
    let notification_arns = super::notifications::checked(&context.cloud, topics).map_err(plain)?;
    let tags = tags(properties, &context.tags);
    // The triggers of the outermost stack end the operations on those within it.
    let rollback = RollbackConfiguration::default();
    Ok(Definition { text, template, parameters, resolved, tags, capabilities, role_arn, notification_arns, rollback })
}
