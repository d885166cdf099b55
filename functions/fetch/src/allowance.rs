//! How often something may be done.

use std::time::Duration;

/// Some uses at once, and one more after each interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    capacity: u32,
    interval: Duration,
    left: u32,
    /// When the last use came back, or the first was taken from a full allowance.
    since: Duration,
}

impl Allowance {
    /// A full allowance of `capacity` uses.
    #[must_use]
    pub fn new(capacity: u32, interval: Duration) -> Self {
        Self { capacity, interval, left: capacity, since: Duration::ZERO }
    }

    /// Whether a use is left at this time (since any fixed moment). A clock that was set back gives nothing.
    pub fn is_left(&mut self, now: Duration) -> bool {
        while self.left < self.capacity && now.saturating_sub(self.since) >= self.interval {
            self.left += 1;
            self.since += self.interval;
        }
        self.left > 0
    }

    /// Takes a use, if one is left.
    pub fn take(&mut self, now: Duration) -> bool {
        let is_left = self.is_left(now);
        if self.left == self.capacity {
            self.since = now;
        }
        self.left = self.left.saturating_sub(1);
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_come_back_one_by_one() {
        let mut allowance = Allowance::new(2, Duration::from_mins(5));
        let taken: Vec<u64> = (1000..2000).filter(|&second| allowance.take(Duration::from_secs(second))).collect();
        assert_eq!(taken, [1000, 1001, 1300, 1600, 1900]);
        assert!(!allowance.take(Duration::from_secs(5)));
        assert!(allowance.take(Duration::from_mins(150)));
        assert!(allowance.take(Duration::from_mins(150)));
        assert!(!allowance.take(Duration::from_mins(150)));
    }
}
