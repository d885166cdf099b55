//! How CloudFormation makes `OpenID` Connect providers.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, reference_list, required_text, tags};

/// `AWS::IAM::OIDCProvider`. `Ref` is the ARN.
pub(crate) async fn create_oidc_provider(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let provider = context.cloud.iam.create_open_id_provider(
        required_text(properties, "Url")?,
        reference_list(properties, "ClientIdList"),
        reference_list(properties, "ThumbprintList"),
        tags(properties, &context.tags),
    )?;
    Ok(provisioned(&provider.arn))
}

/// Changes audiences, thumbprints and tags in place.
pub(crate) async fn update_oidc_provider(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Url"]) {
        return Ok(Update::Replace);
    }
    context.cloud.iam.change_open_id_provider(physical_id, |provider| {
        provider.audiences = reference_list(new, "ClientIdList");
        provider.thumbprints = reference_list(new, "ThumbprintList");
        provider.tags = tags(new, &context.tags);
    })?;
    Ok(Update::InPlace(provisioned(physical_id)))
}

/// Removes the provider.
pub(crate) async fn delete_oidc_provider(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    context.cloud.iam.delete_open_id_provider(physical_id).map_err(Into::into)
}

/// The provider as it is now.
pub(crate) async fn read_oidc_provider(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(provider) = context.cloud.iam.open_id_provider(physical_id) else { return Ok(Live::Gone) };
    let mut live = json!({ "Url": declared["Url"], "ClientIdList": provider.audiences });
    if declared.get("ThumbprintList").is_some() {
        live["ThumbprintList"] = json!(provider.thumbprints);
    }
    Ok(Live::Properties(live))
}

fn provisioned(arn: &str) -> Provisioned {
    Provisioned { physical_id: arn.to_owned(), attributes: Map::from_iter([("Arn".to_owned(), json!(arn))]) }
}
