//! Drift: what resources are like now against what their template says.
//!
//! Only properties that the template names are compared, as on AWS: what a service adds by itself is no drift.

mod actual;
pub(super) mod api;
mod compare;
mod detect;
mod ignored;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub(super) use actual::Readings;
pub(super) use detect::Subject;
pub(super) use ignored::ignored;

use serde::{Deserialize, Serialize};

use super::clock::Milliseconds;
use super::status::{DifferenceType, ResourceDriftStatus, StackDriftStatus};

/// Detections that a stack remembers; older ones are forgotten.
const DETECTIONS: usize = 20;

/// What drift detection found of a stack so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StackDrift {
    /// Outcome of the last detection of the whole stack.
    pub(crate) checked: Option<Checked>,
    /// By logical id; what was changed since, or was never checked, is not in it.
    pub(crate) resources: BTreeMap<String, ResourceDrift>,
    /// Oldest first.
    pub(crate) detections: Vec<Detection>,
}

/// Outcome of a detection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checked {
    pub(crate) status: StackDriftStatus,
    pub(crate) at: Milliseconds,
}

/// A detection that a client asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Detection {
    pub(crate) id: String,
    pub(crate) outcome: Checked,
    pub(crate) drifted: usize,
    /// Why some resources could not be read.
    pub(crate) failure: Option<String>,
}

/// What was found of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ResourceDrift {
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: ResourceDriftStatus,
    pub(crate) at: Milliseconds,
    /// JSON text of the declared properties that can be read back.
    pub(crate) expected: String,
    /// The same properties as they are; absent when the resource is gone or could not be read.
    pub(crate) actual: Option<String>,
    pub(crate) differences: Vec<Difference>,
    /// Why the resource could not be read.
    pub(crate) reason: Option<String>,
}

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// JSON pointer (`/Tags/0/Value`).
    pub(crate) path: String,
    pub(crate) kind: DifferenceType,
    /// Text of the value; `null` where there is none.
    pub(crate) expected: String,
    pub(crate) actual: String,
}

impl StackDrift {
    /// State of a resource.
    pub(crate) fn of(&self, logical_id: &str) -> (ResourceDriftStatus, Option<Milliseconds>) {
        self.resources
            .get(logical_id)
            .map_or((ResourceDriftStatus::NotChecked, None), |drift| (drift.status, Some(drift.at)))
    }

    fn remember(&mut self, detection: Detection) {
        self.checked = Some(detection.outcome);
        self.detections.push(detection);
        let surplus = self.detections.len().saturating_sub(DETECTIONS);
        self.detections.drain(..surplus);
    }
}
