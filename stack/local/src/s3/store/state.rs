//! The index of the store: what a sequence of records adds up to.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::blob::{Blob, BlobTable, Blobs};
use super::record::{Kind, Record, Upload, Version};

/// A bucket with all that is in it.
#[derive(Debug, Clone, Default)]
pub(in crate::s3) struct Bucket {
    pub(in crate::s3) region: String,
    /// Milliseconds since 1970.
    pub(in crate::s3) created: i64,
    pub(in crate::s3) configuration: BTreeMap<Kind, Value>,
    /// Versions by key, the newest last. A key without a version is not in the map.
    pub(in crate::s3) objects: BTreeMap<String, Vec<Version>>,
    /// Uploads by id.
    pub(in crate::s3) uploads: BTreeMap<String, Upload>,
}

impl Bucket {
    /// The newest version of a key, unless that is a delete marker.
    pub(in crate::s3) fn current(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.last().filter(|version| !version.delete_marker)
    }

    /// A configuration as the protocol has it.
    pub(in crate::s3) fn configured<T: DeserializeOwned>(&self, kind: Kind) -> Option<T> {
        T::deserialize(self.configuration.get(&kind)?).ok()
    }

    /// Whether new versions get ids (`Some(true)`), replace the version `null` (`Some(false)`: suspended), or versioning
    /// was never on (`None`).
    pub(in crate::s3) fn versioning(&self) -> Option<bool> {
        self.configuration.get(&Kind::Versioning)?.as_str().map(|status| status == "Enabled")
    }
}

/// All buckets and the blobs behind them.
#[derive(Debug, Default)]
pub(in crate::s3) struct State {
    pub(in crate::s3) buckets: BTreeMap<String, Bucket>,
    pub(in crate::s3) blobs: BlobTable,
}

impl State {
    /// Applies one record; blobs that nothing refers to any more go to `released`. `false` when the record does not fit:
    /// its bucket, upload or blob does not exist.
    pub(in crate::s3) fn apply(&mut self, blobs: &Blobs, record: Record, released: &mut Vec<Blob>) -> bool {
        match record {
            Record::Layout { .. } => true,
            Record::BucketCreated { bucket, region, created } => {
                self.buckets.insert(bucket, Bucket { region, created, ..Bucket::default() });
                true
            }
            Record::BucketDeleted { bucket } => {
                let Some(bucket) = self.buckets.remove(&bucket) else { return false };
                for upload in bucket.uploads.values() {
                    release_upload(&mut self.blobs, upload, released);
                }
                for version in bucket.objects.values().flatten() {
                    self.blobs.release(&version.segments, released);
                }
                true
            }
            Record::Configured { bucket, kind, value } => {
                let Some(bucket) = self.buckets.get_mut(&bucket) else { return false };
                match value {
                    Some(value) => bucket.configuration.insert(kind, value),
                    None => bucket.configuration.remove(&kind),
                };
                true
            }
            Record::Put { bucket, key, version, upload } => self.put(blobs, &bucket, key, version, upload, released),
            Record::VersionDeleted { bucket, key, id } => self.delete_version(&bucket, &key, &id, released),
            Record::Tagged { bucket, key, id, tags } => {
                let versions = self.buckets.get_mut(&bucket).and_then(|bucket| bucket.objects.get_mut(&key));
                let Some(version) = versions.into_iter().flatten().find(|version| version.id == id) else {
                    return false;
                };
                version.tags = tags;
                true
            }
            Record::UploadStarted { bucket, id, upload } => {
                let Some(bucket) = self.buckets.get_mut(&bucket) else { return false };
                let whole = upload.parts.values().all(|part| self.blobs.refer(blobs, &part.segments));
                bucket.uploads.insert(id, upload);
                whole
            }
            Record::PartPut { bucket, upload, number, part } => {
                let upload = self.buckets.get_mut(&bucket).and_then(|bucket| bucket.uploads.get_mut(&upload));
                let Some(upload) = upload else { return false };
                let whole = self.blobs.refer(blobs, &part.segments);
                if let Some(old) = upload.parts.insert(number, part) {
                    self.blobs.release(&old.segments, released);
                }
                whole
            }
            Record::UploadAborted { bucket, upload } => {
                let upload = self.buckets.get_mut(&bucket).and_then(|bucket| bucket.uploads.remove(&upload));
                let Some(upload) = upload else { return false };
                release_upload(&mut self.blobs, &upload, released);
                true
            }
        }
    }

    fn put(
        &mut self,
        blobs: &Blobs,
        bucket: &str,
        key: String,
        version: Version,
        upload: Option<String>,
        released: &mut Vec<Blob>,
    ) -> bool {
        let Some(bucket) = self.buckets.get_mut(bucket) else { return false };
        // New references first: the bytes of an upload's parts, or of the version being replaced, may be in use again.
        let whole = self.blobs.refer(blobs, &version.segments);
        if let Some(upload) = upload.and_then(|upload| bucket.uploads.remove(&upload)) {
            release_upload(&mut self.blobs, &upload, released);
        }
        let versions = bucket.objects.entry(key).or_default();
        if let Some(place) = versions.iter().position(|old| old.id == version.id) {
            let old = versions.remove(place);
            self.blobs.release(&old.segments, released);
        }
        versions.push(version);
        whole
    }

    fn delete_version(&mut self, bucket: &str, key: &str, id: &str, released: &mut Vec<Blob>) -> bool {
        let Some(bucket) = self.buckets.get_mut(bucket) else { return false };
        let Some(versions) = bucket.objects.get_mut(key) else { return false };
        let Some(place) = versions.iter().position(|version| version.id == id) else { return false };
        let old = versions.remove(place);
        self.blobs.release(&old.segments, released);
        if versions.is_empty() {
            bucket.objects.remove(key);
        }
        true
    }

    /// The fewest records that add up to this state.
    pub(in crate::s3) fn snapshot(&self) -> Vec<Record> {
        let mut records = vec![Record::Layout { version: super::record::LAYOUT.to_owned() }];
        for (name, bucket) in &self.buckets {
            records.push(Record::BucketCreated {
                bucket: name.clone(),
                region: bucket.region.clone(),
                created: bucket.created,
            });
            records.extend(bucket.configuration.iter().map(|(kind, value)| Record::Configured {
                bucket: name.clone(),
                kind: *kind,
                value: Some(value.clone()),
            }));
            records.extend(bucket.objects.iter().flat_map(|(key, versions)| {
                versions.iter().map(|version| Record::Put {
                    bucket: name.clone(),
                    key: key.clone(),
                    version: version.clone(),
                    upload: None,
                })
            }));
            records.extend(bucket.uploads.iter().map(|(id, upload)| Record::UploadStarted {
                bucket: name.clone(),
                id: id.clone(),
                upload: upload.clone(),
            }));
        }
        records
    }
}

fn release_upload(table: &mut BlobTable, upload: &Upload, released: &mut Vec<Blob>) {
    for part in upload.parts.values() {
        table.release(&part.segments, released);
    }
}
