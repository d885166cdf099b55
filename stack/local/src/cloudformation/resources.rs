//! CloudFormation's own resource types that have nothing behind them.

use serde_json::Value;

use super::provider::{ProviderError, Provisioned, ResourceContext, Update};

/// What CDK puts into every template to count constructs.
pub(crate) async fn create_cdk_metadata(
    context: &ResourceContext,
    _properties: &Value,
) -> Result<Provisioned, ProviderError> {
    Ok(Provisioned { physical_id: context.generated_name(64), ..Provisioned::default() })
}

/// Takes any change, because nothing depends on the properties.
pub(crate) async fn update_nothing(
    _context: &ResourceContext,
    physical_id: &str,
    _old: &Value,
    _new: &Value,
) -> Result<Update, ProviderError> {
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), ..Provisioned::default() }))
}

/// There is nothing to remove.
pub(crate) async fn delete_nothing(
    _context: &ResourceContext,
    _physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(())
}
