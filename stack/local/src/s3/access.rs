//! Who may do what: keys of the account may do everything, anyone else what the bucket's policy says.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::PublicAccessBlockConfiguration;
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::store::Kind;
use crate::cloud::Cloud;
use crate::iam::resource_policy::{Caller, allows};

/// The keys of the cloud.
pub(in crate::s3) struct Keys {
    pub(in crate::s3) cloud: Arc<Cloud>,
}

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        self.cloud.iam.secret_key(access_key).map(SecretKey::from).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records.",
            )
        })
    }
}

/// The gate before every operation.
pub(in crate::s3) struct Gate {
    pub(in crate::s3) cloud: Arc<Cloud>,
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_some() {
            return Ok(());
        }
        let versioned = context.uri().query().is_some_and(|query| query.contains("versionId="));
        let action = match (context.s3_op().name(), versioned) {
            ("GetObject" | "HeadObject", false) => "s3:GetObject",
            ("GetObject" | "HeadObject", true) => "s3:GetObjectVersion",
            ("PutObject" | "PostObject", _) => "s3:PutObject",
            ("DeleteObject", false) => "s3:DeleteObject",
            ("ListObjects" | "ListObjectsV2" | "HeadBucket", _) => "s3:ListBucket",
            _ => return Err(denied()),
        };
        let (bucket, resource) = match context.s3_path() {
            S3Path::Root => return Err(denied()),
            S3Path::Bucket { bucket } => (bucket, format!("arn:aws:s3:::{bucket}")),
            S3Path::Object { bucket, key } => (bucket, format!("arn:aws:s3:::{bucket}/{key}")),
        };
        if self.cloud.s3.allows(bucket, Caller::Anonymous, action, &resource) { Ok(()) } else { Err(denied()) }
    }
}

fn denied() -> S3Error {
    S3Error::with_message(S3ErrorCode::AccessDenied, "Access Denied")
}

impl super::S3 {
    /// The policy of a bucket, where it has one.
    pub(crate) fn policy_document(&self, bucket: &str) -> Option<serde_json::Value> {
        let policy = self.store.read(|state| state.buckets.get(bucket)?.configured::<String>(Kind::Policy));
        policy.and_then(|policy| serde_json::from_str(&policy).ok())
    }

    /// Whether the bucket's policy lets a caller from outside its account do something.
    pub(crate) fn allows(&self, bucket: &str, caller: Caller<'_>, action: &str, resource: &str) -> bool {
        let (policy, block) = self.store.read(|state| {
            let bucket = state.buckets.get(bucket);
            let policy = bucket.and_then(|bucket| bucket.configured::<String>(Kind::Policy));
            let block =
                bucket.and_then(|bucket| bucket.configured::<PublicAccessBlockConfiguration>(Kind::PublicAccessBlock));
            (policy, block.unwrap_or_default())
        });
        let restricted = caller == Caller::Anonymous && block.restrict_public_buckets == Some(true);
        policy
            .and_then(|policy| serde_json::from_str(&policy).ok())
            .is_some_and(|policy| !restricted && allows(&policy, caller, action, resource))
    }
}
