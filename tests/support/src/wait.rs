//! Waiting for something that happens in the background.

use std::time::{Duration, Instant};

/// How long background work may take before a test gives up: generous, because machines of CI are slow and shared.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Asks again every few milliseconds until `probe` gives a value, for at most [`PATIENCE`].
pub async fn eventually<T>(what: &str, probe: impl AsyncFnMut() -> Option<T>) -> T {
    within(PATIENCE, what, probe).await
}

/// The same with a limit of its own. Panics with `what` when the limit is over.
pub async fn within<T>(limit: Duration, what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(started.elapsed() < limit, "gave up after {limit:?} waiting for: {what}");
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}
