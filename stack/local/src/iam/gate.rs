//! Whether a caller may do to IAM itself what it asks for.

use super::authorize::Access;
use super::{Iam, Principal};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::{Form, ServiceError};

/// Fields that name what an operation is about, with the kind of resource that its ARN has.
const NAMES: &[(&str, &str)] =
    &[("RoleName", "role"), ("UserName", "user"), ("GroupName", "group"), ("InstanceProfileName", "instance-profile")];

/// Asks for the operation's action on what it names.
pub(super) fn gate(iam: &Iam, caller: &Principal, form: &Form) -> Result<(), ServiceError> {
    if caller.is_root() {
        return Ok(());
    }
    let action = format!("iam:{}", form.action());
    let resource = resource(iam, caller, form);
    let tags: Vec<(String, String)> = form
        .structures("Tags")
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect();
    let request_tags: Vec<(String, &str)> =
        tags.iter().map(|(key, value)| (format!("aws:requesttag/{key}"), value.as_str())).collect();
    let fields = [
        ("iam:permissionsboundary", "PermissionsBoundary"),
        ("iam:policyarn", "PolicyArn"),
        ("iam:awsservicename", "AWSServiceName"),
    ];
    let mut context: Vec<(&str, &str)> =
        fields.iter().filter_map(|(key, field)| Some((*key, form.get(field)?))).collect();
    context.extend(request_tags.iter().map(|(key, value)| (key.as_str(), *value)));
    context.extend(tags.iter().map(|(key, _)| ("aws:tagkeys", key.as_str())));
    iam.authorize(caller, &Access { context: &context, ..Access::new(&action, &resource) })
}

/// ARN of what the form names. Where it names a role or user and a policy, it is about the former.
fn resource(iam: &Iam, caller: &Principal, form: &Form) -> String {
    let path = form.get("Path").unwrap_or("/");
    for (field, kind) in NAMES {
        let Some(name) = form.get(field).filter(|name| !name.is_empty()) else { continue };
        let known = match *kind {
            "role" => iam.role(name).map(|role| role.arn),
            "user" => iam.user(name).ok().map(|user| user.arn),
            _ => None,
        };
        return known.unwrap_or_else(|| format!("arn:aws:iam::{DEFAULT_ACCOUNT}:{kind}{path}{name}"));
    }
    if let Some(arn) =
        ["PolicyArn", "OpenIDConnectProviderArn", "PolicySourceArn"].iter().find_map(|field| form.get(field))
    {
        return arn.to_owned();
    }
    if let Some(name) = form.get("PolicyName") {
        return format!("arn:aws:iam::{DEFAULT_ACCOUNT}:policy{path}{name}");
    }
    match (form.action(), caller.user_name()) {
        // Without a name, a user asks about itself.
        ("GetUser" | "ListAccessKeys" | "CreateAccessKey" | "DeleteAccessKey" | "UpdateAccessKey", Some(_)) => {
            caller.arn.clone()
        }
        _ => "*".to_owned(),
    }
}
