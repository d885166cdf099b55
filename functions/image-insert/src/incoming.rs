//! Images that come through a bucket, whose events come through a queue.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use image_library::{ImageName, Insertion, LibraryError, NameError, Picture, Stamp};
use lambda_runtime::Diagnostic;
use media::MediaError;
use s3_events::{Notification, ObjectEvent, parse_body};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Dependencies;

/// What comes before a name in the keys of the bucket.
const PREFIX: &str = "images/";

/// Largest image that is read, in bytes.
const LARGEST_OBJECT: u64 = 64 << 20;

/// Messages that are to be delivered again: the answer of the function.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchFailures {
    /// One entry for each.
    pub batch_item_failures: Vec<MessageFailure>,
}

/// A message that is to be delivered again.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageFailure {
    /// Its id.
    pub item_identifier: String,
}

/// Why a message or a batch is not done.
#[derive(Debug, Error)]
pub enum IngestError {
    /// The payload is no batch of messages.
    #[error("the payload is not a batch of SQS messages: {reason}")]
    NotSqs {
        /// What is missing or different.
        reason: String,
    },
    /// The message is no event of S3.
    #[error(transparent)]
    Event(#[from] s3_events::EventError),
    /// The object lies elsewhere than images come in.
    #[error("`{key}` in bucket `{bucket}` is not under `{PREFIX}` of the bucket that images come through")]
    Elsewhere {
        /// Bucket of the object.
        bucket: String,
        /// Key of the object.
        key: String,
    },
    /// The key names no image.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The event does not say which version it is about, or when: the bucket keeps no versions.
    #[error("the event has no {what}; the bucket that images come through must keep versions")]
    Unordered {
        /// The missing field.
        what: &'static str,
    },
    /// The image is not in the library.
    #[error(transparent)]
    Library(#[from] LibraryError),
}

impl IngestError {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSqs { .. } | Self::Event(_) => "unsupported-event",
            Self::Elsewhere { .. } => "object-elsewhere",
            Self::Name(error) => error.code(),
            Self::Unordered { .. } => "event-unordered",
            Self::Library(error) => error.code(),
        }
    }
}

impl From<IngestError> for Diagnostic {
    fn from(error: IngestError) -> Self {
        Self { error_type: error.code().into(), error_message: error.to_string() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(rename = "messageId")]
    id: String,
    body: String,
    event_source: String,
}

/// Processes one batch. Every message is processed, whatever becomes of the others; those that are not done are delivered again,
/// and in the end lie in the queue of failures. An image that is refused is done: the refusal is recorded in its rows.
///
/// # Errors
///
/// [`IngestError::NotSqs`] for a payload that is no batch of messages.
pub async fn ingest(payload: Value, dependencies: &Dependencies) -> Result<BatchFailures, IngestError> {
    let mut failures = BatchFailures::default();
    for message in messages(payload)? {
        if let Err(error) = process(&message.body, dependencies).await {
            let about = json!({ "message": message.id });
            dependencies.log.error(error.code(), about, &error.to_string());
            failures.batch_item_failures.push(MessageFailure { item_identifier: message.id });
        }
    }
    Ok(failures)
}

fn messages(mut payload: Value) -> Result<Vec<Message>, IngestError> {
    let not_sqs = |reason: String| IngestError::NotSqs { reason };
    let Some(Value::Array(records)) = payload.get_mut("Records").map(Value::take) else {
        return Err(not_sqs("it has no list `Records`".into()));
    };
    let read = |(index, record)| {
        let message: Message =
            serde_json::from_value(record).map_err(|error| not_sqs(format!("record {index}: {error}")))?;
        if message.event_source != "aws:sqs" {
            return Err(not_sqs(format!("record {index} comes from `{}`", message.event_source)));
        }
        Ok(message)
    };
    records.into_iter().enumerate().map(read).collect()
}

/// All events of a message; the first that is not done fails it, after the others.
async fn process(body: &str, dependencies: &Dependencies) -> Result<(), IngestError> {
    let Notification::Created(events) = parse_body(body)? else { return Ok(()) };
    let mut first = Ok(());
    for event in &events {
        let done = receive(event, dependencies).await;
        if first.is_ok() {
            first = done;
        }
    }
    first
}

/// Takes one version of an object into the library, and out of the bucket.
async fn receive(event: &ObjectEvent, dependencies: &Dependencies) -> Result<(), IngestError> {
    let Dependencies { library, incoming_bucket, log, .. } = dependencies;
    let name = event.key.strip_prefix(PREFIX).filter(|_| event.bucket == *incoming_bucket);
    let name = name.ok_or_else(|| IngestError::Elsewhere { bucket: event.bucket.clone(), key: event.key.clone() })?;
    let name = ImageName::parse(name)?;
    let version = event.version.as_deref().ok_or(IngestError::Unordered { what: "version" })?;
    let stamp = stamp(event)?;
    let about = json!({ "name": name.as_str(), "version": version });
    let Some(picture) = read(event, &name, version, dependencies).await? else {
        // Of two deliveries of this message, one may have been cut off when the other was done.
        Box::pin(library.tidy(&name)).await?;
        log.info("image-received-before", about, "the version is not in the bucket any more");
        return Ok(());
    };
    // Boxed: the futures of SDK calls nest so deeply that functions which await them meet the compiler's limit.
    match Box::pin(library.insert(&name, &picture, &stamp)).await {
        Ok(Insertion::Completed(_)) => log.info("image-inserted", about, "the name means the image now"),
        Ok(Insertion::Superseded) => log.info("image-superseded", about, "a later change of the name came first"),
        Err(LibraryError::Refused(error)) => log.error(error.code(), about, &error.to_string()),
        Err(error) => return Err(error.into()),
    }
    let delete = library.s3.delete_object().bucket(&event.bucket).key(&event.key).version_id(version);
    delete.send().await.map_err(|error| storage_failed("DeleteObject", clients::failure_text(&error)))?;
    Ok(())
}

/// The place of an event among the changes of a name.
fn stamp(event: &ObjectEvent) -> Result<Stamp, IngestError> {
    let sequencer = event.sequencer.clone().ok_or(IngestError::Unordered { what: "sequencer" })?;
    let time = event.time.as_deref().and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
    let time = time.ok_or(IngestError::Unordered { what: "time" })?;
    let at = u64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Ok(Stamp::Event { at, sequencer })
}

/// The bytes of exactly that version; `None` when it has been taken out already.
async fn read(
    event: &ObjectEvent,
    name: &ImageName,
    version: &str,
    dependencies: &Dependencies,
) -> Result<Option<Picture>, IngestError> {
    let get = dependencies.library.s3.get_object().bucket(&event.bucket).key(&event.key).version_id(version);
    let answer = match get.send().await {
        Ok(answer) => answer,
        Err(error) if matches!(error.code(), Some("NoSuchKey" | "NoSuchVersion")) => return Ok(None),
        Err(error) => return Err(storage_failed("GetObject", clients::failure_text(&error))),
    };
    let size = answer.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    if size > LARGEST_OBJECT {
        let reason = MediaError::FileTooLarge { size, limit: LARGEST_OBJECT };
        return Ok(Some(Picture::unread(name, version, reason)));
    }
    let bytes = answer.body.collect().await.map_err(|error| storage_failed("GetObject", error.to_string()))?;
    Ok(Some(Picture::new(name, bytes.to_vec())))
}

fn storage_failed(operation: &'static str, reason: String) -> IngestError {
    IngestError::Library(LibraryError::StorageFailed { operation, reason })
}
