//! Time. The service asks for it here and nowhere else.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970.
pub(crate) type Milliseconds = i64;

/// Lets minutes go by: the length of one.
#[cfg(not(test))]
#[derive(Debug)]
pub(crate) struct Minutes(std::time::Duration);

#[cfg(not(test))]
impl Default for Minutes {
    fn default() -> Self {
        Self(std::time::Duration::from_mins(1))
    }
}

#[cfg(not(test))]
impl Minutes {
    /// Waits for so many minutes.
    pub(crate) async fn pass(&self, minutes: u32) {
        tokio::time::sleep(self.0.saturating_mul(minutes)).await;
    }
}

/// Minutes that go by when the test says so: each permit is one.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Minutes(pub(crate) tokio::sync::Semaphore);

#[cfg(test)]
impl Default for Minutes {
    fn default() -> Self {
        Self(tokio::sync::Semaphore::new(0))
    }
}

#[cfg(test)]
impl Minutes {
    pub(crate) async fn pass(&self, minutes: u32) {
        self.0.acquire_many(minutes).await.unwrap().forget();
    }
}

/// The present moment.
pub(crate) fn now() -> Milliseconds {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// As AWS writes it: `2026-11-21T02:46:05.123Z`.
pub(crate) fn format(moment: Milliseconds) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment) * 1_000_000)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn moments_are_written_as_aws_does() {
        assert_eq!(super::format(1_795_229_165_123), "2026-11-21T02:46:05.123Z");
    }
}
