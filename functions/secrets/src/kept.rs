//! A secret of Secrets Manager, kept in memory.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use clients::failure_text;
use thiserror::Error;
use tokio::sync::Mutex;
use wiring::Clock;

/// How long a value is used before it is read again: how long a rotated secret goes on being valid.
const KEPT_FOR: Duration = Duration::from_mins(5);

/// How soon a value is read again because what was told does not match it: strangers must not make a function read at will.
const SOONEST: Duration = Duration::from_secs(10);

/// Why there is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SecretError {
    /// Secrets Manager did not give it.
    #[error("the secret cannot be read: {0}")]
    Unavailable(String),
    /// The secret is binary or empty.
    #[error("the secret has no text")]
    NoText,
}

/// A secret that is read when it is first needed. It does not show itself.
pub struct KeptSecret {
    client: Client,
    id: String,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<(Duration, Arc<str>)>>,
}

impl std::fmt::Debug for KeptSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KeptSecret").field("id", &self.id).finish_non_exhaustive()
    }
}

impl KeptSecret {
    /// The secret with this name or ARN.
    #[must_use]
    pub fn new(client: Client, id: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { client, id: id.into(), clock, kept: Mutex::new(None) }
    }

    /// The text of the secret. A text that is at hand serves on while Secrets Manager fails.
    ///
    /// # Errors
    ///
    /// [`SecretError`], when there is no text.
    pub async fn text(&self) -> Result<Arc<str>, SecretError> {
        self.younger_than(KEPT_FOR).await
    }

    /// The text of the secret for someone whose text does not match the one at hand: it may have been rotated.
    ///
    /// # Errors
    ///
    /// [`SecretError`], when there is no text.
    pub async fn text_after_mismatch(&self) -> Result<Arc<str>, SecretError> {
        self.younger_than(SOONEST).await
    }

    async fn younger_than(&self, age: Duration) -> Result<Arc<str>, SecretError> {
        // Held while reading: several requests at once read once.
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        if let Some((since, text)) = &*kept
            && now.saturating_sub(*since) < age
        {
            return Ok(Arc::clone(text));
        }
        // Boxed: the future of an SDK call nests so deeply that handlers which await it meet the compiler's limit.
        match (Box::pin(self.read()).await, &*kept) {
            (Ok(text), _) => {
                *kept = Some((now, Arc::clone(&text)));
                Ok(text)
            }
            (Err(_), Some((_, text))) => Ok(Arc::clone(text)),
            (Err(error), None) => Err(error),
        }
    }

    async fn read(&self) -> Result<Arc<str>, SecretError> {
        let answer = self.client.get_secret_value().secret_id(&self.id).send().await;
        let answer = answer.map_err(|error| SecretError::Unavailable(failure_text(&error)))?;
        answer.secret_string().filter(|text| !text.is_empty()).map(Arc::from).ok_or(SecretError::NoText)
    }
}
