//! Months and days.

use std::time::Duration;

use time::macros::format_description;
use time::{Date, Month, OffsetDateTime};

/// The day of a moment since 1970-01-01T00:00:00Z, in UTC.
pub(crate) fn day_of(now: Duration) -> Date {
    (OffsetDateTime::UNIX_EPOCH + now).date()
}

/// A moment as rows have it: `2026-01-31T08:15:00`.
pub(crate) fn timestamp(now: Duration) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    (OffsetDateTime::UNIX_EPOCH + now).format(format).unwrap_or_default()
}

/// `2026-01-31`.
pub(crate) fn iso(day: Date) -> String {
    day.format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
}

/// Reads `2026-01-31`.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

/// Reads `2026-01` as its first day.
pub(crate) fn parse_month(text: &str) -> Option<Date> {
    parse_day(&format!("{text}-01"))
}

/// First day of the month before, and of the one after, as far as there are such.
pub(crate) fn neighbors(first: Date) -> (Option<Date>, Option<Date>) {
    let of = |year: i32, month: Month| Date::from_calendar_date(year, month, 1).ok().filter(|day| day.year() >= 0);
    let (year, month) = (first.year(), first.month());
    let before = of(if month == Month::January { year - 1 } else { year }, month.previous());
    let after = of(if month == Month::December { year + 1 } else { year }, month.next());
    (before, after.filter(|day| day.year() <= 9999))
}

/// The weeks of a month, from Monday to Sunday; `None` where a day is of another month.
pub(crate) fn weeks(first: Date) -> Vec<[Option<Date>; 7]> {
    let offset = usize::from(first.weekday().number_days_from_monday());
    let days = first.month().length(first.year());
    let mut weeks = Vec::new();
    for number in 1..=days {
        let place = offset + usize::from(number) - 1;
        if place.is_multiple_of(7) || weeks.is_empty() {
            weeks.push([None; 7]);
        }
        if let (Some(week), Ok(day)) = (weeks.last_mut(), first.replace_day(number)) {
            week[place % 7] = Some(day);
        }
    }
    weeks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_laid_out_from_monday() {
        // 2026-02-01 is a Sunday, and February ends on a Saturday.
        let weeks_of = |text| weeks(parse_month(text).unwrap());
        let february = weeks_of("2026-02");
        assert_eq!(february.len(), 5);
        assert_eq!(february[0].iter().flatten().count(), 1);
        assert_eq!(february[0][6].map(iso).unwrap(), "2026-02-01");
        assert_eq!(february[4][5].map(iso).unwrap(), "2026-02-28");
        assert_eq!(weeks_of("2021-02").len(), 4);
        let days: usize = weeks_of("2024-02").iter().flatten().flatten().count();
        assert_eq!(days, 29);
    }

    #[test]
    fn months_have_neighbors() {
        let of = |text: &str| {
            let (before, after) = neighbors(parse_month(text).unwrap());
            (before.map(iso), after.map(iso))
        };
        assert_eq!(of("2026-01"), (Some("2025-12-01".into()), Some("2026-02-01".into())));
        assert_eq!(of("2026-12"), (Some("2026-11-01".into()), Some("2027-01-01".into())));
        assert_eq!(of("0000-01").0, None);
        assert_eq!(of("9999-12").1, None);
        for text in ["", "2026", "2026-13", "2026-1", "x", "2026-01-01", "+12026-01"] {
            assert_eq!(parse_month(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_told_without_fractions() {
        let now = Duration::from_millis(1_795_832_645_999);
        assert_eq!((timestamp(now).as_str(), iso(day_of(now)).as_str()), ("2026-11-28T02:24:05", "2026-11-28"));
    }
}
