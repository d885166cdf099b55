//! `CopyObject` and `UploadPartCopy`.

use std::sync::Arc;

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETagCondition, TaggingDirective,
    Timestamp, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::common::{
    ReadConditions, bucket, check_acl, etag, header_tags, new_version_id, request_facts, seconds, shown_version_id,
    timestamp, version,
};
use super::get::streaming;
use super::put::{metadata, without_aws_chunked};
use crate::cloud::Cloud;
use crate::s3::body::{Expected, receive};
use crate::s3::errors::{invalid_argument, invalid_request, not_served, precondition_failed};
use crate::s3::notification::{Happening, notify};
use crate::s3::store::{Change, Content, Headers, NewBlob, Record, Version};

/// The place that a copy comes from.
struct Source<'a> {
    bucket: &'a str,
    key: &'a str,
    version_id: Option<&'a str>,
}

impl<'a> Source<'a> {
    fn of(source: &'a CopySource) -> S3Result<Self> {
        match source {
            CopySource::Bucket { bucket, key, version_id } => {
                Ok(Self { bucket, key, version_id: version_id.as_deref() })
            }
            _ => Err(not_served("copies from access points")),
        }
    }
}

/// Conditions on the source. Whatever fails is 412.
fn check_source(
    found: &Version,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
    if_modified_since: Option<&Timestamp>,
    if_unmodified_since: Option<&Timestamp>,
) -> S3Result<()> {
    let conditions = ReadConditions { if_match, if_none_match, if_modified_since, if_unmodified_since };
    conditions.check(found).map_err(|_| precondition_failed())
}

/// Finds the source and its bytes.
fn find(cloud: &Cloud, source: &Source<'_>) -> S3Result<(Version, Content, Option<String>)> {
    cloud.s3.store.read(|state| {
        let found = version(state, source.bucket, source.key, source.version_id)?;
        let shown = shown_version_id(bucket(state, source.bucket)?, &found.id);
        let content = state.blobs.content(&found.segments).ok_or_else(|| {
            S3Error::with_message(S3ErrorCode::InternalError, "the bytes of the object are not in the store")
        })?;
        Ok((found.clone(), content, shown))
    })
}

pub(super) async fn copy_object(cloud: &Arc<Cloud>, request: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let (ids, access_key) = request_facts(&request);
    let input = request.input;
    if input.sse_customer_algorithm.is_some() || input.copy_source_sse_customer_algorithm.is_some() {
        return Err(not_served("server-side encryption with keys of the customer (SSE-C)"));
    }
    let source = Source::of(&input.copy_source)?;
    let (found, content, source_version_id) = find(cloud, &source)?;
    check_source(
        &found,
        input.copy_source_if_match.as_ref(),
        input.copy_source_if_none_match.as_ref(),
        input.copy_source_if_modified_since.as_ref(),
        input.copy_source_if_unmodified_since.as_ref(),
    )?;
    let replace = input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    let changes = replace
        || input.storage_class.is_some()
        || input.website_redirect_location.is_some()
        || input.server_side_encryption.is_some()
        || source.version_id.is_some();
    if source.bucket == input.bucket && source.key == input.key && !changes {
        return Err(invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    cloud.s3.store.read(|state| check_acl(bucket(state, &input.bucket)?, input.acl.as_ref()))?;
    let tags = match input.tagging_directive.as_ref().map(TaggingDirective::as_str) {
        Some("REPLACE") => header_tags(input.tagging.as_deref())?,
        _ => found.tags.clone(),
    };
    let headers = if replace { replaced_headers(&input)? } else { found.headers.clone() };
    let algorithm = input.checksum_algorithm.as_ref().map(|algorithm| algorithm.as_str().to_owned());
    let copied = copied_bytes(cloud, &found, content, algorithm).await?;
    let size = found.size();
    let (version_id, moment) = cloud
        .s3
        .store
        .change(copied.blobs, |state, moment| {
            if copied.shares_source {
                let now = version(state, source.bucket, source.key, source.version_id)?;
                if now.segments != found.segments {
                    return Err(S3Error::with_message(
                        S3ErrorCode::OperationAborted,
                        "A conflicting conditional operation is currently in progress against this resource. Please try again.",
                    ));
                }
            }
            let bucket = bucket(state, &input.bucket)?;
            let id = new_version_id(bucket, moment);
            let shown = shown_version_id(bucket, &id);
            let version = Version {
                id,
                modified: moment.milliseconds(),
                headers,
                tags,
                ..copied.version.clone()
            };
            let record = Record::Put { bucket: input.bucket.clone(), key: input.key.clone(), version, upload: None };
            Ok(Change { records: vec![record], answer: (shown, moment) })
        })
        .await?;
    let happening = Happening {
        name: "ObjectCreated:Copy",
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        size: Some(size),
        etag: Some(copied.version.etag.clone()),
        version_id: version_id.clone(),
        moment,
        access_key,
        ids,
    };
    notify(cloud, &happening);
    let result = CopyObjectResult {
        e_tag: Some(etag(&copied.version.etag)),
        last_modified: Some(timestamp(moment.milliseconds())),
        ..Default::default()
    };
    Ok(CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: source_version_id,
        version_id,
        ..Default::default()
    })
}

/// The content of a copy.
struct Copied {
    /// Everything but id, time, headers and tags.
    version: Version,
    blobs: Vec<NewBlob>,
    /// The bytes are those of the source, which must still be there when the copy is committed.
    shares_source: bool,
}

/// A copy of an object that came in one piece shares its bytes. One that was uploaded in parts becomes one piece, with the
/// entity tag of one; so does one whose checksum is to be another.
async fn copied_bytes(cloud: &Cloud, found: &Version, content: Content, algorithm: Option<String>) -> S3Result<Copied> {
    let same_checksum = algorithm.is_none() || algorithm == found.checksum.as_ref().map(|sum| sum.algorithm.clone());
    if found.parts.is_empty() && same_checksum {
        return Ok(Copied { version: found.clone(), blobs: Vec::new(), shares_source: true });
    }
    let size = found.size();
    let expected = Expected { algorithm, ..Expected::default() };
    let received = receive(&cloud.s3.store, Some(streaming(content, 0, size)), expected).await?;
    let version = Version {
        etag: received.etag,
        segments: vec![received.blob.segment.clone()],
        parts: Vec::new(),
        checksum: Some(received.checksum),
        ..found.clone()
    };
    Ok(Copied { version, blobs: vec![received.blob], shares_source: false })
}

fn replaced_headers(input: &CopyObjectInput) -> S3Result<Headers> {
    Ok(Headers {
        content_type: input.content_type.clone().or_else(|| Some("binary/octet-stream".to_owned())),
        cache_control: input.cache_control.clone(),
        content_disposition: input.content_disposition.clone(),
        content_encoding: input.content_encoding.clone().and_then(without_aws_chunked),
        content_language: input.content_language.clone(),
        expires: input.expires.as_ref().map(seconds),
        website_redirect: input.website_redirect_location.clone(),
        storage_class: input.storage_class.as_ref().map(|class| class.as_str().to_owned()),
        metadata: metadata(input.metadata.clone())?,
    })
}

pub(super) async fn upload_part_copy(
    cloud: &Arc<Cloud>,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<UploadPartCopyOutput> {
    let input = request.input;
    let source = Source::of(&input.copy_source)?;
    let (found, content, source_version_id) = find(cloud, &source)?;
    check_source(
        &found,
        input.copy_source_if_match.as_ref(),
        input.copy_source_if_none_match.as_ref(),
        input.copy_source_if_modified_since.as_ref(),
        input.copy_source_if_unmodified_since.as_ref(),
    )?;
    let (start, end) = copied_range(input.copy_source_range.as_deref(), found.size())?;
    let (part_etag, modified) = super::multipart::put_part(
        cloud,
        &input.bucket,
        &input.key,
        &input.upload_id,
        input.part_number,
        Some(streaming(content, start, end)),
        Expected::default(),
    )
    .await
    .map(|part| (part.etag, part.modified))?;
    let result = CopyPartResult {
        e_tag: Some(etag(&part_etag)),
        last_modified: Some(timestamp(modified)),
        ..Default::default()
    };
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: source_version_id,
        ..Default::default()
    })
}

/// The bytes that `x-amz-copy-source-range` names: first to last, both given, both inside the source.
fn copied_range(range: Option<&str>, size: u64) -> S3Result<(u64, u64)> {
    let Some(range) = range else { return Ok((0, size)) };
    let parsed = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')).and_then(|(first, last)| {
        Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)).filter(|(first, last)| first <= last)
    });
    let Some((first, last)) = parsed else {
        return Err(invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
        ));
    };
    if last >= size {
        return Err(invalid_argument(format!("Range specified is not valid for source object of size: {size}")));
    }
    Ok((first, last + 1))
}
