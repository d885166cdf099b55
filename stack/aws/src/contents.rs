//! Bucket contents: files of the project become objects, after the stack has its buckets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use stack_plan::Event;
use stack_plan::plan::Contents;

use crate::connect::Aws;
use crate::contents_files::{ContentFile, collect_files, header_rules, key_prefix, md5_of};
use crate::contents_seal;
use crate::error::{AwsError, Call, Result, failed};
use crate::host::Host;
use crate::upload::upload_limits;

/// What happened to the objects of a deployment's buckets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ContentsChanges {
    /// Objects written because they were missing or different.
    pub uploaded: u64,
    /// Objects left alone because they were the same.
    pub unchanged: u64,
    /// Objects deleted because their file is gone.
    pub deleted: u64,
}

/// The contents of a deployment's buckets as they are now.
pub(crate) struct Synced<'a> {
    pub(crate) changes: ContentsChanges,
    /// Buckets whose contents distributions may not know yet.
    unserved: Vec<(Bucket<'a>, BTreeMap<String, ContentFile>)>,
}

impl Synced<'_> {
    /// True when distributions have to be told to forget what they hold.
    pub(crate) fn is_unserved(&self) -> bool {
        !self.unserved.is_empty()
    }

    /// Takes note that they were told.
    pub(crate) async fn seal(&self) -> Result<()> {
        for (bucket, files) in &self.unserved {
            bucket.seal(files).await?;
        }
        Ok(())
    }
}

/// Metadata of objects that a deployment wrote. Only those are deleted when their file is gone: what functions or people
/// put into the same bucket is not ours. Its value is the [`header_rules`] that the object was written under.
pub(crate) const MARK: &str = "stack-contents";
/// Calls at the same time.
const PARALLEL: usize = 8;
/// Most objects without a file that are asked whether they are ours.
const ASKED_LIMIT: usize = 1_000;

/// Brings the objects of every bucket to what the project's files say.
pub(crate) async fn sync_contents<'a>(
    aws: &'a Aws,
    account: &'a str,
    project_directory: &Path,
    contents: &'a [Contents],
    host: &mut dyn Host,
) -> Result<Synced<'a>> {
    let mut buckets: BTreeMap<&str, Vec<&Contents>> = BTreeMap::new();
    for entry in contents {
        buckets.entry(&entry.bucket_name).or_default().push(entry);
    }
    let mut synced = Synced { changes: ContentsChanges::default(), unserved: Vec::new() };
    for (name, entries) in buckets {
        let files = collect_files(project_directory, &entries)?;
        let bucket = Bucket { aws, account, name, rules: header_rules(&entries), entries };
        let is_served = bucket.sync(&files, &mut synced.changes, host).await?;
        if !is_served {
            synced.unserved.push((bucket, files));
        }
    }
    Ok(synced)
}

pub(crate) struct Bucket<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) account: &'a str,
    pub(crate) name: &'a str,
    entries: Vec<&'a Contents>,
    /// What the headers follow from today.
    pub(crate) rules: String,
}

/// An object as a list tells of it.
pub(crate) struct Listed {
    /// Hash of its bytes.
    pub(crate) etag: String,
    /// When it was written.
    pub(crate) written: String,
}

impl Bucket<'_> {
    /// Brings the objects to what the files say. True when distributions were told of them as they are.
    async fn sync(
        &self,
        files: &BTreeMap<String, ContentFile>,
        changes: &mut ContentsChanges,
        host: &mut dyn Host,
    ) -> Result<bool> {
        let objects = self.list().await?;
        let mut same = BTreeSet::new();
        for (key, file) in files {
            if let Some(object) = objects.get(key)
                && object.etag == md5_of(&file.path).await?
            {
                same.insert(key);
            }
        }
        // The last of them answers for the headers of all.
        let sample = same.last().copied();
        let head = match sample {
            Some(key) => self.head(key).await?,
            None => None,
        };
        let is_outdated =
            sample.is_some_and(|key| !head.as_ref().is_some_and(|head| self.has_headers(head, &files[key])));
        if is_outdated {
            same.clear();
        }
        changes.unchanged += same.len() as u64;
        let missing: Vec<(&String, &ContentFile)> = files.iter().filter(|(key, _)| !same.contains(key)).collect();
        // An outdated sample is written after all before it and before all behind it: when the run stops halfway, the last
        // object with the right bytes has the right headers only if all others have.
        let at = sample
            .filter(|_| is_outdated)
            .map_or(missing.len(), |sample| missing.partition_point(|(key, _)| *key < sample));
        let (before, rest) = missing.split_at(at);
        let (sample, after) = rest.split_at(rest.len().min(1));
        for files in [before, sample, after] {
            self.put_all(files, host).await?;
        }
        changes.uploaded += missing.len() as u64;
        let gone: Vec<&String> =
            objects.keys().filter(|key| !files.contains_key(*key) && self.may_be_pruned(key)).collect();
        let pruned = self.prune(&gone, host).await?;
        changes.deleted += pruned;
        let is_sealed = head.is_some_and(|head| contents_seal::is_sealed(&head, files, &objects));
        Ok(missing.is_empty() && pruned == 0 && (is_sealed || files.is_empty()))
    }

    /// Uploads files, several at once, and tells of each in their order.
    async fn put_all(&self, files: &[(&String, &ContentFile)], host: &mut dyn Host) -> Result<()> {
        let mut uploads = stream::iter(files.iter().map(|(key, file)| self.put(key, file))).buffered(PARALLEL);
        while let Some(key) = uploads.try_next().await? {
            host.event(Event::ActionFinished { action: "upload-content", target: self.uri(&key) });
        }
        Ok(())
    }

    /// True when no directory that the key lies in keeps what its files leave behind.
    fn may_be_pruned(&self, key: &str) -> bool {
        let mut holders = self.entries.iter().filter(|entry| key.starts_with(&key_prefix(&entry.prefix)));
        holders.all(|entry| entry.delete_removed)
    }

    /// What the bucket holds under the prefixes, by key.
    pub(crate) async fn list(&self) -> Result<BTreeMap<String, Listed>> {
        let prefixes: BTreeSet<String> = self.entries.iter().map(|entry| key_prefix(&entry.prefix)).collect();
        let mut objects = BTreeMap::new();
        for prefix in &prefixes {
            // A sorted set: a shorter prefix that holds this one came before it.
            if prefixes.iter().any(|other| other != prefix && prefix.starts_with(other.as_str())) {
                continue;
            }
            let mut token = None;
            loop {
                let page = self
                    .aws
                    .s3
                    .list_objects_v2()
                    .bucket(self.name)
                    .expected_bucket_owner(self.account)
                    .set_prefix(Some(prefix.clone()).filter(|prefix| !prefix.is_empty()))
                    .set_continuation_token(token)
                    .send()
                    .await
                    .map_err(failed("S3", "ListObjectsV2"))?;
                for object in page.contents.unwrap_or_default() {
                    if let Some(key) = object.key {
                        let etag = object.e_tag.unwrap_or_default().trim_matches('"').to_owned();
                        let written = object.last_modified.map(|time| time.secs().to_string()).unwrap_or_default();
                        objects.insert(key, Listed { etag, written });
                    }
                }
                token = page.next_continuation_token;
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(objects)
    }

    /// True when the object was written under the rules of today, and its own headers are still what they say.
    fn has_headers(&self, head: &HeadObjectOutput, file: &ContentFile) -> bool {
        head.cache_control() == file.cache_control.as_deref()
            && head.content_type() == Some(file.content_type.as_str())
            && mark(head) == Some(&self.rules)
    }

    async fn head(&self, key: &str) -> Result<Option<HeadObjectOutput>> {
        let answer =
            self.aws.s3.head_object().bucket(self.name).key(key).expected_bucket_owner(self.account).send().await;
        match answer.map_err(failed("S3", "HeadObject")) {
            Ok(head) => Ok(Some(head)),
            Err(error) if error.has_status(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn put(&self, key: &str, file: &ContentFile) -> Result<String> {
        let body = ByteStream::from_path(&file.path).await.map_err(|error| AwsError::UnreadableFile {
            path: file.path.clone(),
            source: std::io::Error::other(error),
        })?;
        self.aws
            .s3
            .put_object()
            .bucket(self.name)
            .key(key)
            .expected_bucket_owner(self.account)
            .content_type(&file.content_type)
            .set_cache_control(file.cache_control.clone())
            .metadata(MARK, &self.rules)
            .body(body)
            .customize()
            .config_override(upload_limits(self.aws))
            .send()
            .await
            .map_err(failed("S3", "PutObject"))?;
        Ok(key.to_owned())
    }

    /// Deletes those of the keys whose objects a deployment wrote.
    async fn prune(&self, gone: &[&String], host: &mut dyn Host) -> Result<u64> {
        if gone.len() > ASKED_LIMIT {
            let detail = format!("`{}` holds {} objects without a file; none was deleted", self.name, gone.len());
            host.event(Event::Notice { code: "contents-not-pruned", detail });
            return Ok(0);
        }
        let asked: Vec<Option<&String>> = stream::iter(gone.iter().map(|&key| async move {
            let is_ours = self.head(key).await?.is_some_and(|head| mark(&head).is_some());
            Ok::<_, AwsError>(is_ours.then_some(key))
        }))
        .buffered(PARALLEL)
        .try_collect()
        .await?;
        let ours: Vec<&String> = asked.into_iter().flatten().collect();
        if ours.is_empty() {
            return Ok(0);
        }
        let objects = ours.iter().filter_map(|&key| ObjectIdentifier::builder().key(key).build().ok()).collect();
        delete_objects(self.aws, self.name, self.account, objects).await?;
        for key in &ours {
            host.event(Event::ActionFinished { action: "delete-content", target: self.uri(key) });
        }
        Ok(ours.len() as u64)
    }

    fn uri(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }
}

/// Deletes up to 1,000 objects or versions in one call; an object that cannot be deleted is an error.
pub(crate) async fn delete_objects(
    aws: &Aws,
    bucket: &str,
    account: &str,
    objects: Vec<ObjectIdentifier>,
) -> Result<()> {
    let incomplete =
        |_| AwsError::IncompleteAnswer { service: "S3", operation: "DeleteObjects", missing: "objects to delete" };
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(incomplete)?;
    let answer = aws
        .s3
        .delete_objects()
        .bucket(bucket)
        .expected_bucket_owner(account)
        .delete(delete)
        .send()
        .await
        .map_err(failed("S3", "DeleteObjects"))?;
    let Some(error) = answer.errors.unwrap_or_default().into_iter().next() else { return Ok(()) };
    Err(AwsError::Refused {
        call: Box::new(Call {
            service: "S3",
            operation: "DeleteObjects",
            code: error.code,
            message: format!(
                "{} (`s3://{bucket}/{}`)",
                error.message.unwrap_or_default(),
                error.key.unwrap_or_default()
            ),
            status: None,
            request_id: None,
        }),
    })
}

/// The rules that a deployment wrote an object under; `None` for one that it did not write.
fn mark(head: &HeadObjectOutput) -> Option<&String> {
    head.metadata()?.get(MARK)
}
