//! Versions and delete markers: `ListObjectVersions`.

use std::sync::Arc;

use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion, Owner,
};
use s3s::{S3Error, S3Result};

use super::{Writing, entries, limit, storage_class};
use crate::cloud::Cloud;
use crate::s3::errors::invalid_argument;
use crate::s3::listing::{Entry, Query, page};
use crate::s3::operations::buckets::owner;
use crate::s3::operations::common::{bucket, etag, length, timestamp};
use crate::s3::store::Version;

pub(in crate::s3::operations) fn versions(
    cloud: &Arc<Cloud>,
    input: &ListObjectVersionsInput,
) -> S3Result<ListObjectVersionsOutput> {
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
