//! Lambda function: the end of a job of MediaConvert goes into the row of its video.
//!
//! [`handle`] serves the events "MediaConvert Job State Change" of EventBridge with the status `COMPLETE` or `ERROR`. A job
//! whose row is about a later upload, or whose row is gone, changes nothing. An event that arrives twice changes nothing more.

mod event;
mod settings;

use std::sync::Arc;

use lambda_runtime::Diagnostic;
use responses::{Rows, RowsError};
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;
use wiring::Log;

pub use event::{EventError, JobEnd, parse_event};
pub use settings::Settings;

/// What the handler works with.
pub struct Dependencies {
    /// The rows of responses.
    pub rows: Rows,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

/// What became of an event: the answer of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// The row says how the job ended.
    Recorded,
    /// The job belongs to no row, or its row is about another upload.
    Ignored,
}

/// An invocation that failed.
#[derive(Debug, Error)]
pub enum HandlerError {
    /// The payload is no event that this function serves.
    #[error(transparent)]
    UnsupportedEvent(#[from] EventError),
    /// The table did not answer; it may another time.
    #[error(transparent)]
    Retry(#[from] RowsError),
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::UnsupportedEvent(_) => "unsupported-event",
            HandlerError::Retry(_) => "retry",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

/// Processes one invocation.
///
/// # Errors
///
/// [`HandlerError`], when the payload is no end of a job, or when the table does not answer.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Outcome, HandlerError> {
    let Dependencies { rows, log } = dependencies;
    let JobEnd { job, owner, end } = parse_event(&payload)?;
    let about = json!({ "job": job });
    let Some((row, upload)) = owner else {
        log.info("job-without-row", about, "the job names no row");
        return Ok(Outcome::Ignored);
    };
    if !rows.end(&row, &upload, &end).await? {
        log.info("row-moved-on", about, "the row is about another upload, or gone");
        return Ok(Outcome::Ignored);
    }
    match end {
        responses::End::Complete(key) => log.info("job-complete", json!({ "job": job, "output": key }), "transcoded"),
        responses::End::Error(reason) => log.error("job-failed", about, &reason),
    }
    Ok(Outcome::Recorded)
}
