//! Reads resources and compares them.

use std::sync::Arc;

use stack_plan::specification::{ResourceType, Specification};

use super::compare::compare;
use super::{Checked, Detection, ResourceDrift};
use crate::cloud::Cloud;
use crate::cloudformation::clock;
use crate::cloudformation::kinds::ResourceKind;
use crate::cloudformation::model::{Stack, StackResource};
use crate::cloudformation::operation::handler_reason;
use crate::cloudformation::provider::{Live, ResourceContext};
use crate::cloudformation::status::{ResourceDriftStatus, StackDriftStatus};
use crate::wire::ServiceError;

/// What drift detection needs to know of a stack.
pub(in crate::cloudformation) struct Subject {
    pub(super) id: String,
    name: String,
    region: String,
    tags: std::collections::BTreeMap<String, String>,
    secrets: Vec<String>,
    pub(in crate::cloudformation) rows: Vec<StackResource>,
}

impl Subject {
    /// The stack, with the resources that it has made.
    pub(in crate::cloudformation) fn of(stack: &Stack) -> Self {
        let rows = stack.resources.values().filter(|row| row.physical_id.is_some() && !row.status.is_gone());
        Self {
            id: stack.id.clone(),
            name: stack.name.clone(),
            region: stack.region.clone(),
            tags: stack.definition.tags.clone(),
            secrets: stack.definition.secrets(),
            rows: rows.cloned().collect(),
        }
    }

    pub(in crate::cloudformation) fn context(&self, cloud: &Arc<Cloud>, logical_id: &str) -> ResourceContext {
        ResourceContext {
            cloud: Arc::clone(cloud),
            account: cloud.account.clone(),
            region: self.region.clone(),
            stack_name: self.name.clone(),
            logical_id: logical_id.to_owned(),
            tags: self.tags.clone(),
        }
    }

    /// Takes the stack's own tags out of `live`, unless `declared` has them.
    pub(super) fn take_stack_tags_out(
        &self,
        live: &mut serde_json::Value,
        resource_type: Option<&ResourceType>,
        declared: &serde_json::Value,
    ) {
        let tag_property = resource_type.and_then(ResourceType::tag_property);
        without_stack_tags(live, tag_property.as_deref(), declared, &self.tags);
    }

    /// Reads one resource; `None` when drift of its type cannot be detected.
    pub(super) async fn check(&self, cloud: &Arc<Cloud>, row: &StackResource) -> Option<ResourceDrift> {
        let kind = ResourceKind::of(&row.resource_type)?;
        let physical_id = row.physical_id.clone().unwrap_or_default();
        let context = self.context(cloud, &row.logical_id);
        let resource_type = Specification::embedded().resource_type(&row.resource_type);
        let read = kind.read(&context, &physical_id, &row.properties).await;
        let mut drift = ResourceDrift {
            logical_id: row.logical_id.clone(),
            physical_id,
            resource_type: row.resource_type.clone(),
            status: ResourceDriftStatus::Unknown,
            at: clock::now(),
            expected: "{}".to_owned(),
            actual: None,
            differences: Vec::new(),
            reason: None,
        };
        match read {
            Ok(Live::Unsupported) => return None,
            Ok(Live::Gone) => {
                let itself = compare(resource_type.as_deref(), &row.properties, &row.properties, &self.secrets);
                drift.expected = itself.expected.to_string();
                drift.status = ResourceDriftStatus::Deleted;
            }
            Ok(Live::Properties(mut live)) => {
                self.take_stack_tags_out(&mut live, resource_type.as_deref(), &row.properties);
                let compared = compare(resource_type.as_deref(), &row.properties, &live, &self.secrets);
                drift.expected = compared.expected.to_string();
                drift.actual = Some(compared.actual.to_string());
                drift.differences = compared.differences;
                drift.status = if drift.differences.is_empty() {
                    ResourceDriftStatus::InSync
                } else {
                    ResourceDriftStatus::Modified
                };
            }
            Err(error) => drift.reason = Some(handler_reason(&error)),
        }
        Some(drift)
    }

    /// Reads the resources with these logical ids, all when there are none, and keeps what was found.
    pub(super) async fn check_all(&self, cloud: &Arc<Cloud>, only: &[String]) -> Result<Detection, ServiceError> {
        let mut found: Vec<ResourceDrift> = Vec::new();
        for row in self.rows.iter().filter(|row| only.is_empty() || only.contains(&row.logical_id)) {
            found.extend(self.check(cloud, row).await);
        }
        found.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
        let unread: Vec<String> =
            found.iter().filter(|one| one.reason.is_some()).map(|one| one.logical_id.clone()).collect();
        let failure =
            (!unread.is_empty()).then(|| format!("Failed to detect drift on resource(s): [{}]", unread.join(", ")));
        let is_drifted =
            |one: &ResourceDrift| matches!(one.status, ResourceDriftStatus::Modified | ResourceDriftStatus::Deleted);
        let store = &cloud.cloudformation.store;
        let detection = store.write(|state| {
            let stack = state.stacks.get_mut(&self.id).filter(|stack| stack.is_live())?;
            if only.is_empty() {
                stack.drift.resources.clear();
            }
            for one in found {
                // A resource that changed in the meantime is another one.
                let row = stack.resources.get(&one.logical_id);
                if row.is_some_and(|row| row.physical_id.as_deref() == Some(one.physical_id.as_str())) {
                    stack.drift.resources.insert(one.logical_id.clone(), one);
                }
            }
            let drifted = stack.drift.resources.values().filter(|one| is_drifted(one)).count();
            let status = match (drifted, &failure) {
                (0, None) => StackDriftStatus::InSync,
                (0, Some(_)) => StackDriftStatus::Unknown,
                _ => StackDriftStatus::Drifted,
            };
            let outcome = Checked { status, at: clock::now() };
            let detection = Detection { id: uuid::Uuid::new_v4().to_string(), outcome, drifted, failure };
            stack.drift.remember(detection.clone());
            Some(detection)
        });
        store.save(&self.id);
        detection.ok_or_else(|| crate::cloudformation::stacks::no_stack_with_id(&self.id))
    }
}

/// Takes the stack's own tags out of `live`, unless the template gives the resource a tag of that name.
fn without_stack_tags(
    live: &mut serde_json::Value,
    tag_property: Option<&str>,
    declared: &serde_json::Value,
    stack_tags: &std::collections::BTreeMap<String, String>,
) {
    let property = tag_property.unwrap_or("Tags");
    let key_of = |tag: &serde_json::Value| tag.get("Key").and_then(serde_json::Value::as_str).map(str::to_owned);
    match live.get_mut(property) {
        Some(serde_json::Value::Array(tags)) => {
            let own = declared.get(property).and_then(serde_json::Value::as_array);
            let is_own = |key: &str| own.is_some_and(|own| own.iter().filter_map(key_of).any(|name| name == key));
            tags.retain(|tag| {
                key_of(tag)
                    .is_none_or(|key| is_own(&key) || (!stack_tags.contains_key(&key) && !key.starts_with("aws:")))
            });
        }
        Some(serde_json::Value::Object(tags)) => {
            let own = declared.get(property).and_then(serde_json::Value::as_object);
            tags.retain(|key, _| {
                own.is_some_and(|own| own.contains_key(key))
                    || (!stack_tags.contains_key(key) && !key.starts_with("aws:"))
            });
        }
        _ => {}
    }
}
