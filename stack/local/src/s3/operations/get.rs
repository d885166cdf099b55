//! `GetObject` and `HeadObject`.

use std::sync::Arc;

use http_body_util::StreamBody;
use s3s::dto::{GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range, StreamingBlob};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::common::{ReadConditions, bucket, count, etag, length, shown_version_id, timestamp, version};
use crate::cloud::Cloud;
use crate::s3::errors::{custom, invalid_request, not_served};
use crate::s3::store::{Content, Version};

/// The bytes that a request asks for.
struct Slice {
    start: u64,
    end: u64,
    /// `bytes <first>-<last>/<size>`, for a part of the object only.
    content_range: Option<String>,
}

fn slice(version: &Version, range: Option<&Range>, part: Option<i32>) -> S3Result<Slice> {
    let size = version.size();
    let asked = match (range, part) {
        (Some(_), Some(_)) => {
            return Err(invalid_request("Cannot specify both Range header and partNumber query parameter"));
        }
        (None, None) => return Ok(Slice { start: 0, end: size, content_range: None }),
        (Some(range), None) => range.check(size).map_err(|_| not_satisfiable(size))?,
        (None, Some(part)) => part_range(version, part, size)?,
    };
    if asked.is_empty() {
        return Ok(Slice { start: 0, end: size, content_range: None });
    }
    let content_range = format!("bytes {}-{}/{size}", asked.start, asked.end - 1);
    Ok(Slice { start: asked.start, end: asked.end, content_range: Some(content_range) })
}

fn part_range(version: &Version, part: i32, size: u64) -> S3Result<std::ops::Range<u64>> {
    let refusal = || {
        custom(
            http::StatusCode::RANGE_NOT_SATISFIABLE,
            "InvalidPartNumber",
            "The requested partnumber is not satisfiable",
        )
    };
    let index = usize::try_from(part).ok().and_then(|part| part.checked_sub(1)).ok_or_else(refusal)?;
    if version.parts.is_empty() {
        return if index == 0 { Ok(0..size) } else { Err(refusal()) };
    }
    let length = *version.parts.get(index).ok_or_else(refusal)?;
    let start: u64 = version.parts[..index].iter().sum();
    Ok(start..start + length)
}

fn not_satisfiable(size: u64) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::InvalidRange, "The requested range is not satisfiable");
    let mut headers = http::HeaderMap::new();
    if let Ok(range) = http::HeaderValue::from_str(&format!("bytes */{size}")) {
        headers.insert(http::header::CONTENT_RANGE, range);
    }
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/xml"));
    error.set_headers(headers);
    error
}

/// A body that streams a part of stored content.
pub(super) fn streaming(content: Content, start: u64, end: u64) -> StreamingBlob {
    use futures::TryStreamExt as _;
    let frames = content.stream(start, end).map_ok(http_body::Frame::data);
    StreamingBlob::from(s3s::Body::http_body_unsync(StreamBody::new(frames)))
}

pub(super) fn get_object(cloud: &Arc<Cloud>, input: &GetObjectInput) -> S3Result<GetObjectOutput> {
    if input.sse_customer_algorithm.is_some() {
        return Err(not_served("server-side encryption with keys of the customer (SSE-C)"));
    }
    let (found, shown_id, content) = cloud.s3.store.read(|state| {
        let found = version(state, &input.bucket, &input.key, input.version_id.as_deref())?;
        let conditions = ReadConditions {
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
            if_modified_since: input.if_modified_since.as_ref(),
            if_unmodified_since: input.if_unmodified_since.as_ref(),
        };
        conditions.check(found)?;
        let content = state.blobs.content(&found.segments).ok_or_else(lost)?;
        let shown = shown_version_id(bucket(state, &input.bucket)?, &found.id);
        Ok::<_, S3Error>((found.clone(), shown, content))
    })?;
    let slice = slice(&found, input.range.as_ref(), input.part_number)?;
    let whole = slice.content_range.is_none();
    let mut output = GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(streaming(content, slice.start, slice.end)),
        content_length: Some(length(slice.end - slice.start)),
        content_range: slice.content_range,
        e_tag: Some(etag(&found.etag)),
        last_modified: Some(timestamp(found.modified)),
        parts_count: input.part_number.filter(|_| !found.parts.is_empty()).map(|_| count(found.parts.len())),
        storage_class: found.headers.storage_class.filter(|class| class != "STANDARD").map(Into::into),
        tag_count: (!found.tags.is_empty()).then(|| count(found.tags.len())),
        version_id: shown_id,
        cache_control: found.headers.cache_control,
        content_disposition: found.headers.content_disposition,
        content_encoding: found.headers.content_encoding,
        content_language: found.headers.content_language,
        content_type: found.headers.content_type,
        expires: found.headers.expires.map(|seconds| timestamp(seconds.saturating_mul(1000))),
        metadata: Some(found.headers.metadata.into_iter().collect()),
        website_redirect_location: found.headers.website_redirect,
        ..Default::default()
    };
    let asked = input.checksum_mode.as_ref().is_some_and(|mode| mode.as_str() == "ENABLED");
    if let Some(checksum) = found.checksum.filter(|_| asked && whole) {
        let value = Some(checksum.value);
        match checksum.algorithm.as_str() {
            "CRC32" => output.checksum_crc32 = value,
            "CRC32C" => output.checksum_crc32c = value,
            "CRC64NVME" => output.checksum_crc64nvme = value,
            "SHA1" => output.checksum_sha1 = value,
            _ => output.checksum_sha256 = value,
        }
        output.checksum_type = Some(checksum.kind.into());
    }
    Ok(output)
}

fn lost() -> S3Error {
    S3Error::with_message(S3ErrorCode::InternalError, "the bytes of the object are not in the store")
}

pub(super) fn head_object(cloud: &Arc<Cloud>, input: &HeadObjectInput) -> S3Result<HeadObjectOutput> {
    // What a HEAD answers is what the GET answers; the body is never read.
    let got = get_object(
        cloud,
        &GetObjectInput {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            version_id: input.version_id.clone(),
            checksum_mode: input.checksum_mode.clone(),
            if_match: input.if_match.clone(),
            if_none_match: input.if_none_match.clone(),
            if_modified_since: input.if_modified_since.clone(),
            if_unmodified_since: input.if_unmodified_since.clone(),
            part_number: input.part_number,
            range: input.range,
            sse_customer_algorithm: input.sse_customer_algorithm.clone(),
            ..Default::default()
        },
    )?;
    Ok(HeadObjectOutput {
        accept_ranges: got.accept_ranges,
        cache_control: got.cache_control,
        checksum_crc32: got.checksum_crc32,
        checksum_crc32c: got.checksum_crc32c,
        checksum_crc64nvme: got.checksum_crc64nvme,
        checksum_sha1: got.checksum_sha1,
        checksum_sha256: got.checksum_sha256,
        checksum_type: got.checksum_type,
        content_disposition: got.content_disposition,
        content_encoding: got.content_encoding,
        content_language: got.content_language,
        content_length: got.content_length,
        content_range: got.content_range,
        content_type: got.content_type,
        e_tag: got.e_tag,
        expires: got.expires,
        last_modified: got.last_modified,
        metadata: got.metadata,
        parts_count: got.parts_count,
        storage_class: got.storage_class,
        version_id: got.version_id,
        website_redirect_location: got.website_redirect_location,
        ..Default::default()
    })
}
