//! Lambda function: an uploaded video becomes a job of MediaConvert, and its row says so.
//!
//! [`handle`] serves the S3 event notifications `s3:ObjectCreated:*`. All records of a batch are processed. What is no video
//! is ignored, and logged. What MediaConvert refuses goes into the row; what may go well another time fails the
//! invocation after the other records are done, so that Lambda tries again. An event that arrives twice makes one job: its
//! request token follows from key and entity tag.

mod job;
mod mediaconvert;
mod settings;
mod upload;

use std::sync::Arc;

use responses::{End, Rows, RowsError};
use s3_events::{Notification, ObjectEvent, parse_notification};
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;
use wiring::{Clock, Log};

pub use job::job_request;
pub use mediaconvert::{JobError, MediaConvert};
pub use settings::Settings;
pub use upload::Video;

/// What the handler works with.
pub struct Dependencies {
    /// The function's configuration.
    pub settings: Settings,
    /// The rows of responses.
    pub rows: Rows,
    /// Makes jobs.
    pub mediaconvert: MediaConvert,
    /// Dates signatures.
    pub clock: Arc<dyn Clock>,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

/// What became of the records of an event: the answer of the function.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Ids of the jobs, in the order of the records.
    pub submitted: Vec<String>,
    /// Keys that were left alone: no videos, older uploads, uploads that are done.
    pub ignored: Vec<String>,
    /// Keys whose jobs MediaConvert refused.
    pub refused: Vec<String>,
}

/// An invocation that failed as a whole.
pub type HandlerError = s3_events::HandlerError<Failure>;

/// Why a record failed.
#[derive(Debug, Error)]
pub enum Failure {
    /// The table did not answer.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// There is no job.
    #[error(transparent)]
    Job(#[from] JobError),
}

enum Done {
    Submitted(String),
    Ignored,
    Refused,
}

/// Processes one invocation.
///
/// # Errors
///
/// [`HandlerError`], when the payload is no S3 event, or when a service failed in a way that may pass.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Outcome, HandlerError> {
    let Notification::Created(records) = parse_notification(payload)? else { return Ok(Outcome::default()) };
    let mut outcome = Outcome::default();
    let mut failures = Vec::new();
    for record in &records {
        match transcode(record, dependencies).await {
            Ok(Done::Submitted(job)) => outcome.submitted.push(job),
            Ok(Done::Ignored) => outcome.ignored.push(record.key.clone()),
            Ok(Done::Refused) => outcome.refused.push(record.key.clone()),
            Err(failure) => {
                dependencies.log.error("record-failed", about(record), &failure.to_string());
                failures.push(failure);
            }
        }
    }
    HandlerError::of(failures, records.len())?;
    Ok(outcome)
}

async fn transcode(record: &ObjectEvent, dependencies: &Dependencies) -> Result<Done, Failure> {
    let Dependencies { settings, rows, mediaconvert, clock, log } = dependencies;
    let ignore = |code, message: &str| {
        log.info(code, about(record), message);
        Ok(Done::Ignored)
    };
    let Some(video) = Video::read(record) else {
        return ignore("not-a-video", "the key ends with none of .webm, .mp4, .mov, .m4v");
    };
    if record.size == Some(0) {
        return ignore("empty-object", "an object without bytes is no video");
    }
    let row = rows.of_video(&record.key).await?;
    if let Some(row) = &row
        && !rows.begin(row, &video.upload).await?
    {
        return ignore("nothing-to-do", "this upload is done already, or a later one has taken its place");
    }
    let request = job_request(settings, &video, row.as_ref());
    let job = match mediaconvert.create_job(&request, clock.now()).await {
        Ok(job) => job,
        Err(error @ JobError::Refused { .. }) => {
            let message = error.to_string();
            log.error("job-refused", about(record), &message);
            if let Some(row) = &row {
                rows.end(row, &video.upload.token, &End::Error(message)).await?;
            }
            return Ok(Done::Refused);
        }
        Err(error) => return Err(error.into()),
    };
    match &row {
        Some(row) => {
            rows.note_job(row, &video.upload.token, &job).await?;
        }
        None => {
            log.error("row-missing", about(record), "no row names this video: it is transcoded, and nobody is told");
        }
    }
    log.info("job-submitted", json!({ "bucket": record.bucket, "key": record.key, "job": job }), "a job was made");
    Ok(Done::Submitted(job))
}

fn about(record: &ObjectEvent) -> Value {
    json!({ "bucket": record.bucket, "key": record.key })
}
