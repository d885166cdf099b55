//! The artifact bucket of an account and region: made on first use by a small stack of its own.

use aws_sdk_cloudformation::types::OnFailure;
use stack_plan::Event;

use crate::attempt::Attempt;
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::host::{Answer, Host, Question};
use crate::options::{Pacer, Pause};
use crate::stack;
use crate::status::StackStatus;

/// Name of the stack that holds the artifact bucket.
pub(crate) const ARTIFACT_STACK: &str = "stack-artifacts";

/// Its template. No versions: keys are content hashes, so nothing is ever overwritten.
const TEMPLATE: &str = include_str!("artifact_bucket.template.json");

/// Name of the artifact bucket of an account and region.
#[must_use]
pub fn artifact_bucket_name(account: &str, region: &str) -> String {
    format!("stack-artifacts-{account}-{region}")
}

/// How making sure of the bucket ended.
pub(crate) enum Ensured {
    /// It is there.
    Ready,
    /// It is not, and may not be made.
    NotAllowed { question: Question, answer: Answer },
    /// The caller interrupted. The stack may still be on its way, which harms nobody.
    Interrupted,
}

/// Makes sure that the artifact bucket exists. Two commands that do so at once both succeed.
pub(crate) async fn ensure(
    aws: &Aws,
    account: &str,
    attempt: &Attempt,
    mut pacer: Pacer,
    host: &mut dyn Host,
) -> Result<Ensured> {
    let bucket = artifact_bucket_name(account, &aws.target().region);
    if exists(aws, &bucket, account).await? {
        return Ok(Ensured::Ready);
    }
    let question = Question::CreateArtifactBucket {
        bucket: bucket.clone(),
        account: account.to_owned(),
        region: aws.target().region.clone(),
    };
    match host.approve(&question) {
        Answer::Yes => {}
        answer => return Ok(Ensured::NotAllowed { question, answer }),
    }
    let stack_id = create_stack(aws, attempt).await?;
    let mut failure = String::new();
    loop {
        let stack = stack::status(aws, &stack_id).await?;
        let status = stack.as_ref().map_or(StackStatus::DeleteComplete, |stack| stack.status);
        if !status.is_in_progress() {
            let is_good = matches!(status, StackStatus::CreateComplete | StackStatus::UpdateComplete);
            if is_good && exists(aws, &bucket, account).await? {
                host.event(Event::ArtifactBucketCreated { bucket });
                return Ok(Ensured::Ready);
            }
            if is_good {
                failure = format!("the stack is there but bucket `{bucket}` was deleted outside of it");
            } else if failure.is_empty() {
                failure = first_failure(aws, &stack_id).await;
            }
            return Err(AwsError::ArtifactBucketFailed { status: status.to_string(), reason: failure });
        }
        if let Some(reason) = stack.and_then(|stack| stack.status_reason) {
            failure = reason;
        }
        if pacer.pause().await == Pause::Interrupted {
            return Ok(Ensured::Interrupted);
        }
    }
}

/// Orders the stack and returns its id, or its name when somebody else was first.
async fn create_stack(aws: &Aws, attempt: &Attempt) -> Result<String> {
    let answer = aws
        .cloudformation
        .create_stack()
        .stack_name(ARTIFACT_STACK)
        .template_body(TEMPLATE)
        // A stack in ROLLBACK_COMPLETE would block every later try.
        .on_failure(OnFailure::Delete)
        .client_request_token(attempt.artifacts_token())
        .send()
        .await;
    match answer.map_err(failed("CloudFormation", "CreateStack")) {
        Ok(answer) => Ok(answer.stack_id.unwrap_or_else(|| ARTIFACT_STACK.to_owned())),
        Err(error) if error.has_any_code(&["AlreadyExistsException", "TokenAlreadyExistsException"]) => {
            Ok(ARTIFACT_STACK.to_owned())
        }
        Err(error) => Err(error),
    }
}

/// True when the bucket exists and belongs to the account.
pub(crate) async fn exists(aws: &Aws, bucket: &str, account: &str) -> Result<bool> {
    let answer = aws.s3.head_bucket().bucket(bucket).expected_bucket_owner(account).send().await;
    match answer.map_err(failed("S3", "HeadBucket")) {
        Ok(_) => Ok(true),
        Err(error) if error.has_status(404) => Ok(false),
        Err(error) if error.has_status(403) || error.has_status(301) => {
            Err(AwsError::ArtifactBucketNotOurs { bucket: bucket.to_owned() })
        }
        Err(error) => Err(error),
    }
}

/// Why the stack failed, as far as its events tell.
async fn first_failure(aws: &Aws, stack_id: &str) -> String {
    let events = aws.cloudformation.describe_stack_events().stack_name(stack_id).send().await;
    let reason = events.ok().and_then(|answer| {
        // Newest first: the last failure of the list is the first that happened.
        answer
            .stack_events
            .unwrap_or_default()
            .into_iter()
            .rev()
            .filter(|event| event.resource_status.as_ref().is_some_and(|status| status.as_str().ends_with("_FAILED")))
            .find_map(|event| event.resource_status_reason)
    });
    reason.unwrap_or_else(|| "CloudFormation gave no reason".to_owned())
}
