//! Lambda function: every photo uploaded into one bucket becomes an upright JPEG of a fixed size in another.
//!
//! [`handle`] serves the S3 event notifications `s3:ObjectCreated:*`. All records of a batch are processed. What cannot
//! become a picture (a file that is no photo, a missing object) is logged and left: trying again would not help. What may
//! go well another time (S3 does not answer) fails the invocation after the other records are done, so that Lambda tries
//! again; doing a record twice gives the same object with the same bytes. In whatever order the events of a photo come, and how
//! many of them at once, the picture of the last one by its sequencer stays. A distribution that serves the pictures is told to
//! forget the one that was replaced; should it not hear of it, the picture is there all the same, and is served when the old one
//! has aged.

mod distribution;
mod object;
mod settings;

use std::sync::Arc;

use aws_sdk_s3::Client;
use media::{Encoding, Fit, Limits, Variant};
use objects::{Found, Writing, mark, place};
use s3_events::{Notification, ObjectEvent, parse_notification};
use serde::Serialize;
use serde_json::{Value, json};
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
    /// Records that there is nothing to do for any more.
    pub skipped: Vec<Skipped>,
}

/// A record whose photo was uploaded anew since.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Source bucket.
    pub bucket: String,
    /// Source key, decoded.
    pub key: String,
    /// Kebab-case code of the reason: `replaced`, `overtaken`.
    pub code: &'static str,
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

/// What became of one record.
enum Done {
    Written(String),
    Skipped(&'static str, &'static str),
}

/// An invocation that failed as a whole.
pub type HandlerError = s3_events::HandlerError<ObjectError>;

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
            Ok(Done::Written(key)) => {
                dependencies.log.info("image-written", fact, &key);
                invalidate(record, &key, dependencies).await;
                outcome.written.push(key);
            }
            Ok(Done::Skipped(code, message)) => {
                dependencies.log.info(code, fact, message);
                outcome.skipped.push(Skipped { bucket: record.bucket.clone(), key: record.key.clone(), code });
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
    HandlerError::of(failures, records.len())?;
    Ok(outcome)
}

/// Makes the picture of one record.
async fn process(record: &ObjectEvent, dependencies: &Dependencies) -> Result<Done, ObjectError> {
    let Dependencies { s3, settings, .. } = dependencies;
    let key = object::destination_key(settings, &record.bucket, &record.key)?;
    // By its entity tag, also where versions are kept: the picture of a photo that was replaced is not wanted.
    let newest = ObjectEvent { version: None, ..record.clone() };
    let photo = match objects::read(s3, &newest).await? {
        Found::Object(photo) => photo,
        Found::Gone => return Err(ObjectError::MissingObject),
        Found::Replaced => {
            return Ok(Done::Skipped("replaced", "the object was replaced since, by one with its own event"));
        }
        Found::TooLarge(size) => return Err(ObjectError::ObjectTooLarge { size }),
    };
    let variant = Variant {
        width: settings.width,
        height: settings.height,
        fit: Fit::Cover,
        encoding: Encoding::Jpeg { quality: settings.quality },
    };
    let mut is_last = true;
    for mut picture in media::render(photo.bytes, &[variant], &Limits::default())? {
        if let Some(place) = place(record) {
            mark(&mut picture.bytes, place);
        }
        let writing = Writing {
            bucket: &settings.destination_bucket,
            key: &key,
            content_type: picture.content_type,
            cache_control: Some(&settings.cache_control),
            bytes: &picture.bytes,
            place: place(record),
        };
        is_last = objects::write_latest(s3, writing).await?;
    }
    Ok(if is_last {
        Done::Written(key)
    } else {
        Done::Skipped("overtaken", "the picture is of a later upload already")
    })
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
