//! Values of alarms.

use super::{SettingValue, parse_seconds, parse_whole};

/// How the data of a period become one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statistic(pub(crate) String);

impl Statistic {
    /// True for a percentile and its like, which CloudWatch calls extended.
    pub(crate) fn is_extended(&self) -> bool {
        !PLAIN_STATISTICS.contains(&self.0.as_str())
    }
}

/// Statistics that are no percentiles.
const PLAIN_STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

impl SettingValue for Statistic {
    const EXPECTED: &'static str = "a statistic";
    const HELP: &'static str =
        "one of `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile: `p99`, `p99.9`, `tm95`";
    fn parse(text: &str) -> Option<Self> {
        let percent = |text: &str| {
            let number: Option<f64> = text.parse().ok();
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            is_plain && number.is_some_and(|number| (0.0..=100.0).contains(&number))
        };
        let is_percentile =
            ["p", "tm", "wm", "tc", "ts"].iter().any(|word| text.strip_prefix(word).is_some_and(percent));
        (is_percentile || text == "IQM" || PLAIN_STATISTICS.contains(&text)).then(|| Self(text.to_owned()))
    }
}

/// How a number is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comparison(pub(crate) &'static str);

impl Comparison {
    pub(crate) const GREATER: Self = Self("GreaterThanThreshold");
}

impl SettingValue for Comparison {
    const EXPECTED: &'static str = "a comparison";
    const HELP: &'static str = "one of `>`, `>=`, `<`, `<=`, or the word of CloudWatch (`GreaterThanThreshold` ...)";
    fn parse(text: &str) -> Option<Self> {
        const WORDS: [(&str, &str); 4] = [
            (">", "GreaterThanThreshold"),
            (">=", "GreaterThanOrEqualToThreshold"),
            ("<", "LessThanThreshold"),
            ("<=", "LessThanOrEqualToThreshold"),
        ];
        WORDS.iter().find(|(sign, word)| *sign == text || *word == text).map(|(_, word)| Self(word))
    }
}

/// What a period without data counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MissingData(pub(crate) &'static str);

impl MissingData {
    pub(crate) const NOT_BREACHING: Self = Self("notBreaching");
    pub(crate) const MISSING: Self = Self("missing");
}

impl SettingValue for MissingData {
    const EXPECTED: &'static str = "what missing data count as";
    const HELP: &'static str = "one of `notBreaching`, `breaching`, `ignore`, `missing`";
    fn parse(text: &str) -> Option<Self> {
        ["notBreaching", "breaching", "ignore", "missing"].into_iter().find(|word| *word == text).map(Self)
    }
}

/// Seconds of one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period(pub(crate) u32);

impl SettingValue for Period {
    const EXPECTED: &'static str = "a period";
    const HELP: &'static str = "`10s`, `20s`, `30s`, or whole minutes up to `7d`: `60s`, `5m`, `1h`";
    fn parse(text: &str) -> Option<Self> {
        let seconds = parse_seconds(text)?;
        let is_period = matches!(seconds, 10 | 20 | 30) || (seconds % 60 == 0 && (60..=604_800).contains(&seconds));
        is_period.then_some(Self(seconds))
    }
}

/// A number of periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Periods(pub(crate) u32);

impl SettingValue for Periods {
    const EXPECTED: &'static str = "a number of periods from 1 to 1440";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 1440).map(Self)
    }
}

/// A number, as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number(pub(crate) serde_json::Number);

impl SettingValue for Number {
    const EXPECTED: &'static str = "a number";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

/// The name of a metric or of its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetricName(pub(crate) String);

impl SettingValue for MetricName {
    const EXPECTED: &'static str = "the name of a metric or of its namespace";
    const HELP: &'static str = "1 to 255 visible ASCII characters without `:`, `*` and `$`";
    fn parse(text: &str) -> Option<Self> {
        let is_name = (1..=255).contains(&text.len())
            && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
            && !text.contains([':', '*', '$'])
            && text.trim() == text;
        is_name.then(|| Self(text.to_owned()))
    }
}

/// A filter pattern of CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterPattern(pub(crate) String);

impl SettingValue for FilterPattern {
    const EXPECTED: &'static str = "a filter pattern of at most 1024 characters";
    fn parse(text: &str) -> Option<Self> {
        (text.chars().count() <= 1024).then(|| Self(text.to_owned()))
    }
}

/// What a matching log event adds to its metric: a number, or a field of the event (`$.size`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetricValue(pub(crate) String);

impl SettingValue for MetricValue {
    const EXPECTED: &'static str = "a number or a field of the log event (`$.size`)";
    fn parse(text: &str) -> Option<Self> {
        let is_field = text.len() > 1 && text.starts_with('$') && text.bytes().all(|byte| byte.is_ascii_graphic());
        (text.len() <= 100 && (is_field || Number::parse(text).is_some())).then(|| Self(text.to_owned()))
    }
}

/// The name of a log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogGroupName(pub(crate) String);

impl SettingValue for LogGroupName {
    const EXPECTED: &'static str = "the name of a log group";
    const HELP: &'static str = "letters, digits and `.-_/#`: `/aws/lambda/my-function`";
    fn parse(text: &str) -> Option<Self> {
        let character = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
        ((1..=512).contains(&text.len()) && text.bytes().all(character)).then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_words_or_percentiles() {
        for right in ["Sum", "p99", "p99.9", "p100", "tm95", "IQM"] {
            assert!(Statistic::parse(right).is_some(), "{right}");
        }
        for wrong in ["sum", "p", "p101", "p-1", "pinf", "x9", ""] {
            assert!(Statistic::parse(wrong).is_none(), "{wrong}");
        }
        assert!(Statistic::parse("p99").unwrap().is_extended() && !Statistic::parse("Sum").unwrap().is_extended());
    }

    #[test]
    fn periods_are_those_of_cloudwatch() {
        for (text, seconds) in [("10s", 10), ("60s", 60), ("5m", 300), ("1d", 86_400), ("7d", 604_800)] {
            assert_eq!(Period::parse(text), Some(Period(seconds)));
        }
        for wrong in ["0s", "15s", "90s", "8d", "x"] {
            assert_eq!(Period::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Comparison::parse(">="), Comparison::parse("GreaterThanOrEqualToThreshold"));
    }

    #[test]
    fn numbers_are_json_numbers() {
        for right in ["0", "-1", "0.5", "1e3"] {
            assert!(Number::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "NaN", "inf", "0x1", " 1", "1 ", "01"] {
            assert!(Number::parse(wrong).is_none(), "{wrong}");
        }
    }
}
