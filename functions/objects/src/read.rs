//! The object that an event tells of.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use s3_events::ObjectEvent;
use time::OffsetDateTime;

use crate::LARGEST_OBJECT;
use crate::error::{StorageError, is_gone, is_overtaken};
use crate::latest::moment;

/// What is to be had of an object that an event tells of.
#[derive(Debug)]
pub enum Found {
    /// Its bytes.
    Object(Object),
    /// It has been deleted since.
    Gone,
    /// It has been replaced since; what replaced it has an event of its own.
    Replaced,
    /// It is larger than [`LARGEST_OBJECT`]: at least so many bytes.
    TooLarge(usize),
}

/// An object as it was stored.
#[derive(Debug)]
pub struct Object {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When S3 took it, should the event not tell.
    pub stored: OffsetDateTime,
    /// What tells these bytes from others under the same key: version, else entity tag.
    pub revision: String,
}

/// Reads exactly the object that the event tells of, not one that has taken its place. Where the event tells neither version nor
/// entity tag, that is the one that is there.
///
/// # Errors
///
/// [`StorageError::Failed`].
pub async fn read(s3: &Client, event: &ObjectEvent) -> Result<Found, StorageError> {
    let get = s3.get_object().bucket(&event.bucket).key(&event.key);
    let get = match (&event.version, &event.etag) {
        (Some(version), _) => get.version_id(version),
        (None, Some(etag)) => get.if_match(format!("\"{etag}\"")),
        (None, None) => get,
    };
    let answer = match get.send().await {
        Ok(answer) => answer,
        Err(error) if is_gone(&error) => return Ok(Found::Gone),
        Err(error) if is_overtaken(&error) => return Ok(Found::Replaced),
        Err(error) => return Err(StorageError::of("GetObject", &error)),
    };
    let declared = answer.content_length.and_then(|length| usize::try_from(length).ok());
    if let Some(size) = declared.filter(|&size| size > LARGEST_OBJECT) {
        return Ok(Found::TooLarge(size));
    }
    let stored = moment(answer.last_modified);
    let etag = answer.e_tag.map(|etag| etag.trim_matches('"').to_owned());
    let revision = event.version.clone().or(etag).unwrap_or_default();
    let mut body = answer.body;
    let mut bytes = Vec::with_capacity(declared.unwrap_or_default());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| StorageError::Failed {
            operation: "GetObject",
            reason: format!("after {} bytes: {}", bytes.len(), DisplayErrorContext(&error)),
        })?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_OBJECT {
            return Ok(Found::TooLarge(bytes.len()));
        }
    }
    match declared {
        Some(size) if size != bytes.len() => Err(StorageError::Failed {
            operation: "GetObject",
            reason: format!("{} of {size} bytes arrived", bytes.len()),
        }),
        _ => Ok(Found::Object(Object { bytes, stored, revision })),
    }
}
