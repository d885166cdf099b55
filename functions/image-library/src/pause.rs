//! Waiting for others, as something that a test can hold.

use std::time::Duration;

use async_trait::async_trait;

/// Lets time pass.
#[async_trait]
pub trait Pause: Send + Sync {
    /// Waits.
    async fn pause(&self, duration: Duration);
}

/// The timer of the runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timer;

#[async_trait]
impl Pause for Timer {
    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
