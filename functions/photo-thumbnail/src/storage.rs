//! Objects in and out.

use std::collections::HashMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use clients::failure_text;
use s3_events::ObjectEvent;
use time::OffsetDateTime;

use crate::error::Trouble;

/// Largest photo that is read, in bytes.
pub(crate) const LARGEST_OBJECT: usize = 64 << 20;

/// Longest key that S3 stores, in bytes.
pub(crate) const LONGEST_KEY: usize = 1024;

/// How often an object is written anew because others wrote it meanwhile. One of those who write at once gets through.
pub(crate) const ROUNDS: usize = 20;

/// Metadata of what the function writes: the place of the event among those of its photo.
const PLACE: &str = "sequencer";

/// What is to be had of an object that an event tells of.
pub(crate) enum Found {
    /// Its bytes.
    Object(Object),
    /// It has been replaced or deleted since; what replaced it has an event of its own.
    Gone,
    /// It is larger than a photo may be: at least so many bytes.
    TooLarge(usize),
}

/// An object as it was stored.
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    /// When S3 took it, should the event not tell.
    pub(crate) stored: OffsetDateTime,
    /// What tells these bytes from others under the same key: version, else entity tag.
    pub(crate) revision: String,
}

/// Reads exactly the object that the event tells of, not one that has taken its place.
pub(crate) async fn read(s3: &Client, event: &ObjectEvent) -> Result<Found, Trouble> {
    let get = s3.get_object().bucket(&event.bucket).key(&event.key);
    let get = match (&event.version, &event.etag) {
        (Some(version), _) => get.version_id(version),
        (None, Some(etag)) => get.if_match(format!("\"{etag}\"")),
        (None, None) => get,
    };
    let answer = match get.send().await {
        Ok(answer) => answer,
        Err(error) if is_gone(&error) => return Ok(Found::Gone),
        Err(error) => return Err(failed("GetObject", &error)),
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
        let chunk = chunk.map_err(|error| Trouble::StorageFailed {
            operation: "GetObject",
            reason: format!("after {} bytes: {}", bytes.len(), DisplayErrorContext(&error)),
        })?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_OBJECT {
            return Ok(Found::TooLarge(bytes.len()));
        }
    }
    match declared {
        Some(size) if size != bytes.len() => Err(Trouble::StorageFailed {
            operation: "GetObject",
            reason: format!("{} of {size} bytes arrived", bytes.len()),
        }),
        _ => Ok(Found::Object(Object { bytes, stored, revision })),
    }
}

/// Whether there is no such object, version or entity tag any more.
fn is_gone<E: ProvideErrorMetadata>(error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(code, Some("NoSuchKey" | "NoSuchVersion" | "PreconditionFailed"))
        || error.raw_response().is_some_and(|response| response.status().as_u16() == 412)
}

/// An object to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) cache_control: Option<&'a str>,
    pub(crate) bytes: &'a [u8],
    /// Place of the event among those of its photo, to be kept with the object.
    pub(crate) place: Option<&'a str>,
}

/// What stands at a key.
pub(crate) struct Standing {
    pub(crate) tag: String,
    /// Place of the event that it was written for.
    pub(crate) place: Option<String>,
    /// Its bytes, where they were asked for.
    pub(crate) bytes: Vec<u8>,
    pub(crate) stored: OffsetDateTime,
}

/// Writes an object unless one of a later event stands there: the object of the last event stays, in whatever order the
/// events come, how many of them at once, and however late a request arrives. Without a place it is always written.
pub(crate) async fn write_latest(s3: &Client, writing: Writing<'_>) -> Result<(), Trouble> {
    // Most photos are new.
    let mut standing = None;
    for _ in 0..ROUNDS {
        if write_over(s3, writing, standing.as_ref()).await? {
            return Ok(());
        }
        standing = find(s3, writing.bucket, writing.key).await?;
        let found = standing.as_ref().and_then(|standing| standing.place.as_deref());
        if writing.place.is_some() && found > writing.place {
            return Ok(());
        }
    }
    Err(Trouble::Contended { key: writing.key.to_owned(), rounds: ROUNDS })
}

/// Writes an object in the place of the one that was found there. False when another one stands there by now.
pub(crate) async fn write_over(
    s3: &Client,
    writing: Writing<'_>,
    standing: Option<&Standing>,
) -> Result<bool, Trouble> {
    let put = s3
        .put_object()
        .bucket(writing.bucket)
        .key(writing.key)
        .content_type(writing.content_type)
        .set_cache_control(writing.cache_control.map(str::to_owned))
        .set_metadata(writing.place.map(|place| HashMap::from([(PLACE.to_owned(), place.to_owned())])))
        .body(ByteStream::from(writing.bytes.to_vec()));
    let put = match standing {
        Some(standing) => put.if_match(&standing.tag),
        None => put.if_none_match("*"),
    };
    match put.send().await {
        Ok(_) => Ok(true),
        Err(error) if is_overtaken(&error) => Ok(false),
        Err(error) => Err(failed("PutObject", &error)),
    }
}

/// Whether something else stands there, or is being written at the same moment.
fn is_overtaken<E: ProvideErrorMetadata>(error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(code, Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey"))
}

/// What stands at a key, without its bytes.
async fn find(s3: &Client, bucket: &str, key: &str) -> Result<Option<Standing>, Trouble> {
    match s3.head_object().bucket(bucket).key(key).send().await {
        Ok(head) => Ok(Some(Standing {
            tag: head.e_tag.unwrap_or_default(),
            place: head.metadata.and_then(|mut metadata| metadata.remove(PLACE)),
            bytes: Vec::new(),
            stored: moment(head.last_modified),
        })),
        // Without a body there is no code but the status.
        Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => Ok(None),
        Err(error) => Err(failed("HeadObject", &error)),
    }
}

/// What stands at a key of the function's own.
pub(crate) async fn fetch(s3: &Client, bucket: &str, key: &str) -> Result<Option<Standing>, Trouble> {
    let answer = match s3.get_object().bucket(bucket).key(key).send().await {
        Ok(answer) => answer,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(failed("GetObject", &error)),
    };
    let body = answer.body.collect().await.map_err(|error| Trouble::StorageFailed {
        operation: "GetObject",
        reason: DisplayErrorContext(&error).to_string(),
    })?;
    Ok(Some(Standing {
        tag: answer.e_tag.unwrap_or_default(),
        place: answer.metadata.and_then(|mut metadata| metadata.remove(PLACE)),
        bytes: body.to_vec(),
        stored: moment(answer.last_modified),
    }))
}

fn moment(told: Option<DateTime>) -> OffsetDateTime {
    let moment = told.and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok());
    moment.unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn failed<E>(operation: &'static str, error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    Trouble::StorageFailed { operation, reason: failure_text(error) }
}
