//! The time of day, as something that a test can set.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time.
///
/// The clock of the day and not a monotonic one: Lambda freezes a function between two invocations, and what is kept in
/// memory must age meanwhile.
pub trait Clock: Send + Sync {
    /// Time since 1970-01-01T00:00:00Z.
    fn now(&self) -> Duration;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}
