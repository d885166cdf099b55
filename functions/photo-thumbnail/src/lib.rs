//! Lambda function: every photo becomes a thumbnail of a third of each side on a website, and a row in a catalog.
//!
//! [`handle`] serves the S3 event notifications `s3:ObjectCreated:*`. All records of a batch are processed. What cannot
//! become a thumbnail (a file that is no photo, by its content and not its name) leaves a record in the log bucket and a line
//! that an alarm counts. What may go well another time (S3 or the database does not answer) fails the invocation after the
//! other records are done, so that Lambda tries again. Thumbnail, row and list come out the same when a record is done twice,
//! and in whatever order the events of a photo come: the last one by its sequencer prevails.

mod catalog;
mod error;
mod failure;
mod list;
mod settings;
mod thumbnail;

use std::sync::Arc;

use aws_sdk_s3::Client;
use database::{Database, MySql};
use objects::{Found, Writing, mark, place};
use s3_events::{Notification, ObjectEvent, parse_notification};
use serde::Serialize;
use serde_json::{Value, json};
use wiring::Log;

use catalog::{Photo, Row, Thumbnail};

pub use error::{HandlerError, Trouble, Unprocessable};
pub use failure::PHRASE;
pub use settings::Settings;

/// What the handler works with.
pub struct Dependencies {
    /// Reaches the input bucket, the website and the log bucket.
    pub s3: Client,
    /// The catalog.
    pub database: Database<MySql>,
    /// The function's configuration.
    pub settings: Settings,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

/// What became of the records of an event: the answer of the function.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Keys of thumbnails that were written and have a row, in the order of the records.
    pub cataloged: Vec<String>,
    /// Records that no thumbnail can be made of.
    pub rejected: Vec<Rejected>,
    /// Records that there is nothing to do for.
    pub skipped: Vec<Skipped>,
}

/// A record that no thumbnail can be made of.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Source key, decoded.
    pub key: String,
    /// Kebab-case code of the reason.
    pub code: &'static str,
    /// The reason.
    pub message: String,
}

/// A record that there is nothing to do for.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Source key, decoded.
    pub key: String,
    /// Kebab-case code of the reason: `folder`, `gone`, `own-object`.
    pub code: &'static str,
}

/// What became of one record.
enum Done {
    Cataloged(String),
    Rejected(Unprocessable),
    Skipped(&'static str, &'static str),
}

/// Processes one invocation.
///
/// # Errors
///
/// [`HandlerError`], when the payload is no S3 event, or when S3 or the database failed in a way that may pass.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Outcome, HandlerError> {
    let records = match parse_notification(payload)? {
        Notification::Test => return Ok(Outcome::default()),
        Notification::Created(records) => records,
    };
    let log = &dependencies.log;
    let mut outcome = Outcome::default();
    let mut troubles = Vec::new();
    for record in &records {
        let about = json!({ "bucket": record.bucket, "key": record.key });
        let key = record.key.clone();
        match process(record, dependencies).await {
            Ok(Done::Cataloged(thumbnail)) => {
                log.info("photo-cataloged", about, &thumbnail);
                outcome.cataloged.push(thumbnail);
            }
            Ok(Done::Rejected(reason)) => {
                let (code, message) = (reason.code(), reason.to_string());
                let about = json!({ "bucket": record.bucket, "key": record.key, "reason": message });
                log.error(code, about, PHRASE);
                outcome.rejected.push(Rejected { key, code, message });
            }
            Ok(Done::Skipped(code, message)) => {
                log.info(code, about, message);
                outcome.skipped.push(Skipped { key, code });
            }
            Err(trouble) => {
                log.error(trouble.code(), about, &trouble.to_string());
                troubles.push(trouble);
            }
        }
    }
    if !outcome.cataloged.is_empty()
        && let Err(trouble) = list::write(dependencies).await
    {
        log.error(trouble.code(), json!({ "key": dependencies.settings.list_key }), &trouble.to_string());
        troubles.push(trouble);
    }
    HandlerError::of(troubles, records.len())?;
    Ok(outcome)
}

/// Makes thumbnail and row of one record, or the record of what is no photo.
async fn process(record: &ObjectEvent, dependencies: &Dependencies) -> Result<Done, Trouble> {
    let Dependencies { s3, database, settings, .. } = dependencies;
    if record.bucket == settings.website_bucket || record.bucket == settings.log_bucket {
        // Each thumbnail, or each record of a failure, would call the function again.
        return Ok(Done::Skipped("own-object", "the object lies in a bucket that the function writes to itself"));
    }
    if record.key.ends_with('/') && record.size == Some(0) {
        return Ok(Done::Skipped("folder", "an empty object that stands for a folder in consoles"));
    }
    let photo = match objects::read(s3, record).await? {
        Found::Object(photo) => photo,
        Found::Gone | Found::Replaced => return recover(record, dependencies).await,
        Found::TooLarge(size) => return reject(record, Unprocessable::ObjectTooLarge { size }, dependencies).await,
    };
    let made =
        thumbnail::key(settings, &record.key).and_then(|key| Ok((key, thumbnail::render(&photo.bytes, settings)?)));
    let (key, mut thumbnail) = match made {
        Ok(made) => made,
        Err(reason) => return reject(record, reason, dependencies).await,
    };
    if let Some(place) = place(record) {
        mark(&mut thumbnail.bytes, place);
    }
    let writing = Writing {
        bucket: &settings.website_bucket,
        key: &key,
        content_type: thumbnail.content_type,
        cache_control: Some(&settings.cache_control),
        bytes: &thumbnail.bytes,
        place: place(record),
    };
    objects::write_latest(s3, writing).await?;
    let size = u64::try_from(photo.bytes.len()).unwrap_or(u64::MAX);
    let photo = Photo { size, stored: photo.stored, revision: &photo.revision };
    let media::Rendered { width, height, bytes, .. } = thumbnail;
    let thumbnail = Thumbnail { size: bytes.len(), width, height };
    Row::new(record, &photo, &thumbnail).write(database).await?;
    Ok(Done::Cataloged(key))
}

/// Makes the row of a photo that is gone, where an earlier attempt at the same event ended between its thumbnail and its row:
/// a thumbnail has a row.
async fn recover(record: &ObjectEvent, dependencies: &Dependencies) -> Result<Done, Trouble> {
    let Dependencies { s3, database, settings, .. } = dependencies;
    let gone = Ok(Done::Skipped("gone", "the object was replaced or deleted since"));
    let (Some(place), Some(size)) = (place(record), record.size) else { return gone };
    let Some(revision) = record.version.as_ref().or(record.etag.as_ref()) else { return gone };
    let Ok(key) = thumbnail::key(settings, &record.key) else { return gone };
    let Some(standing) = objects::fetch(s3, &settings.website_bucket, &key).await? else { return gone };
    if standing.place.as_deref() != Some(place) {
        return gone;
    }
    let Ok(picture) = media::inspect(&standing.bytes, &media::Limits::default()) else { return gone };
    let photo = Photo { size, stored: standing.stored, revision };
    let thumbnail = Thumbnail { size: standing.bytes.len(), width: picture.width, height: picture.height };
    Row::new(record, &photo, &thumbnail).write(database).await?;
    Ok(Done::Cataloged(key))
}

/// Leaves a record of a file that is no photo.
async fn reject(record: &ObjectEvent, reason: Unprocessable, dependencies: &Dependencies) -> Result<Done, Trouble> {
    let Dependencies { s3, settings, .. } = dependencies;
    let text = failure::text(record, &reason);
    let writing = Writing {
        bucket: &settings.log_bucket,
        key: &failure::key(&record.key),
        content_type: "text/plain; charset=utf-8",
        cache_control: None,
        bytes: text.as_bytes(),
        place: place(record),
    };
    objects::write_latest(s3, writing).await?;
    Ok(Done::Rejected(reason))
}
