//! Token buckets: a rate per second and how much may come at once.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::Value;

use crate::persist::lock;

/// A rate and a burst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    /// Requests per second.
    pub(crate) rate: f64,
    /// Requests at once.
    pub(crate) burst: f64,
}

impl Limit {
    /// Reads two members of an object; `None` when neither is there. One alone stands for both.
    pub(crate) fn read(settings: &Value, rate: &str, burst: &str) -> Option<Self> {
        let (rate, burst) = (settings[rate].as_f64(), settings[burst].as_f64());
        let some = rate.or(burst)?;
        let limit = Self { rate: rate.unwrap_or(some), burst: burst.unwrap_or(some) };
        // -1 is how the API takes a limit away.
        (limit.rate >= 0.0 && limit.burst >= 0.0).then_some(limit)
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

/// The buckets of an API's data plane, by whatever is limited.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Throttle {
    /// Takes a token from a bucket, which is full when it is first asked for; `false` when there is none.
    pub(crate) fn admit(&self, key: &str, limit: Limit, now: Instant) -> bool {
        let mut buckets = lock(&self.buckets);
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket { tokens: limit.burst, filled: now });
        let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * limit.rate).min(limit.burst);
        bucket.filled = now;
        let admitted = limit.rate > 0.0 && bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let throttle = Throttle::default();
        let limit = Limit { rate: 2.0, burst: 3.0 };
        let start = Instant::now();
        let admitted = |milliseconds| throttle.admit("a", limit, start + Duration::from_millis(milliseconds));
        assert_eq!([0, 0, 0, 0].map(admitted), [true, true, true, false]);
        assert_eq!([499, 500, 501].map(admitted), [false, true, false]);
        assert_eq!([60_000, 60_000, 60_000, 60_000].map(admitted), [true, true, true, false]);
        assert!(throttle.admit("b", limit, start));
        assert!(!throttle.admit("c", Limit { rate: 0.0, burst: 5.0 }, start));
    }

    #[test]
    fn limits_are_read_where_they_are() {
        let read = |settings| Limit::read(&settings, "rateLimit", "burstLimit");
        assert_eq!(read(json!({"rateLimit": 1.5, "burstLimit": 2})), Some(Limit { rate: 1.5, burst: 2.0 }));
        assert_eq!(read(json!({"burstLimit": 0})), Some(Limit { rate: 0.0, burst: 0.0 }));
        assert_eq!(read(json!({"rateLimit": -1, "burstLimit": -1})), None);
        assert_eq!(read(json!({})), None);
    }
}
