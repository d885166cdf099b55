//! Asks providers, with everything that a property refers to in its place.

use serde_json::Value;

use crate::cloudformation::kinds::ResourceKind;
use crate::cloudformation::model::StackResource;
use crate::cloudformation::operation::Operation;
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::cloudformation::references::resolved;
use crate::settings::FaultAction;

fn kind_of(resource_type: &str) -> Result<ResourceKind, ProviderError> {
    ResourceKind::of(resource_type)
        .ok_or_else(|| ProviderError::plain(format!("Unrecognized resource type: {resource_type}")))
}

/// Makes a resource.
pub(super) async fn create(operation: &Operation, row: &StackResource) -> Result<Provisioned, ProviderError> {
    let kind = kind_of(&row.resource_type)?;
    operation.cloud.cloudformation.faults.check(FaultAction::Create, &row.logical_id)?;
    let context = operation.context(&row.logical_id);
    let properties = resolved(&operation.cloud, &row.properties).map_err(ProviderError::plain)?;
    kind.create(&context, &properties).await
}

/// Changes a resource from `old` to `new` properties.
pub(super) async fn update(
    context: &ResourceContext,
    resource_type: &str,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let kind = kind_of(resource_type)?;
    let new = resolved(&context.cloud, new).map_err(ProviderError::plain)?;
    // What cannot be resolved any more is compared as it is written.
    let old = resolved(&context.cloud, old).unwrap_or(std::borrow::Cow::Borrowed(old));
    kind.update(context, physical_id, &old, &new).await
}

/// Removes a resource.
pub(super) async fn delete(operation: &Operation, row: &StackResource) -> Result<(), ProviderError> {
    let kind = kind_of(&row.resource_type)?;
    operation.cloud.cloudformation.faults.check(FaultAction::Delete, &row.logical_id)?;
    let context = operation.context(&row.logical_id);
    let physical_id = row.physical_id.clone().unwrap_or_default();
    let properties = resolved(&operation.cloud, &row.properties).unwrap_or(std::borrow::Cow::Borrowed(&row.properties));
    kind.delete(&context, &physical_id, &properties).await
}
