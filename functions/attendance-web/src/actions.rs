//! Calling the actions.

use std::time::Duration;

use fetch::{Address, Client};
use http_events::Problem;
use secrets::KeptSecret;
use serde::Deserialize;
use serde_json::{Value, json};

/// How long an action may take.
const TIME_OUT: Duration = Duration::from_secs(8);

/// Most bytes of an answer: a day with all of its videos.
const LARGEST_ANSWER: usize = 4 << 20;

/// The actions, with the secret that they want.
#[derive(Debug)]
pub struct Actions {
    client: Client,
    address: Address,
    secret: KeptSecret,
}

/// A video as the actions tell it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Entry {
    pub(crate) submission_id: u64,
    pub(crate) timestamp: String,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) video_link: String,
}

impl Actions {
    /// The actions at an address.
    #[must_use]
    pub fn new(address: Address, secret: KeptSecret) -> Self {
        Self { client: Client::new(TIME_OUT, LARGEST_ANSWER), address, secret }
    }

    /// What pages may load and send: own files, videos and uploads over https; on a developer's machine without it, too.
    pub(crate) fn content_security_policy(&self) -> String {
        let elsewhere = if self.address.is_plain() { "https: http:" } else { "https:" };
        format!(
            "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'self'; \
             script-src 'self'; connect-src 'self' {elsewhere}; media-src {elsewhere}"
        )
    }

    /// Does an action, and returns its answer.
    ///
    /// # Errors
    ///
    /// The actions' own [`Problem`] with a status of 4xx, as far as it concerns the user; 502 `actions-failed` for all else.
    pub(crate) async fn call(&self, action: &str, params: Value) -> Result<Value, Problem> {
        let failed = |reason: String| Problem::new(502, "actions-failed", format!("`{action}` failed: {reason}"));
        let secret = self.secret.text().await.map_err(|error| failed(error.to_string()))?;
        let body = json!({ "action": action, "params": params }).to_string().into_bytes();
        let answer = self.send(&secret, body.clone()).await.map_err(|error| failed(error.to_string()))?;
        let answer = if answer.status == 401 {
            // The secret may have been rotated since it was read.
            let secret = self.secret.text_after_mismatch().await.map_err(|error| failed(error.to_string()))?;
            self.send(&secret, body).await.map_err(|error| failed(error.to_string()))?
        } else {
            answer
        };
        let said: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| failed(format!("the answer has status {} and is not JSON", answer.status)))?;
        let message = said["error"]["message"].as_str().unwrap_or("no message").to_owned();
        match answer.status {
            200 => Ok(said),
            400 => Err(Problem::new(400, "refused", message)),
            404 => Err(Problem::new(404, "not-found", message)),
            409 => Err(Problem::new(409, "conflict", message)),
            status => Err(failed(format!("status {status}: {message}"))),
        }
    }

    async fn send(&self, secret: &str, body: Vec<u8>) -> Result<fetch::Answered, fetch::FetchError> {
        let headers = [("content-type", "application/json".to_owned()), ("x-shared-secret", secret.to_owned())];
        self.client.post(&self.address, &headers, body).await
    }
}

/// Reads an answer of a known shape.
pub(crate) fn read<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, Problem> {
    serde_json::from_value(answer)
        .map_err(|error| Problem::new(502, "actions-failed", format!("the actions answered something else: {error}")))
}
