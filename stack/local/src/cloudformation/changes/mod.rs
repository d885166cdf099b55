//! What a change set would change: the stack as it is against the definition that is asked for.

mod details;
mod drift;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use stack_plan::template::{EvaluationError, KNOWN_AFTER_APPLY, Resource, evaluate, is_known_after_apply};

use super::change_set::{Change, ChangeAction, Detail, Replacement};
use super::drift::Readings;
use super::input::invalid;
use super::model::{Definition, STACK_TYPE, Stack, StackResource, mask};
use super::provider::Provisioned;
use super::scope::{StackIdentity, StackScope, Surroundings};
use crate::wire::ServiceError;

/// The changes of resources, and whether there is anything to do at all (outputs, tags and settings may change alone).
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) resources: Vec<Change>,
    pub(crate) outputs_change: bool,
    pub(crate) tags_change: bool,
    /// What is told of events, or watched, changes. Deployers rely on it that this can be executed; unchecked against AWS.
    pub(crate) settings_change: bool,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty() && !self.outputs_change && !self.tags_change && !self.settings_change
    }
}

/// What is known of the cloud beside what its stacks say of it.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// What the stack's resources really are, where drift counts.
    pub(crate) readings: Option<Readings>,
    /// Resources that the template adds and that exist already, to be imported: physical ids by logical id.
    pub(crate) existing: BTreeMap<String, String>,
}

/// Compares `definition` with what `stack` is: as it was deployed, or, where drift counts, as it really is.
pub(crate) fn changes(
    definition: &Definition,
    stack: &Stack,
    account: &str,
    surroundings: Surroundings,
    known: &Known,
) -> Result<Changes, ServiceError> {
    let identity = StackIdentity { account, region: &stack.region, name: &stack.name, id: &stack.id };
    let refused = |error: EvaluationError| invalid(error.message);
    let mut scope = StackScope::new(definition, identity, surroundings).map_err(refused)?;
    let wanted = scope.wanted().map_err(refused)?;
    refuse_other_types(definition, stack)?;
    let readings = known.readings.as_ref();
    let mut comparison = Comparison { definition, stack, readings, resources: Vec::new() };
    for id in &wanted {
        let Some(resource) = definition.template.resources.get(id) else { continue };
        let after = properties_after(resource, &scope).map_err(refused)?;
        match present(stack, id) {
            None => {
                comparison.add(id, resource, &after, known.existing.get(id));
                scope.expected.insert(id.clone());
            }
            Some(row) if readings.is_some_and(|readings| readings.is_gone(row)) => {
                comparison.add_again(row, resource, &after);
                scope.expected.insert(id.clone());
            }
            Some(row) => {
                if comparison.modify(row, resource, &after, &scope) {
                    scope.expected.insert(id.clone());
                } else {
                    let physical_id = row.physical_id.clone().unwrap_or_default();
                    scope.made.insert(id.clone(), Provisioned { physical_id, attributes: row.attributes.clone() });
                }
            }
        }
    }
    for row in stack.resources.values().filter(|row| present(stack, &row.logical_id).is_some()) {
        if !wanted.contains(&row.logical_id) {
            comparison.remove(row);
        }
    }
    let outputs_change = outputs_change(definition, stack, &scope);
    let tags_change = definition.tags != stack.definition.tags;
    let settings_change = definition.notification_arns != stack.definition.notification_arns
        || definition.rollback != stack.definition.rollback;
    Ok(Changes { resources: comparison.resources, outputs_change, tags_change, settings_change })
}

fn present<'a>(stack: &'a Stack, id: &str) -> Option<&'a StackResource> {
    stack.resources.get(id).filter(|row| row.physical_id.is_some() && !row.status.is_gone())
}

fn refuse_other_types(definition: &Definition, stack: &Stack) -> Result<(), ServiceError> {
    let changed: Vec<&str> = definition
        .template
        .resources
        .iter()
        .filter(|(id, resource)| present(stack, id).is_some_and(|row| row.resource_type != resource.resource_type))
        .map(|(id, _)| id.as_str())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    Err(invalid(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
        changed.join(", ")
    )))
}

/// Evaluated properties; an export that does not exist yet may exist when the change set is executed.
fn properties_after(resource: &Resource, scope: &StackScope<'_>) -> Result<Value, EvaluationError> {
    let mut after = Map::new();
    for (name, property) in resource.properties.as_object().into_iter().flatten() {
        let alone = Value::Object(Map::from_iter([(name.clone(), property.clone())]));
        match evaluate(&alone, scope) {
            Ok(Value::Object(evaluated)) => after.extend(evaluated),
            Ok(_) => {}
            Err(error) if error.message.starts_with("No export named") => {
                after.insert(name.clone(), Value::from(KNOWN_AFTER_APPLY));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Value::Object(after))
}

fn outputs_change(definition: &Definition, stack: &Stack, scope: &StackScope<'_>) -> bool {
    if definition.template.outputs != stack.definition.template.outputs {
        return true;
    }
    definition.template.outputs.iter().any(|(key, output)| {
        let old = stack.outputs.iter().find(|old| &old.key == key).map(|old| old.value.as_str());
        let exists = scope.holds(output.condition.as_ref());
        let new = evaluate(&output.value, scope).ok();
        // What depends on a resource that changes is counted there.
        exists != old.is_some()
            || (exists && new.is_some_and(|new| !is_known_after_apply(&new) && new.as_str() != old && new.is_string()))
    })
}

/// Type of a change that changes nothing but what is known of a resource.
const SYNC: &str = "SyncWithActual";

struct Comparison<'a> {
    definition: &'a Definition,
    stack: &'a Stack,
    /// What resources really are, where drift counts.
    readings: Option<&'a Readings>,
    resources: Vec<Change>,
}

impl Comparison<'_> {
    fn secrets(&self) -> Vec<String> {
        let mut secrets = self.definition.secrets();
        secrets.extend(self.stack.definition.secrets());
        secrets
    }

    fn context(&self, properties: &Value) -> Value {
        json!({"Properties": mask(properties, &self.secrets())})
    }

    /// Notes a resource that is made, or imported where one `exists` already.
    fn add(&mut self, id: &str, resource: &Resource, after: &Value, exists: Option<&String>) {
        let after = Some(self.context(after));
        self.resources.push(Change {
            action: if exists.is_some() { ChangeAction::Import } else { ChangeAction::Add },
            logical_id: id.to_owned(),
            physical_id: exists.cloned(),
            resource_type: resource.resource_type.clone(),
            replacement: None,
            policy_action: None,
            scope: Vec::new(),
            details: Vec::new(),
            before: None,
            after,
            drift: None,
        });
    }

    fn remove(&mut self, row: &StackResource) {
        let policy_action = match row.deletion_policy.as_deref() {
            Some("Retain" | "RetainExceptOnCreate") => "Retain",
            Some("Snapshot") => "Snapshot",
            _ => "Delete",
        };
        let before = Some(self.context(&row.properties));
        self.resources.push(Change {
            action: ChangeAction::Remove,
            logical_id: row.logical_id.clone(),
            physical_id: row.physical_id.clone(),
            resource_type: row.resource_type.clone(),
            replacement: None,
            policy_action: Some(policy_action.to_owned()),
            scope: Vec::new(),
            details: Vec::new(),
            before,
            after: None,
            drift: self.drift_of(row, &row.properties),
        });
    }

    /// Notes how a resource changes, if it does. True when it may get a new physical id.
    fn modify(&mut self, row: &StackResource, resource: &Resource, after: &Value, scope: &StackScope<'_>) -> bool {
        let before = self.before(row, after);
        let mut details = self.property_details(row, &before, resource, after, scope);
        self.note_drift(row, &before, after, &mut details);
        details.extend(self.attribute_details(row, resource, scope));
        if details.is_empty() && row.resource_type == STACK_TYPE {
            details.push(nested_detail());
        }
        if details.is_empty() {
            return false;
        }
        let always = details.iter().any(|detail| detail.requires_recreation == "Always" && is_certain(detail));
        let perhaps = details.iter().any(|detail| detail.requires_recreation != "Never");
        let replacement = if always {
            Replacement::True
        } else if perhaps {
            Replacement::Conditional
        } else {
            Replacement::False
        };
        let policy_action = match resource.update_replace_policy.as_deref() {
            _ if !always => None,
            Some("Retain") => Some("ReplaceAndRetain"),
            Some("Snapshot") => Some("ReplaceAndSnapshot"),
            _ => Some("ReplaceAndDelete"),
        };
        let is_change = details.iter().any(|detail| detail.change_type != SYNC);
        let attributes: BTreeSet<&str> = details.iter().map(|detail| detail.attribute.as_str()).collect();
        self.resources.push(Change {
            action: if is_change { ChangeAction::Modify } else { ChangeAction::SyncWithActual },
            logical_id: row.logical_id.clone(),
            physical_id: row.physical_id.clone(),
            resource_type: row.resource_type.clone(),
            replacement: is_change.then_some(replacement),
            policy_action: policy_action.map(str::to_owned),
            scope: attributes.into_iter().map(str::to_owned).collect(),
            before: Some(self.context(&before)),
            after: Some(self.context(after)),
            drift: self.drift_of(row, after),
            details,
        });
        perhaps
    }
}

/// What a nested stack is made of may have changed at its address, which is seen when it is updated.
fn nested_detail() -> Detail {
    Detail {
        attribute: "Properties".to_owned(),
        name: None,
        path: None,
        change_type: "Modify".to_owned(),
        requires_recreation: "Never".to_owned(),
        before: None,
        after: None,
        evaluation: "Dynamic".to_owned(),
        source: "Automatic".to_owned(),
        cause: None,
        drift: None,
    }
}

/// True unless the new value is known after the change is applied only: then it may turn out to be the old one.
fn is_certain(detail: &Detail) -> bool {
    detail.after.as_deref().is_none_or(|after| !after.contains(KNOWN_AFTER_APPLY))
}
