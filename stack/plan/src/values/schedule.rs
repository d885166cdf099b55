//! Values of rules and schedules: when something happens.

use super::{SettingValue, parse_seconds, whole};

/// `rate(...)` or `cron(...)`, as rules of `EventBridge` have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleSchedule(pub(crate) String);

impl SettingValue for RuleSchedule {
    const EXPECTED: &'static str = "a schedule";
    const HELP: &'static str = "`rate(5 minutes)`, or `cron(0 3 * * ? *)`: minutes, hours, day of month, month, day of week, year, in UTC; one of the two days is `?`";
    fn parse(text: &str) -> Option<Self> {
        (is_rate(text) || is_cron(text)).then(|| Self(text.to_owned()))
    }
}

/// `rate(...)`, `cron(...)` or `at(...)`, as schedules of `EventBridge` Scheduler have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchedulerSchedule(pub(crate) String);

impl SettingValue for SchedulerSchedule {
    const EXPECTED: &'static str = "a schedule";
    const HELP: &'static str = "`rate(5 minutes)`, `at(2027-01-31T08:00:00)`, or `cron(0 3 * * ? *)`: minutes, hours, day of month, month, day of week, year; one of the two days is `?`";
    fn parse(text: &str) -> Option<Self> {
        let is_at = inner(text, "at").is_some_and(is_moment);
        (is_at || is_rate(text) || is_cron(text)).then(|| Self(text.to_owned()))
    }
}

fn inner<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.strip_prefix(word)?.strip_prefix('(')?.strip_suffix(')')
}

/// `rate(1 hour)`, `rate(5 minutes)`.
fn is_rate(text: &str) -> bool {
    let Some((number, unit)) = inner(text, "rate").and_then(|rate| rate.split_once(' ')) else { return false };
    match whole(number) {
        Some(1) => matches!(unit, "minute" | "hour" | "day"),
        Some(2..) => matches!(unit, "minutes" | "hours" | "days"),
        _ => false,
    }
}

/// Six fields within their bounds.
fn is_cron(text: &str) -> bool {
    const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    let Some(inner) = inner(text, "cron") else { return false };
    let fields: Vec<&str> = inner.split(' ').collect();
    let [minutes, hours, day_of_month, month, day_of_week, year] = fields.as_slice() else { return false };
    let is_day_of_month = |field: &str| {
        field == "?" || field == "L" || field == "LW" || is_weekday_near(field) || is_field(field, 1, 31, &[])
    };
    let is_day_of_week = |field: &str| {
        let last = field.strip_suffix('L').is_some_and(|day| day.is_empty() || is_field(day, 1, 7, &DAYS));
        let numbered = field.split_once('#').is_some_and(|(day, week)| {
            is_field(day, 1, 7, &DAYS) && whole(week).is_some_and(|week| (1..=5).contains(&week))
        });
        field == "?" || last || numbered || is_field(field, 1, 7, &DAYS)
    };
    is_field(minutes, 0, 59, &[])
        && is_field(hours, 0, 23, &[])
        && is_day_of_month(day_of_month)
        && is_field(month, 1, 12, &MONTHS)
        && is_day_of_week(day_of_week)
        && is_field(year, 1970, 2199, &[])
        // Exactly one of the two days says nothing.
        && ((*day_of_month == "?") != (*day_of_week == "?"))
}

/// `15W`: the weekday next to a day.
fn is_weekday_near(field: &str) -> bool {
    field.strip_suffix('W').and_then(whole).is_some_and(|day| (1..=31).contains(&day))
}

/// A list of `*`, values and ranges, each with an optional step.
fn is_field(field: &str, least: u32, greatest: u32, names: &[&str]) -> bool {
    let is_value = |text: &str| {
        names.contains(&text.to_ascii_uppercase().as_str())
            || whole(text).is_some_and(|number| (least..=greatest).contains(&number))
    };
    !field.is_empty()
        && field.split(',').all(|part| {
            let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
            let is_range = range == "*" || is_value(range) || {
                range.split_once('-').is_some_and(|(from, to)| is_value(from) && is_value(to))
            };
            is_range && step.is_none_or(|step| whole(step).is_some_and(|step| step > 0))
        })
}

/// A moment without a time zone: `2027-01-31T08:00:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) String);

impl SettingValue for Moment {
    const EXPECTED: &'static str = "a moment in UTC";
    const HELP: &'static str = "`2027-01-31T08:00:00Z`";
    fn parse(text: &str) -> Option<Self> {
        text.strip_suffix('Z').is_some_and(is_moment).then(|| Self(text.to_owned()))
    }
}

fn is_moment(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let numbers = |text: &str, separator: char, widths: [usize; 3]| -> Option<[u32; 3]> {
        let parts: Vec<&str> = text.split(separator).collect();
        let [one, two, three] = parts.as_slice() else { return None };
        let is_wide = [one, two, three].iter().zip(widths).all(|(part, width)| part.len() == width);
        is_wide.then_some([whole(one)?, whole(two)?, whole(three)?])
    };
    let (Some([year, month, day]), Some([hour, minute, second])) =
        (numbers(date, '-', [4, 2, 2]), numbers(time, ':', [2, 2, 2]))
    else {
        return false;
    };
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1970..=2199).contains(&year) && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60
}

/// A time zone by its name in the tz database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeZone(pub(crate) String);

impl SettingValue for TimeZone {
    const EXPECTED: &'static str = "a time zone";
    const HELP: &'static str = "`UTC`, or a name of the tz database: `Europe/Berlin`";
    fn parse(text: &str) -> Option<Self> {
        let is_part = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_uppercase())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
        };
        (text.len() <= 50 && text.split('/').all(is_part)).then(|| Self(text.to_owned()))
    }
}

/// Minutes within which a schedule may run late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FlexibleWindow(pub(crate) u32);

impl SettingValue for FlexibleWindow {
    const EXPECTED: &'static str = "a window from 1m to 24h, in whole minutes";
    fn parse(text: &str) -> Option<Self> {
        let seconds = parse_seconds(text)?;
        ((60..=86_400).contains(&seconds) && seconds % 60 == 0).then_some(Self(seconds / 60))
    }
}

/// How often the delivery of an event is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeliveryRetries(pub(crate) u32);

impl SettingValue for DeliveryRetries {
    const EXPECTED: &'static str = "a number of retries from 0 to 185";
    fn parse(text: &str) -> Option<Self> {
        super::parse_whole(text, 0, 185).map(Self)
    }
}

/// Greatest age of an event whose delivery is tried again, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeliveryAge(pub(crate) u32);

impl SettingValue for DeliveryAge {
    const EXPECTED: &'static str = "an age from 60s to 24h";
    const HELP: &'static str = "write a whole number with a unit: `60s`, `30m`, `6h`";
    fn parse(text: &str) -> Option<Self> {
        parse_seconds(text).filter(|seconds| (60..=86_400).contains(seconds)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_cron_expressions_have_their_form() {
        for right in [
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(12 hours)",
            "cron(0 10 * * ? *)",
            "cron(15 12 * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0/15 * * * ? *)",
            "cron(0,30 8-17 L 1,JUL ? 2027-2030)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 9 ? * 6L *)",
            "cron(0 9 15W * ? *)",
        ] {
            assert!(RuleSchedule::parse(right).is_some(), "{right}");
        }
        for wrong in [
            "",
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(0 minutes)",
            "rate(5)",
            "rate(-5 minutes)",
            "cron(0 10 * * * *)",
            "cron(0 10 ? * ? *)",
            "cron(60 10 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 10 * 13 ? *)",
            "cron(0 10 * * ?)",
            "cron(0 10 * * ? * *)",
            "cron(0/0 10 * * ? *)",
            "cron(a 10 * * ? *)",
            "cron(0 10 * * 8 *)",
            "at(2027-01-31T08:00:00)",
            "5 minutes",
        ] {
            assert!(RuleSchedule::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn moments_exist() {
        for right in ["at(2027-01-31T08:00:00)", "at(2028-02-29T23:59:59)", "rate(1 day)"] {
            assert!(SchedulerSchedule::parse(right).is_some(), "{right}");
        }
        for wrong in [
            "at(2027-02-29T00:00:00)",
            "at(2027-13-01T00:00:00)",
            "at(2027-01-00T00:00:00)",
            "at(2027-1-01T00:00:00)",
            "at(2027-01-01T24:00:00)",
            "at(2027-01-01)",
            "at(2027-01-01T00:00:00Z)",
        ] {
            assert!(SchedulerSchedule::parse(wrong).is_none(), "{wrong}");
        }
        assert!(Moment::parse("2027-01-01T00:00:00Z").is_some());
        assert!(Moment::parse("2027-01-01T00:00:00").is_none());
    }

    #[test]
    fn zones_and_windows_have_their_form() {
        for right in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1"] {
            assert!(TimeZone::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "utc", "Europe/", "Europe Berlin", "+01:00"] {
            assert!(TimeZone::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(FlexibleWindow::parse("15m"), Some(FlexibleWindow(15)));
        for wrong in ["0m", "90s", "25h"] {
            assert_eq!(FlexibleWindow::parse(wrong), None, "{wrong}");
        }
    }
}
