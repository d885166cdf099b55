//! Lambda function: every photo uploaded into one bucket becomes an upright JPEG of a fixed size in another.
//!
//! [`handle`] serves the S3 event notifications `s3:ObjectCreated:*`. All records of a batch are processed. What cannot
//! become a picture (a file that is no photo, a missing object) is logged and left: trying again would not help. What may
//! go well another time (S3 does not answer) fails the invocation after the other records are done, so that Lambda tries
//! again; doing a record twice gives the same object with the same bytes. A distribution that serves the pictures is told to forget
//! the one that was replaced; should it not hear of it, the picture is there all the same, and is served when the old one has aged.

mod distribution;
mod object;
mod settings;

use std::sync::Arc;

use aws_sdk_s3::Client;
use lambda_runtime::Diagnostic;
use media::{Encoding, Fit, Limits, Variant};
use s3_events::{Notification, ObjectEvent, parse_notification};
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;
use wiring::{Clock, Log};

pub use distribution::{Distribution, InvalidationError};
pub use object::ObjectError;
pub use s3_events::EventError;
pub use settings::Settings;

/// What the handler works with.
pub struct Dependencies {
    /// Reaches the source and the destination bucket.
    pub s3: Client,
    /// What serves the pictures, where one is to be told of them.
    pub distribution: Option<Distribution>,
    /// The function's configuration.
    pub settings: Settings,
    /// Tells the time, for signatures.
    pub clock: Arc<dyn Clock>,
    /// Receives one JSON object per fact.
    pub log: Box<dyn Log>,
}

/// What became of the records of an event: the answer of the function.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Keys written to the destination bucket, in the order of the records.
    pub written: Vec<String>,
    /// Records that no picture can be made of.
    pub rejected: Vec<Rejected>,
}

/// A record that no picture can be made of.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Source bucket.
    pub bucket: String,
    /// Source key, decoded.
    pub key: String,
    /// Kebab-case code of the reason.
    pub code: &'static str,
    /// The reason.
    pub message: String,
}

/// An invocation that failed as a whole.
#[derive(Debug, Error)]
pub enum HandlerError {
    /// The payload is no event that this function serves.
    #[error(transparent)]
    UnsupportedEvent(#[from] EventError),
    /// Some records failed for a reason that may pass; the others are done.
    #[error("{failed} of {records} records failed and may succeed when tried again; the first: {first}")]
    Retry {
        /// Records that failed.
        failed: usize,
        /// Records of the event.
        records: usize,
        /// The first failure.
        #[source]
        first: ObjectError,
    },
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::UnsupportedEvent(_) => "unsupported-event",
            HandlerError::Retry { .. } => "retry",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

/// Processes one invocation.
///
/// # Errors
///
/// [`HandlerError`], when the payload is no S3 event, or when S3 failed in a way that may pass.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Outcome, HandlerError> {
    let records = match parse_notification(payload)? {
        Notification::Test => return Ok(Outcome::default()),
        Notification::Created(records) => records,
    };
    let mut outcome = Outcome::default();
    let mut failures = Vec::new();
    for record in &records {
        let fact = json!({ "bucket": record.bucket, "key": record.key });
        match process(record, dependencies).await {
            Ok(key) => {
                dependencies.log.info("image-written", fact, &key);
                invalidate(record, &key, dependencies).await;
                outcome.written.push(key);
            }
            Err(error) => {
                let message = error.to_string();
                dependencies.log.error(error.code(), fact, &message);
                if error.may_pass() {
                    failures.push(error);
                } else {
                    let (bucket, key) = (record.bucket.clone(), record.key.clone());
                    outcome.rejected.push(Rejected { bucket, key, code: error.code(), message });
                }
            }
        }
    }
    let failed = failures.len();
    match failures.into_iter().next() {
        Some(first) => Err(HandlerError::Retry { failed, records: records.len(), first }),
        None => Ok(outcome),
    }
}

/// Makes the picture of one record; returns its key in the destination bucket.
async fn process(record: &ObjectEvent, dependencies: &Dependencies) -> Result<String, ObjectError> {
    let Dependencies { s3, settings, .. } = dependencies;
    let destination = object::destination_key(settings, &record.bucket, &record.key)?;
    let bytes = object::read(s3, &record.bucket, &record.key).await?;
    let variant = Variant {
        width: settings.width,
        height: settings.height,
        fit: Fit::Cover,
        encoding: Encoding::Jpeg { quality: settings.quality },
    };
    let rendered = media::render(&bytes, &[variant], &Limits::default())?;
    for picture in rendered {
        object::write(s3, settings, &destination, picture).await?;
    }
    Ok(destination)
}

/// Tells the distribution of a picture that was written. That it could not be told is logged, and nothing is tried again: making
/// the picture once more would not help.
async fn invalidate(record: &ObjectEvent, key: &str, dependencies: &Dependencies) {
    let Some(distribution) = &dependencies.distribution else { return };
    let now = dependencies.clock.now();
    // A reference that was used before would be the invalidation of then.
    let event = record.sequencer.as_ref().map_or("", |sequencer| sequencer.as_str());
    let reference = format!("{}-{event}", now.as_nanos());
    let fact = json!({ "bucket": dependencies.settings.destination_bucket, "key": key });
    match distribution.invalidate(key, &reference, now).await {
        Ok(()) => dependencies.log.info("image-invalidated", fact, key),
        Err(error) => dependencies.log.error("invalidation-failed", fact, &error.to_string()),
    }
}
