//! The operations of S3 that are served. Every other one answers `NotImplemented`, as the protocol library does it.

mod buckets;
mod common;
mod configuration;
mod copy;
mod delete;
mod get;
mod list;
mod multipart;
mod policy;
mod put;
mod tagging;

use std::sync::Arc;

// The lint looks away in tests, where the expectation would not be met.
#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "the table below names the input and output of every operation")
)]
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::cloud::Cloud;

pub(in crate::s3) use buckets::{Creation, create as create_bucket, remove as remove_bucket};
pub(in crate::s3) use common::fresh_version_id;
pub(in crate::s3) use configuration::{check_cors, configure};
pub(in crate::s3) use policy::keep as keep_policy;
pub(in crate::s3) use put::put_bytes;

/// S3 of one cloud.
pub(in crate::s3) struct Operations {
    pub(in crate::s3) cloud: Arc<Cloud>,
}

/// One line per operation: its name, input and output, and the function that does it. Those under `waits` change or read
/// the store's files, those under `answers` only look into the index.
macro_rules! operations {
    (
        waits { $($wait:ident ($wait_input:ident) -> $wait_output:ident = $wait_function:path;)* }
        answers { $($answer:ident ($answer_input:ident) -> $answer_output:ident = $answer_function:path;)* }
    ) => {
        #[async_trait::async_trait]
        impl S3 for Operations {
            $(async fn $wait(&self, request: S3Request<$wait_input>) -> S3Result<S3Response<$wait_output>> {
                $wait_function(&self.cloud, request).await.map(S3Response::new)
            })*
            $(async fn $answer(&self, request: S3Request<$answer_input>) -> S3Result<S3Response<$answer_output>> {
                $answer_function(&self.cloud, &request.input).map(S3Response::new)
            })*
        }
    };
}

operations! {
    waits {
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = multipart::abort;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = multipart::complete;
    copy_object(CopyObjectInput) -> CopyObjectOutput = copy::copy_object;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = buckets::create_requested;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = multipart::create;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = buckets::delete;
    delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput = configuration::delete_cors;
    delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput = configuration::delete_encryption;
    delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput = configuration::delete_lifecycle;
    delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput = configuration::delete_ownership;
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput = policy::delete;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = tagging::delete_of_bucket;
    delete_bucket_website(DeleteBucketWebsiteInput) -> DeleteBucketWebsiteOutput = configuration::delete_website;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete::delete_object;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = tagging::delete_of_object;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete::delete_objects;
    delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput = configuration::delete_public_access_block;
    put_bucket_cors(PutBucketCorsInput) -> PutBucketCorsOutput = configuration::put_cors;
    put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput = configuration::put_encryption;
    put_bucket_lifecycle_configuration(PutBucketLifecycleConfigurationInput) -> PutBucketLifecycleConfigurationOutput = configuration::put_lifecycle;
    put_bucket_notification_configuration(PutBucketNotificationConfigurationInput) -> PutBucketNotificationConfigurationOutput = configuration::put_notification;
    put_bucket_ownership_controls(PutBucketOwnershipControlsInput) -> PutBucketOwnershipControlsOutput = configuration::put_ownership;
    put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput = policy::put;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = tagging::put_of_bucket;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = configuration::put_versioning;
    put_bucket_website(PutBucketWebsiteInput) -> PutBucketWebsiteOutput = configuration::put_website;
    put_object(PutObjectInput) -> PutObjectOutput = put::put_object;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = tagging::put_of_object;
    put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput = configuration::put_public_access_block;
    upload_part(UploadPartInput) -> UploadPartOutput = multipart::upload_part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = copy::upload_part_copy;
    }
    answers {
    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = buckets::acl;
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput = configuration::get_cors;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = configuration::get_encryption;
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput = configuration::get_lifecycle;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = buckets::location;
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput = configuration::get_notification;
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput = configuration::get_ownership;
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = policy::get;
    get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput = policy::status;
    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = tagging::get_of_bucket;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = configuration::get_versioning;
    get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput = configuration::get_website;
    get_object(GetObjectInput) -> GetObjectOutput = get::get_object;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = tagging::get_of_object;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = configuration::get_public_access_block;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = buckets::head;
    head_object(HeadObjectInput) -> HeadObjectOutput = get::head_object;
    list_buckets(ListBucketsInput) -> ListBucketsOutput = buckets::list;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = list::uploads;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = list::versions;
    list_objects(ListObjectsInput) -> ListObjectsOutput = list::objects;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list::objects_v2;
    list_parts(ListPartsInput) -> ListPartsOutput = list::parts;
    }
}
