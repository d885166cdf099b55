//! Lambda function: HTTP Basic against the credentials of a secret.
//!
//! [`handle`] answers TOKEN authorizers of REST APIs with an IAM policy. It fails closed: missing, odd and wrong credentials are
//! denied. While the secret cannot be read, the invocation fails, so that API Gateway refuses the request and keeps no answer.
//! The client never learns the reason; the log does. No credentials are ever logged.

mod basic;
mod question;
mod settings;

use std::sync::Arc;

use lambda_runtime::Diagnostic;
use secrets::{Comparison, KeptSecret};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use wiring::Log;

pub use basic::Basic;
pub use question::{EventError, Question, parse_question};
pub use settings::Settings;

/// What the handler works with.
pub struct Dependencies {
    /// `{"username", "password"}`.
    pub credentials: KeptSecret,
    /// Compares in constant time.
    pub comparison: Comparison,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

/// An invocation that failed; API Gateway then refuses the request.
#[derive(Debug, Error)]
pub enum HandlerError {
    /// The payload is no question.
    #[error(transparent)]
    UnsupportedEvent(#[from] EventError),
    /// There are no credentials to compare with.
    #[error("the credentials of the API cannot be read: {0}")]
    NoCredentials(String),
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::UnsupportedEvent(_) => "unsupported-event",
            HandlerError::NoCredentials(_) => "no-credentials",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

/// What the secret holds.
#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

/// Answers one question.
///
/// # Errors
///
/// [`HandlerError`] when the payload is no TOKEN authorizer event, or when the secret cannot be read.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Value, HandlerError> {
    let Question { token, resource } = parse_question(&payload)?;
    let Some(given) = token.as_deref().and_then(Basic::parse) else {
        dependencies.log.info("credentials-missing", json!({}), "the request carries no credentials of HTTP Basic");
        return Ok(policy("anonymous", "Deny", &resource));
    };
    if is_known(&given, dependencies).await? {
        let mut answer = policy(&given.username, "Allow", &resource);
        // API Gateway passes texts, numbers and booleans on as texts.
        answer["context"] = json!({ "is_admin": true });
        return Ok(answer);
    }
    dependencies.log.info("credentials-refused", json!({}), "the user name or the password is wrong");
    Ok(policy("anonymous", "Deny", &resource))
}

async fn is_known(given: &Basic, dependencies: &Dependencies) -> Result<bool, HandlerError> {
    let Dependencies { credentials, comparison, log } = dependencies;
    let failed = |reason: String| {
        log.error("credentials-unreadable", json!({}), &reason);
        HandlerError::NoCredentials(reason)
    };
    let matches = |text: &str| {
        let known: Credentials = serde_json::from_str(text)
            .map_err(|_| failed("the secret is not a JSON object with `username` and `password`".to_owned()))?;
        let is_set = !known.username.is_empty() && !known.password.is_empty();
        let are_same = comparison.are_same((&given.username, &known.username), (&given.password, &known.password));
        Ok(is_set && are_same)
    };
    let text = credentials.text().await.map_err(|error| failed(error.to_string()))?;
    if matches(&text)? {
        return Ok(true);
    }
    let later = credentials.text_after_mismatch().await.map_err(|error| failed(error.to_string()))?;
    if later == text { Ok(false) } else { matches(&later) }
}

/// An answer that holds for the whole stage: API Gateway keeps it for other requests with the same header.
fn policy(principal: &str, effect: &str, resource: &str) -> Value {
    json!({
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": resource }]
        }
    })
}
