//! `PutObject` and the POST of a form.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Result, dto};

use super::common::{
    bucket, check_acl, check_write, etag, header_tags, length, new_version_id, request_facts, seconds, shown_version_id,
};
use crate::cloud::Cloud;
use crate::s3::body::{Expected, algorithm_of_header, receive};
use crate::s3::errors::{invalid_request, not_served};
use crate::s3::notification::{Happening, notify};
use crate::s3::store::{Change, Checksum, Headers, Record, Version};

/// Bytes that the user metadata of one object may take.
const METADATA_LIMIT: usize = 2048;

pub(super) async fn put_object(cloud: &Arc<Cloud>, request: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    // The protocol library hands the POST of a form over as the PUT that it amounts to.
    let event = if request.method == http::Method::POST { "ObjectCreated:Post" } else { "ObjectCreated:Put" };
    let (ids, access_key) = request_facts(&request);
    let trailer = request
        .headers
        .get("x-amz-trailer")
        .and_then(|names| names.to_str().ok())
        .and_then(|names| names.split(',').find_map(algorithm_of_header));
    let trailing_headers = request.trailing_headers;
    let mut input = request.input;
    refuse_unserved(&input)?;
    let tags = header_tags(input.tagging.as_deref())?;
    let headers = Headers {
        content_type: input.content_type.take().or_else(|| Some("binary/octet-stream".to_owned())),
        cache_control: input.cache_control.take(),
        content_disposition: input.content_disposition.take(),
        content_encoding: input.content_encoding.take().and_then(without_aws_chunked),
        content_language: input.content_language.take(),
        expires: input.expires.as_ref().map(seconds),
        website_redirect: input.website_redirect_location.take(),
        storage_class: input.storage_class.take().map(|class| class.as_str().to_owned()),
        metadata: metadata(input.metadata.take())?,
    };
    // Before the body is read, so that a hopeless upload ends early; again when it is committed.
    cloud.s3.store.read(|state| {
        let bucket = bucket(state, &input.bucket)?;
        check_acl(bucket, input.acl.as_ref())?;
        check_write(bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())
    })?;
    let expected = Expected {
        content_length: input.content_length,
        content_md5: input.content_md5.take(),
        algorithm: input.checksum_algorithm.take().map(|algorithm| algorithm.as_str().to_owned()),
        checksum: [
            ("CRC32", input.checksum_crc32.take()),
            ("CRC32C", input.checksum_crc32c.take()),
            ("CRC64NVME", input.checksum_crc64nvme.take()),
            ("SHA1", input.checksum_sha1.take()),
            ("SHA256", input.checksum_sha256.take()),
        ]
        .into_iter()
        .find_map(|(algorithm, value)| value.map(|value| (algorithm, value))),
        trailer,
        trailing_headers,
    };
    let received = receive(&cloud.s3.store, input.body.take(), expected).await?;
    let segment = received.blob.segment.clone();
    let size = segment.size;
    let (version_id, moment) = cloud
        .s3
        .store
        .change(vec![received.blob], |state, moment| {
            let bucket = bucket(state, &input.bucket)?;
            check_write(bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
            let id = new_version_id(bucket, moment);
            let shown = shown_version_id(bucket, &id);
            let version = Version {
                id,
                modified: moment.milliseconds(),
                delete_marker: false,
                etag: received.etag.clone(),
                segments: vec![segment],
                parts: Vec::new(),
                headers,
                checksum: Some(received.checksum.clone()),
                tags,
            };
            let record = Record::Put { bucket: input.bucket.clone(), key: input.key.clone(), version, upload: None };
            Ok::<_, s3s::S3Error>(Change { records: vec![record], answer: (shown, moment) })
        })
        .await?;
    let happening = Happening {
        name: event,
        bucket: input.bucket,
        key: input.key,
        size: Some(size),
        etag: Some(received.etag.clone()),
        version_id: version_id.clone(),
        moment,
        access_key,
        ids,
    };
    notify(cloud, &happening);
    let mut output = PutObjectOutput {
        e_tag: Some(etag(&received.etag)),
        size: Some(length(size)),
        version_id,
        ..Default::default()
    };
    show_checksum(&mut output, received.checksum);
    Ok(output)
}

fn show_checksum(output: &mut PutObjectOutput, checksum: Checksum) {
    let shown = Some(checksum.value);
    match checksum.algorithm.as_str() {
        "CRC32" => output.checksum_crc32 = shown,
        "CRC32C" => output.checksum_crc32c = shown,
        "CRC64NVME" => output.checksum_crc64nvme = shown,
        "SHA1" => output.checksum_sha1 = shown,
        _ => output.checksum_sha256 = shown,
    }
    output.checksum_type = Some(checksum.kind.into());
}

/// `aws-chunked` is how the body came, not what the object is.
pub(super) fn without_aws_chunked(encoding: String) -> Option<String> {
    if !encoding.contains("aws-chunked") {
        return Some(encoding);
    }
    let kept: Vec<&str> = encoding.split(',').map(str::trim).filter(|part| *part != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// User metadata with its names in lower case.
pub(super) fn metadata(metadata: Option<dto::Metadata>) -> S3Result<BTreeMap<String, String>> {
    let metadata: BTreeMap<String, String> =
        metadata.into_iter().flatten().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > METADATA_LIMIT {
        return Err(s3s::S3Error::with_message(
            s3s::S3ErrorCode::MetadataTooLarge,
            "Your metadata headers exceed the maximum allowed metadata size",
        ));
    }
    Ok(metadata)
}

fn refuse_unserved(input: &PutObjectInput) -> S3Result<()> {
    if input.sse_customer_algorithm.is_some() || input.sse_customer_key.is_some() {
        return Err(not_served("server-side encryption with keys of the customer (SSE-C)"));
    }
    if input.object_lock_mode.is_some() || input.object_lock_legal_hold_status.is_some() {
        return Err(not_served("object lock"));
    }
    if input.write_offset_bytes.is_some() {
        return Err(not_served("appending to objects"));
    }
    if input.key.is_empty() {
        return Err(invalid_request("An object needs a key"));
    }
    Ok(())
}

/// Stores bytes as an object, as a client's `PutObject` would.
pub(in crate::s3) async fn put_bytes(
    cloud: &Arc<Cloud>,
    bucket: &str,
    key: &str,
    content_type: Option<&str>,
    bytes: bytes::Bytes,
) -> S3Result<()> {
    let input = PutObjectInput {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        content_type: content_type.map(str::to_owned),
        body: Some(dto::StreamingBlob::from(s3s::Body::from(bytes))),
        ..Default::default()
    };
    let request = S3Request {
        input,
        method: http::Method::PUT,
        uri: http::Uri::default(),
        headers: http::HeaderMap::new(),
        extensions: http::Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    };
    put_object(cloud, request).await.map(|_| ())
}
