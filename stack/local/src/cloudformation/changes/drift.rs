//! What a change set that looks at drift tells besides: three-way, of what was deployed, what is, and what is wanted.
//!
//! Documented by AWS are the members and what `SyncWithActual` means. Unchecked against AWS: that a resource that somebody
//! removed is an `Add`, and that the source of a change that only takes drift back is `DirectModification`.

use serde_json::Value;
use stack_plan::template::Resource;

use super::details::{differences, shown};
use super::{Comparison, SYNC};
use crate::cloudformation::change_set::{Change, ChangeAction, ChangeDrift, Detail, DetailDrift, PropertyDrift};
use crate::cloudformation::drift::ignored;
use crate::cloudformation::model::StackResource;

impl Comparison<'_> {
    /// What a resource is before the change: what it was deployed as, or what it really is where drift counts.
    pub(super) fn before(&self, row: &StackResource, after: &Value) -> Value {
        match self.readings {
            Some(readings) => readings.properties_before(row, after),
            None => row.properties.clone(),
        }
    }

    /// What is told of the drift of a resource; nothing where drift does not count.
    pub(super) fn drift_of(&self, row: &StackResource, after: &Value) -> Option<ChangeDrift> {
        let readings = self.readings?;
        Some(ChangeDrift {
            status: readings.status(row),
            ignored: ignored(&row.resource_type, after),
            previous: self.context(&row.properties),
        })
    }

    /// A resource that somebody removed is made again.
    pub(super) fn add_again(&mut self, row: &StackResource, resource: &Resource, after: &Value) {
        let drift = self.drift_of(row, after);
        let after = Some(self.context(after));
        self.resources.push(Change {
            action: ChangeAction::Add,
            logical_id: row.logical_id.clone(),
            physical_id: None,
            resource_type: resource.resource_type.clone(),
            replacement: None,
            policy_action: None,
            scope: Vec::new(),
            details: Vec::new(),
            before: None,
            after,
            drift,
        });
    }

    /// Says of every detail where its values come from and how far the property drifted, and adds one for each property
    /// that drifted to what the template says now.
    pub(super) fn note_drift(&self, row: &StackResource, before: &Value, after: &Value, details: &mut Vec<Detail>) {
        let Some(readings) = self.readings else { return };
        let secrets = self.secrets();
        let unread = ignored(&row.resource_type, after);
        let mut drifted = Vec::new();
        differences(Some(&row.properties), Some(before), "/Properties", &mut drifted);
        let property_drift = |previous: Option<&Value>, actual: Option<&Value>| PropertyDrift {
            previous: shown(previous, &secrets),
            actual: shown(actual, &secrets),
            at: readings.at,
        };
        for detail in &mut *details {
            let Some(path) = detail.path.as_deref() else { continue };
            let property = match drifted.iter().find(|leaf| is_related(&leaf.path, path)) {
                None => None,
                Some(leaf) if leaf.path == path => Some(property_drift(leaf.old, leaf.new)),
                Some(_) => Some(property_drift(at(&row.properties, path), at(before, path))),
            };
            let is_actual = readings.can_tell(row) && !unread.iter().any(|ignored| is_related(&ignored.path, path));
            detail.drift = Some(DetailDrift { is_actual, property });
        }
        for leaf in drifted {
            let is_told = |detail: &Detail| detail.path.as_deref().is_some_and(|path| is_related(path, &leaf.path));
            if details.iter().any(is_told) {
                continue;
            }
            details.push(Detail {
                attribute: "Properties".to_owned(),
                name: leaf.path.split('/').nth(2).map(str::to_owned),
                change_type: SYNC.to_owned(),
                requires_recreation: "Never".to_owned(),
                before: shown(leaf.new, &secrets),
                after: shown(at(after, &leaf.path), &secrets),
                evaluation: "Static".to_owned(),
                source: "NoModification".to_owned(),
                cause: None,
                drift: Some(DetailDrift { is_actual: true, property: Some(property_drift(leaf.old, leaf.new)) }),
                path: Some(leaf.path),
            });
        }
    }
}

/// The value at a path that begins with `/Properties`, of which names are not escaped.
fn at<'a>(properties: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').skip(2).try_fold(properties, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

/// True when one of two paths lies within the other.
fn is_related(one: &str, other: &str) -> bool {
    let within = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    within(one, other) || within(other, one)
}
