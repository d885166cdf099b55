//! Roles and policies as they are now, in the form of templates.

use serde_json::{Value, json};

use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};
use crate::wire::properties::{reference_list, tag_list, text};

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
    let mut roles = Vec::new();
    for role in reference_list(declared, "Roles") {
        let found = context.cloud.iam.role(&role).and_then(|role| role.policies.get(name).cloned());
        if let Some(found) = found {
            // The first role that differs from what is declared speaks for all.
            let differs = document.is_none() || declared.get("PolicyDocument") != Some(&found);
            if differs {
                document = Some(found);
            }
            roles.push(role);
        }
    }
    let Some(document) = document else { return Ok(Live::Gone) };
    Ok(Live::Properties(json!({"PolicyName": name, "PolicyDocument": document, "Roles": roles})))
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
    // Roles that attach the policy themselves are theirs to tell of.
    let wanted = reference_list(declared, "Roles");
    let roles: Vec<String> = wanted
        .into_iter()
        .filter(|name| iam.role(name).is_some_and(|role| role.attached.iter().any(|arn| arn == physical_id)))
        .collect();
    let mut live = json!({
        "ManagedPolicyName": policy.name,
        "Path": policy.path,
        "PolicyDocument": policy.document,
        "Roles": roles,
    });
    if !policy.description.is_empty() {
        live["Description"] = json!(policy.description);
    }
    Ok(Live::Properties(live))
}
