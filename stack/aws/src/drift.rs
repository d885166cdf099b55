//! Drift: what the resources of a stack are like, against what its deployed template says.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_cloudformation::operation::describe_stack_drift_detection_status::DescribeStackDriftDetectionStatusOutput as DetectionStatus;
use aws_sdk_cloudformation::types::{
    DifferenceType, PropertyDifference as SdkDifference, ResourceStatus, StackDriftDetectionStatus,
    StackResourceDrift as SdkDrift, StackResourceDriftStatus as SdkStatus,
};
use serde::Serialize;

use crate::connect::Aws;
use crate::destroy_plan::fetch_resources;
use crate::error::{AwsError, Result, failed};
use crate::options::{CancellationToken, Pacer, Polling};
use crate::outcome::StackReference;
use crate::status::{DriftDecision, StackStatus};
use crate::{owner, stack};

/// Polls before a detection is given up: half an hour against AWS.
const POLLS: u32 = 360;

/// What a look for drift found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "drift", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DriftOutcome {
    /// Every resource was looked at, as far as CloudFormation can.
    Detected(StackDrift),
    /// There is no such stack.
    Absent {
        /// Name that was looked for.
        stack_name: String,
    },
    /// An operation works on the stack; nothing was begun.
    Busy {
        /// The stack.
        stack: StackReference,
        /// Its status.
        status: StackStatus,
    },
    /// CloudFormation detects no drift of a stack in this state.
    Refused {
        /// The stack.
        stack: StackReference,
        /// Its status.
        status: StackStatus,
    },
}

/// The drift of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackDrift {
    /// The stack.
    pub stack: StackReference,
    /// Why the detection did not reach every resource. What is told of the others may be of an earlier detection.
    pub failure: Option<String>,
    /// Every resource of the stack, by logical id.
    pub resources: Vec<ResourceDrift>,
}

/// The drift of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceDrift {
    /// Logical id.
    pub logical_id: String,
    /// Physical id.
    pub physical_id: String,
    /// CloudFormation type.
    pub resource_type: String,
    /// How it stands.
    pub status: ResourceDriftStatus,
    /// Why it could not be looked at, where CloudFormation says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Properties that differ, in CloudFormation's order.
    pub differences: Vec<PropertyDifference>,
}

/// How a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceDriftStatus {
    /// As the template says, in every property that the template names and CloudFormation can read.
    InSync,
    /// Properties differ.
    Modified,
    /// It is gone.
    Deleted,
    /// CloudFormation did not look: its type knows no drift detection, or it was skipped.
    NotChecked,
    /// CloudFormation does not support drift detection of it.
    Unsupported,
    /// CloudFormation could not look, or answered a word that it did not have when this was written.
    Unknown,
}

/// One property that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PropertyDifference {
    /// JSON pointer (`/VersioningConfiguration/Status`).
    pub path: String,
    /// How it differs.
    pub kind: DifferenceKind,
    /// Value in the template, as text or JSON; absent when there is none.
    pub expected: Option<String>,
    /// Value that it has, as text or JSON; absent when there is none.
    pub actual: Option<String>,
}

/// How a property differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// The resource has a value that the template does not name, in a list or an object that it names.
    Added,
    /// The resource lacks a value of the template.
    Removed,
    /// The values differ.
    NotEqual,
}

impl ResourceDriftStatus {
    /// True when the resource is known not to be as the template says.
    #[must_use]
    pub fn is_drifted(self) -> bool {
        matches!(self, Self::Modified | Self::Deleted)
    }

    /// True when the resource was compared. What was not is never in sync.
    #[must_use]
    pub fn is_verified(self) -> bool {
        matches!(self, Self::InSync | Self::Modified | Self::Deleted)
    }
}

impl StackDrift {
    /// Resources that are known not to be as the template says.
    pub fn drifted(&self) -> impl Iterator<Item = &ResourceDrift> {
        self.resources.iter().filter(|resource| resource.status.is_drifted())
    }

    /// Resources of which nothing is known.
    pub fn unverified(&self) -> impl Iterator<Item = &ResourceDrift> {
        self.resources.iter().filter(|resource| !resource.status.is_verified())
    }
}

/// Lets CloudFormation detect the drift of a stack, and reads what it found. The stack is not changed; a caller who drops
/// the future leaves a detection that ends by itself.
///
/// `tags` are those of the plan: a stack whose project, environment or suffix is another is refused.
///
/// # Errors
/// A refused or unanswered call, a stack of another project, a detection that does not end.
pub async fn drift(aws: &Aws, stack_name: &str, tags: &BTreeMap<String, String>) -> Result<DriftOutcome> {
    let Some(summary) = stack::status(aws, stack_name).await? else {
        return Ok(DriftOutcome::Absent { stack_name: stack_name.to_owned() });
    };
    owner::check(aws, &summary, tags)?;
    let (stack, status) = (summary.reference, summary.status);
    match StackStatus::drift_decision(Some(status)) {
        DriftDecision::Absent => return Ok(DriftOutcome::Absent { stack_name: stack_name.to_owned() }),
        DriftDecision::Busy => return Ok(DriftOutcome::Busy { stack, status }),
        DriftDecision::Refuse => return Ok(DriftOutcome::Refused { stack, status }),
        DriftDecision::Detect => {}
    }
    let detection = detect(aws, &stack).await?;
    let has_failed = detection.detection_status == Some(StackDriftDetectionStatus::DetectionFailed);
    let failure = has_failed
        .then(|| detection.detection_status_reason.unwrap_or_else(|| "CloudFormation gave no reason".to_owned()));
    let mut resources = fetch_drifts(aws, &stack).await?;
    let told: HashSet<String> = resources.iter().map(|resource| resource.logical_id.clone()).collect();
    // Types without drift detection are not told of: what is not in the answer is in the stack all the same.
    for (resource, status) in fetch_resources(aws, &stack).await? {
        let is_gone = matches!(status, ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped);
        if !is_gone && !told.contains(&resource.logical_id) {
            resources.push(ResourceDrift {
                logical_id: resource.logical_id,
                physical_id: resource.physical_id,
                resource_type: resource.resource_type,
                status: ResourceDriftStatus::NotChecked,
                reason: None,
                differences: Vec::new(),
            });
        }
    }
    resources.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
    Ok(DriftOutcome::Detected(StackDrift { stack, failure, resources }))
}

/// Begins a detection and waits for its end.
async fn detect(aws: &Aws, stack: &StackReference) -> Result<DetectionStatus> {
    let mut pacer = Pacer::new(Polling::suiting(aws), CancellationToken::new());
    let mut id = None;
    for _ in 0..POLLS {
        match &id {
            None => id = begin(aws, stack).await?,
            Some(id) => {
                let answer = aws
                    .cloudformation
                    .describe_stack_drift_detection_status()
                    .stack_drift_detection_id(id)
                    .send()
                    .await
                    .map_err(failed("CloudFormation", "DescribeStackDriftDetectionStatus"))?;
                if answer.detection_status != Some(StackDriftDetectionStatus::DetectionInProgress) {
                    return Ok(answer);
                }
            }
        }
        pacer.pause().await;
    }
    Err(AwsError::DriftUnfinished { stack: stack.name.clone() })
}

/// The id of a detection that was begun; nothing while another one runs, be it somebody's or ours whose answer was lost.
async fn begin(aws: &Aws, stack: &StackReference) -> Result<Option<String>> {
    let answer = aws.cloudformation.detect_stack_drift().stack_name(&stack.id).send().await;
    match answer.map_err(failed("CloudFormation", "DetectStackDrift")) {
        Ok(answer) => answer.stack_drift_detection_id.map(Some).ok_or(AwsError::IncompleteAnswer {
            service: "CloudFormation",
            operation: "DetectStackDrift",
            missing: "StackDriftDetectionId",
        }),
        Err(error) if error.has_code("ValidationError") && error.says("already in progress") => Ok(None),
        Err(error) => Err(error),
    }
}

async fn fetch_drifts(aws: &Aws, stack: &StackReference) -> Result<Vec<ResourceDrift>> {
    let mut drifts = Vec::new();
    let mut token = None;
    loop {
        let answer = aws
            .cloudformation
            .describe_stack_resource_drifts()
            .stack_name(&stack.id)
            .set_next_token(token)
            .send()
            .await
            .map_err(failed("CloudFormation", "DescribeStackResourceDrifts"))?;
        drifts.extend(answer.stack_resource_drifts.unwrap_or_default().into_iter().map(resource_drift));
        token = answer.next_token;
        if token.is_none() {
            return Ok(drifts);
        }
    }
}

fn resource_drift(drift: SdkDrift) -> ResourceDrift {
    ResourceDrift {
        logical_id: drift.logical_resource_id.unwrap_or_default(),
        physical_id: drift.physical_resource_id.unwrap_or_default(),
        resource_type: drift.resource_type.unwrap_or_default(),
        status: drift.stack_resource_drift_status.as_ref().map_or(ResourceDriftStatus::Unknown, resource_status),
        reason: drift.drift_status_reason.filter(|reason| !reason.is_empty()),
        differences: drift.property_differences.unwrap_or_default().into_iter().map(difference).collect(),
    }
}

/// Only the words that say so are in sync.
fn resource_status(status: &SdkStatus) -> ResourceDriftStatus {
    match status {
        SdkStatus::InSync => ResourceDriftStatus::InSync,
        SdkStatus::Modified => ResourceDriftStatus::Modified,
        SdkStatus::Deleted => ResourceDriftStatus::Deleted,
        SdkStatus::NotChecked => ResourceDriftStatus::NotChecked,
        SdkStatus::Unsupported => ResourceDriftStatus::Unsupported,
        _ => ResourceDriftStatus::Unknown,
    }
}

fn difference(difference: SdkDifference) -> PropertyDifference {
    // Where there is no value, CloudFormation writes `null`.
    let value = |text: Option<String>| text.filter(|text| text != "null");
    PropertyDifference {
        path: difference.property_path.unwrap_or_default(),
        kind: match difference.difference_type {
            Some(DifferenceType::Add) => DifferenceKind::Added,
            Some(DifferenceType::Remove) => DifferenceKind::Removed,
            _ => DifferenceKind::NotEqual,
        },
        expected: value(difference.expected_value),
        actual: value(difference.actual_value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_compared_is_verified() {
        for (word, status, is_verified, is_drifted) in [
            ("IN_SYNC", ResourceDriftStatus::InSync, true, false),
            ("MODIFIED", ResourceDriftStatus::Modified, true, true),
            ("DELETED", ResourceDriftStatus::Deleted, true, true),
            ("NOT_CHECKED", ResourceDriftStatus::NotChecked, false, false),
            ("UNSUPPORTED", ResourceDriftStatus::Unsupported, false, false),
            ("UNKNOWN", ResourceDriftStatus::Unknown, false, false),
            ("DREAMING", ResourceDriftStatus::Unknown, false, false),
        ] {
            let found = resource_status(&SdkStatus::from(word));
            assert_eq!((found, found.is_verified(), found.is_drifted()), (status, is_verified, is_drifted), "{word}");
        }
    }
}
