//! What CloudFormation's validation before a deployment finds.

use aws_sdk_cloudformation::types::{EventFilter, EventType, HookFailureMode, OperationEvent};
use serde::Serialize;

use crate::connect::Aws;
use crate::error::failed;
use crate::events::STACK_TYPE;
use crate::outcome::Failure;

/// A finding of CloudFormation's validation before deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValidationFinding {
    /// Logical id, where the finding is about a resource.
    pub logical_id: Option<String>,
    /// Name of the validation (`NAME_CONFLICT` ...), where it has one.
    pub validation: Option<String>,
    /// Path in the template, where it has one.
    pub path: Option<String>,
    /// Reason in CloudFormation's words.
    pub reason: String,
}

/// Findings of the validation before deployment. They explain, they do not decide: an endpoint without them is fine.
pub(crate) async fn fetch_findings(aws: &Aws, change_set_id: &str, failures: bool) -> Vec<ValidationFinding> {
    let filter = EventFilter::builder().failed_events(true).build();
    let answer = aws
        .cloudformation
        .describe_events()
        .change_set_name(change_set_id)
        .set_filters(failures.then_some(filter))
        .send()
        .await;
    match answer.map_err(failed("CloudFormation", "DescribeEvents")) {
        Ok(answer) => answer.operation_events.unwrap_or_default().into_iter().filter_map(finding).collect(),
        Err(error) => {
            tracing::debug!(%error, "validation findings are not available");
            Vec::new()
        }
    }
}

/// What the validation before an operation found, which the events of the stack only point to: the last operation's findings, as
/// failures of resources. Nothing at an endpoint without them.
pub(crate) async fn fetch_failures(aws: &Aws, stack_id: &str) -> Vec<Failure> {
    let filter = EventFilter::builder().failed_events(true).build();
    let answer = aws.cloudformation.describe_events().stack_name(stack_id).filters(filter).send().await;
    let events = match answer.map_err(failed("CloudFormation", "DescribeEvents")) {
        Ok(answer) => answer.operation_events.unwrap_or_default(),
        Err(error) => {
            tracing::debug!(%error, "findings of the validation are not available");
            return Vec::new();
        }
    };
    let findings = || events.iter().filter(|event| event.event_type == Some(EventType::ValidationError));
    let last = findings().max_by_key(|event| event.timestamp).and_then(|event| event.operation_id.clone());
    let failure = |event: &OperationEvent| Failure {
        logical_id: event.logical_resource_id.clone().unwrap_or_default(),
        resource_type: event.resource_type.clone().unwrap_or_default(),
        physical_id: event.physical_resource_id.clone().unwrap_or_default(),
        status: "VALIDATION_FAILED".to_owned(),
        reason: event.validation_status_reason.clone().unwrap_or_default(),
        code: event.validation_name.clone(),
    };
    findings().filter(|event| event.operation_id == last).map(failure).collect()
}

/// True for the failure of a stack that only says that its validation failed.
pub(crate) fn is_pointer(failure: &Failure) -> bool {
    failure.resource_type == STACK_TYPE && failure.reason.contains("DescribeEvents")
}

fn finding(event: OperationEvent) -> Option<ValidationFinding> {
    let is_finding = event.event_type == Some(EventType::ValidationError)
        || event.validation_failure_mode == Some(HookFailureMode::Warn);
    if !is_finding {
        return None;
    }
    Some(ValidationFinding {
        logical_id: event.logical_resource_id,
        validation: event.validation_name,
        path: event.validation_path,
        reason: event.validation_status_reason.or(event.resource_status_reason)?,
    })
}
