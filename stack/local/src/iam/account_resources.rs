//! How CloudFormation makes instance profiles and service-linked roles.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Role;
use super::resources::absent_is_done;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, reference_list, required_text, text};

/// The one role of an instance profile.
fn role_of(context: &ResourceContext, properties: &Value) -> Result<Option<String>, ProviderError> {
    match reference_list(properties, "Roles").as_slice() {
        [] => Ok(None),
        [role] if context.cloud.iam.role(role).is_some() => Ok(Some(role.clone())),
        [role] => Err(super::roles::no_role(role).into()),
        _ => Err(ProviderError::invalid("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")),
    }
}

fn provisioned_profile(name: &str, arn: &str) -> Provisioned {
    Provisioned { physical_id: name.to_owned(), attributes: Map::from_iter([("Arn".to_owned(), json!(arn))]) }
}

/// An instance profile that exists already.
pub(crate) fn adopt_instance_profile(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(provisioned_profile(name, &context.cloud.iam.instance_profile(name)?.arn))
}

/// `AWS::IAM::InstanceProfile`. `Ref` is the name.
pub(crate) async fn create_instance_profile(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let role = role_of(context, properties)?;
    let name = text(properties, "InstanceProfileName").map_or_else(|| context.generated_name(128), str::to_owned);
    let path = text(properties, "Path").unwrap_or("/");
    let iam = &context.cloud.iam;
    let profile = iam.create_instance_profile(&name, path, BTreeMap::new())?;
    iam.change_instance_profile(&name, |profile| {
        profile.role = role;
        Ok(())
    })?;
    Ok(provisioned_profile(&name, &profile.arn))
}

/// Changes the role in place.
pub(crate) async fn update_instance_profile(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["InstanceProfileName", "Path"]) {
        return Ok(Update::Replace);
    }
    let (iam, role) = (&context.cloud.iam, role_of(context, new)?);
    iam.change_instance_profile(physical_id, |profile| {
        profile.role = role;
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned_profile(physical_id, &iam.instance_profile(physical_id)?.arn)))
}

/// Removes the profile.
pub(crate) async fn delete_instance_profile(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    absent_is_done(context.cloud.iam.delete_instance_profile(physical_id).map_err(Into::into))
}

/// The profile as it is now.
pub(crate) async fn read_instance_profile(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(profile) = context.cloud.iam.instance_profile(physical_id) else { return Ok(Live::Gone) };
    let roles: Vec<String> = profile.role.into_iter().collect();
    Ok(Live::Properties(json!({"InstanceProfileName": profile.name, "Path": profile.path, "Roles": roles})))
}

fn provisioned_role(name: &str) -> Provisioned {
    Provisioned { physical_id: name.to_owned(), attributes: Map::from_iter([("RoleName".to_owned(), json!(name))]) }
}

/// `AWS::IAM::ServiceLinkedRole`. `Ref` is the name of the role.
pub(crate) async fn create_service_linked_role(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let role = context.cloud.iam.create_service_linked_role(
        required_text(properties, "AWSServiceName")?,
        text(properties, "CustomSuffix"),
        text(properties, "Description").unwrap_or_default(),
    )?;
    Ok(provisioned_role(&role.name))
}

/// Changes the description in place.
pub(crate) async fn update_service_linked_role(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["AWSServiceName", "CustomSuffix"]) {
        return Ok(Update::Replace);
    }
    context.cloud.iam.change_role(physical_id, |role| {
        text(new, "Description").unwrap_or_default().clone_into(&mut role.description);
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned_role(physical_id)))
}

/// Removes the role.
pub(crate) async fn delete_service_linked_role(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    absent_is_done(context.cloud.iam.delete_role(physical_id, true).map_err(Into::into))
}

/// The role as it is now: its service is in its path, its suffix in its name.
pub(crate) async fn read_service_linked_role(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    let Some(Role { name, path, description, .. }) = context.cloud.iam.role(physical_id) else {
        return Ok(Live::Gone);
    };
    let mut live = json!({"AWSServiceName": path.trim_matches('/').rsplit('/').next()});
    if let Some((_, suffix)) = name.split_once('_') {
        live["CustomSuffix"] = json!(suffix);
    }
    if !description.is_empty() {
        live["Description"] = json!(description);
    }
    Ok(Live::Properties(live))
}
