//! Numbers and durations with bounds.

use super::{SettingValue, parse_seconds, whole};

/// Makes settings that are one number: how it is read, its bounds, what is expected, how to mend it.
macro_rules! bounded {
    ($($(#[$doc:meta])* $name:ident, $read:ident, $min:literal..=$max:literal, $expected:literal, $help:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) u32);

        impl SettingValue for $name {
            const EXPECTED: &'static str = $expected;
            const HELP: &'static str = $help;
            fn parse(text: &str) -> Option<Self> {
                $read(text).filter(|number| ($min..=$max).contains(number)).map(Self)
            }
        }
    )+};
}

bounded! {
    /// Seconds for which a received message stays hidden from other receivers.
    VisibilityTimeout, parse_seconds, 0..=43_200, "a duration from 0s to 12h", "write a whole number with a unit: `30s`, `3m`";
    /// Seconds for which a queue keeps a message.
    MessageRetention, parse_seconds, 60..=1_209_600, "a duration from 60s to 14d", "write a whole number with a unit: `1h`, `4d`";
    /// Seconds after which a message can be received first.
    MessageDelay, parse_seconds, 0..=900, "a duration from 0s to 15m", "write a whole number with a unit: `30s`, `5m`";
    /// Seconds for which a receiver waits for a message.
    LongPolling, parse_seconds, 0..=20, "a duration from 0s to 20s", "write a whole number with a unit: `20s`";
    /// Receptions after which a message goes to the dead-letter queue.
    MaxReceives, whole, 1..=1_000, "a number from 1 to 1000", "";
    /// Greatest size of a message in bytes.
    MessageSize, whole, 1_024..=1_048_576, "a size from 1024 to 1048576, in bytes", "";
    /// Capacity units of a table.
    CapacityUnits, whole, 1..=40_000, "a number of capacity units from 1 to 40000", "";
    /// Messages or records of one batch.
    BatchSize, whole, 1..=10_000, "a number from 1 to 10000", "";
    /// Seconds for which a batch is gathered.
    BatchWindow, parse_seconds, 0..=300, "a duration from 0s to 5m", "write a whole number with a unit: `5s`, `1m`";
    /// Instances of a function that one queue may start.
    MaxConcurrency, whole, 2..=1_000, "a number from 2 to 1000", "";
    /// Batches of one shard that are processed at once.
    Parallelization, whole, 1..=10, "a number from 1 to 10", "";
    /// Retries of a batch of records.
    RecordRetries, whole, 0..=10_000, "a number of retries from 0 to 10000", "";
    /// Age at which a record is given up, in seconds.
    RecordAge, parse_seconds, 60..=604_800, "an age from 60s to 7d", "write a whole number with a unit: `1h`, `2d`";
    /// Instances of a function that are kept for it and that it may not exceed.
    ReservedConcurrency, whole, 0..=100_000, "a whole number", "`0` stops the function; leave it out to share what the account has";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive() {
        assert_eq!(VisibilityTimeout::parse("12h"), Some(VisibilityTimeout(43_200)));
        assert_eq!(VisibilityTimeout::parse("43201"), None);
        assert_eq!(MessageRetention::parse("14d"), Some(MessageRetention(1_209_600)));
        assert_eq!(MessageRetention::parse("59s"), None);
        assert_eq!(MaxReceives::parse("1000"), Some(MaxReceives(1_000)));
        for wrong in ["0", "1001", "", "-1", "1.5", " 1", "1s"] {
            assert_eq!(MaxReceives::parse(wrong), None, "{wrong}");
        }
    }
}
