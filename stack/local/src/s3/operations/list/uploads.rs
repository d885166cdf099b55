//! Unfinished uploads: `ListMultipartUploads` and `ListParts`.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{
    CommonPrefix, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput,
    MultipartUpload, Part,
};
use s3s::{S3Error, S3Result};

use super::{Writing, entries, limit};
use crate::cloud::Cloud;
use crate::s3::operations::buckets::owner;
use crate::s3::operations::common::{bucket, etag, length, timestamp};
use crate::s3::operations::multipart::find;

pub(in crate::s3::operations) fn uploads(
    cloud: &Arc<Cloud>,
    input: &ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let max_uploads = limit(input.max_uploads, "max-uploads")?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let key_marker = input.key_marker.clone().unwrap_or_default();
    let upload_marker = input.upload_id_marker.clone().unwrap_or_default();
    let owner = owner(cloud);
    let (uploads, common_prefixes, truncated) = cloud.s3.store.read(|state| {
        let bucket = bucket(state, &input.bucket)?;
        // By key, then by age, as S3 lists them.
        let mut ordered = BTreeMap::new();
        for (id, upload) in &bucket.uploads {
            if upload.key.starts_with(&prefix) {
                ordered.insert((upload.key.as_str(), upload.initiated, id.as_str()), upload);
            }
        }
        let marked = ordered
            .keys()
            .find(|(key, _, id)| *key == key_marker && *id == upload_marker)
            .map(|(_, initiated, id)| (*initiated, *id));
        let room = entries(max_uploads);
        let (mut listed, mut prefixes, mut truncated) = (Vec::new(), Vec::<String>::new(), false);
        for ((key, initiated, id), upload) in ordered {
            let after_marker = key > key_marker.as_str()
                || (key == key_marker && marked.is_some_and(|marked| (initiated, id) > marked));
            if !key_marker.is_empty() && !after_marker {
                continue;
            }
            let common = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()).and_then(|delimiter| {
                let place = key[prefix.len()..].find(delimiter)?;
                Some(&key[..prefix.len() + place + delimiter.len()])
            });
            if common.is_some_and(|common| prefixes.last().is_some_and(|last| last == common) || key_marker == common) {
                continue;
            }
            if listed.len() + prefixes.len() == room {
                truncated = room > 0;
                break;
            }
            if let Some(common) = common {
                prefixes.push(common.to_owned());
            } else {
                listed.push(MultipartUpload {
                    checksum_algorithm: upload.checksum.as_ref().map(|(algorithm, _)| algorithm.clone().into()),
                    checksum_type: upload.checksum.as_ref().map(|(_, kind)| kind.clone().into()),
                    initiated: Some(timestamp(initiated)),
                    key: Some(key.to_owned()),
                    owner: Some(owner.clone()),
                    storage_class: Some(
                        upload.headers.storage_class.clone().unwrap_or_else(|| "STANDARD".to_owned()).into(),
                    ),
                    upload_id: Some(id.to_owned()),
                    ..Default::default()
                });
            }
        }
        Ok::<_, S3Error>((listed, prefixes, truncated))
    })?;
    let last_key = uploads.last().and_then(|upload| upload.key.clone());
    let last_prefix = common_prefixes.last().cloned();
    let next_key = last_key.clone().max(last_prefix).filter(|_| truncated);
    let next_upload =
        uploads.last().and_then(|upload| upload.upload_id.clone()).filter(|_| truncated && next_key == last_key);
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket.clone()),
        prefix: Some(writing.write(&prefix)),
        key_marker: Some(writing.write(&key_marker)),
        upload_id_marker: Some(upload_marker),
        max_uploads: Some(max_uploads),
        is_truncated: Some(truncated),
        next_key_marker: next_key.as_deref().map(|key| writing.write(key)),
        next_upload_id_marker: next_upload,
        delimiter: input.delimiter.as_deref().map(|delimiter| writing.write(delimiter)),
        encoding_type: input.encoding_type.clone(),
        common_prefixes: Some(
            common_prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(writing.write(prefix)) }).collect(),
        ),
        uploads: Some(
            uploads
                .into_iter()
                .map(|upload| MultipartUpload { key: upload.key.as_deref().map(|key| writing.write(key)), ..upload })
                .collect(),
        ),
        ..Default::default()
    })
}

pub(in crate::s3::operations) fn parts(cloud: &Arc<Cloud>, input: &ListPartsInput) -> S3Result<ListPartsOutput> {
    let max_parts = limit(input.max_parts, "max-parts")?;
    let marker = input.part_number_marker.unwrap_or_default();
    let room = entries(max_parts);
    let upload = cloud.s3.store.read(|state| find(state, &input.bucket, &input.key, &input.upload_id).cloned())?;
    let mut after = upload.parts.range((std::ops::Bound::Excluded(marker), std::ops::Bound::Unbounded));
    let parts: Vec<Part> = after
        .by_ref()
        .take(room)
        .map(|(number, part)| {
            let mut line = Part {
                e_tag: Some(etag(&part.etag)),
                last_modified: Some(timestamp(part.modified)),
                part_number: Some(*number),
                size: Some(length(part.size())),
                ..Default::default()
            };
            if let (Some(sum), true) = (&part.checksum, upload.checksum.is_some()) {
                let value = Some(sum.value.clone());
                match sum.algorithm.as_str() {
                    "CRC32" => line.checksum_crc32 = value,
                    "CRC32C" => line.checksum_crc32c = value,
                    "CRC64NVME" => line.checksum_crc64nvme = value,
                    "SHA1" => line.checksum_sha1 = value,
                    _ => line.checksum_sha256 = value,
                }
            }
            line
        })
        .collect();
    let truncated = room > 0 && after.next().is_some();
    let owner = owner(cloud);
    Ok(ListPartsOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id: Some(input.upload_id.clone()),
        checksum_algorithm: upload.checksum.as_ref().map(|(algorithm, _)| algorithm.clone().into()),
        checksum_type: upload.checksum.as_ref().map(|(_, kind)| kind.clone().into()),
        is_truncated: Some(truncated),
        max_parts: Some(max_parts),
        next_part_number_marker: parts.last().and_then(|part| part.part_number),
        part_number_marker: Some(marker),
        parts: Some(parts),
        owner: Some(owner),
        storage_class: Some(upload.headers.storage_class.unwrap_or_else(|| "STANDARD".to_owned()).into()),
        ..Default::default()
    })
}
