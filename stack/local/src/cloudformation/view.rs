//! What the console page and `stack dev` show of stacks.

use serde_json::{Value, json};

use super::CloudFormation;
use super::clock;
use super::model::Stack;
use crate::addresses::answering;

/// Events that are shown of each stack.
const EVENTS: usize = 50;

impl CloudFormation {
    /// All live stacks, newest first: name, status, resources, outputs (addresses as they answer at `cloud_url`), the last
    /// events.
    pub(crate) fn stacks_view(&self, cloud_url: &str) -> Value {
        self.store.read(|state| {
            let stacks = state.stacks.values().filter(|stack| stack.is_live()).rev();
            Value::Array(stacks.map(|stack| stack_view(stack, cloud_url)).collect())
        })
    }
}

fn stack_view(stack: &Stack, cloud_url: &str) -> Value {
    let resources: Vec<Value> = stack
        .resources
        .values()
        .filter(|row| !row.status.is_gone())
        .map(|row| {
            json!({
                "logicalId": row.logical_id,
                "physicalId": row.physical_id,
                "type": row.resource_type,
                "status": row.status.as_str(),
                "reason": row.reason,
                "dependencies": row.dependencies,
            })
        })
        .collect();
    let events: Vec<Value> = stack
        .events
        .iter()
        .rev()
        .take(EVENTS)
        .map(|event| {
            json!({
                "at": clock::format(event.at),
                "logicalId": event.logical_id,
                "type": event.resource_type,
                "status": event.status,
                "reason": event.reason,
            })
        })
        .collect();
    let outputs: serde_json::Map<String, Value> = stack
        .outputs
        .iter()
        .map(|output| (output.key.clone(), Value::from(answering(&output.value, cloud_url))))
        .collect();
    json!({
        "id": stack.id,
        "name": stack.name,
        "region": stack.region,
        "status": stack.status.as_str(),
        "reason": stack.reason,
        "createdAt": clock::format(stack.created_at),
        "updatedAt": stack.updated_at.map(clock::format),
        "outputs": outputs,
        "resources": resources,
        "events": events,
    })
}
