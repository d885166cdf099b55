//! Invokes a function.

use std::time::Duration;

use aws_sdk_lambda::config::Builder as Override;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};

/// Longest time that a function may take (900 s), and some for the answer to arrive.
const LONGEST: Duration = Duration::from_secs(930);

/// How a function is invoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvocationKind {
    /// Wait for its answer.
    RequestResponse,
    /// Put the event into its queue; Lambda tries again when it fails.
    Event,
}

/// What a function is invoked with.
#[derive(Debug, Clone)]
pub struct Invocation<'a> {
    /// Name in Lambda.
    pub function_name: &'a str,
    /// The event: JSON.
    pub payload: Vec<u8>,
    /// How.
    pub kind: InvocationKind,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invoked {
    /// HTTP status of Lambda's answer: 200, or 202 for an event in the queue.
    pub status: i32,
    /// The version that ran.
    pub version: Option<String>,
    /// `Handled` or `Unhandled` when the function failed; what it said of it is the payload.
    pub error: Option<String>,
    /// What the function answered, as it is; empty for an event.
    pub payload: String,
    /// The last 4 KB of what it logged, without the line end; empty for an event.
    pub log: String,
}

/// Invokes a function once: a call whose answer is lost is not tried again, as the function may have run.
///
/// # Errors
/// [`AwsError::FunctionAbsent`]; a refused or unanswered call.
pub async fn invoke(aws: &Aws, invocation: Invocation<'_>) -> Result<Invoked> {
    let Invocation { function_name, payload, kind } = invocation;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(aws.limits.connect)
        .read_timeout(LONGEST)
        .operation_attempt_timeout(LONGEST)
        .operation_timeout(LONGEST)
        .build();
    let call = aws.lambda.invoke().function_name(function_name).payload(Blob::new(payload));
    let call = match kind {
        InvocationKind::RequestResponse => call.log_type(LogType::Tail),
        InvocationKind::Event => call.invocation_type(InvocationType::Event),
    };
    let answer = call
        .customize()
        .config_override(Override::default().timeout_config(timeouts).retry_config(RetryConfig::disabled()))
        .send()
        .await
        .map_err(failed("Lambda", "Invoke"));
    let answer = match answer {
        Err(error) if error.has_code("ResourceNotFoundException") => {
            let (function, region) = (function_name.to_owned(), aws.target().region.clone());
            return Err(AwsError::FunctionAbsent { function, region });
        }
        answer => answer?,
    };
    let log = answer.log_result.and_then(|log| STANDARD.decode(log).ok()).unwrap_or_default();
    Ok(Invoked {
        status: answer.status_code,
        version: answer.executed_version,
        error: answer.function_error,
        payload: text(answer.payload.map(Blob::into_inner).unwrap_or_default()),
        log: text(log).trim_end().to_owned(),
    })
}

/// Bytes that are no UTF-8 are no JSON either; what can be read of them is shown.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
