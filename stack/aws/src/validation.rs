//! What CloudFormation's validation before a deployment finds.

use aws_sdk_cloudformation::types::{EventFilter, EventType, HookFailureMode, OperationEvent};
use serde::Serialize;

use crate::connect::Aws;
use crate::error::failed;

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
