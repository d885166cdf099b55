//! Schedules of `EventBridge`.

use serde_json::Value;

use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::{Checker, SchemaFault};

pub(super) fn check(
    checker: &Checker<'_>,
    type_name: &str,
    properties: &Value,
    at: &At<'_>,
    under: &Assumptions,
    found: &mut Found,
) {
    let has_one_time = type_name == "AWS::Scheduler::Schedule";
    checker.select(properties, &["ScheduleExpression".to_owned()], at, under, &mut |value, at, _| {
        let Some(text) = value.as_str() else { return };
        if let Err(reason) = schedule(text, has_one_time) {
            found.push(at, SchemaFault::InvalidSchedule { value: text.to_owned(), reason });
        }
    });
}

/// Reads `rate(...)`, `cron(...)` and, for the scheduler, `at(...)`.
fn schedule(text: &str, has_one_time: bool) -> Result<(), &'static str> {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inside("rate") {
        return check_rate(rate);
    }
    if let Some(cron) = inside("cron") {
        return check_cron(cron);
    }
    match inside("at") {
        Some(_) if has_one_time => Ok(()),
        _ => Err("it is neither `rate(...)` nor `cron(...)`"),
    }
}

fn check_rate(text: &str) -> Result<(), &'static str> {
    let Some((number, unit)) = text.split_once(' ') else { return Err("a rate is a number and a unit") };
    let number: u32 = number.parse().map_err(|_| "the number of a rate is a whole number")?;
    match (number, unit) {
        (0, _) => Err("the number of a rate is at least 1"),
        (1, "minute" | "hour" | "day") | (2.., "minutes" | "hours" | "days") => Ok(()),
        (1, "minutes" | "hours" | "days") => Err("the unit of 1 is singular"),
        (_, "minute" | "hour" | "day") => Err("the unit of several is plural"),
        _ => Err("the unit of a rate is minutes, hours or days"),
    }
}

/// Names in the fields of months and days.
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

fn check_cron(text: &str) -> Result<(), &'static str> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minutes, hours, day_of_month, month, day_of_week, year] = fields.as_slice() else {
        return Err("a cron expression has six fields");
    };
    if (*day_of_month == "?") == (*day_of_week == "?") {
        return Err("exactly one of day of month and day of week is `?`");
    }
    let all_fit = field(minutes, 0, 59, &[])
        && field(hours, 0, 23, &[])
        && field(day_of_month, 1, 31, &[])
        && field(month, 1, 12, &MONTHS)
        && field(day_of_week, 1, 7, &DAYS)
        && field(year, 1970, 2199, &[]);
    if all_fit { Ok(()) } else { Err("a field is out of its range") }
}

/// A list of values, ranges and steps; `L`, `W` and `#` of days are let pass.
fn field(text: &str, least: u32, most: u32, names: &[&str]) -> bool {
    let value = |text: &str| {
        let name = text.to_ascii_uppercase();
        names.contains(&name.as_str()) || text.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
    };
    text.split(',').all(|part| {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let is_step = step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0));
        let is_range = match range.split_once('-') {
            _ if matches!(range, "*" | "?") || range.contains(['L', 'W', '#']) => true,
            Some((from, to)) => value(from) && value(to),
            None => value(range),
        };
        is_step && is_range
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read() {
        for text in [
            "rate(1 hour)",
            "rate(5 minutes)",
            "cron(0 12 * * ? *)",
            "cron(0/15 8-17 ? * MON-FRI 2026,2027)",
            "cron(0 0 L * ? *)",
            "cron(0 9 ? * 2#1 *)",
        ] {
            assert_eq!(schedule(text, false), Ok(()), "{text}");
        }
        for text in [
            "rate(1 hours)",
            "rate(5 minute)",
            "rate(0 days)",
            "rate(5 weeks)",
            "rate(x days)",
            "rate(5)",
            "cron(0 12 * * *)",
            "cron(0 12 * * * *)",
            "cron(0 12 ? * ? *)",
            "cron(60 12 * * ? *)",
            "every day",
            "at(2026-01-01T00:00:00)",
        ] {
            assert!(schedule(text, false).is_err(), "{text}");
        }
        assert_eq!(schedule("at(2026-01-01T00:00:00)", true), Ok(()));
    }
}
