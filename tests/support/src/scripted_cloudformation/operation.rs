//! Operations: the events that executing or deleting leads to, and what each does when it is revealed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::world::{ChangeSet, Event, Resource, Stack, World, physical_id, resources_of};

const STACK: &str = "AWS::CloudFormation::Stack";

/// Writes the script of one operation.
struct Script<'a> {
    world: &'a mut World,
    stack: Stack,
    token: String,
}

impl Script<'_> {
    fn root(&mut self, status: &str) {
        let (name, id) = (self.stack.name.clone(), self.stack.id.clone());
        self.event(&name, &id, STACK, status, "");
    }

    fn event(&mut self, logical_id: &str, physical_id: &str, resource_type: &str, status: &str, reason: &str) {
        let event = Event {
            id: format!("event-{}", self.world.next()),
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            token: self.token.clone(),
        };
        self.stack.pending.push_back(event);
    }

    /// Ends the script: the operation has begun.
    fn begin(mut self, first_status: &str) {
        for number in (0..self.world.slowness).rev() {
            let waiting = Event {
                id: format!("event-{}", self.world.next()),
                logical_id: format!("Waiting{number}"),
                resource_type: "AWS::SNS::Topic".to_owned(),
                status: "UPDATE_IN_PROGRESS".to_owned(),
                token: self.token.clone(),
                ..Event::default()
            };
            self.stack.pending.insert(1, waiting);
        }
        first_status.clone_into(&mut self.stack.status);
        let id = self.stack.id.clone();
        *self.world.stack(&id).unwrap() = self.stack;
    }
}

/// Executes a change set.
pub(super) fn execute(world: &mut World, stack_id: &str, change_set: &ChangeSet, token: &str) {
    world.executions += 1;
    world.executed.push(change_set.id.clone());
    let failing = world.failing.clone();
    let (rollback_fails, cleanup_fails) = (world.rollback_fails, world.cleanup_fails.clone());
    let mut stack = world.stack(stack_id).unwrap().clone();
    stack.change_sets.clear();
    let mut executed = change_set.clone();
    "EXECUTE_COMPLETE".clone_into(&mut executed.execution_status);
    stack.change_sets.push(executed);
    stack.tokens.push(token.to_owned());
    let policy = stack.policy.clone();
    stack.policies_at_execution.push(policy);
    stack.options.clone_from(&change_set.options);
    if change_set.reverts {
        world.drifts.clear();
    }
    stack.updates += u32::from(change_set.kind != "CREATE");
    let verb = if change_set.kind == "CREATE" { "CREATE" } else { "UPDATE" };
    let template: Value = serde_json::from_str(&change_set.template).unwrap();
    if verb == "CREATE" {
        stack.template.clone_from(&change_set.template);
    }
    let mut script = Script { world, stack, token: token.to_owned() };
    let first = format!("{verb}_IN_PROGRESS");
    script.root(&first);
    let mut cause = None;
    let mut kept = Vec::new();
    for (action, logical_id, resource_type, _) in &change_set.changes {
        if action == "Remove" {
            continue;
        }
        let physical = physical_id(&script.stack.name, logical_id, &template["Resources"][logical_id]);
        let verb_of_resource = if action == "Add" { "CREATE" } else { "UPDATE" };
        if let Some(reason) = failing.get(logical_id) {
            script.event(logical_id, "", resource_type, &format!("{verb_of_resource}_FAILED"), reason);
            cause = Some(logical_id.clone());
        } else if cause.is_some() {
            let reason =
                format!("Resource {} cancelled", if verb_of_resource == "CREATE" { "creation" } else { "update" });
            script.event(logical_id, "", resource_type, &format!("{verb_of_resource}_FAILED"), &reason);
        } else {
            script.event(logical_id, "", resource_type, &format!("{verb_of_resource}_IN_PROGRESS"), "");
            script.event(logical_id, &physical, resource_type, &format!("{verb_of_resource}_COMPLETE"), "");
            kept.push((logical_id.clone(), resource_type.clone(), physical));
        }
    }
    if cause.is_some() {
        let prefix = if verb == "CREATE" { "" } else { "UPDATE_" };
        script.root(&format!("{prefix}ROLLBACK_IN_PROGRESS"));
        if rollback_fails {
            for (logical_id, resource_type, physical) in kept {
                script.event(&logical_id, &physical, &resource_type, "DELETE_FAILED", "it is in use");
            }
            script.root(&format!("{prefix}ROLLBACK_FAILED"));
        } else {
            if verb == "UPDATE" {
                script.root("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
            }
            script.root(&format!("{prefix}ROLLBACK_COMPLETE"));
        }
    } else {
        if verb == "UPDATE" {
            script.root("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
            for (_, logical_id, resource_type, _) in change_set.changes.iter().filter(|change| change.0 == "Remove") {
                let physical = script.stack.resources[logical_id].physical_id.clone();
                if cleanup_fails.contains(logical_id) {
                    script.event(logical_id, &physical, resource_type, "DELETE_FAILED", "it is in use");
                } else {
                    script.event(logical_id, &physical, resource_type, "DELETE_COMPLETE", "");
                }
            }
        }
        script.root(&format!("{verb}_COMPLETE"));
    }
    script.begin(&first);
}

/// Deletes a stack.
pub(super) fn delete(world: &mut World, stack_id: &str, token: &str) {
    let stack = world.stack(stack_id).unwrap().clone();
    let template: Value = serde_json::from_str(&stack.template).unwrap_or_default();
    let resources = stack.resources.clone();
    let undeletable = world.undeletable.clone();
    let mut script = Script { world, stack, token: token.to_owned() };
    script.root("DELETE_IN_PROGRESS");
    let mut failed = false;
    for (logical_id, resource) in resources {
        let policy = template["Resources"][&logical_id]["DeletionPolicy"].as_str().unwrap_or_default();
        let is_full = script.world.buckets.get(&resource.physical_id).is_some_and(|bucket| !bucket.objects.is_empty());
        let (status, reason) = if let Some(reason) = undeletable.get(&logical_id) {
            failed = true;
            ("DELETE_FAILED", reason.as_str())
        } else if policy.starts_with("Retain") {
            ("DELETE_SKIPPED", "")
        } else if is_full && resource.kind == "AWS::S3::Bucket" {
            failed = true;
            ("DELETE_FAILED", "The bucket you tried to delete is not empty (HandlerErrorCode: InvalidRequest)")
        } else {
            ("DELETE_COMPLETE", "")
        };
        script.event(&logical_id, &resource.physical_id, &resource.kind, status, reason);
    }
    script.root(if failed { "DELETE_FAILED" } else { "DELETE_COMPLETE" });
    script.begin("DELETE_IN_PROGRESS");
}

/// Takes an operation back, or goes on with that.
pub(super) fn take_back(world: &mut World, stack_id: &str, prefix: &str, token: &str) {
    let (fails, stack) = (world.rollback_fails, world.stack(stack_id).unwrap().clone());
    let mut script = Script { world, stack, token: token.to_owned() };
    let first = format!("{prefix}ROLLBACK_IN_PROGRESS");
    script.root(&first);
    if fails {
        script.event("Alerts", "avatars-alice-Alerts", "AWS::SNS::Topic", "UPDATE_FAILED", "it is in use");
        script.root(&format!("{prefix}ROLLBACK_FAILED"));
    } else {
        script.root(&format!("{prefix}ROLLBACK_COMPLETE"));
    }
    script.begin(&first);
}

/// Reveals the next two events of a stack, with what they bring about.
pub(super) fn advance(world: &mut World, name_or_id: &str) {
    let Some(stack) = world.stack_here(name_or_id) else { return };
    let mut buckets = BTreeMap::new();
    for _ in 0..2 {
        let Some(event) = stack.pending.pop_front() else { break };
        if event.resource_type == STACK {
            stack.status.clone_from(&event.status);
            if event.status == "DELETE_COMPLETE" {
                // They go with their stack.
                stack.change_sets.clear();
            }
            if matches!(event.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE")
                && let Some(set) = stack.change_sets.iter().find(|set| set.execution_status == "EXECUTE_COMPLETE")
            {
                stack.template.clone_from(&set.template);
                stack.parameters.clone_from(&set.parameters);
                stack.tags.clone_from(&set.tags);
            }
        } else {
            let resource = Resource {
                kind: event.resource_type.clone(),
                physical_id: event.physical_id.clone(),
                status: event.status.clone(),
            };
            if event.resource_type == "AWS::S3::Bucket" {
                buckets.insert(event.physical_id.clone(), event.status.clone());
            }
            if event.status == "DELETE_COMPLETE" {
                stack.resources.remove(&event.logical_id);
            } else if !event.physical_id.is_empty() {
                stack.resources.insert(event.logical_id.clone(), resource);
            }
        }
        stack.events.push(event);
    }
    for (bucket, status) in buckets {
        match status.as_str() {
            "CREATE_COMPLETE" => {
                world.buckets.entry(bucket).or_default();
            }
            "DELETE_COMPLETE" => {
                world.buckets.remove(&bucket);
            }
            _ => {}
        }
    }
}

/// What differs between two templates and their parameters: action, logical id, type, replacement.
pub(super) fn changes(before: &Stack, set: &ChangeSet) -> Vec<(String, String, String, String)> {
    let old: Value = serde_json::from_str(&before.template).unwrap_or_default();
    let new: Value = serde_json::from_str(&set.template).unwrap_or_default();
    let resource_type = |resource: &Value| resource["Type"].as_str().unwrap_or_default().to_owned();
    let mut changes = Vec::new();
    let mut change = |action: &str, id: &str, resource: &Value| {
        let replacement = if action == "Modify" { "False" } else { "" };
        changes.push((action.to_owned(), id.to_owned(), resource_type(resource), replacement.to_owned()));
    };
    for (id, resource) in resources_of(&new) {
        let was = &old["Resources"][id];
        let names_changed_parameter = set.parameters.iter().any(|(name, value)| {
            before.parameters.get(name) != Some(value)
                && resource.to_string().contains(&format!("{{\"Ref\":\"{name}\"}}"))
        });
        if was.is_null() {
            change("Add", id, resource);
        } else if was != resource || names_changed_parameter || before.tags != set.tags {
            change("Modify", id, resource);
        }
    }
    for (id, resource) in resources_of(&old) {
        if new["Resources"][id].is_null() {
            change("Remove", id, resource);
        }
    }
    changes
}
