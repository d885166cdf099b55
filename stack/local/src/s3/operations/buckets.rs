//! Buckets themselves.

use std::sync::Arc;

use s3s::dto::{
    Bucket as BucketView, BucketLocationConstraint, CreateBucketInput, CreateBucketOutput, DeleteBucketInput,
    DeleteBucketOutput, GetBucketAclInput, GetBucketAclOutput, GetBucketLocationInput, GetBucketLocationOutput, Grant,
    Grantee, HeadBucketInput, HeadBucketOutput, ListBucketsInput, ListBucketsOutput, ObjectOwnership, Owner,
    Permission, PublicAccessBlockConfiguration, Type,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::common::{bucket, timestamp};
use crate::cloud::Cloud;
use crate::s3::errors::{custom, invalid_argument, no_such_bucket, not_served};
use crate::s3::notification::owner_id;
use crate::s3::store::{Change, Kind, Record};

/// How the making of a bucket went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::s3) enum Creation {
    Created,
    /// It is there already; nothing was changed.
    Existed,
}

/// Makes a bucket with the defaults of new buckets: no public access, no ACLs.
pub(in crate::s3) async fn create(
    cloud: &Cloud,
    name: &str,
    region: &str,
    ownership: Option<ObjectOwnership>,
) -> S3Result<Creation> {
    let ownership = ownership.unwrap_or_else(|| ObjectOwnership::from_static(ObjectOwnership::BUCKET_OWNER_ENFORCED));
    let block = PublicAccessBlockConfiguration {
        block_public_acls: Some(true),
        block_public_policy: Some(true),
        ignore_public_acls: Some(true),
        restrict_public_buckets: Some(true),
    };
    let configurations = [
        (Kind::Ownership, serde_json::to_value(ownership.as_str())),
        (Kind::PublicAccessBlock, serde_json::to_value(block)),
    ];
    cloud
        .s3
        .store
        .change(Vec::new(), |state, moment| {
            if state.buckets.contains_key(name) {
                return Ok(Change { records: Vec::new(), answer: Creation::Existed });
            }
            let created = Record::BucketCreated {
                bucket: name.to_owned(),
                region: region.to_owned(),
                created: moment.milliseconds(),
            };
            let mut records = vec![created];
            for (kind, value) in configurations {
                let value = value.map_err(S3Error::internal_error)?;
                records.push(Record::Configured { bucket: name.to_owned(), kind, value: Some(value) });
            }
            Ok(Change { records, answer: Creation::Created })
        })
        .await
}

pub(super) async fn create_requested(
    cloud: &Arc<Cloud>,
    request: S3Request<CreateBucketInput>,
) -> S3Result<CreateBucketOutput> {
    let region = request.region.as_ref().map_or_else(|| cloud.region.clone(), |region| region.as_str().to_owned());
    let input = request.input;
    if input.object_lock_enabled_for_bucket == Some(true) {
        return Err(not_served("object lock"));
    }
    let constraint = input
        .create_bucket_configuration
        .and_then(|configuration| configuration.location_constraint)
        .map(|constraint| constraint.as_str().to_owned())
        .filter(|constraint| !constraint.is_empty());
    match constraint.as_deref() {
        Some("us-east-1") => {
            return Err(S3Error::with_message(
                S3ErrorCode::InvalidLocationConstraint,
                "The specified location-constraint is not valid",
            ));
        }
        None if region != "us-east-1" => {
            return Err(custom(
                http::StatusCode::BAD_REQUEST,
                "IllegalLocationConstraintException",
                "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
            ));
        }
        _ => {}
    }
    let place = constraint.unwrap_or(region);
    match create(cloud, &input.bucket, &place, input.object_ownership).await? {
        Creation::Existed if place != "us-east-1" => Err(S3Error::with_message(
            S3ErrorCode::BucketAlreadyOwnedByYou,
            "Your previous request to create the named bucket succeeded and you already own it.",
        )),
        Creation::Created | Creation::Existed => {
            Ok(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) })
        }
    }
}

/// Removes an empty bucket; `false` when there is none of that name.
pub(in crate::s3) async fn remove(cloud: &Cloud, name: &str) -> S3Result<bool> {
    cloud
        .s3
        .store
        .change(Vec::new(), |state, _| {
            let Some(bucket) = state.buckets.get(name) else {
                return Ok(Change { records: Vec::new(), answer: false });
            };
            if !bucket.objects.is_empty() {
                let message = if bucket.versioning().is_some() {
                    "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
                } else {
                    "The bucket you tried to delete is not empty"
                };
                return Err(S3Error::with_message(S3ErrorCode::BucketNotEmpty, message));
            }
            Ok(Change { records: vec![Record::BucketDeleted { bucket: name.to_owned() }], answer: true })
        })
        .await
}

pub(super) async fn delete(cloud: &Arc<Cloud>, request: S3Request<DeleteBucketInput>) -> S3Result<DeleteBucketOutput> {
    let bucket = request.input.bucket;
    if remove(cloud, &bucket).await? { Ok(DeleteBucketOutput::default()) } else { Err(no_such_bucket()) }
}

pub(super) fn head(cloud: &Arc<Cloud>, input: &HeadBucketInput) -> S3Result<HeadBucketOutput> {
    cloud.s3.store.read(|state| {
        let bucket = bucket(state, &input.bucket)?;
        Ok(HeadBucketOutput { bucket_region: Some(bucket.region.clone()), ..Default::default() })
    })
}

pub(super) fn location(cloud: &Arc<Cloud>, input: &GetBucketLocationInput) -> S3Result<GetBucketLocationOutput> {
    cloud.s3.store.read(|state| {
        let region = bucket(state, &input.bucket)?.region.clone();
        let location_constraint = (region != "us-east-1").then(|| BucketLocationConstraint::from(region));
        Ok(GetBucketLocationOutput { location_constraint })
    })
}

/// Who owns every bucket of the cloud.
pub(super) fn owner(cloud: &Cloud) -> Owner {
    Owner { id: Some(owner_id(&cloud.account)), display_name: None }
}

pub(super) fn acl(cloud: &Arc<Cloud>, input: &GetBucketAclInput) -> S3Result<GetBucketAclOutput> {
    cloud.s3.store.read(|state| bucket(state, &input.bucket).map(|_| ()))?;
    let owner = owner(cloud);
    let grantee = Grantee {
        display_name: None,
        email_address: None,
        id: owner.id.clone(),
        type_: Type::from_static(Type::CANONICAL_USER),
        uri: None,
    };
    let grant = Grant { grantee: Some(grantee), permission: Some(Permission::from_static(Permission::FULL_CONTROL)) };
    Ok(GetBucketAclOutput { grants: Some(vec![grant]), owner: Some(owner) })
}

pub(super) fn list(cloud: &Arc<Cloud>, input: &ListBucketsInput) -> S3Result<ListBucketsOutput> {
    let limit = match input.max_buckets {
        None => usize::MAX,
        Some(limit @ 1..=10_000) => usize::try_from(limit).unwrap_or(10_000),
        Some(limit) => {
            return Err(invalid_argument(format!(
                "Argument max-buckets must be an integer between 1 and 10000, not {limit}"
            )));
        }
    };
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let region = input.bucket_region.as_deref();
    let after = input.continuation_token.as_deref().unwrap_or_default();
    let mut buckets: Vec<BucketView> = cloud.s3.store.read(|state| {
        state
            .buckets
            .iter()
            .filter(|(name, bucket)| {
                name.starts_with(prefix)
                    && (after.is_empty() || name.as_str() > after)
                    && region.is_none_or(|region| region == bucket.region)
            })
            .take(limit.saturating_add(1))
            .map(|(name, bucket)| BucketView {
                bucket_region: input.max_buckets.map(|_| bucket.region.clone()),
                creation_date: Some(timestamp(bucket.created)),
                name: Some(name.clone()),
            })
            .collect()
    });
    let truncated = buckets.len() > limit;
    buckets.truncate(limit);
    let continuation_token = buckets.last().and_then(|bucket| bucket.name.clone()).filter(|_| truncated);
    Ok(ListBucketsOutput {
        buckets: Some(buckets),
        continuation_token,
        owner: Some(owner(cloud)),
        prefix: input.prefix.clone(),
    })
}
