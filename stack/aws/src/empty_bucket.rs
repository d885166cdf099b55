//! Empties a bucket: objects, versions, delete markers, unfinished uploads.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::ObjectIdentifier;

use crate::connect::Aws;
use crate::contents::delete_objects;
use crate::error::{AwsError, Result, failed};

/// True when the bucket exists and holds an object, a version or a delete marker.
pub(crate) async fn holds_something(aws: &Aws, bucket: &str, account: &str) -> Result<bool> {
    Ok(list(aws, bucket, account, 1).await?.is_some_and(|page| !identifiers(page).is_empty()))
}

/// Deletes everything in the bucket and returns the number of versions and delete markers that went.
///
/// A bucket that is gone already is empty.
pub(crate) async fn empty_bucket(aws: &Aws, bucket: &str, account: &str) -> Result<u64> {
    let mut deleted = 0;
    // Always the first page: what was deleted does not come back, what arrived in the meantime does.
    while let Some(page) = list(aws, bucket, account, 1_000).await? {
        let objects = identifiers(page);
        if objects.is_empty() {
            abort_uploads(aws, bucket, account).await?;
            break;
        }
        deleted += objects.len() as u64;
        delete_objects(aws, bucket, account, objects).await?;
    }
    Ok(deleted)
}

async fn list(aws: &Aws, bucket: &str, account: &str, most: i32) -> Result<Option<ListObjectVersionsOutput>> {
    let answer =
        aws.s3.list_object_versions().bucket(bucket).expected_bucket_owner(account).max_keys(most).send().await;
    match answer.map_err(failed("S3", "ListObjectVersions")) {
        Ok(page) => Ok(Some(page)),
        Err(error) if is_no_such_bucket(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn identifiers(page: ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let versions = page.versions.unwrap_or_default().into_iter().map(|version| (version.key, version.version_id));
    let markers = page.delete_markers.unwrap_or_default().into_iter().map(|marker| (marker.key, marker.version_id));
    versions
        .chain(markers)
        .filter_map(|(key, version)| ObjectIdentifier::builder().key(key?).set_version_id(version).build().ok())
        .collect()
}

async fn abort_uploads(aws: &Aws, bucket: &str, account: &str) -> Result<()> {
    let answer = aws
        .s3
        .list_multipart_uploads()
        .bucket(bucket)
        .expected_bucket_owner(account)
        .send()
        .await
        .map_err(failed("S3", "ListMultipartUploads"));
    let uploads = match answer {
        Ok(answer) => answer.uploads.unwrap_or_default(),
        Err(error) if is_no_such_bucket(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    for upload in uploads {
        let answer = aws
            .s3
            .abort_multipart_upload()
            .bucket(bucket)
            .expected_bucket_owner(account)
            .set_key(upload.key)
            .set_upload_id(upload.upload_id)
            .send()
            .await;
        match answer.map_err(failed("S3", "AbortMultipartUpload")) {
            Ok(_) => {}
            Err(error) if error.has_code("NoSuchUpload") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub(crate) fn is_no_such_bucket(error: &AwsError) -> bool {
    error.has_code("NoSuchBucket") || (error.has_status(404) && error.call().is_some_and(|call| call.code.is_none()))
}
