//! The bucket policy.

use std::sync::Arc;

use s3s::dto::{
    DeleteBucketPolicyInput, DeleteBucketPolicyOutput, GetBucketPolicyInput, GetBucketPolicyOutput,
    GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput, PolicyStatus, PublicAccessBlockConfiguration,
    PutBucketPolicyInput, PutBucketPolicyOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::common::bucket;
use super::configuration::{configure, kept};
use crate::cloud::Cloud;
use crate::iam::resource_policy::allows_everyone;
use crate::s3::errors::custom;
use crate::s3::policy::fault;
use crate::s3::store::Kind;

/// Bytes that a bucket policy may have.
const POLICY_LIMIT: usize = 20 * 1024;

/// Keeps a policy, after what S3 checks.
pub(in crate::s3) async fn keep(cloud: &Cloud, name: &str, text: &str) -> S3Result<()> {
    let block = cloud
        .s3
        .store
        .read(|state| {
            bucket(state, name)
                .map(|bucket| bucket.configured::<PublicAccessBlockConfiguration>(Kind::PublicAccessBlock))
        })?
        .unwrap_or_default();
    if text.len() > POLICY_LIMIT {
        return Err(custom(http::StatusCode::BAD_REQUEST, "PolicyTooLarge", "The policy is larger than 20 KB"));
    }
    if let Some(fault) = fault(text, name) {
        return Err(S3Error::with_message(S3ErrorCode::MalformedPolicy, fault));
    }
    let policy: serde_json::Value = serde_json::from_str(text).map_err(S3Error::internal_error)?;
    if block.block_public_policy == Some(true) && allows_everyone(&policy) {
        return Err(S3Error::with_message(
            S3ErrorCode::AccessDenied,
            format!(
                "User is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::{name}\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
            ),
        ));
    }
    // The text is kept as it came: clients compare it.
    configure(cloud, name, Kind::Policy, Some(&text)).await.map(|_| ())
}

pub(super) async fn put(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketPolicyInput>,
) -> S3Result<PutBucketPolicyOutput> {
    keep(cloud, &request.input.bucket, &request.input.policy).await?;
    Ok(PutBucketPolicyOutput::default())
}

fn required(cloud: &Cloud, name: &str) -> S3Result<String> {
    kept(cloud, name, Kind::Policy)?
        .ok_or_else(|| custom(http::StatusCode::NOT_FOUND, "NoSuchBucketPolicy", "The bucket policy does not exist"))
}

pub(super) fn get(cloud: &Arc<Cloud>, input: &GetBucketPolicyInput) -> S3Result<GetBucketPolicyOutput> {
    required(cloud, &input.bucket).map(|policy| GetBucketPolicyOutput { policy: Some(policy) })
}

pub(super) fn status(cloud: &Arc<Cloud>, input: &GetBucketPolicyStatusInput) -> S3Result<GetBucketPolicyStatusOutput> {
    let text = required(cloud, &input.bucket)?;
    let policy = serde_json::from_str(&text).map_err(S3Error::internal_error)?;
    Ok(GetBucketPolicyStatusOutput { policy_status: Some(PolicyStatus { is_public: Some(allows_everyone(&policy)) }) })
}

pub(super) async fn delete(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteBucketPolicyInput>,
) -> S3Result<DeleteBucketPolicyOutput> {
    configure::<()>(cloud, &request.input.bucket, Kind::Policy, None).await?;
    Ok(DeleteBucketPolicyOutput::default())
}
