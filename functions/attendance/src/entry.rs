//! Rows as requests name and make them.

use http_events::Problem;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::Date;
use time::macros::format_description;

use crate::action::{missing, parameters, texts};

/// Greatest id that a browser's numbers hold exactly.
const GREATEST_ID: u64 = (1 << 53) - 1;

/// Longest timestamp, in bytes: with nine digits of a second and an offset.
const LONGEST_TIMESTAMP: usize = 35;

/// Longest id of a user, in characters.
const LONGEST_USER: usize = 128;

/// Longest key of an object of S3, in bytes.
const LONGEST_KEY: usize = 1024;

/// What names a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryKey {
    /// `submission_id`.
    pub id: u64,
    /// `timestamp`, in ISO 8601.
    pub timestamp: String,
}

/// A row to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Its key.
    pub key: EntryKey,
    /// Who uploaded the video: the text, or the digits of the number, that was given.
    pub user_id: String,
    /// Key of the object.
    pub object_name: String,
    /// Title; may be empty.
    pub title: String,
    /// Description; may be empty.
    pub description: String,
}

#[derive(Deserialize)]
struct Fields {
    user_id: Option<Value>,
    object_name: Option<String>,
    title: Option<String>,
    description: Option<String>,
}

impl EntryKey {
    /// Reads `submission_id` (a number, or its digits) and `timestamp`.
    ///
    /// # Errors
    ///
    /// A [`Problem`] with status 400: `parameters-missing`, `submission-id-refused`, `timestamp-refused`.
    pub fn read(params: &Map<String, Value>) -> Result<Self, Problem> {
        let given = |name| params.get(name).filter(|value| !value.is_null()).ok_or_else(|| missing(name));
        let (id, timestamp) = (given("submission_id")?, given("timestamp")?);
        let number = match id {
            Value::Number(number) => number.as_u64(),
            Value::String(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().ok(),
            _ => None,
        };
        let message = format!("`submission_id` must be a whole number from 0 to {GREATEST_ID}");
        let id = number
            .filter(|id| *id <= GREATEST_ID)
            .ok_or_else(|| Problem::new(400, "submission-id-refused", message))?;
        let message = "`timestamp` must be a time in ISO 8601: `2026-01-31T08:15:00`";
        let timestamp = timestamp
            .as_str()
            .filter(|text| is_timestamp(text))
            .ok_or_else(|| Problem::new(400, "timestamp-refused", message))?;
        Ok(Self { id, timestamp: timestamp.to_owned() })
    }

    /// The day of the timestamp: `YYYY-MM-DD`.
    #[must_use]
    pub fn date(&self) -> &str {
        self.timestamp.get(..10).unwrap_or_default()
    }
}

impl NewEntry {
    pub(crate) fn read(params: Map<String, Value>) -> Result<Self, Problem> {
        let key = EntryKey::read(&params)?;
        let Fields { user_id, object_name, title, description } = parameters(params)?;
        let user_id = match user_id.ok_or_else(|| missing("user_id"))? {
            Value::String(text) if !text.is_empty() => check_text("user_id", text, LONGEST_USER)?,
            Value::Number(number) if number.is_u64() => number.to_string(),
            _ => return Err(Problem::new(400, "user-id-refused", "`user_id` must be a text or a whole number")),
        };
        let object_name = object_name.filter(|name| !name.is_empty()).ok_or_else(|| missing("object_name"))?;
        if object_name.len() > LONGEST_KEY {
            return Err(Problem::new(400, "object-name-refused", "`object_name` is longer than a key of S3"));
        }
        let (title, description) = texts(title.unwrap_or_default(), description)?;
        Ok(Self { key, user_id, object_name, title, description })
    }
}

/// A text of at most so many characters, without control characters but breaks of lines and tabs.
pub(crate) fn check_text(name: &str, text: String, longest: usize) -> Result<String, Problem> {
    let is_right = text.chars().count() <= longest
        && !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'));
    let message = || format!("`{name}` must have at most {longest} characters, and no control characters");
    is_right.then_some(text).ok_or_else(|| Problem::new(400, "text-refused", message()))
}

/// The day that a text begins with: `YYYY-MM-DD`.
pub(crate) fn date_of(text: &str) -> Option<Date> {
    Date::parse(text.get(..10)?, format_description!("[year]-[month]-[day]")).ok()
}

/// `YYYY-MM-DDTHH:MM:SS`, with digits of a second and an offset if so wished.
fn is_timestamp(text: &str) -> bool {
    let Some((day, time)) = text.split_once('T') else { return false };
    let Some((clock, rest)) = time.split_at_checked(8) else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_clock = match clock.split(':').collect::<Vec<_>>()[..] {
        [hours, minutes, seconds] => [(hours, 23), (minutes, 59), (seconds, 59)].iter().all(|(text, greatest)| {
            text.len() == 2 && is_number(text) && text.parse::<u8>().is_ok_and(|value| value <= *greatest)
        }),
        _ => false,
    };
    let offset_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (fraction, offset) = rest.split_at(offset_at);
    let is_fraction =
        fraction.is_empty() || fraction.strip_prefix('.').is_some_and(|digits| is_number(digits) && digits.len() <= 9);
    let is_offset = matches!(offset, "" | "Z")
        || offset.get(1..).and_then(|offset| offset.split_once(':')).is_some_and(|(hours, minutes)| {
            hours.len() == 2 && minutes.len() == 2 && is_number(hours) && is_number(minutes)
        });
    text.len() <= LONGEST_TIMESTAMP && day.len() == 10 && date_of(day).is_some() && is_clock && is_fraction && is_offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_of_iso_8601() {
        for text in [
            "2026-01-31T08:15:00",
            "2024-02-29T23:59:59Z",
            "2026-01-31T08:15:00.123456",
            "2026-01-31T08:15:00.1+05:30",
            "2026-01-31T08:15:00-08:00",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "",
            "2026-01-31",
            "2026-02-29T08:15:00",
            "2026-01-31 08:15:00",
            "2026-01-31T24:00:00",
            "2026-01-31T08:60:00",
            "2026-01-31T8:15:00",
            "2026-01-31T08:15",
            "2026-01-31T08:15:00.",
            "2026-01-31T08:15:00z",
            "x2026-01-31T08:15:00",
            "2026-01-31T08:15:00+5",
            "2026-01-31T08:15:00/../",
            "2026-01-31T08:15:00.1234567890",
            "\u{661}026-01-31T08:15:00",
            "2026-01-31T08:15:00+05:30:1",
            "2026-01-31T+8:15:00",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
