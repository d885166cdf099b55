//! Roles and policies as they are now, in the form of templates.

use serde_json::{Value, json};

use super::receivers::{RECEIVERS, Receiver, receivers};
use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};
use crate::wire::properties::{tag_list, text};

/// `AWS::IAM::Role`. Inline policies that other resources put into the role count only when the role declares some itself
/// and nobody declares those: then they were added from outside.
pub(crate) async fn read_role(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Some(role) = context.cloud.iam.role(physical_id) else { return Ok(Live::Gone) };
    let own: Vec<&str> = declared
        .get("Policies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|policy| text(policy, "PolicyName"))
        .collect();
    // A policy resource of its own shows its drift itself.
    let policies: Vec<Value> = role
        .policies
        .iter()
        .filter(|(name, _)| own.contains(&name.as_str()))
        .map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document}))
        .collect();
    let mut live = json!({
        "RoleName": role.name,
        "Path": role.path,
        "MaxSessionDuration": role.max_session_duration,
        "AssumeRolePolicyDocument": role.trust_policy,
        "ManagedPolicyArns": role.attached,
        "Policies": policies,
        "Tags": tag_list(&role.tags),
    });
    if !role.description.is_empty() {
        live["Description"] = json!(role.description);
    }
    Ok(Live::Properties(live))
}

/// `AWS::IAM::Policy`. AWS has no read handler for the type; here it is told all the same.
pub(crate) async fn read_policy(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let name = text(declared, "PolicyName").unwrap_or_default();
    let mut document = None;
    let mut having = Vec::new();
    for receiver in receivers(declared) {
        if let Some(found) = receiver.inline(&context.cloud.iam, name) {
            // The first receiver that differs from what is declared speaks for all.
            let differs = document.is_none() || declared.get("PolicyDocument") != Some(&found);
            if differs {
                document = Some(found);
            }
            having.push(receiver);
        }
    }
    let Some(document) = document else { return Ok(Live::Gone) };
    let mut live = json!({"PolicyName": name, "PolicyDocument": document});
    name_receivers(&having, declared, &mut live);
    Ok(Live::Properties(live))
}

/// Writes the names of receivers into the properties of a policy, under the property of their kind where it is declared.
fn name_receivers(having: &[Receiver], declared: &Value, live: &mut Value) {
    for (property, kind) in RECEIVERS {
        let names: Vec<&str> = having.iter().filter(|one| one.kind == kind).map(|one| one.name.as_str()).collect();
        if declared.get(property).is_some() {
            live[property] = json!(names);
        }
    }
}

/// `AWS::IAM::RolePolicy`.
pub(crate) async fn read_role_policy(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let (role, name) =
        (text(declared, "RoleName").unwrap_or_default(), text(declared, "PolicyName").unwrap_or_default());
    let document = context.cloud.iam.role(role).and_then(|role| role.policies.get(name).cloned());
    Ok(document.map_or(Live::Gone, |document| {
        Live::Properties(json!({"RoleName": role, "PolicyName": name, "PolicyDocument": document}))
    }))
}

/// `AWS::IAM::ManagedPolicy`.
pub(crate) async fn read_managed_policy(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let iam = &context.cloud.iam;
    let Ok(policy) = iam.policy(physical_id) else { return Ok(Live::Gone) };
    // Those who attach the policy themselves tell of it themselves.
    let mut having = receivers(declared);
    having.retain(|receiver| receiver.is_attached(iam, physical_id));
    let mut live = json!({
        "ManagedPolicyName": policy.name,
        "Path": policy.path,
        "PolicyDocument": policy.document,
    });
    name_receivers(&having, declared, &mut live);
    if !policy.description.is_empty() {
        live["Description"] = json!(policy.description);
    }
    Ok(Live::Properties(live))
}
