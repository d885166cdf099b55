//! Tags of buckets and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{
    DeleteBucketTaggingInput, DeleteBucketTaggingOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput,
    GetBucketTaggingInput, GetBucketTaggingOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    PutBucketTaggingInput, PutBucketTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
};
use s3s::{S3Request, S3Result};

use super::common::{bucket, check_tags, shown_version_id, version};
use super::configuration::{configure, kept};
use crate::cloud::Cloud;
use crate::s3::errors::{custom, invalid_tag};
use crate::s3::store::{Change, Kind, Record};

/// Tags that a bucket may have.
const BUCKET_TAGS: usize = 50;

/// Tags that an object may have.
const OBJECT_TAGS: usize = 10;

fn read(tags: Vec<Tag>, limit: usize) -> S3Result<BTreeMap<String, String>> {
    let mut read = BTreeMap::new();
    for tag in tags {
        if read.insert(tag.key.unwrap_or_default(), tag.value.unwrap_or_default()).is_some() {
            return Err(invalid_tag("Cannot provide multiple Tags with the same key"));
        }
    }
    check_tags(&read, limit)?;
    Ok(read)
}

fn show(tags: BTreeMap<String, String>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect()
}

pub(super) async fn put_of_bucket(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketTaggingInput>,
) -> S3Result<PutBucketTaggingOutput> {
    let input = request.input;
    let tags = read(input.tagging.tag_set, BUCKET_TAGS)?;
    configure(cloud, &input.bucket, Kind::Tagging, Some(&tags)).await?;
    Ok(PutBucketTaggingOutput::default())
}

pub(super) fn get_of_bucket(cloud: &Arc<Cloud>, input: &GetBucketTaggingInput) -> S3Result<GetBucketTaggingOutput> {
    let tags = kept(cloud, &input.bucket, Kind::Tagging)?
        .ok_or_else(|| custom(http::StatusCode::NOT_FOUND, "NoSuchTagSet", "The TagSet does not exist"))?;
    Ok(GetBucketTaggingOutput { tag_set: show(tags) })
}

pub(super) async fn delete_of_bucket(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteBucketTaggingInput>,
) -> S3Result<DeleteBucketTaggingOutput> {
    configure::<()>(cloud, &request.input.bucket, Kind::Tagging, None).await?;
    Ok(DeleteBucketTaggingOutput::default())
}

/// Sets the tags of a version; gives the version id that the answer names.
async fn tag(
    cloud: &Cloud,
    name: &str,
    key: &str,
    version_id: Option<&str>,
    tags: BTreeMap<String, String>,
) -> S3Result<Option<String>> {
    cloud
        .s3
        .store
        .change(Vec::new(), |state, _| {
            let found = version(state, name, key, version_id)?;
            let answer = shown_version_id(bucket(state, name)?, &found.id);
            let record = Record::Tagged { bucket: name.to_owned(), key: key.to_owned(), id: found.id.clone(), tags };
            Ok(Change { records: vec![record], answer })
        })
        .await
}

pub(super) async fn put_of_object(
    cloud: &Arc<Cloud>,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<PutObjectTaggingOutput> {
    let input = request.input;
    let tags = read(input.tagging.tag_set, OBJECT_TAGS)?;
    let version_id = tag(cloud, &input.bucket, &input.key, input.version_id.as_deref(), tags).await?;
    Ok(PutObjectTaggingOutput { version_id })
}

pub(super) fn get_of_object(cloud: &Arc<Cloud>, input: &GetObjectTaggingInput) -> S3Result<GetObjectTaggingOutput> {
    cloud.s3.store.read(|state| {
        let found = version(state, &input.bucket, &input.key, input.version_id.as_deref())?;
        let version_id = shown_version_id(bucket(state, &input.bucket)?, &found.id);
        Ok(GetObjectTaggingOutput { tag_set: show(found.tags.clone()), version_id })
    })
}

pub(super) async fn delete_of_object(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<DeleteObjectTaggingOutput> {
    let input = request.input;
    let tags = BTreeMap::new();
    let version_id = tag(cloud, &input.bucket, &input.key, input.version_id.as_deref(), tags).await?;
    Ok(DeleteObjectTaggingOutput { version_id })
}
