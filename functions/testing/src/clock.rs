//! A clock that stands still until it is set.

use std::sync::Mutex;
use std::time::Duration;

use wiring::Clock;

/// A clock that a test sets.
#[derive(Debug)]
pub struct ManualClock(Mutex<Duration>);

impl ManualClock {
    /// A clock that stands at so many seconds since 1970.
    #[must_use]
    pub fn at(second: u64) -> Self {
        Self(Mutex::new(Duration::from_secs(second)))
    }

    /// Lets seconds pass.
    pub fn advance(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}
