//! How CloudFormation makes log groups.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::api::check_retention;
use super::group_arn;
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{as_integer, changed, tags, text};

/// `AWS::Logs::LogGroup`. `Ref` is the name.
pub(crate) async fn create_log_group(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "LogGroupName").map_or_else(|| context.generated_name(512), str::to_owned);
    let retention = retention(properties)?;
    context.cloud.logs.create_group(&name, retention, tags(properties, &context.tags)).map_err(|error| {
        if error.code == "ResourceAlreadyExistsException" {
            return ProviderError::new(
                "AlreadyExists",
                format!("Resource of type 'AWS::Logs::LogGroup' with identifier '{{\"/properties/LogGroupName\":\"{name}\"}}' already exists."),
            );
        }
        error.into()
    })?;
    Ok(provisioned(context, &name))
}

/// Changes retention and tags in place.
pub(crate) async fn update_log_group(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["LogGroupName"]) {
        return Ok(Update::Replace);
    }
    let retention = retention(new)?;
    context.cloud.logs.change_group(physical_id, |group| {
        group.retention_days = retention;
        group.tags = tags(new, &context.tags);
    })?;
    Ok(Update::InPlace(provisioned(context, physical_id)))
}

/// Removes the group with its events.
pub(crate) async fn delete_log_group(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.logs.delete_group(physical_id) {
        Err(error) if error.code != "ResourceNotFoundException" => Err(error.into()),
        _ => Ok(()),
    }
}

fn retention(properties: &Value) -> Result<Option<u32>, ProviderError> {
    let Some(value) = properties.get("RetentionInDays") else { return Ok(None) };
    let days = as_integer(value).and_then(|days| u32::try_from(days).ok()).unwrap_or(0);
    Ok(Some(check_retention(days)?))
}

/// A log group that exists already.
pub(crate) fn adopt_log_group(context: &ResourceContext, name: &str) -> Provisioned {
    provisioned(context, name)
}

fn provisioned(context: &ResourceContext, name: &str) -> Provisioned {
    let arn = format!("{}:*", group_arn(&context.region, name));
    Provisioned { physical_id: name.to_owned(), attributes: Map::from_iter([("Arn".to_owned(), json!(arn))]) }
}
