//! Cron expressions of AWS: minutes, hours, day of month, month, day of week, year; one of the two days is `?`.

use time::{Date, OffsetDateTime, Time, Weekday};

use super::schedule::month_length;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Days that are looked through for a next time: a leap day that is also a given weekday comes within forty years.
const HORIZON_DAYS: u32 = 366 * 41;

/// Values of a field, in order.
type Values = Vec<u16>;

/// When a cron expression fits. Times are in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: Values,
    hours: Values,
    days: DayOfMonth,
    months: Values,
    weekdays: DayOfWeek,
    years: Values,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum DayOfMonth {
    Any,
    Values(Values),
    /// `L`: the last day.
    Last,
    /// `15W`: the weekday nearest to the 15th, within its month.
    NearestWeekday(u16),
    /// `LW`: the last weekday.
    LastWeekday,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum DayOfWeek {
    Any,
    /// 1 is Sunday.
    Values(Values),
    /// `6L`: the last Friday of the month.
    Last(u16),
    /// `6#3`: the third Friday of the month.
    Nth(u16, u8),
}

impl Cron {
    /// Reads the six fields; `None` for what AWS refuses.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields.as_slice() else { return None };
        // One of the two days must be left open, and only one.
        if (*days == "?") == (*weekdays == "?") {
            return None;
        }
        Some(Self {
            minutes: values(minutes, 0, 59, &[])?,
            hours: values(hours, 0, 23, &[])?,
            days: day_of_month(days)?,
            months: values(months, 1, 12, &MONTHS)?,
            weekdays: day_of_week(weekdays)?,
            years: values(years, 1970, 2199, &[])?,
        })
    }

    /// The first time after `after`.
    pub(super) fn next(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let mut date = after.date();
        for _ in 0..HORIZON_DAYS {
            if self.holds_day(date)
                && let Some(time) = self.times().find(|time| OffsetDateTime::new_utc(date, *time) > after)
            {
                return Some(OffsetDateTime::new_utc(date, time));
            }
            date = date.next_day()?;
        }
        None
    }

    fn times(&self) -> impl Iterator<Item = Time> {
        let minutes = |hour: u16| self.minutes.iter().map(move |minute| (hour, *minute));
        self.hours
            .iter()
            .flat_map(move |hour| minutes(*hour))
            .filter_map(|(hour, minute)| Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, 0).ok())
    }

    fn holds_day(&self, date: Date) -> bool {
        let day = u16::from(date.day());
        let weekday = u16::from(date.weekday().number_days_from_sunday()) + 1;
        let last = month_length(date);
        u16::try_from(date.year()).is_ok_and(|year| self.years.contains(&year))
            && self.months.contains(&u16::from(u8::from(date.month())))
            && match &self.days {
                DayOfMonth::Any => true,
                DayOfMonth::Values(values) => values.contains(&day),
                DayOfMonth::Last => date.day() == last,
                DayOfMonth::LastWeekday => nearest_weekday(date, last) == Some(date.day()),
                DayOfMonth::NearestWeekday(wanted) => {
                    u8::try_from(*wanted).is_ok_and(|wanted| nearest_weekday(date, wanted) == Some(date.day()))
                }
            }
            && match &self.weekdays {
                DayOfWeek::Any => true,
                DayOfWeek::Values(values) => values.contains(&weekday),
                DayOfWeek::Last(wanted) => weekday == *wanted && date.day() + 7 > last,
                DayOfWeek::Nth(wanted, nth) => weekday == *wanted && (date.day() - 1) / 7 + 1 == *nth,
            }
    }
}

/// The day of `date`'s month that is a weekday and nearest to `wanted`, without leaving the month.
fn nearest_weekday(date: Date, wanted: u8) -> Option<u8> {
    let last = month_length(date);
    let there = Date::from_calendar_date(date.year(), date.month(), wanted).ok()?;
    Some(match there.weekday() {
        Weekday::Saturday if wanted == 1 => 3,
        Weekday::Saturday => wanted - 1,
        Weekday::Sunday if wanted == last => wanted - 2,
        Weekday::Sunday => wanted + 1,
        _ => wanted,
    })
}

fn day_of_month(text: &str) -> Option<DayOfMonth> {
    Some(match text {
        "?" | "*" => DayOfMonth::Any,
        "L" => DayOfMonth::Last,
        "LW" | "WL" => DayOfMonth::LastWeekday,
        _ => match text.strip_suffix('W') {
            Some(day) => DayOfMonth::NearestWeekday(day.parse().ok().filter(|day| (1..=31).contains(day))?),
            None => DayOfMonth::Values(values(text, 1, 31, &[])?),
        },
    })
}

fn day_of_week(text: &str) -> Option<DayOfWeek> {
    let one = |text: &str| value(text, 1, 7, &DAYS);
    if matches!(text, "?" | "*") {
        return Some(DayOfWeek::Any);
    }
    if text == "L" {
        return Some(DayOfWeek::Values(vec![7]));
    }
    if let Some((day, nth)) = text.split_once('#') {
        return Some(DayOfWeek::Nth(one(day)?, nth.parse().ok().filter(|nth| (1..=5).contains(nth))?));
    }
    if let Some(day) = text.strip_suffix('L') {
        return one(day).map(DayOfWeek::Last);
    }
    values(text, 1, 7, &DAYS).map(DayOfWeek::Values)
}

/// A number in range, or the name of one.
fn value(text: &str, low: u16, high: u16, names: &[&str]) -> Option<u16> {
    let place = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    let number = match place {
        Some(at) => low + u16::try_from(at).ok()?,
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
        None => return None,
    };
    (low..=high).contains(&number).then_some(number)
}

/// `*`, `5`, `1-5`, `MON-FRI`, `*/15`, `3/10`, `1-9/2`, and lists of them.
fn values(text: &str, low: u16, high: u16, names: &[&str]) -> Option<Values> {
    let mut all = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step: &u16| *step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((first, last)) => (value(first, low, high, names)?, value(last, low, high, names)?),
            None => {
                let first = value(range, low, high, names)?;
                (first, if part.contains('/') { high } else { first })
            }
        };
        if first <= last {
            all.extend((first..=last).step_by(step.into()));
        } else {
            // FRI-MON goes over the end of the week.
            all.extend((first..=high).chain(low..=last).step_by(step.into()));
        }
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_next_time_of_a_cron_expression() {
        let after = datetime!(2026-11-28 09:00 UTC); // a Saturday
        for (text, next) in [
            ("0 9 * * ? *", datetime!(2026-11-29 09:00 UTC)),
            ("1 9 * * ? *", datetime!(2026-11-28 09:01 UTC)),
            ("*/15 * * * ? *", datetime!(2026-11-28 09:15 UTC)),
            ("0 9 ? * MON-FRI *", datetime!(2026-11-30 09:00 UTC)),
            ("0 9 ? * 7 *", datetime!(2026-12-05 09:00 UTC)),
            ("0 9 ? * FRI-MON *", datetime!(2026-11-29 09:00 UTC)),
            ("0 0 1 * ? *", datetime!(2026-12-01 00:00 UTC)),
            ("0 0 L * ? *", datetime!(2026-11-30 00:00 UTC)),
            ("0 0 LW * ? *", datetime!(2026-11-30 00:00 UTC)),
            ("0 0 28W * ? *", datetime!(2026-12-28 00:00 UTC)),
            ("0 0 1W 8 ? *", datetime!(2027-08-02 00:00 UTC)),
            ("0 0 ? * 6L *", datetime!(2026-12-25 00:00 UTC)),
            ("0 0 ? * 6#3 *", datetime!(2026-12-18 00:00 UTC)),
            ("0 0 29 2 ? *", datetime!(2028-02-29 00:00 UTC)),
            ("0 8,20 * JAN,jul ? 2028", datetime!(2028-01-01 08:00 UTC)),
            ("5/20 10-12/2 * * ? *", datetime!(2026-11-28 10:05 UTC)),
        ] {
            assert_eq!(Cron::parse(text).unwrap().next(after), Some(next), "{text}");
        }
        assert_eq!(Cron::parse("0 0 30 2 ? *").unwrap().next(after), None);
        assert_eq!(Cron::parse("0 0 1 1 ? 2020").unwrap().next(after), None);
    }

    #[test]
    fn what_is_no_cron_expression() {
        for text in [
            "* * * * * *",
            "* * ? * ? *",
            "60 * * * ? *",
            "* 24 * * ? *",
            "* * 0 * ? *",
            "* * * 13 ? *",
            "* * ? * 8 *",
            "* * ? * 6#6 *",
            "*/0 * * * ? *",
            "a * * * ? *",
            "+1 * * * ? *",
            "* * * * ?",
        ] {
            assert_eq!(Cron::parse(text), None, "{text}");
        }
    }
}
