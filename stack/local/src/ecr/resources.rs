//! How CloudFormation makes repositories.

#![cfg_attr(
    not(test),
    expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")
)]

use serde_json::{Value, json};

use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::records::{all_tags, live};
use crate::wire::properties::changed;

fn of_provider(error: crate::wire::ServiceError) -> ProviderError {
    match error.code.as_str() {
        "RepositoryAlreadyExistsException" => ProviderError::new("AlreadyExists", error.message),
        "RepositoryNotFoundException" => ProviderError::new("NotFound", error.message),
        _ => error.into(),
    }
}

/// `AWS::ECR::Repository`. `Ref` is its name.
pub(crate) async fn create_repository(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let mut properties = properties.clone();
    if !properties["RepositoryName"].is_string() {
        properties["RepositoryName"] = json!(context.generated_name(256).to_ascii_lowercase());
    }
    let cloud = &context.cloud;
    let made = cloud.ecr.create(cloud, &context.region, &properties, all_tags(context, &properties));
    Ok(made.map_err(of_provider)?.provisioned())
}

/// A repository that exists already.
pub(crate) fn adopt_repository(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(context.cloud.ecr.repository(&context.region, name).map_err(of_provider)?.provisioned())
}

/// Changes everything but name and encryption in place.
pub(crate) async fn update_repository(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["RepositoryName", "EncryptionConfiguration"]) {
        return Ok(Update::Replace);
    }
    let mut new = new.clone();
    new["RepositoryName"] = json!(physical_id);
    let tags = all_tags(context, &new);
    let record = context.cloud.ecr.change(&context.region, physical_id, |record| record.describe(&new, tags));
    Ok(Update::InPlace(record.map_err(of_provider)?.provisioned()))
}

/// Removes a repository.
pub(crate) async fn delete_repository(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    context.cloud.ecr.remove(&context.region, physical_id).map(drop).map_err(of_provider)
}

/// A repository as its template has it.
pub(crate) async fn read_repository(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let mut record = context.cloud.ecr.repository(&context.region, physical_id).ok();
    if let Some(record) = &mut record {
        // It says what happens on removal and is not a part of the repository.
        record.properties.remove("EmptyOnDelete");
    }
    Ok(live(record, context, declared))
}
