//! What CloudFormation knows about a stack.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackDriftStatus, TemplateStage};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;
use serde_json::Value;

use crate::attempt::deployer_of;
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::outcome::StackReference;
use crate::owner;
use crate::status::{DiffDecision, StackStatus};
use crate::watched::Watched;

/// A stack as `DescribeStacks` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackSummary {
    /// Name and id.
    #[serde(flatten)]
    pub reference: StackReference,
    /// Status.
    pub status: StackStatus,
    /// Reason of the status, where there is one.
    pub status_reason: Option<String>,
    /// Outputs by key.
    pub outputs: BTreeMap<String, String>,
    /// Values of the template's parameters; `NoEcho` ones are masked by CloudFormation.
    #[serde(skip)]
    pub parameters: BTreeMap<String, String>,
    /// Stack tags.
    pub tags: BTreeMap<String, String>,
    /// True when the stack has termination protection.
    pub protected: bool,
    /// Who deployed it last, where the name of its change set says so.
    pub deployer: Option<String>,
    /// When it was created, in RFC 3339, UTC.
    pub created: Option<String>,
    /// When it was updated last, in RFC 3339, UTC; absent when it never was.
    pub updated: Option<String>,
    /// What the last drift detection found.
    pub drift: LastDrift,
    /// What CloudFormation was told beside the template.
    #[serde(skip)]
    pub watched: Watched,
}

/// What the last drift detection of a stack found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastDrift {
    /// `IN_SYNC`, `DRIFTED`, `UNKNOWN` or `NOT_CHECKED`, as CloudFormation says it.
    pub status: String,
    /// When it was, in RFC 3339, UTC.
    pub checked: Option<String>,
}

/// The stack of this name or id, `None` when there is none.
///
/// A deleted stack is `None` by name and `DELETE_COMPLETE` by id.
///
/// # Errors
/// A refused or unanswered call.
pub async fn status(aws: &Aws, stack_name: &str) -> Result<Option<StackSummary>> {
    let answer = aws.cloudformation.describe_stacks().stack_name(stack_name).send().await;
    match answer.map_err(failed("CloudFormation", "DescribeStacks")) {
        Ok(answer) => answer.stacks.unwrap_or_default().into_iter().next().map(summary).transpose(),
        Err(error) if is_no_such_stack(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Every stack of the account and region that exists.
pub(crate) async fn all(aws: &Aws) -> Result<Vec<StackSummary>> {
    let mut stacks = Vec::new();
    let mut token = None;
    loop {
        let answer = aws.cloudformation.describe_stacks().set_next_token(token).send().await;
        let answer = answer.map_err(failed("CloudFormation", "DescribeStacks"))?;
        for stack in answer.stacks.unwrap_or_default() {
            stacks.push(summary(stack)?);
        }
        token = answer.next_token;
        if token.is_none() {
            return Ok(stacks);
        }
    }
}

/// Outputs of a stack by key; empty when there is no such stack.
///
/// # Errors
/// A refused or unanswered call.
pub async fn outputs(aws: &Aws, stack_name: &str) -> Result<BTreeMap<String, String>> {
    Ok(status(aws, stack_name).await?.map(|stack| stack.outputs).unwrap_or_default())
}

/// What a deployment finds of a stack, to compare a plan with.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The stack.
    pub stack: StackSummary,
    /// The template that was deployed last, as it was sent; absent in a state in which no resource of it counts: a shell, or a
    /// first creation that failed, which the next deployment replaces.
    pub template: Option<String>,
}

/// A stack and its template by name; `None` when there is none. Two calls, and nothing is made.
///
/// # Errors
/// A stack of another project (see [`DestroyOptions::tags`](crate::DestroyOptions::tags)); a refused or unanswered call.
pub async fn deployed(aws: &Aws, stack_name: &str, tags: &BTreeMap<String, String>) -> Result<Option<Deployed>> {
    let Some(stack) = status(aws, stack_name).await? else { return Ok(None) };
    owner::check(aws, &stack, tags)?;
    let template = match StackStatus::diff_decision(stack.status) {
        DiffDecision::Nothing => None,
        DiffDecision::Compare => Some(template_body(aws, &stack.reference).await?),
    };
    Ok(Some(Deployed { stack, template }))
}

/// The template that was deployed last, as JSON; `None` when it is in another form, which is not ours.
pub(crate) async fn template(aws: &Aws, stack: &StackReference) -> Result<Option<Value>> {
    Ok(serde_json::from_str(&template_body(aws, stack).await?).ok())
}

/// The template that was deployed last, as it was sent.
pub(crate) async fn template_body(aws: &Aws, stack: &StackReference) -> Result<String> {
    let answer =
        aws.cloudformation.get_template().stack_name(&stack.id).template_stage(TemplateStage::Original).send().await;
    Ok(answer.map_err(failed("CloudFormation", "GetTemplate"))?.template_body.unwrap_or_default())
}

/// True when the service says that the stack does not exist: it has no code of its own for that.
pub(crate) fn is_no_such_stack(error: &AwsError) -> bool {
    error.has_code("ValidationError") && error.says("does not exist")
}

/// A time in RFC 3339.
fn text_of(time: &DateTime) -> Option<String> {
    time.fmt(Format::DateTime).ok()
}

fn summary(stack: Stack) -> Result<StackSummary> {
    let missing =
        |missing| AwsError::IncompleteAnswer { service: "CloudFormation", operation: "DescribeStacks", missing };
    let status = stack.stack_status.as_ref().and_then(|status| StackStatus::parse(status.as_str()));
    let drift = stack.drift_information.as_ref();
    let checked = drift.and_then(|drift| drift.stack_drift_status.clone()).unwrap_or(StackDriftStatus::NotChecked);
    let drift = LastDrift {
        status: checked.as_str().to_owned(),
        checked: drift.and_then(|drift| drift.last_check_timestamp.as_ref()).and_then(text_of),
    };
    Ok(StackSummary {
        reference: StackReference {
            name: stack.stack_name.ok_or(missing("StackName"))?,
            id: stack.stack_id.ok_or(missing("StackId"))?,
        },
        status: status.ok_or(missing("a known StackStatus"))?,
        status_reason: stack.stack_status_reason,
        outputs: stack
            .outputs
            .unwrap_or_default()
            .into_iter()
            .filter_map(|output| Some((output.output_key?, output.output_value?)))
            .collect(),
        parameters: stack
            .parameters
            .unwrap_or_default()
            .into_iter()
            .filter_map(|parameter| Some((parameter.parameter_key?, parameter.parameter_value?)))
            .collect(),
        tags: stack.tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value?))).collect(),
        protected: stack.enable_termination_protection.unwrap_or(false),
        deployer: stack.change_set_id.as_deref().and_then(deployer_of),
        created: stack.creation_time.as_ref().and_then(text_of),
        updated: stack.last_updated_time.as_ref().and_then(text_of),
        drift,
        watched: Watched::of_stack(stack.notification_arns, stack.rollback_configuration),
    })
}
