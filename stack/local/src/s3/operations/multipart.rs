//! Uploads in parts.

use std::sync::Arc;

use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    StreamingBlob, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::common::{
    bucket, check_acl, check_write, etag, header_tags, new_version_id, request_facts, seconds, shown_version_id,
};
use super::put::{metadata, without_aws_chunked};
use crate::cloud::Cloud;
use crate::s3::body::{Expected, algorithm_of_header, finalize, hasher, receive};
use crate::s3::errors::{invalid_argument, invalid_request, no_such_upload, not_served};
use crate::s3::notification::{Happening, notify};
use crate::s3::store::{Change, Checksum, Headers, Part, Record, Segment, State, Upload, Version};

/// Least length in bytes of every part but the last.
const PART_MINIMUM: u64 = 5 * 1024 * 1024;

/// Greatest object, as in AWS: 5 TiB.
const OBJECT_LIMIT: u64 = 5 * 1024 * 1024 * 1024 * 1024;

/// An upload that must exist for this key.
pub(super) fn find<'a>(state: &'a State, name: &str, key: &str, id: &str) -> S3Result<&'a Upload> {
    bucket(state, name)?.uploads.get(id).filter(|upload| upload.key == key).ok_or_else(no_such_upload)
}

pub(super) async fn create(
    cloud: &Arc<Cloud>,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    let input = request.input;
    if input.sse_customer_algorithm.is_some() {
        return Err(not_served("server-side encryption with keys of the customer (SSE-C)"));
    }
    if input.object_lock_mode.is_some() || input.object_lock_legal_hold_status.is_some() {
        return Err(not_served("object lock"));
    }
    let checksum = match input.checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str) {
        None => None,
        Some(algorithm) => {
            hasher(algorithm)?;
            let usual = if algorithm == "CRC64NVME" { "FULL_OBJECT" } else { "COMPOSITE" };
            let kind = input.checksum_type.as_ref().map_or(usual, |kind| kind.as_str());
            let possible = match algorithm {
                "CRC64NVME" => kind == "FULL_OBJECT",
                "SHA1" | "SHA256" => kind == "COMPOSITE",
                _ => true,
            };
            if !possible {
                return Err(invalid_request(format!(
                    "The {kind} checksum type cannot be used with the {} checksum algorithm.",
                    algorithm.to_ascii_lowercase()
                )));
            }
            Some((algorithm.to_owned(), kind.to_owned()))
        }
    };
    let upload = Upload {
        key: input.key.clone(),
        initiated: 0,
        headers: Headers {
            content_type: input.content_type.or_else(|| Some("binary/octet-stream".to_owned())),
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding.and_then(without_aws_chunked),
            content_language: input.content_language,
            expires: input.expires.as_ref().map(seconds),
            website_redirect: input.website_redirect_location,
            storage_class: input.storage_class.map(|class| class.as_str().to_owned()),
            metadata: metadata(input.metadata)?,
        },
        tags: header_tags(input.tagging.as_deref())?,
        checksum: checksum.clone(),
        parts: std::collections::BTreeMap::new(),
    };
    let id = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    cloud
        .s3
        .store
        .change(Vec::new(), |state, moment| {
            check_acl(bucket(state, &input.bucket)?, input.acl.as_ref())?;
            let upload = Upload { initiated: moment.milliseconds(), ..upload };
            let record = Record::UploadStarted { bucket: input.bucket.clone(), id: id.clone(), upload };
            Ok::<_, S3Error>(Change { records: vec![record], answer: () })
        })
        .await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: checksum.as_ref().map(|(algorithm, _)| algorithm.clone().into()),
        checksum_type: checksum.map(|(_, kind)| kind.into()),
        ..Default::default()
    })
}

/// Stores one part; a part of the same number is replaced.
pub(super) async fn put_part(
    cloud: &Cloud,
    bucket: &str,
    key: &str,
    upload_id: &str,
    number: i32,
    body: Option<StreamingBlob>,
    expected: Expected,
) -> S3Result<Part> {
    if !(1..=10_000).contains(&number) {
        return Err(invalid_argument("Part number must be an integer between 1 and 10000, inclusive"));
    }
    let asked =
        cloud.s3.store.read(|state| find(state, bucket, key, upload_id).map(|upload| upload.checksum.clone()))?;
    let algorithm = asked.map(|(algorithm, _)| algorithm).or(expected.algorithm);
    let received = receive(&cloud.s3.store, body, Expected { algorithm, ..expected }).await?;
    let segment = received.blob.segment.clone();
    cloud
        .s3
        .store
        .change(vec![received.blob], |state, moment| {
            find(state, bucket, key, upload_id)?;
            let part = Part {
                etag: received.etag,
                segments: vec![segment],
                modified: moment.milliseconds(),
                checksum: Some(received.checksum),
            };
            let record =
                Record::PartPut { bucket: bucket.to_owned(), upload: upload_id.to_owned(), number, part: part.clone() };
            Ok(Change { records: vec![record], answer: part })
        })
        .await
}

pub(super) async fn upload_part(cloud: &Arc<Cloud>, request: S3Request<UploadPartInput>) -> S3Result<UploadPartOutput> {
    let trailer = request
        .headers
        .get("x-amz-trailer")
        .and_then(|names| names.to_str().ok())
        .and_then(|names| names.split(',').find_map(algorithm_of_header));
    let input = request.input;
    let expected = Expected {
        content_length: input.content_length,
        content_md5: input.content_md5,
        algorithm: input.checksum_algorithm.map(|algorithm| algorithm.as_str().to_owned()),
        checksum: [
            ("CRC32", input.checksum_crc32),
            ("CRC32C", input.checksum_crc32c),
            ("CRC64NVME", input.checksum_crc64nvme),
            ("SHA1", input.checksum_sha1),
            ("SHA256", input.checksum_sha256),
        ]
        .into_iter()
        .find_map(|(algorithm, value)| value.map(|value| (algorithm, value))),
        trailer,
        trailing_headers: request.trailing_headers,
    };
    let part =
        put_part(cloud, &input.bucket, &input.key, &input.upload_id, input.part_number, input.body, expected).await?;
    let mut output = UploadPartOutput { e_tag: Some(etag(&part.etag)), ..Default::default() };
    if let Some(checksum) = part.checksum {
        let value = Some(checksum.value);
        match checksum.algorithm.as_str() {
            "CRC32" => output.checksum_crc32 = value,
            "CRC32C" => output.checksum_crc32c = value,
            "CRC64NVME" => output.checksum_crc64nvme = value,
            "SHA1" => output.checksum_sha1 = value,
            _ => output.checksum_sha256 = value,
        }
    }
    Ok(output)
}

/// What the listed parts add up to.
#[derive(Debug, PartialEq, Eq)]
struct Assembled {
    segments: Vec<Segment>,
    sizes: Vec<u64>,
    etag: String,
    checksum: Option<Checksum>,
}

/// Puts the listed parts together, in ascending order, each as it was uploaded.
fn assemble(upload: &Upload, listed: &[CompletedPart]) -> S3Result<Assembled> {
    let invalid_part = || {
        S3Error::with_message(
            S3ErrorCode::InvalidPart,
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        )
    };
    if listed.is_empty() {
        return Err(S3Error::with_message(
            S3ErrorCode::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    let numbers: Vec<i32> = listed.iter().map(|part| part.part_number.unwrap_or_default()).collect();
    if !numbers.is_sorted_by(|left, right| left < right) {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidPartOrder,
            "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
        ));
    }
    let composite = upload.checksum.as_ref().filter(|(_, kind)| kind == "COMPOSITE").map(|(algorithm, _)| algorithm);
    let mut md5 = Md5::new();
    let mut composed = composite.map(|algorithm| hasher(algorithm)).transpose()?;
    let (mut segments, mut sizes) = (Vec::new(), Vec::new());
    for (index, wanted) in listed.iter().enumerate() {
        let part = upload.parts.get(&numbers[index]).ok_or_else(invalid_part)?;
        let sums = [
            ("CRC32", &wanted.checksum_crc32),
            ("CRC32C", &wanted.checksum_crc32c),
            ("CRC64NVME", &wanted.checksum_crc64nvme),
            ("SHA1", &wanted.checksum_sha1),
            ("SHA256", &wanted.checksum_sha256),
        ];
        let has_sum = |algorithm: &str, value: &str| {
            part.checksum.as_ref().is_none_or(|sum| sum.algorithm != algorithm || sum.value == value)
        };
        let matches = wanted.e_tag.as_ref().is_some_and(|tag| tag.value() == part.etag)
            && sums.iter().all(|(algorithm, value)| value.as_ref().is_none_or(|value| has_sum(algorithm, value)));
        if !matches {
            return Err(invalid_part());
        }
        if index + 1 < listed.len() && part.size() < PART_MINIMUM {
            return Err(S3Error::with_message(
                S3ErrorCode::EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size",
            ));
        }
        md5.update(&hex::decode(&part.etag).unwrap_or_default());
        if let (Some(composed), Some(sum)) = (&mut composed, &part.checksum) {
            use base64::Engine as _;
            composed.update(&base64::engine::general_purpose::STANDARD.decode(&sum.value).unwrap_or_default());
        }
        segments.extend(part.segments.iter().cloned());
        sizes.push(part.size());
    }
    if sizes.iter().sum::<u64>() > OBJECT_LIMIT {
        return Err(S3Error::with_message(
            S3ErrorCode::EntityTooLarge,
            "Your proposed upload exceeds the maximum allowed size",
        ));
    }
    let checksum = composed.zip(composite).map(|(composed, algorithm)| Checksum {
        algorithm: algorithm.clone(),
        value: format!("{}-{}", finalize(composed), listed.len()),
        kind: "COMPOSITE".to_owned(),
    });
    Ok(Assembled { etag: format!("{}-{}", hex::encode(md5.finalize()), listed.len()), segments, sizes, checksum })
}

/// The checksum over all bytes, for an upload that asked for one.
async fn full_checksum(cloud: &Cloud, upload: &Upload, assembled: &Assembled) -> S3Result<Option<Checksum>> {
    use futures::StreamExt as _;
    let Some((algorithm, _)) = upload.checksum.as_ref().filter(|(_, kind)| kind == "FULL_OBJECT") else {
        return Ok(None);
    };
    let mut hasher = hasher(algorithm)?;
    let content = cloud.s3.store.read(|state| state.blobs.content(&assembled.segments)).ok_or_else(no_such_upload)?;
    let mut stream = std::pin::pin!(content.stream(0, assembled.sizes.iter().sum()));
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| S3Error::with_source(S3ErrorCode::InternalError, error))?;
        hasher.update(&chunk);
    }
    Ok(Some(Checksum { algorithm: algorithm.clone(), value: finalize(hasher), kind: "FULL_OBJECT".to_owned() }))
}

pub(super) async fn complete(
    cloud: &Arc<Cloud>,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let (ids, access_key) = request_facts(&request);
    let input = request.input;
    let listed = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let upload = cloud.s3.store.read(|state| find(state, &input.bucket, &input.key, &input.upload_id).cloned())?;
    let assembled = assemble(&upload, &listed)?;
    let full = full_checksum(cloud, &upload, &assembled).await?;
    let size = assembled.sizes.iter().sum();
    if input.mpu_object_size.is_some_and(|announced| u64::try_from(announced) != Ok(size)) {
        return Err(invalid_request(
            "The provided 'x-amz-mp-object-size' header value does not match what was computed.",
        ));
    }
    let checksum = full.or_else(|| assembled.checksum.clone());
    let sent = [
        ("CRC32", input.checksum_crc32),
        ("CRC32C", input.checksum_crc32c),
        ("CRC64NVME", input.checksum_crc64nvme),
        ("SHA1", input.checksum_sha1),
        ("SHA256", input.checksum_sha256),
    ];
    for (algorithm, value) in sent {
        let known = checksum.as_ref().filter(|sum| sum.algorithm == algorithm);
        if let (Some(value), Some(known)) = (value, known)
            && value != known.value
        {
            return Err(S3Error::with_message(
                S3ErrorCode::BadDigest,
                format!("The {algorithm} you specified did not match the calculated checksum."),
            ));
        }
    }
    let (version_id, moment) = cloud
        .s3
        .store
        .change(Vec::new(), |state, moment| {
            // A part may have been replaced since: what is committed is what was checked, or nothing.
            if assemble(find(state, &input.bucket, &input.key, &input.upload_id)?, &listed)? != assembled {
                return Err(no_such_upload());
            }
            let bucket = bucket(state, &input.bucket)?;
            check_write(bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
            let id = new_version_id(bucket, moment);
            let shown = shown_version_id(bucket, &id);
            let version = Version {
                id,
                modified: moment.milliseconds(),
                delete_marker: false,
                etag: assembled.etag.clone(),
                segments: assembled.segments.clone(),
                parts: assembled.sizes.clone(),
                headers: upload.headers.clone(),
                checksum: checksum.clone(),
                tags: upload.tags.clone(),
            };
            let record = Record::Put {
                bucket: input.bucket.clone(),
                key: input.key.clone(),
                version,
                upload: Some(input.upload_id.clone()),
            };
            Ok(Change { records: vec![record], answer: (shown, moment) })
        })
        .await?;
    let happening = Happening {
        name: "ObjectCreated:CompleteMultipartUpload",
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        size: Some(size),
        etag: Some(assembled.etag.clone()),
        version_id: version_id.clone(),
        moment,
        access_key,
        ids,
    };
    notify(cloud, &happening);
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("{}/{}/{}", cloud.url, input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(etag(&assembled.etag)),
        version_id,
        ..Default::default()
    };
    if let Some(checksum) = checksum {
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

pub(super) async fn abort(
    cloud: &Arc<Cloud>,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let input = request.input;
    cloud
        .s3
        .store
        .change(Vec::new(), |state, _| {
            find(state, &input.bucket, &input.key, &input.upload_id)?;
            let record = Record::UploadAborted { bucket: input.bucket.clone(), upload: input.upload_id.clone() };
            Ok::<_, S3Error>(Change { records: vec![record], answer: () })
        })
        .await?;
    Ok(AbortMultipartUploadOutput::default())
}
