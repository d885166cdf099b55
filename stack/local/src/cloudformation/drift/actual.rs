//! What resources are like now, in the words of their template: where a drift-aware change set starts from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use stack_plan::Template;
use stack_plan::specification::{ResourceType, Specification};

use super::compare::see;
use super::detect::Subject;
use crate::cloud::Cloud;
use crate::cloudformation::clock::{self, Milliseconds};
use crate::cloudformation::kinds::ResourceKind;
use crate::cloudformation::model::StackResource;
use crate::cloudformation::provider::Live;
use crate::cloudformation::status::{ResourceDriftStatus, StackDriftStatus};

/// What was read of the resources of a stack.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    by_id: BTreeMap<String, Reading>,
    /// When they were read.
    pub(crate) at: Milliseconds,
}

/// What was read of one resource.
#[derive(Debug)]
struct Reading {
    /// The row that was read: another one is another resource, or another state of it.
    physical_id: Option<String>,
    changed_at: Milliseconds,
    /// `None` when it could not be read.
    live: Option<Live>,
}

impl Readings {
    /// Reads the resources of a stack, with an eye to what `template` is going to say of them.
    pub(crate) async fn take(cloud: &Arc<Cloud>, subject: &Subject, template: &Template) -> Self {
        let mut readings = Self { by_id: BTreeMap::new(), at: clock::now() };
        for row in &subject.rows {
            let declared = declared(row, template);
            let live = match ResourceKind::of(&row.resource_type) {
                None => Some(Live::Unsupported),
                Some(kind) => {
                    let context = subject.context(cloud, &row.logical_id);
                    let physical_id = row.physical_id.as_deref().unwrap_or_default();
                    kind.read(&context, physical_id, &declared).await.ok()
                }
            };
            let live = match live {
                Some(Live::Properties(mut properties)) => {
                    subject.take_stack_tags_out(&mut properties, known(row).as_deref(), &declared);
                    Some(Live::Properties(properties))
                }
                other => other,
            };
            let reading = Reading { physical_id: row.physical_id.clone(), changed_at: row.changed_at, live };
            readings.by_id.insert(row.logical_id.clone(), reading);
        }
        readings
    }

    /// What was read of a row, if it is still the one that was read.
    fn of(&self, row: &StackResource) -> Option<&Live> {
        let reading = self.by_id.get(&row.logical_id)?;
        let is_same = reading.physical_id == row.physical_id && reading.changed_at == row.changed_at;
        reading.live.as_ref().filter(|_| is_same)
    }

    /// True when somebody else removed the resource.
    pub(crate) fn is_gone(&self, row: &StackResource) -> bool {
        self.of(row) == Some(&Live::Gone)
    }

    /// True when it is known what the resource is.
    pub(crate) fn can_tell(&self, row: &StackResource) -> bool {
        matches!(self.of(row), Some(Live::Properties(_)))
    }

    /// Whether a resource is what it was deployed as.
    pub(crate) fn status(&self, row: &StackResource) -> ResourceDriftStatus {
        match self.of(row) {
            Some(Live::Properties(live)) if see(known(row).as_deref(), &row.properties, live).is_same => {
                ResourceDriftStatus::InSync
            }
            Some(Live::Properties(_)) => ResourceDriftStatus::Modified,
            Some(Live::Gone) => ResourceDriftStatus::Deleted,
            Some(Live::Unsupported) => ResourceDriftStatus::Unsupported,
            None => ResourceDriftStatus::Unknown,
        }
    }

    /// Whether a stack of these resources is what it was deployed as.
    pub(crate) fn stack_status<'a>(&self, rows: impl Iterator<Item = &'a StackResource>) -> StackDriftStatus {
        let found: Vec<ResourceDriftStatus> = rows.map(|row| self.status(row)).collect();
        if found.iter().any(|one| matches!(one, ResourceDriftStatus::Modified | ResourceDriftStatus::Deleted)) {
            StackDriftStatus::Drifted
        } else if found.contains(&ResourceDriftStatus::Unknown) {
            StackDriftStatus::Unknown
        } else {
            StackDriftStatus::InSync
        }
    }

    /// The properties of a resource as they are, in the words in which it was deployed; those of the row itself where nothing
    /// else is known.
    pub(crate) fn properties(&self, row: &StackResource) -> Value {
        match self.of(row) {
            Some(Live::Properties(live)) => see(known(row).as_deref(), &row.properties, live).properties,
            _ => row.properties.clone(),
        }
    }

    /// The same before a change to `desired`: what is as it is desired already has the words of `desired`, so that only
    /// what must be changed differs.
    pub(crate) fn properties_before(&self, row: &StackResource, desired: &Value) -> Value {
        let Some(Live::Properties(live)) = self.of(row) else { return row.properties.clone() };
        let resource_type = known(row);
        let mut before = see(resource_type.as_deref(), &row.properties, live).properties;
        let Some(members) = before.as_object_mut() else { return before };
        for (name, value) in desired.as_object().into_iter().flatten() {
            let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
            let seen = see(resource_type.as_deref(), &alone, live);
            if seen.is_same && seen.is_whole {
                members.insert(name.clone(), value.clone());
            } else if !members.contains_key(name)
                && live.get(name).is_some_and(|live| !live.is_null())
                && let Some(actual) = seen.properties.get(name).filter(|_| seen.is_whole)
            {
                members.insert(name.clone(), actual.clone());
            }
        }
        before
    }
}

/// What the specification knows of the type of a row.
fn known(row: &StackResource) -> Option<Arc<ResourceType>> {
    Specification::embedded().resource_type(&row.resource_type)
}

/// What a resource is declared to be, and which further properties the template is going to give it: readers look at the
/// names.
fn declared(row: &StackResource, template: &Template) -> Value {
    let mut declared = row.properties.clone();
    let added = template.resources.get(&row.logical_id).and_then(|resource| resource.properties.as_object());
    if let Some(members) = declared.as_object_mut() {
        for (name, value) in added.into_iter().flatten() {
            members.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    declared
}
