//! What may be asked for.

use http_events::Problem;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::entry::{check_text, date_of};
use crate::{EntryKey, Name, NewEntry};

/// How long a URL is valid unless the request says otherwise, in seconds. A browser asks, and then begins to upload.
const EXPIRATION: u64 = 300;

/// Longest time that a URL may be valid, in seconds.
const LONGEST_EXPIRATION: u64 = 3600;

/// Largest object that S3 takes in one piece: 5 GiB.
const LARGEST_UPLOAD: u64 = 5 << 30;

/// Longest title and description, in characters.
const LONGEST_TITLE: usize = 200;
const LONGEST_DESCRIPTION: usize = 4000;

/// A request, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `upload`: a URL that takes one video.
    Upload {
        /// Name of the file.
        name: Name,
        /// How long the URL is valid, in seconds.
        expiration: u64,
        /// Size of the file in bytes, which is then signed.
        length: Option<u64>,
    },
    /// `write_to_db`: a row about an uploaded video.
    WriteToDb(NewEntry),
    /// `get_calendar`: the rows of a day.
    GetCalendar {
        /// `YYYY-MM-DD`.
        date: String,
    },
    /// `get_single_entry`: a row.
    GetSingleEntry(EntryKey),
    /// `update_entry`: another title and description.
    UpdateEntry {
        /// Which row.
        key: EntryKey,
        /// Its title from now on.
        title: String,
        /// Its description from now on.
        description: String,
    },
    /// `delete`: neither row nor object from now on.
    Delete(EntryKey),
}

#[derive(Deserialize)]
pub(crate) struct Body {
    action: String,
    #[serde(default)]
    params: Map<String, Value>,
}

#[derive(Deserialize)]
struct Upload {
    object_name: Option<String>,
    expiration: Option<u64>,
    length: Option<u64>,
}

#[derive(Deserialize)]
struct Day {
    date: Option<String>,
}

#[derive(Deserialize)]
struct Texts {
    title: Option<String>,
    description: Option<String>,
}

impl Action {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// A [`Problem`] with status 400: `action-unknown`, `parameters-missing`, `parameters-invalid`, `expiration-refused`,
    /// `length-refused`, and those of names, keys and dates.
    pub(crate) fn read(body: Body) -> Result<Self, Problem> {
        let Body { action, params } = body;
        match action.as_str() {
            "upload" => upload(params),
            "write_to_db" => NewEntry::read(params).map(Self::WriteToDb),
            "get_calendar" => {
                let Day { date } = parameters(params)?;
                let date = date.ok_or_else(|| missing("date"))?;
                let is_day = date.len() == 10 && date_of(&date).is_some();
                let problem = || Problem::new(400, "date-refused", "`date` must be a day: `2026-01-31`");
                is_day.then_some(Self::GetCalendar { date }).ok_or_else(problem)
            }
            "get_single_entry" => EntryKey::read(&params).map(Self::GetSingleEntry),
            "update_entry" => {
                let key = EntryKey::read(&params)?;
                let Texts { title, description } = parameters(params)?;
                let title = title.filter(|title| !title.trim().is_empty()).ok_or_else(|| missing("title"))?;
                let (title, description) = texts(title, description)?;
                Ok(Self::UpdateEntry { key, title, description })
            }
            "delete" => EntryKey::read(&params).map(Self::Delete),
            _ => {
                let message = "Invalid action: `action` must be one of upload, write_to_db, get_calendar, \
                    get_single_entry, update_entry, delete";
                Err(Problem::new(400, "action-unknown", message))
            }
        }
    }
}

fn upload(params: Map<String, Value>) -> Result<Action, Problem> {
    let Upload { object_name, expiration, length } = parameters(params)?;
    let given = object_name.filter(|name| !name.trim().is_empty());
    let given = given.ok_or_else(|| Problem::new(400, "parameters-missing", "object_name is required"))?;
    let name = Name::read(&given)?;
    let expiration = expiration.unwrap_or(EXPIRATION);
    if !(1..=LONGEST_EXPIRATION).contains(&expiration) {
        let message = format!("`expiration` is {expiration} s, and must be from 1 to {LONGEST_EXPIRATION}");
        return Err(Problem::new(400, "expiration-refused", message));
    }
    if let Some(length) = length.filter(|length| !(1..=LARGEST_UPLOAD).contains(length)) {
        let message = format!("`length` is {length} bytes, and must be from 1 to {LARGEST_UPLOAD}");
        return Err(Problem::new(400, "length-refused", message));
    }
    Ok(Action::Upload { name, expiration, length })
}

/// Parameters of a known shape.
pub(crate) fn parameters<T: DeserializeOwned>(params: Map<String, Value>) -> Result<T, Problem> {
    serde_json::from_value(Value::Object(params))
        .map_err(|error| Problem::new(400, "parameters-invalid", format!("`params` is wrong: {error}")))
}

pub(crate) fn missing(name: &str) -> Problem {
    Problem::new(400, "parameters-missing", format!("Missing required parameters: `{name}`"))
}

/// Title and description, within their lengths.
pub(crate) fn texts(title: String, description: Option<String>) -> Result<(String, String), Problem> {
    let title = check_text("title", title, LONGEST_TITLE)?;
    let description = check_text("description", description.unwrap_or_default(), LONGEST_DESCRIPTION)?;
    Ok((title, description))
}
