//! Objects in and out.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use clients::failure_text;
use s3_events::ObjectEvent;
use time::OffsetDateTime;

use crate::error::Trouble;

/// Largest photo that is read, in bytes.
pub(crate) const LARGEST_OBJECT: usize = 64 << 20;

/// Longest key that S3 stores, in bytes.
pub(crate) const LONGEST_KEY: usize = 1024;

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
    let stored = answer.last_modified.and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok());
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
        _ => Ok(Found::Object(Object { bytes, stored: stored.unwrap_or(OffsetDateTime::UNIX_EPOCH), revision })),
    }
}

/// Whether there is no such object, version or entity tag any more.
fn is_gone<E: ProvideErrorMetadata>(error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(code, Some("NoSuchKey" | "NoSuchVersion" | "PreconditionFailed"))
        || error.raw_response().is_some_and(|response| response.status().as_u16() == 412)
}

/// An object to write.
pub(crate) struct Writing<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) cache_control: Option<&'a str>,
    pub(crate) bytes: Vec<u8>,
}

/// Writes an object, in the place of one that is there.
pub(crate) async fn write(s3: &Client, writing: Writing<'_>) -> Result<(), Trouble> {
    let put = s3
        .put_object()
        .bucket(writing.bucket)
        .key(writing.key)
        .content_type(writing.content_type)
        .set_cache_control(writing.cache_control.map(str::to_owned))
        .body(ByteStream::from(writing.bytes));
    put.send().await.map(drop).map_err(|error| failed("PutObject", &error))
}

fn failed<E>(operation: &'static str, error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    Trouble::StorageFailed { operation, reason: failure_text(error) }
}
