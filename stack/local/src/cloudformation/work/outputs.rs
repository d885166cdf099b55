//! Outputs and exports, once all resources are there.

use std::collections::BTreeSet;

use serde_json::Value;
use stack_plan::template::evaluate;

use crate::cloudformation::model::{Definition, Stack, StackOutput};
use crate::cloudformation::operation::Operation;
use crate::cloudformation::scope::StackScope;
use crate::cloudformation::store::State;

/// Sets outputs and imports, and puts resources that are no longer wanted aside. On failure, the reason for the stack's
/// row.
pub(super) fn settle_outputs(
    operation: &Operation,
    definition: &Definition,
    wanted: &[String],
    scope: &StackScope<'_>,
) -> Result<(), String> {
    let outputs = evaluate_outputs(definition, scope).map_err(|message| format!("{message}. "))?;
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    operation.cloud.cloudformation.store.write(|state| {
        check_exports(state, &operation.stack_id, &outputs).map_err(|message| format!("{message}. "))?;
        let Some(stack) = state.stacks.get_mut(&operation.stack_id) else { return Ok(()) };
        stack.outputs = outputs;
        stack.imports = scope.imported();
        let (kept, removed) =
            std::mem::take(&mut stack.resources).into_iter().partition(|(id, _)| wanted.contains(id.as_str()));
        stack.resources = kept;
        let removed: indexmap::IndexMap<_, _> = removed;
        stack.cleanup.extend(removed.into_values().filter(|row| row.physical_id.is_some() && !row.status.is_gone()));
        Ok(())
    })
}

fn evaluate_outputs(definition: &Definition, scope: &StackScope<'_>) -> Result<Vec<StackOutput>, String> {
    let mut outputs = Vec::new();
    for (key, output) in &definition.template.outputs {
        if !scope.holds(output.condition.as_ref()) {
            continue;
        }
        let text = |value: &Value, what: &str| match evaluate(value, scope) {
            Ok(Value::String(text)) => Ok(text),
            Ok(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            Ok(_) => Err(format!(
                "Template format error: The {what} field of every Outputs member must evaluate to a String: {key}"
            )),
            Err(error) => Err(error.message),
        };
        let export = match output.export.as_ref().and_then(|export| export.get("Name")) {
            Some(name) => Some(text(name, "Name")?),
            None => None,
        };
        let value = text(&output.value, "Value")?;
        outputs.push(StackOutput { key: key.clone(), value, description: output.description.clone(), export });
    }
    Ok(outputs)
}

/// An export has one owner, and stays as it is while another stack imports it.
fn check_exports(state: &State, stack_id: &str, outputs: &[StackOutput]) -> Result<(), String> {
    let Some(stack) = state.stacks.get(stack_id) else { return Ok(()) };
    for export in outputs.iter().filter_map(|output| output.export.as_deref()) {
        let owner = state
            .live(&stack.region)
            .filter(|other| other.id != stack_id)
            .find(|other| other.outputs.iter().any(|output| output.export.as_deref() == Some(export)));
        if let Some(owner) = owner {
            return Err(format!("Export with name {export} is already exported by stack {}", owner.name));
        }
    }
    for old in &stack.outputs {
        let Some(export) = &old.export else { continue };
        let new = outputs.iter().find(|output| output.export.as_ref() == Some(export));
        if new.is_some_and(|new| new.value == old.value) {
            continue;
        }
        if let Some(user) = importers(state, stack, export).first() {
            let verb = if new.is_some() { "updated" } else { "deleted" };
            return Err(format!("Export {export} cannot be {verb} as it is in use by {user}"));
        }
    }
    Ok(())
}

/// Names of the stacks that import an export of `stack`.
pub(crate) fn importers<'a>(state: &'a State, stack: &'a Stack, export: &str) -> Vec<&'a str> {
    state
        .live(&stack.region)
        .filter(|other| other.id != stack.id && other.imports.contains(export))
        .map(|other| other.name.as_str())
        .collect()
}
