//! What API Gateway asks a TOKEN authorizer.

use lambda_runtime::Diagnostic;
use serde_json::Value;
use thiserror::Error;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The header as it was sent; `None` when it is no text.
    pub token: Option<String>,
    /// All methods and paths of the stage: `arn:aws:execute-api:region:account:api/stage/*`.
    pub resource: String,
}

/// A payload that asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the payload is not a TOKEN authorizer event of API Gateway: {reason}")]
pub struct EventError {
    /// What is missing or different.
    pub reason: &'static str,
}

impl From<EventError> for Diagnostic {
    fn from(error: EventError) -> Self {
        Self { error_type: "unsupported-event".into(), error_message: error.to_string() }
    }
}

/// Reads a payload.
///
/// # Errors
///
/// [`EventError`] for every other payload.
pub fn parse_question(payload: &Value) -> Result<Question, EventError> {
    let wrong = |reason| EventError { reason };
    let event = payload.as_object().ok_or(wrong("it is not a JSON object"))?;
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    if text("type") != Some("TOKEN") {
        return Err(wrong("its `type` is not TOKEN"));
    }
    let method = text("methodArn").ok_or(wrong("it has no `methodArn`"))?;
    let resource = whole_stage(method).ok_or(wrong("its `methodArn` is not one of execute-api"))?;
    Ok(Question { token: text("authorizationToken").map(str::to_owned), resource })
}

/// `arn:aws:execute-api:region:account:api/stage/GET/path` becomes `arn:aws:execute-api:region:account:api/stage/*`.
fn whole_stage(method_arn: &str) -> Option<String> {
    let mut parts = method_arn.splitn(3, '/');
    let (api, stage, _method) = (parts.next()?, parts.next()?, parts.next()?);
    let is_api = api.starts_with("arn:") && api.contains(":execute-api:");
    is_api.then(|| format!("{api}/{stage}/*"))
}
