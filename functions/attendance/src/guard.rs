//! Who may ask.

use std::sync::Arc;

use http_events::{Problem, Request};
use secrets::{Comparison, KeptSecret, SecretError};
use serde_json::json;
use wiring::Log;

/// Header with the shared secret.
const HEADER: &str = "x-shared-secret";

/// Lets requests in.
pub enum Guard {
    /// Requests with the shared secret.
    SharedSecret {
        /// What they must have.
        secret: Box<KeptSecret>,
        /// Compares in constant time.
        comparison: Comparison,
        /// Learns why the secret cannot be read.
        log: Arc<dyn Log>,
    },
    /// Requests that IAM has let through already.
    Iam,
}

impl Guard {
    /// Lets a request in.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: 401 `unauthenticated`; 503 `secret-unavailable` while there is nothing to compare with.
    pub(crate) async fn admit(&self, request: &Request) -> Result<(), Problem> {
        let Self::SharedSecret { secret, comparison, log } = self else { return Ok(()) };
        let unauthenticated =
            || Problem::new(401, "unauthenticated", format!("the header `{HEADER}` does not have the shared secret"));
        let given = request.header(HEADER).filter(|given| !given.is_empty()).ok_or_else(unauthenticated)?;
        let unavailable = |error: SecretError| {
            log.error("secret-unreadable", json!({}), &error.to_string());
            Problem::new(503, "secret-unavailable", "the shared secret cannot be read now; try again in a moment")
                .with_header("retry-after", "5")
        };
        let known = secret.text().await.map_err(unavailable)?;
        if comparison.is_same(given, &known) {
            return Ok(());
        }
        // It may have been rotated since it was read.
        let known = secret.text_after_mismatch().await.map_err(unavailable)?;
        if comparison.is_same(given, &known) { Ok(()) } else { Err(unauthenticated()) }
    }
}
