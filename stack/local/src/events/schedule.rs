//! Schedule expressions: `rate(5 minutes)`, `cron(0 9 ? * MON-FRI *)`, `at(2026-11-28T09:00:00)`.

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};

use super::cron::Cron;

/// When something happens again and again, or once. Times are in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Every so often, counted from when the schedule was made.
    Rate(Duration),
    Cron(Box<Cron>),
    /// Once.
    At(OffsetDateTime),
}

impl Schedule {
    /// Reads an expression; `None` for what is none.
    pub(crate) fn parse(expression: &str) -> Option<Self> {
        let (kind, inner) = expression.trim().strip_suffix(')')?.split_once('(')?;
        match kind {
            "rate" => parse_rate(inner).map(Self::Rate),
            "cron" => Cron::parse(inner).map(|cron| Self::Cron(Box::new(cron))),
            "at" => parse_at(inner).map(Self::At),
            _ => None,
        }
    }

    /// The first time after `after` at which it happens; `made` is when it was made. `None` when it never does again.
    pub(crate) fn next(&self, made: OffsetDateTime, after: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::Rate(every) => {
                let every = every.whole_milliseconds().max(1);
                let passed = (after - made).whole_milliseconds().max(0);
                let steps = i64::try_from((passed / every + 1) * every).ok()?;
                made.checked_add(Duration::milliseconds(steps))
            }
            Self::Cron(cron) => cron.next(after),
            Self::At(time) => (*time > after).then_some(*time),
        }
    }
}

/// `5 minutes`: the unit is singular for one and plural for more, as AWS wants it.
fn parse_rate(text: &str) -> Option<Duration> {
    let (value, unit) = text.trim().split_once(' ')?;
    let value: u32 = value.parse().ok().filter(|value| *value > 0)?;
    let (singular, plural) = (value == 1, value > 1);
    let minutes = match unit.trim() {
        "minute" if singular => 1,
        "minutes" if plural => 1,
        "hour" if singular => 60,
        "hours" if plural => 60,
        "day" if singular => 24 * 60,
        "days" if plural => 24 * 60,
        _ => return None,
    };
    Some(Duration::minutes(i64::from(value) * minutes))
}

/// `2026-11-28T09:00:00`.
fn parse_at(text: &str) -> Option<OffsetDateTime> {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    PrimitiveDateTime::parse(text.trim(), format).ok().map(PrimitiveDateTime::assume_utc)
}

/// Number of days of a month.
pub(super) fn month_length(date: Date) -> u8 {
    date.month().length(date.year())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn rates_count_from_when_the_schedule_was_made() {
        let schedule = Schedule::parse("rate(5 minutes)").unwrap();
        let made = datetime!(2026-11-28 09:02 UTC);
        assert_eq!(schedule.next(made, made), Some(datetime!(2026-11-28 09:07 UTC)));
        assert_eq!(schedule.next(made, datetime!(2026-11-28 09:07 UTC)), Some(datetime!(2026-11-28 09:12 UTC)));
        assert_eq!(schedule.next(made, datetime!(2026-11-28 09:13 UTC)), Some(datetime!(2026-11-28 09:17 UTC)));
    }

    #[test]
    fn one_time_schedules_happen_once() {
        let schedule = Schedule::parse("at(2026-11-28T09:00:00)").unwrap();
        let (made, time) = (datetime!(2026-11-28 08:00 UTC), datetime!(2026-11-28 09:00 UTC));
        assert_eq!(schedule.next(made, made), Some(time));
        assert_eq!(schedule.next(made, time), None);
    }

    #[test]
    fn what_is_no_schedule() {
        for text in [
            "",
            "rate()",
            "rate(0 minutes)",
            "rate(1 minutes)",
            "rate(2 minute)",
            "rate(-1 hours)",
            "rate(5 weeks)",
            "rate(5minutes)",
            "every(5 minutes)",
            "cron(* * * * *)",
            "at(tomorrow)",
            "rate(5 minutes",
        ] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
        for text in ["rate(1 day)", "rate(12 hours)", " rate(2 minutes) "] {
            assert!(Schedule::parse(text).is_some(), "{text}");
        }
    }
}
