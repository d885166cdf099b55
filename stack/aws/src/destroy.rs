//! Destroy: what goes, what stays, then the deletion.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{ResourceStatus, TemplateStage};
use serde::Serialize;
use stack_plan::{Event, Template};

use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::deletion::{self, Deleted};
use crate::empty_bucket::{empty_bucket, holds_something};
use crate::error::{AwsError, Result, failed};
use crate::host::{Answer, Host, Question};
use crate::next_step;
use crate::options::{DestroyOptions, Pacer, Polling};
use crate::outcome::{Outcome, StackReference};
use crate::stack::{self, StackSummary};
use crate::status::{DestroyDecision, StackStatus};

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

/// Deletes a stack by name or id, after asking with everything that goes and stays.
///
/// Buckets that hold something are emptied only with [`DestroyOptions::empty`]; without it nothing is deleted at all, as
/// CloudFormation would stop halfway.
///
/// # Errors
/// What the user cannot answer: no credentials, a refused or unanswered call.
pub async fn destroy(aws: &Aws, stack_name: &str, options: &DestroyOptions, host: &mut dyn Host) -> Result<Outcome> {
    let pacer = Pacer::new(options.polling.unwrap_or_else(|| Polling::suiting(aws)), options.interrupt.clone());
    let attempt = Attempt::new(options.attempt.as_deref());
    let current = stack::status(aws, stack_name).await?;
    let decision = StackStatus::destroy_decision(current.as_ref().map(|stack| stack.status));
    let Some(current) = current else { return Ok(Outcome::Absent { stack_name: stack_name.to_owned() }) };
    match decision {
        DestroyDecision::Absent => return Ok(Outcome::Absent { stack_name: stack_name.to_owned() }),
        DestroyDecision::Busy => return Ok(Outcome::Busy { stack: current.reference, status: current.status }),
        DestroyDecision::Follow => {
            let plan = destroy_plan(aws, &current).await?;
            let deleted = deletion::follow_running(aws, &current.reference, pacer, host).await?;
            return outcome(aws, plan, BTreeMap::new(), deleted, options).await;
        }
        DestroyDecision::Delete => {}
    }
    let plan = destroy_plan(aws, &current).await?;
    if plan.protected && !options.unprotect {
        let next = vec![next_step::own("destroy", &options.arguments, "--unprotect")];
        return Ok(Outcome::Protected { plan, next });
    }
    if !plan.non_empty_buckets.is_empty() && !options.empty {
        let next = vec![next_step::own("destroy", &options.arguments, "--empty")];
        return Ok(Outcome::BucketsNotEmpty { stack: plan.stack, buckets: plan.non_empty_buckets, next });
    }
    let question = Question::DestroyStack(plan.clone());
    match host.approve(&question) {
        Answer::Yes => {}
        Answer::No => return Ok(Outcome::Declined { question }),
        Answer::CannotAsk => return Ok(Outcome::ApprovalNeeded { question }),
    }
    if pacer.is_interrupted() {
        return Ok(Outcome::Interrupted { stack_name: plan.stack.name });
    }
    if plan.protected {
        deletion::set_protection(aws, &plan.stack, false).await?;
    }
    let mut emptied = BTreeMap::new();
    for bucket in &plan.non_empty_buckets {
        let count = empty_bucket(aws, &bucket.bucket, account_of(&plan.stack.id)).await?;
        host.event(Event::ActionFinished { action: "empty-bucket", target: bucket.bucket.clone() });
        emptied.insert(bucket.bucket.clone(), count);
    }
    let deleted = deletion::delete(aws, &plan.stack, &attempt, pacer, host).await?;
    outcome(aws, plan, emptied, deleted, options).await
}

async fn outcome(
    aws: &Aws,
    plan: DestroyPlan,
    emptied: BTreeMap<String, u64>,
    deleted: Deleted,
    options: &DestroyOptions,
) -> Result<Outcome> {
    let stack = plan.stack;
    Ok(match deleted {
        Deleted::Gone => Outcome::Destroyed { stack, retained: plan.stays, emptied },
        Deleted::Failed { status, failures } => {
            let next = vec![next_step::own("destroy", &options.arguments, "")];
            Outcome::DestroyFailed { stack, status, failures, next }
        }
        Deleted::Interrupted => {
            let status = stack::status(aws, &stack.id).await?.map_or(StackStatus::DeleteComplete, |stack| stack.status);
            let next = next_step::running(aws, &stack, status);
            Outcome::Detached { stack, status, next }
        }
    })
}

/// Looks at everything that the deletion would touch, and changes nothing.
async fn destroy_plan(aws: &Aws, stack: &StackSummary) -> Result<DestroyPlan> {
    let template = deployed_template(aws, &stack.reference).await?;
    let mut plan = DestroyPlan {
        stack: stack.reference.clone(),
        goes: Vec::new(),
        stays: Vec::new(),
        non_empty_buckets: Vec::new(),
        protected: stack.protected,
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
    let answer =
        aws.cloudformation.get_template().stack_name(&stack.id).template_stage(TemplateStage::Original).send().await;
    let body = match answer.map_err(failed("CloudFormation", "GetTemplate")) {
        Ok(answer) => answer.template_body.unwrap_or_default(),
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

async fn fetch_resources(aws: &Aws, stack: &StackReference) -> Result<Vec<(StackResource, ResourceStatus)>> {
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
fn account_of(stack_id: &str) -> &str {
    stack_id.split(':').nth(4).unwrap_or_default()
}
