//! What was made of the last event stays.

use std::collections::HashMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use time::OffsetDateTime;

use crate::error::{StorageError, is_gone, is_overtaken};

/// How often an object is written anew because others wrote it meanwhile. One of those who write at once gets through.
pub const ROUNDS: usize = 20;

/// Metadata of what is written: the place of the event among those of its object.
const PLACE: &str = "sequencer";

/// An object to write.
#[derive(Debug, Clone, Copy)]
pub struct Writing<'a> {
    /// Bucket that receives it.
    pub bucket: &'a str,
    /// Its key.
    pub key: &'a str,
    /// `Content-Type`.
    pub content_type: &'a str,
    /// `Cache-Control`.
    pub cache_control: Option<&'a str>,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Place of the event among those of its object, to be kept with what is written.
    pub place: Option<&'a str>,
}

/// What stands at a key.
#[derive(Debug)]
pub struct Standing {
    /// Its entity tag, with quotes.
    pub tag: String,
    /// Place of the event that it was written for.
    pub place: Option<String>,
    /// Its bytes, where they were asked for.
    pub bytes: Vec<u8>,
    /// When S3 took it.
    pub stored: OffsetDateTime,
}

/// Writes an object unless one of a later event stands there: the object of the last event stays, in whatever order the
/// events come, how many of them at once, and however late a request arrives. Without a place it is always written. False when
/// one of a later event stands there.
///
/// # Errors
///
/// [`StorageError`].
pub async fn write_latest(s3: &Client, writing: Writing<'_>) -> Result<bool, StorageError> {
    // Most objects are new.
    let mut standing = None;
    for _ in 0..ROUNDS {
        if write_over(s3, writing, standing.as_ref()).await? {
            return Ok(true);
        }
        standing = find(s3, writing.bucket, writing.key).await?;
        let found = standing.as_ref().and_then(|standing| standing.place.as_deref());
        if writing.place.is_some() && found > writing.place {
            return Ok(false);
        }
    }
    Err(StorageError::Contended { key: writing.key.to_owned(), rounds: ROUNDS })
}

/// Writes an object in the place of the one that was found there. False when another one stands there by now.
///
/// # Errors
///
/// [`StorageError::Failed`].
pub async fn write_over(s3: &Client, writing: Writing<'_>, standing: Option<&Standing>) -> Result<bool, StorageError> {
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
        // What is replaced may have been deleted meanwhile.
        Err(error) if is_overtaken(&error) || is_gone(&error) => Ok(false),
        Err(error) => Err(StorageError::of("PutObject", &error)),
    }
}

/// What stands at a key, without its bytes.
async fn find(s3: &Client, bucket: &str, key: &str) -> Result<Option<Standing>, StorageError> {
    match s3.head_object().bucket(bucket).key(key).send().await {
        Ok(head) => Ok(Some(Standing {
            tag: head.e_tag.unwrap_or_default(),
            place: head.metadata.and_then(|mut metadata| metadata.remove(PLACE)),
            bytes: Vec::new(),
            stored: moment(head.last_modified),
        })),
        // Without a body there is no code but the status.
        Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => Ok(None),
        Err(error) => Err(StorageError::of("HeadObject", &error)),
    }
}

/// What stands at a key of the function's own, with its bytes.
///
/// # Errors
///
/// [`StorageError::Failed`].
pub async fn fetch(s3: &Client, bucket: &str, key: &str) -> Result<Option<Standing>, StorageError> {
    let answer = match s3.get_object().bucket(bucket).key(key).send().await {
        Ok(answer) => answer,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(StorageError::of("GetObject", &error)),
    };
    let body = answer.body.collect().await.map_err(|error| StorageError::Failed {
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

pub(crate) fn moment(told: Option<DateTime>) -> OffsetDateTime {
    let moment = told.and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok());
    moment.unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
