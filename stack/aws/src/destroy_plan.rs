//! What the deletion of a stack would do, looked at before anything is changed.

use aws_sdk_cloudformation::types::ResourceStatus;
use serde::Serialize;
use stack_plan::Template;

use crate::connect::Aws;
use crate::empty_bucket::holds_something;
use crate::error::{AwsError, Result, failed};
use crate::notifications::{self, ForeignNotifications};
use crate::outcome::StackReference;
use crate::stack::{self, StackSummary};
use crate::status::StackStatus;

/// What the deletion of a stack would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DestroyPlan {
    /// The stack.
    pub stack: StackReference,
    /// Resources that are deleted.
    pub goes: Vec<StackResource>,
    /// Resources that stay in the account because their deletion policy says so.
    pub stays: Vec<StackResource>,
    /// Buckets among `goes` that hold something and will be emptied.
    pub non_empty_buckets: Vec<NonEmptyBucket>,
    /// True when termination protection is on (and will be taken off).
    pub protected: bool,
    /// Buckets of others that lose the stack's notifications.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notifications: Vec<ForeignNotifications>,
    /// Stacks beside it, in other regions, that go after it. They have none themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub companions: Vec<DestroyPlan>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackResource {
    /// Logical id.
    pub logical_id: String,
    /// Physical id, empty when none was given yet.
    pub physical_id: String,
    /// CloudFormation type.
    pub resource_type: String,
}

/// A bucket that holds something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NonEmptyBucket {
    /// Logical id.
    pub logical_id: String,
    /// Bucket name.
    pub bucket: String,
}

/// Looks at everything that the deletion would touch, and changes nothing.
pub(crate) async fn destroy_plan(aws: &Aws, stack: &StackSummary) -> Result<DestroyPlan> {
    let template = deployed_template(aws, &stack.reference).await?;
    let mut plan = DestroyPlan {
        stack: stack.reference.clone(),
        goes: Vec::new(),
        stays: Vec::new(),
        non_empty_buckets: Vec::new(),
        protected: stack.protected,
        notifications: notifications::listed(template.metadata.as_ref()),
        companions: Vec::new(),
    };
    for (resource, status) in fetch_resources(aws, &stack.reference).await? {
        match status {
            ResourceStatus::DeleteComplete => {}
            ResourceStatus::DeleteSkipped => plan.stays.push(resource),
            _ if stays(&template, &resource.logical_id, stack.status) => plan.stays.push(resource),
            _ => plan.goes.push(resource),
        }
    }
    let account = account_of(&stack.reference.id);
    for resource in plan.goes.iter().filter(|resource| resource.resource_type == "AWS::S3::Bucket") {
        let bucket = &resource.physical_id;
        if !bucket.is_empty() && holds_something(aws, bucket, account).await? {
            plan.non_empty_buckets
                .push(NonEmptyBucket { logical_id: resource.logical_id.clone(), bucket: bucket.clone() });
        }
    }
    Ok(plan)
}

/// True when the template keeps the resource. `RetainExceptOnCreate` keeps nothing of a creation that failed.
fn stays(template: &Template, logical_id: &str, status: StackStatus) -> bool {
    let policy = template.resources.get(logical_id).and_then(|resource| resource.deletion_policy.as_deref());
    match policy {
        Some("Retain") => true,
        Some("RetainExceptOnCreate") => {
            !matches!(status, StackStatus::CreateFailed | StackStatus::RollbackFailed | StackStatus::RollbackComplete)
        }
        _ => false,
    }
}

/// The template that was deployed last; an empty one for a shell that never had resources.
async fn deployed_template(aws: &Aws, stack: &StackReference) -> Result<Template> {
    let body = match stack::template_body(aws, stack).await {
        // A shell has no template; some endpoints say so with an empty one.
        Ok(body) if body.is_empty() => return Ok(Template::default()),
        Ok(body) => body,
        Err(error) if error.has_code("ValidationError") => return Ok(Template::default()),
        Err(error) => return Err(error),
    };
    Template::parse(&body)
        .map_err(|error| AwsError::UnreadableTemplate { stack: stack.name.clone(), reason: error.to_string() })
}

/// The resources of a stack, in no particular order.
///
/// # Errors
/// No such stack; a refused or unanswered call.
pub async fn resources(aws: &Aws, stack_name: &str) -> Result<Vec<StackResource>> {
    let stack = StackReference { name: stack_name.to_owned(), id: stack_name.to_owned() };
    Ok(fetch_resources(aws, &stack).await?.into_iter().map(|(resource, _status)| resource).collect())
}

/// The resources of a stack with their statuses; deleted ones are among them.
pub(crate) async fn fetch_resources(aws: &Aws, stack: &StackReference) -> Result<Vec<(StackResource, ResourceStatus)>> {
    let mut resources = Vec::new();
    let mut token = None;
    loop {
        let answer = aws
            .cloudformation
            .list_stack_resources()
            .stack_name(&stack.id)
            .set_next_token(token)
            .send()
            .await
            .map_err(failed("CloudFormation", "ListStackResources"))?;
        for resource in answer.stack_resource_summaries.unwrap_or_default() {
            let status = resource.resource_status.unwrap_or(ResourceStatus::CreateComplete);
            let resource = StackResource {
                logical_id: resource.logical_resource_id.unwrap_or_default(),
                physical_id: resource.physical_resource_id.unwrap_or_default(),
                resource_type: resource.resource_type.unwrap_or_default(),
            };
            resources.push((resource, status));
        }
        token = answer.next_token;
        if token.is_none() {
            return Ok(resources);
        }
    }
}

/// The account in a stack id (`arn:aws:cloudformation:<region>:<account>:stack/...`).
pub(crate) fn account_of(stack_id: &str) -> &str {
    stack_id.split(':').nth(4).unwrap_or_default()
}
