//! Listings of objects, versions, uploads and parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, EncodingType, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, ListPartsInput, ListPartsOutput, MultipartUpload, Object, ObjectVersion, Owner, Part,
};
use s3s::{S3Error, S3Result};

use super::buckets::owner;
use super::common::{bucket, count, etag, length, timestamp};
use super::multipart::find;
use crate::cloud::Cloud;
use crate::s3::errors::invalid_argument;
use crate::s3::key_encoding::form_encode;
use crate::s3::listing::{Entry, Query, page};
use crate::s3::store::Version;

/// Entries of a page where the client asks for more or says nothing.
const PAGE: i32 = 1000;

/// The length of a page.
fn limit(asked: Option<i32>, argument: &str) -> S3Result<i32> {
    match asked {
        None => Ok(PAGE),
        Some(asked) if asked < 0 => {
            Err(invalid_argument(format!("Argument {argument} must be an integer between 0 and 2147483647")))
        }
        Some(asked) => Ok(asked.min(PAGE)),
    }
}

fn entries(limit: i32) -> usize {
    usize::try_from(limit).unwrap_or_default()
}

/// How names are written: form-encoded where the client asked for it.
#[derive(Clone, Copy)]
struct Writing(bool);

impl Writing {
    fn of(encoding: Option<&EncodingType>) -> S3Result<Self> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self(false)),
            Some("url") => Ok(Self(true)),
            Some(_) => Err(invalid_argument("Invalid Encoding Method specified in Request")),
        }
    }

    fn write(self, text: &str) -> String {
        if self.0 { form_encode(text) } else { text.to_owned() }
    }
}

/// One page of current objects.
struct Objects {
    contents: Vec<Object>,
    common_prefixes: Vec<CommonPrefix>,
    /// The last entry as it is, where more follow.
    next: Option<String>,
}

fn current_objects(
    cloud: &Cloud,
    name: &str,
    query: &Query,
    writing: Writing,
    owner: Option<&Owner>,
) -> S3Result<Objects> {
    cloud.s3.store.read(|state| {
        let bucket = bucket(state, name)?;
        let page = page(&bucket.objects, query, |versions| versions.last().is_some_and(|newest| !newest.delete_marker));
        let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
        for entry in &page.entries {
            match entry {
                Entry::CommonPrefix(prefix) => {
                    common_prefixes.push(CommonPrefix { prefix: Some(writing.write(prefix)) });
                }
                Entry::Key(key, versions) => contents.extend(versions.last().map(|version| Object {
                    checksum_algorithm: version.checksum.as_ref().map(|sum| vec![sum.algorithm.clone().into()]),
                    checksum_type: version.checksum.as_ref().map(|sum| sum.kind.clone().into()),
                    e_tag: Some(etag(&version.etag)),
                    key: Some(writing.write(key)),
                    last_modified: Some(timestamp(version.modified)),
                    owner: owner.cloned(),
                    size: Some(length(version.size())),
                    storage_class: Some(storage_class(version).into()),
                    ..Default::default()
                })),
            }
        }
        let next = page.entries.last().filter(|_| page.truncated).map(|entry| entry.name().to_owned());
        Ok(Objects { contents, common_prefixes, next })
    })
}

fn storage_class(version: &Version) -> String {
    version.headers.storage_class.clone().unwrap_or_else(|| "STANDARD".to_owned())
}

pub(super) fn objects(cloud: &Arc<Cloud>, input: &ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let max_keys = limit(input.max_keys, "max-keys")?;
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: input.marker.clone().filter(|marker| !marker.is_empty()),
        limit: entries(max_keys),
    };
    let listed = current_objects(cloud, &input.bucket, &query, writing, Some(&owner(cloud)))?;
    Ok(ListObjectsOutput {
        name: Some(input.bucket.clone()),
        prefix: Some(writing.write(&query.prefix)),
        marker: Some(writing.write(query.after.as_deref().unwrap_or_default())),
        max_keys: Some(max_keys),
        is_truncated: Some(listed.next.is_some()),
        // S3 gives it with a delimiter only; without one the last key is where to go on.
        next_marker: listed.next.as_deref().filter(|_| query.delimiter.is_some()).map(|next| writing.write(next)),
        contents: Some(listed.contents),
        common_prefixes: Some(listed.common_prefixes),
        delimiter: query.delimiter.as_deref().map(|delimiter| writing.write(delimiter)),
        encoding_type: input.encoding_type.clone(),
        ..Default::default()
    })
}

pub(super) fn objects_v2(cloud: &Arc<Cloud>, input: &ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let max_keys = limit(input.max_keys, "max-keys")?;
    let continued = input.continuation_token.as_deref().map(read_token).transpose()?;
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: continued.or_else(|| input.start_after.clone()).filter(|after| !after.is_empty()),
        limit: entries(max_keys),
    };
    let shown_owner = owner(cloud);
    let owner = (input.fetch_owner == Some(true)).then_some(&shown_owner);
    let listed = current_objects(cloud, &input.bucket, &query, writing, owner)?;
    Ok(ListObjectsV2Output {
        name: Some(input.bucket.clone()),
        prefix: Some(writing.write(&query.prefix)),
        max_keys: Some(max_keys),
        key_count: Some(count(listed.contents.len() + listed.common_prefixes.len())),
        continuation_token: input.continuation_token.clone(),
        is_truncated: Some(listed.next.is_some()),
        next_continuation_token: listed.next.as_deref().map(write_token),
        contents: Some(listed.contents),
        common_prefixes: Some(listed.common_prefixes),
        delimiter: query.delimiter.as_deref().map(|delimiter| writing.write(delimiter)),
        encoding_type: input.encoding_type.clone(),
        start_after: input.start_after.as_deref().map(|after| writing.write(after)),
        ..Default::default()
    })
}

/// A continuation token: the last entry, in a form that clients do not take for a key.
fn write_token(last: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(last)
}

fn read_token(token: &str) -> S3Result<String> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|last| !last.is_empty())
        .ok_or_else(|| invalid_argument("The continuation token provided is incorrect"))
}

pub(super) fn versions(cloud: &Arc<Cloud>, input: &ListObjectVersionsInput) -> S3Result<ListObjectVersionsOutput> {
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let max_keys = limit(input.max_keys, "max-keys")?;
    let key_marker = input.key_marker.clone().filter(|marker| !marker.is_empty());
    let version_marker = input.version_id_marker.clone().filter(|marker| !marker.is_empty());
    if key_marker.is_none() && version_marker.is_some() {
        return Err(invalid_argument("A version-id marker cannot be specified without a key marker."));
    }
    let owner = owner(cloud);
    let room = entries(max_keys);
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: key_marker.clone(),
        limit: room.saturating_add(1),
    };
    let mut output = ListObjectVersionsOutput {
        name: Some(input.bucket.clone()),
        prefix: Some(writing.write(&query.prefix)),
        key_marker: Some(writing.write(key_marker.as_deref().unwrap_or_default())),
        version_id_marker: version_marker.clone(),
        max_keys: Some(max_keys),
        delimiter: query.delimiter.as_deref().map(|delimiter| writing.write(delimiter)),
        encoding_type: input.encoding_type.clone(),
        is_truncated: Some(false),
        ..Default::default()
    };
    let mut lines = Lines { writing, owner, room, last: None, truncated: false, output: &mut output };
    cloud.s3.store.read(|state| {
        let bucket = bucket(state, &input.bucket)?;
        // Versions of the marker's key that come after the marker's version.
        if let (Some(key), Some(marker)) = (&key_marker, &version_marker) {
            let of_key = bucket.objects.get(key).map(Vec::as_slice).unwrap_or_default();
            let older = of_key.iter().position(|version| version.id == *marker).unwrap_or_default();
            lines.versions(key, of_key, older);
        }
        for entry in &page(&bucket.objects, &query, |_| true).entries {
            match entry {
                Entry::CommonPrefix(prefix) => lines.prefix(prefix),
                Entry::Key(key, versions) => lines.versions(key, versions, versions.len()),
            }
        }
        Ok::<_, S3Error>(())
    })?;
    let Lines { last, truncated, .. } = lines;
    if let Some((key, version)) = last.filter(|_| truncated) {
        output.is_truncated = Some(true);
        output.next_key_marker = Some(writing.write(&key));
        output.next_version_id_marker = version;
    }
    Ok(output)
}

/// The lines of a listing of versions as they come.
struct Lines<'a> {
    writing: Writing,
    owner: Owner,
    room: usize,
    last: Option<(String, Option<String>)>,
    truncated: bool,
    output: &'a mut ListObjectVersionsOutput,
}

impl Lines<'_> {
    /// Takes room for a line, if there is any.
    fn take(&mut self, key: &str, version: Option<&str>) -> bool {
        if self.room == 0 {
            self.truncated = self.last.is_some();
            return false;
        }
        self.room -= 1;
        self.last = Some((key.to_owned(), version.map(str::to_owned)));
        true
    }

    fn prefix(&mut self, prefix: &str) {
        if self.take(prefix, None) {
            let line = CommonPrefix { prefix: Some(self.writing.write(prefix)) };
            self.output.common_prefixes.get_or_insert_default().push(line);
        }
    }

    /// The first `below` versions, which are the oldest, from the newest of them on.
    fn versions(&mut self, key: &str, versions: &[Version], below: usize) {
        for (index, version) in versions[..below].iter().enumerate().rev() {
            if !self.take(key, Some(&version.id)) {
                return;
            }
            let is_latest = Some(index + 1 == versions.len());
            let key = Some(self.writing.write(key));
            let last_modified = Some(timestamp(version.modified));
            let owner = Some(self.owner.clone());
            let version_id = Some(version.id.clone());
            if version.delete_marker {
                let line = DeleteMarkerEntry { is_latest, key, last_modified, owner, version_id };
                self.output.delete_markers.get_or_insert_default().push(line);
            } else {
                let line = ObjectVersion {
                    e_tag: Some(etag(&version.etag)),
                    is_latest,
                    key,
                    last_modified,
                    owner,
                    size: Some(length(version.size())),
                    storage_class: Some(storage_class(version).into()),
                    version_id,
                    ..Default::default()
                };
                self.output.versions.get_or_insert_default().push(line);
            }
        }
    }
}

pub(super) fn uploads(cloud: &Arc<Cloud>, input: &ListMultipartUploadsInput) -> S3Result<ListMultipartUploadsOutput> {
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

pub(super) fn parts(cloud: &Arc<Cloud>, input: &ListPartsInput) -> S3Result<ListPartsOutput> {
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
