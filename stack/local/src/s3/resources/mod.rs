//! Buckets and bucket policies as CloudFormation makes them.

pub(crate) mod live;
mod properties;

use serde_json::{Map, Value, json};

use super::notification::{RequestIds, announce, validate};
use super::operations::{self, Creation};
use super::store::Kind;
use super::{S3, service_error};
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, required_text, tags, text};
use properties::Configurations;

/// Properties that cannot change while the bucket lives.
const CREATE_ONLY: [&str; 3] = ["BucketName", "BucketNamePrefix", "BucketNamespace"];

impl From<s3s::S3Error> for ProviderError {
    fn from(error: s3s::S3Error) -> Self {
        service_error(&error).into()
    }
}

/// Makes a bucket with all its configurations, or none.
pub(crate) async fn create_bucket(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let name = bucket_name(context, properties)?;
    if !s3s::path::check_bucket_name(&name) {
        return Err(ProviderError::invalid(format!(
            "`{name}` is no bucket name: 3 to 63 lower-case letters, digits, `-` and `.`, the first and last of them a letter or a digit"
        )));
    }
    let configurations = Configurations::read(properties, tags(properties, &context.tags))?;
    if operations::create_bucket(&context.cloud, &name, &context.region, None).await? == Creation::Existed {
        return Err(ProviderError::new("AlreadyExists", format!("{name} already exists")));
    }
    if let Err(error) = configure(context, &name, &configurations).await {
        // Nothing half made stays behind a failed create.
        let _ = operations::remove_bucket(&context.cloud, &name).await;
        return Err(error);
    }
    Ok(provisioned(&name, &context.region))
}

/// Changes the configurations of a bucket; another name needs another bucket.
pub(crate) async fn update_bucket(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &CREATE_ONLY) {
        return Ok(Update::Replace);
    }
    let configurations = Configurations::read(new, tags(new, &context.tags))?;
    configure(context, physical_id, &configurations).await?;
    Ok(Update::InPlace(provisioned(physical_id, &context.region)))
}

/// Removes a bucket, which must be empty.
pub(crate) async fn delete_bucket(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    operations::remove_bucket(&context.cloud, physical_id).await?;
    Ok(())
}

fn bucket_name(context: &ResourceContext, properties: &Value) -> Result<String, ProviderError> {
    let regional = text(properties, "BucketNamespace") == Some("account-regional");
    match (text(properties, "BucketName"), text(properties, "BucketNamePrefix")) {
        (Some(_), Some(_)) => Err(ProviderError::invalid("give `BucketName` or `BucketNamePrefix`, not both")),
        (Some(name), None) => Ok(name.to_owned()),
        (None, Some(prefix)) if regional => Ok(format!("{prefix}-{}-{}-an", context.account, context.region)),
        (None, Some(_)) => Err(ProviderError::invalid("`BucketNamePrefix` needs `BucketNamespace: account-regional`")),
        (None, None) => Ok(context.generated_name(63).to_ascii_lowercase()),
    }
}

fn provisioned(name: &str, region: &str) -> Provisioned {
    let mut attributes = Map::new();
    for (attribute, value) in [
        ("Arn", format!("arn:aws:s3:::{name}")),
        ("DomainName", format!("{name}.s3.amazonaws.com")),
        ("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com")),
        ("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com")),
        ("WebsiteURL", format!("http://{name}.s3-website-{region}.amazonaws.com")),
    ] {
        attributes.insert(attribute.to_owned(), json!(value));
    }
    Provisioned { physical_id: name.to_owned(), attributes }
}

/// A bucket that exists already.
pub(crate) fn adopt_bucket(context: &ResourceContext, name: &str) -> Provisioned {
    provisioned(name, &context.region)
}

/// Writes every configuration; what the template does not name goes back to what a new bucket has.
async fn configure(context: &ResourceContext, name: &str, wanted: &Configurations) -> Result<(), ProviderError> {
    let cloud = &context.cloud;
    if let Some(cors) = &wanted.cors {
        operations::check_cors(cors)?;
    }
    if let Some(notification) = &wanted.notification {
        validate(cloud, name, notification, false)?;
    }
    let known = cloud.s3.configuration(name, Kind::Notification);
    operations::configure(cloud, name, Kind::Cors, wanted.cors.as_ref()).await?;
    operations::configure(cloud, name, Kind::Encryption, wanted.encryption.as_ref()).await?;
    operations::configure(cloud, name, Kind::Lifecycle, wanted.lifecycle.as_ref()).await?;
    cloud.s3.resume(cloud);
    operations::configure(cloud, name, Kind::Ownership, Some(&wanted.ownership)).await?;
    operations::configure(cloud, name, Kind::PublicAccessBlock, Some(&wanted.public_access_block)).await?;
    operations::configure(cloud, name, Kind::Tagging, wanted.tags.as_ref()).await?;
    operations::configure(cloud, name, Kind::Website, wanted.website.as_ref()).await?;
    match (&wanted.versioning, cloud.s3.configuration(name, Kind::Versioning)) {
        (Some(status), _) => {
            operations::configure(cloud, name, Kind::Versioning, Some(status)).await?;
        }
        // Versioning that was on cannot be undone, only suspended.
        (None, Some(_)) => {
            operations::configure(cloud, name, Kind::Versioning, Some(&"Suspended")).await?;
        }
        (None, None) => {}
    }
    let moment = operations::configure(cloud, name, Kind::Notification, wanted.notification.as_ref()).await?;
    if let Some(notification) = &wanted.notification
        && known != cloud.s3.configuration(name, Kind::Notification)
    {
        announce(cloud, name, notification, moment, &RequestIds::fresh());
    }
    Ok(())
}

impl S3 {
    fn configuration(&self, bucket: &str, kind: Kind) -> Option<Value> {
        self.store.read(|state| state.buckets.get(bucket)?.configuration.get(&kind).cloned())
    }
}

/// Sets the policy of a bucket that has none.
pub(crate) async fn create_bucket_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let bucket = required_text(properties, "Bucket")?;
    if context.cloud.s3.configuration(bucket, Kind::Policy).is_some() {
        return Err(ProviderError::new(
            "AlreadyExists",
            format!("The bucket policy already exists on bucket {bucket}."),
        ));
    }
    operations::keep_policy(&context.cloud, bucket, &policy_document(properties)?).await?;
    Ok(Provisioned { physical_id: bucket.to_owned(), attributes: Map::new() })
}

/// Replaces the policy of a bucket.
pub(crate) async fn update_bucket_policy(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Bucket"]) {
        return Ok(Update::Replace);
    }
    operations::keep_policy(&context.cloud, physical_id, &policy_document(new)?).await?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Removes the policy of a bucket.
pub(crate) async fn delete_bucket_policy(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    if context.cloud.s3.configuration(physical_id, Kind::Policy).is_some() {
        operations::configure::<()>(&context.cloud, physical_id, Kind::Policy, None).await?;
    }
    Ok(())
}

/// The document as text: an object, or text that holds one.
fn policy_document(properties: &Value) -> Result<String, ProviderError> {
    match properties.get("PolicyDocument") {
        Some(Value::String(document)) => Ok(document.clone()),
        Some(document) => Ok(document.to_string()),
        None => Err(ProviderError::invalid("the required property `PolicyDocument` is missing")),
    }
}
