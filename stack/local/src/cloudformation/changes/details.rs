//! Where the properties and attributes of a resource change, and what causes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use stack_plan::template::{Resource, Target, evaluate, references_of};

use super::Comparison;
use crate::cloudformation::change_set::Detail;
use crate::cloudformation::model::{StackResource, mask};
use crate::cloudformation::scope::StackScope;
use crate::cloudformation::specified::{replacement, takes_tags};

impl Comparison<'_> {
    pub(super) fn property_details(
        &self,
        row: &StackResource,
        before: &Value,
        resource: &Resource,
        after: &Value,
        scope: &StackScope<'_>,
    ) -> Vec<Detail> {
        let secrets = self.secrets();
        let no_fields = Map::new();
        let [old, new] = [before, after].map(|value| value.as_object().unwrap_or(&no_fields));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let mut details = Vec::new();
        for name in names {
            let mut leaves = Vec::new();
            differences(old.get(name), new.get(name), &format!("/Properties/{name}"), &mut leaves);
            for leaf in leaves {
                let within = leaf.path.strip_prefix("/Properties").unwrap_or_default();
                let recreation = match replacement(&row.resource_type, within) {
                    stack_plan::specification::Replacement::Yes => "Always",
                    stack_plan::specification::Replacement::Maybe => "Conditionally",
                    stack_plan::specification::Replacement::No => "Never",
                };
                let text = |value: Option<&Value>| shown(value, &secrets);
                let detail = Detail {
                    attribute: "Properties".to_owned(),
                    name: Some(name.clone()),
                    change_type: match (leaf.old, leaf.new) {
                        (None, _) => "Add",
                        (_, None) => "Remove",
                        _ => "Modify",
                    }
                    .to_owned(),
                    requires_recreation: recreation.to_owned(),
                    before: text(leaf.old),
                    after: text(leaf.new),
                    path: Some(leaf.path),
                    evaluation: "Static".to_owned(),
                    source: "DirectModification".to_owned(),
                    cause: None,
                    drift: None,
                };
                details.extend(self.with_causes(detail, &row.logical_id, resource, name, scope));
            }
        }
        details
    }

    /// The detail, once for each thing that causes it.
    fn with_causes(
        &self,
        detail: Detail,
        logical_id: &str,
        resource: &Resource,
        name: &str,
        scope: &StackScope<'_>,
    ) -> Vec<Detail> {
        let new = resource.properties.get(name);
        let old = self.stack.definition.template.resources.get(logical_id).and_then(|old| old.properties.get(name));
        let Some(expression) = new.filter(|_| new == old) else { return vec![detail] };
        let mut caused = Vec::new();
        for reference in references_of(expression, "") {
            let (source, cause) = match reference.target {
                Target::Name(id) if scope.expected.contains(&id) => ("ResourceReference", id),
                Target::Attribute { logical_id: id, attribute } if scope.expected.contains(&id) => {
                    ("ResourceAttribute", format!("{id}.{}", attribute.unwrap_or_default()))
                }
                Target::Name(parameter)
                    if self.definition.parameters.get(&parameter)
                        != self.stack.definition.parameters.get(&parameter) =>
                {
                    ("ParameterReference", parameter)
                }
                _ => continue,
            };
            let by = Detail { source: source.to_owned(), cause: Some(cause), ..detail.clone() };
            if !caused.contains(&by) {
                caused.push(by);
            }
        }
        if caused.is_empty() {
            return vec![detail];
        }
        caused.push(Detail { evaluation: "Dynamic".to_owned(), ..detail });
        caused
    }

    /// Changes beside properties: metadata, policies, tags.
    pub(super) fn attribute_details(
        &self,
        row: &StackResource,
        resource: &Resource,
        scope: &StackScope<'_>,
    ) -> Vec<Detail> {
        let old = self.stack.definition.template.resources.get(&row.logical_id);
        let metadata = resource.metadata.as_ref().and_then(|metadata| evaluate(metadata, scope).ok());
        let mut changed = Vec::new();
        if metadata != row.metadata {
            changed.push("Metadata");
        }
        if resource.deletion_policy != row.deletion_policy {
            changed.push("DeletionPolicy");
        }
        if resource.update_replace_policy != row.update_replace_policy {
            changed.push("UpdateReplacePolicy");
        }
        if old.is_some_and(|old| old.creation_policy != resource.creation_policy) {
            changed.push("CreationPolicy");
        }
        if old.is_some_and(|old| old.update_policy != resource.update_policy) {
            changed.push("UpdatePolicy");
        }
        if self.definition.tags != self.stack.definition.tags && takes_tags(&row.resource_type) {
            changed.push("Tags");
        }
        let detail = |attribute: &str| Detail {
            attribute: attribute.to_owned(),
            name: None,
            path: None,
            change_type: "Modify".to_owned(),
            requires_recreation: "Never".to_owned(),
            before: None,
            after: None,
            evaluation: "Static".to_owned(),
            source: "DirectModification".to_owned(),
            cause: None,
            drift: None,
        };
        changed.into_iter().map(detail).collect()
    }
}

/// A value as it is told.
pub(super) fn shown(value: Option<&Value>, secrets: &[String]) -> Option<String> {
    value.map(|value| match mask(value, secrets) {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// A place where two values differ.
pub(super) struct Leaf<'a> {
    pub(super) path: String,
    pub(super) old: Option<&'a Value>,
    pub(super) new: Option<&'a Value>,
}

pub(super) fn differences<'a>(old: Option<&'a Value>, new: Option<&'a Value>, path: &str, leaves: &mut Vec<Leaf<'a>>) {
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                differences(old.get(name), new.get(name), &format!("{path}/{name}"), leaves);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                differences(old.get(index), new.get(index), &format!("{path}/{index}"), leaves);
            }
        }
        (old, new) if old == new => {}
        (old, new) => leaves.push(Leaf { path: path.to_owned(), old, new }),
    }
}
