//! Lambda function: tells API Gateway whether a request carries a valid token of a Cognito user pool.
//!
//! [`handle`] answers the authorizers of HTTP APIs (simple responses), REST APIs and WebSocket APIs (IAM policies). It fails
//! closed: whatever goes wrong, the answer is a denial, and a payload that is no question gets an error. The client never
//! learns the reason; the log does. No token is ever logged.

mod json;
mod key;
mod keys;
mod question;
mod refusal;
mod settings;
mod token;
mod verify;

use std::sync::Arc;

use serde_json::{Value, json};
use wiring::{Clock, Log};

pub use key::Key;
pub use keys::{KeyError, Keys};
pub use question::{EventError, Form, Question, parse_question};
pub use refusal::Refusal;
pub use settings::{Settings, TokenUse};
pub use token::Token;
pub use verify::{Identity, check_claims, verify};

/// What the handler works with.
pub struct Dependencies {
    /// The function's configuration.
    pub settings: Settings,
    /// The keys of the pool.
    pub keys: Keys,
    /// Judges expiry.
    pub clock: Arc<dyn Clock>,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

impl Dependencies {
    /// Dependencies whose keys are fetched from where the settings say.
    #[must_use]
    pub fn new(settings: Settings, clock: Arc<dyn Clock>, log: Arc<dyn Log>) -> Self {
        let keys = Keys::new(settings.key_set.clone(), Arc::clone(&clock), Arc::clone(&log));
        Self { settings, keys, clock, log }
    }
}

/// Answers one question.
///
/// # Errors
///
/// [`EventError`] when the payload is no authorizer event; API Gateway then refuses the request.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Value, EventError> {
    let Dependencies { settings, keys, clock, log } = dependencies;
    let question = parse_question(&payload)?;
    let verdict = match &question.token {
        Some(token) => verify(token, settings, keys, clock.now().as_secs()).await,
        None => Err(Refusal::Missing),
    };
    match &verdict {
        Ok(identity) => log.info("token-accepted", json!({ "sub": identity.subject }), "the token is valid"),
        // Not an error of ours: strangers may send what they like, as often as they like.
        Err(refusal) => log.info(refusal.code(), json!({}), &refusal.to_string()),
    }
    Ok(answer(&question.form, verdict.ok().as_ref()))
}

/// The answer in the form that was asked for: allowed for an identity, denied without one.
fn answer(form: &Form, identity: Option<&Identity>) -> Value {
    let context = identity
        .map(|identity| json!({ "sub": identity.subject, "username": identity.username, "scope": identity.scope }));
    let mut answer = match form {
        Form::Simple => json!({ "isAuthorized": identity.is_some() }),
        Form::Policy { resource } => {
            let (principal, effect) = match identity {
                Some(identity) => (identity.subject.as_str(), "Allow"),
                None => ("nobody", "Deny"),
            };
            json!({
                "principalId": principal,
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": resource }],
                },
            })
        }
    };
    if let Some(context) = context {
        answer["context"] = context;
    }
    answer
}
