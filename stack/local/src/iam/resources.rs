//! How CloudFormation makes roles and policies.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::documents::{check_rights, check_trust_policy};
use super::receivers::{Receiver, receivers};
use super::roles::{NewRole, check_session_duration};
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, reference_list, required_text, tags, text};

/// `AWS::IAM::Role`. `Ref` is the name.
pub(crate) async fn create_role(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let role = context.cloud.iam.create_role(NewRole {
        name: text(properties, "RoleName").map_or_else(|| context.generated_name(64), str::to_owned),
        path: text(properties, "Path").unwrap_or("/").to_owned(),
        description: text(properties, "Description").unwrap_or_default().to_owned(),
        max_session_duration: session_duration(properties)?,
        trust_policy: document(properties, "AssumeRolePolicyDocument")?,
        policies: inline_policies(properties)?,
        attached: reference_list(properties, "ManagedPolicyArns"),
        boundary: text(properties, "PermissionsBoundary").map(str::to_owned),
        tags: tags(properties, &context.tags),
    })?;
    Ok(provisioned_role(&role.name, &role.arn, &role.id))
}

/// Changes everything but name and path in place.
pub(crate) async fn update_role(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["RoleName", "Path"]) {
        return Ok(Update::Replace);
    }
    let iam = &context.cloud.iam;
    let trust_policy = document(new, "AssumeRolePolicyDocument")?;
    let (mut policies, declared) = (inline_policies(new)?, inline_policies(old)?);
    let max_session_duration = session_duration(new)?;
    let before = reference_list(old, "ManagedPolicyArns");
    let wanted = reference_list(new, "ManagedPolicyArns");
    for arn in &wanted {
        iam.attach_role_policy(physical_id, arn)?;
    }
    iam.change_role(physical_id, |role| {
        role.trust_policy = trust_policy;
        text(new, "Description").unwrap_or_default().clone_into(&mut role.description);
        role.max_session_duration = max_session_duration;
        // Policies that other resources (AWS::IAM::Policy) put into the role stay.
        role.policies.retain(|name, _| !declared.contains_key(name));
        role.policies.append(&mut policies);
        role.attached.retain(|arn| wanted.contains(arn) || !before.contains(arn));
        role.boundary = text(new, "PermissionsBoundary").map(str::to_owned);
        role.tags = tags(new, &context.tags);
        Ok(())
    })?;
    let role = iam.role(physical_id).ok_or_else(|| super::roles::no_role(physical_id))?;
    Ok(Update::InPlace(provisioned_role(&role.name, &role.arn, &role.id)))
}

/// Removes the role with the policies that are in it.
pub(crate) async fn delete_role(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    absent_is_done(context.cloud.iam.delete_role(physical_id, true).map_err(Into::into))
}

fn provisioned_role(name: &str, arn: &str, id: &str) -> Provisioned {
    Provisioned {
        physical_id: name.to_owned(),
        attributes: Map::from_iter([("Arn".to_owned(), json!(arn)), ("RoleId".to_owned(), json!(id))]),
    }
}

/// A role that exists already.
pub(crate) fn adopt_role(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    let role = context.cloud.iam.role(name).ok_or_else(|| super::roles::no_role(name))?;
    Ok(provisioned_role(&role.name, &role.arn, &role.id))
}

/// `AWS::IAM::Policy`: an inline policy of one or more roles, users and groups. `Ref` is a generated name.
pub(crate) async fn create_policy(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    put_inline(context, properties)?;
    Ok(Provisioned { physical_id: context.generated_name(128), attributes: Map::new() })
}

/// Writes the policy anew and takes it from those who no longer have it.
pub(crate) async fn update_policy(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    put_inline(context, new)?;
    let kept = if changed(old, new, &["PolicyName"]) { Vec::new() } else { receivers(new) };
    remove_inline(context, old, &kept)?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Takes the policy from all who have it.
pub(crate) async fn delete_policy(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    remove_inline(context, properties, &[])
}

fn put_inline(context: &ResourceContext, properties: &Value) -> Result<(), ProviderError> {
    let name = required_text(properties, "PolicyName")?;
    let document = document(properties, "PolicyDocument")?;
    let receivers = receivers(properties);
    if receivers.is_empty() {
        return Err(ProviderError::invalid("At least one of [Groups,Roles,Users] must be non-empty."));
    }
    receivers.iter().try_for_each(|receiver| Ok(receiver.put(&context.cloud.iam, name, &document)?))
}

fn remove_inline(context: &ResourceContext, properties: &Value, kept: &[Receiver]) -> Result<(), ProviderError> {
    let name = required_text(properties, "PolicyName")?;
    receivers(properties)
        .iter()
        .filter(|receiver| !kept.contains(receiver))
        .try_for_each(|receiver| absent_is_done(receiver.remove(&context.cloud.iam, name).map_err(Into::into)))
}

/// `AWS::IAM::RolePolicy`: one inline policy of one role. `Ref` is `<policy name>|<role name>`.
pub(crate) async fn create_role_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let (role, name) = (required_text(properties, "RoleName")?, required_text(properties, "PolicyName")?);
    let document = document(properties, "PolicyDocument")?;
    context.cloud.iam.change_role(role, |role| {
        role.policies.insert(name.to_owned(), document);
        Ok(())
    })?;
    Ok(Provisioned { physical_id: format!("{name}|{role}"), attributes: Map::new() })
}

/// Writes the document anew.
pub(crate) async fn update_role_policy(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["RoleName", "PolicyName"]) {
        return Ok(Update::Replace);
    }
    create_role_policy(context, new).await.map(Update::InPlace)
}

/// Takes the policy out of its role.
pub(crate) async fn delete_role_policy(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let (role, name) = (required_text(properties, "RoleName")?, required_text(properties, "PolicyName")?);
    let removed = context.cloud.iam.change_role(role, |role| {
        role.policies.remove(name);
        Ok(())
    });
    absent_is_done(removed.map_err(Into::into))
}

/// `AWS::IAM::ManagedPolicy`. `Ref` is the ARN.
pub(crate) async fn create_managed_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "ManagedPolicyName").map_or_else(|| context.generated_name(128), str::to_owned);
    let policy = context.cloud.iam.create_policy(
        &name,
        text(properties, "Path").unwrap_or("/"),
        text(properties, "Description").unwrap_or_default(),
        document(properties, "PolicyDocument")?,
        BTreeMap::new(),
    )?;
    for receiver in receivers(properties) {
        if let Err(error) = receiver.attach(&context.cloud.iam, &policy.arn) {
            delete_managed_policy(context, &policy.arn, properties).await?;
            return Err(error.into());
        }
    }
    Ok(provisioned_policy(&policy.arn, &policy.id))
}

/// Changes the document and who has it in place.
pub(crate) async fn update_managed_policy(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["ManagedPolicyName", "Path", "Description"]) {
        return Ok(Update::Replace);
    }
    let iam = &context.cloud.iam;
    if changed(old, new, &["PolicyDocument"]) {
        iam.change_policy(physical_id, document(new, "PolicyDocument")?)?;
    }
    let wanted = receivers(new);
    for receiver in &wanted {
        receiver.attach(iam, physical_id)?;
    }
    for receiver in receivers(old).iter().filter(|receiver| !wanted.contains(receiver)) {
        absent_is_done(receiver.detach(iam, physical_id).map_err(Into::into))?;
    }
    let policy = iam.policy(physical_id)?;
    Ok(Update::InPlace(provisioned_policy(&policy.arn, &policy.id)))
}

/// Detaches the policy from all who have it and removes it.
pub(crate) async fn delete_managed_policy(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let iam = &context.cloud.iam;
    for receiver in receivers(properties) {
        absent_is_done(receiver.detach(iam, physical_id).map_err(Into::into))?;
    }
    absent_is_done(iam.delete_policy(physical_id).map_err(Into::into))
}

fn provisioned_policy(arn: &str, id: &str) -> Provisioned {
    Provisioned {
        physical_id: arn.to_owned(),
        attributes: Map::from_iter([("PolicyArn".to_owned(), json!(arn)), ("PolicyId".to_owned(), json!(id))]),
    }
}

fn session_duration(properties: &Value) -> Result<u32, ProviderError> {
    let Some(value) = properties.get("MaxSessionDuration") else { return Ok(3600) };
    let seconds =
        crate::wire::properties::as_integer(value).and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0);
    check_session_duration(seconds)?;
    Ok(seconds)
}

/// A policy document: an object, or text that holds one. The property's name tells whether it is a role's trust policy.
pub(super) fn document(properties: &Value, name: &str) -> Result<Value, ProviderError> {
    let document = match properties.get(name) {
        Some(Value::String(text)) => super::documents::parse_document(text)?,
        Some(document) => document.clone(),
        None => return Err(ProviderError::invalid(format!("the required property `{name}` is missing"))),
    };
    let check = if name == "AssumeRolePolicyDocument" { check_trust_policy } else { check_rights };
    check(&document)?;
    Ok(document)
}

pub(super) fn inline_policies(properties: &Value) -> Result<BTreeMap<String, Value>, ProviderError> {
    let list = properties.get("Policies").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter()
        .map(|policy| Ok((required_text(policy, "PolicyName")?.to_owned(), document(policy, "PolicyDocument")?)))
        .collect()
}

/// What was to be removed and is not there is removed.
pub(super) fn absent_is_done(result: Result<(), ProviderError>) -> Result<(), ProviderError> {
    match result {
        Err(error) if error.code == "NotFound" => Ok(()),
        other => other,
    }
}
