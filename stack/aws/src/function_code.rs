//! New code for a function without a deployment (hot swap).

use aws_sdk_lambda::types::LastUpdateStatus;

use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::options::{CancellationToken, Pacer, Polling};

/// Gives a function the zip under `key` of the artifact bucket and waits until it runs.
///
/// The stack is not told: the next deployment brings the function back to what the template says.
///
/// # Errors
/// A refused or unanswered call; [`AwsError::FunctionUpdateFailed`] when Lambda does not take the code.
pub async fn update_function_code(aws: &Aws, function_name: &str, artifact_bucket: &str, key: &str) -> Result<()> {
    aws.lambda
        .update_function_code()
        .function_name(function_name)
        .s3_bucket(artifact_bucket)
        .s3_key(key)
        .send()
        .await
        .map_err(failed("Lambda", "UpdateFunctionCode"))?;
    let mut pacer = Pacer::new(Polling::suiting(aws), CancellationToken::new());
    for _ in 0..POLLS {
        let configuration = aws
            .lambda
            .get_function_configuration()
            .function_name(function_name)
            .send()
            .await
            .map_err(failed("Lambda", "GetFunctionConfiguration"))?;
        match configuration.last_update_status {
            // Endpoints that apply the code at once may leave the status out.
            None | Some(LastUpdateStatus::Successful) => return Ok(()),
            Some(LastUpdateStatus::Failed) => {
                return Err(AwsError::FunctionUpdateFailed {
                    function: function_name.to_owned(),
                    reason: configuration.last_update_status_reason.unwrap_or_else(|| "no reason given".to_owned()),
                });
            }
            Some(_) => {
                pacer.pause().await;
            }
        }
    }
    Err(AwsError::FunctionUpdateFailed {
        function: function_name.to_owned(),
        reason: "it was still in progress when the time was over".to_owned(),
    })
}

/// Polls before giving up: about 5 min against AWS.
const POLLS: u32 = 70;
