//! The operations of drift detection.

use super::ResourceDrift;
use super::detect::Subject;
use crate::cloudformation::api::{Answer, answer};
use crate::cloudformation::clock;
use crate::cloudformation::input::{Call, constraint, invalid};
use crate::cloudformation::model::Stack;
use crate::cloudformation::queries::page_of;
use crate::cloudformation::stacks::no_stack;
use crate::cloudformation::status::StackStatus;
use crate::wire::{ServiceError, XmlWriter};

/// Logical ids that one request may name.
const LOGICAL_IDS: usize = 200;

/// Resources on one page at most.
const PAGE: usize = 100;

fn subject(call: &Call<'_>) -> Result<Subject, ServiceError> {
    let name = call.stack_name()?;
    call.cloud.cloudformation.store.read(|state| {
        let stack = state.find(name, &call.region).filter(|stack| stack.is_live()).ok_or_else(|| no_stack(name))?;
        check_state(stack)?;
        Ok(Subject::of(stack))
    })
}

/// Drift is detected of stacks that stand still and are whole.
fn check_state(stack: &Stack) -> Result<(), ServiceError> {
    if matches!(
        stack.status,
        StackStatus::CreateComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::UpdateRollbackFailed
            | StackStatus::ImportComplete
            | StackStatus::ImportRollbackComplete
    ) {
        return Ok(());
    }
    Err(invalid(format!(
        "Drift detection is not supported for stack [{}] in state {}",
        stack.id,
        stack.status.as_str()
    )))
}

/// `DetectStackDrift`. The cloud is near, so detection is complete when this answers.
pub(crate) async fn detect_stack_drift(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let only = call.form.list("LogicalResourceIds");
    if only.len() > LOGICAL_IDS {
        return Err(constraint(
            "logicalResourceIds",
            &format!("{} logical ids", only.len()),
            &format!("Member must have length less than or equal to {LOGICAL_IDS}"),
        ));
    }
    let subject = subject(call)?;
    if let Some(unknown) = only.iter().find(|id| subject.rows.iter().all(|row| &row.logical_id != *id)) {
        return Err(invalid(format!("Resource {unknown} does not exist for stack {}", subject.id)));
    }
    let detection = subject.check_all(call.cloud, &only).await?;
    answer(move |xml| xml.text("StackDriftDetectionId", detection.id))
}

/// `DescribeStackDriftDetectionStatus`.
pub(crate) fn describe_stack_drift_detection_status(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let id = call.form.require("StackDriftDetectionId")?;
    let found = call.cloud.cloudformation.store.read(|state| {
        state.stacks.values().find_map(|stack| {
            let detection = stack.drift.detections.iter().find(|detection| detection.id == id)?;
            Some((stack.id.clone(), detection.clone()))
        })
    });
    let (stack_id, detection) =
        found.ok_or_else(|| invalid(format!("Stack drift detection status for {id} does not exist.")))?;
    answer(move |xml| {
        xml.text("StackId", stack_id);
        xml.text("StackDriftDetectionId", &detection.id);
        xml.text("StackDriftStatus", detection.outcome.status.as_str());
        let is_whole = detection.failure.is_none();
        xml.text("DetectionStatus", if is_whole { "DETECTION_COMPLETE" } else { "DETECTION_FAILED" });
        xml.optional("DetectionStatusReason", detection.failure.as_ref());
        xml.text("DriftedStackResourceCount", detection.drifted.to_string());
        xml.text("Timestamp", clock::format(detection.outcome.at));
    })
}

/// `DetectStackResourceDrift`.
pub(crate) async fn detect_stack_resource_drift(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let logical_id = call.form.require("LogicalResourceId")?;
    let subject = subject(call)?;
    let row = subject.rows.iter().find(|row| row.logical_id == logical_id).ok_or_else(|| {
        invalid(format!(
            "Resource {logical_id} does not exist for stack {}",
            call.form.get("StackName").unwrap_or_default()
        ))
    })?;
    let drift = subject.check(call.cloud, row).await.ok_or_else(|| {
        invalid(format!("Drift detection is not supported for resource type {} [{logical_id}]", row.resource_type))
    })?;
    if let Some(reason) = &drift.reason {
        return Err(invalid(reason.clone()));
    }
    let store = &call.cloud.cloudformation.store;
    store.write(|state| {
        if let Some(stack) = state.stacks.get_mut(&subject.id) {
            stack.drift.resources.insert(drift.logical_id.clone(), drift.clone());
        }
    });
    store.save(&subject.id);
    let stack_id = subject.id;
    answer(move |xml| xml.element("StackResourceDrift", |xml| member(xml, &stack_id, &drift)))
}

/// `DescribeStackResourceDrifts`: what was found by the detections so far. Types of which drift cannot be detected are not
/// in it, as on AWS.
pub(crate) fn describe_stack_resource_drifts(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let wanted = call.form.list("StackResourceDriftStatusFilters");
    let size =
        match call.form.get("MaxResults") {
            None => PAGE,
            Some(text) => text.parse().ok().filter(|size| (1..=PAGE).contains(size)).ok_or_else(|| {
                constraint("maxResults", text, &format!("Member must have value between 1 and {PAGE}"))
            })?,
        };
    let (stack_id, drifts) = call.cloud.cloudformation.store.read(|state| {
        let stack = state.find(name, &call.region).ok_or_else(|| no_stack(name))?;
        let is_wanted =
            |drift: &&ResourceDrift| wanted.is_empty() || wanted.iter().any(|status| status == drift.status.as_str());
        let drifts: Vec<ResourceDrift> = stack.drift.resources.values().filter(is_wanted).cloned().collect();
        Ok::<_, ServiceError>((stack.id.clone(), drifts))
    })?;
    let (drifts, next) = page_of(call, drifts, size)?;
    answer(move |xml| {
        xml.list("StackResourceDrifts", &drifts, |xml, drift| member(xml, &stack_id, drift));
        xml.optional("NextToken", next);
    })
}

fn member(xml: &mut XmlWriter, stack_id: &str, drift: &ResourceDrift) {
    xml.text("StackId", stack_id);
    xml.text("LogicalResourceId", &drift.logical_id);
    xml.text("PhysicalResourceId", &drift.physical_id);
    xml.text("ResourceType", &drift.resource_type);
    xml.text("ExpectedProperties", &drift.expected);
    xml.optional("ActualProperties", drift.actual.as_ref());
    xml.list("PropertyDifferences", &drift.differences, |xml, difference| {
        xml.text("PropertyPath", &difference.path);
        xml.text("ExpectedValue", &difference.expected);
        xml.text("ActualValue", &difference.actual);
        xml.text("DifferenceType", difference.kind.as_str());
    });
    xml.text("StackResourceDriftStatus", drift.status.as_str());
    xml.text("Timestamp", clock::format(drift.at));
    xml.optional("DriftStatusReason", drift.reason.as_ref());
}
