//! The wire format of IAM.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::documents::{parse_rights, parse_trust_policy};
use super::gate::gate;
use super::roles::{NewRole, check_name, check_session_duration, no_entity, no_role};
use super::{Iam, ManagedPolicy, Principal, Role};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::wire::{
    Form, Protocol, ServiceError, XmlWriter, percent_encode, query_empty_response, query_response, read_form,
};

pub(super) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let caller = Principal::of(&request);
    let answered = read_form(request).await.and_then(|form| {
        gate(&cloud.iam, &caller, &form)?;
        if let Some(answer) = super::users_api::answer(&cloud.iam, &caller, &form)? {
            return Ok(answer);
        }
        if let Some(answer) = super::account_api::answer(&cloud.iam, &caller, &form)? {
            return Ok(answer);
        }
        answer_roles(&cloud.iam, &form, form.action())
    });
    answered.unwrap_or_else(|error| Protocol::Query.render_error(&error))
}

/// Roles themselves; any other action goes on to their policies.
fn answer_roles(iam: &Iam, form: &Form, action: &str) -> Result<Response, ServiceError> {
    let empty = || Ok(query_empty_response(NAMESPACE, action));
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(query_response(NAMESPACE, action, write));
    match action {
        "CreateRole" => {
            let role = iam.create_role(new_role(form)?)?;
            result(&|xml| write_role(xml, &role))
        }
        "GetRole" => {
            let role = role(iam, form)?;
            result(&|xml| write_role(xml, &role))
        }
        "ListRoles" => {
            let prefix = form.get("PathPrefix").unwrap_or("/");
            let roles: Vec<Role> = iam.roles().into_iter().filter(|role| role.path.starts_with(prefix)).collect();
            result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("Roles", &roles, write_role_fields);
            })
        }
        "DeleteRole" => {
            iam.delete_role(form.require("RoleName")?, false)?;
            empty()
        }
        "UpdateAssumeRolePolicy" => {
            let document = parse_trust_policy(form.require("PolicyDocument")?)?;
            iam.change_role(form.require("RoleName")?, |role| {
                role.trust_policy = document;
                Ok(())
            })?;
            empty()
        }
        "ListRoleTags" => {
            let role = role(iam, form)?;
            result(&|xml| {
                xml.text("IsTruncated", "false");
                write_tags(xml, &role.tags);
            })
        }
        "TagRole" => {
            iam.change_role(form.require("RoleName")?, |role| {
                role.tags.extend(tags(form));
                Ok(())
            })?;
            empty()
        }
        "UntagRole" => {
            let keys = form.list("TagKeys");
            iam.change_role(form.require("RoleName")?, |role| {
                role.tags.retain(|key, _| !keys.contains(key));
                Ok(())
            })?;
            empty()
        }
        "UpdateRole" | "UpdateRoleDescription" => {
            let life = form.get("MaxSessionDuration").map(|text| text.parse().unwrap_or(0));
            life.map_or(Ok(()), check_session_duration)?;
            iam.change_role(form.require("RoleName")?, |role| {
                if let Some(description) = form.get("Description") {
                    description.clone_into(&mut role.description);
                }
                role.max_session_duration = life.unwrap_or(role.max_session_duration);
                Ok(())
            })?;
            if action == "UpdateRole" {
                return result(&|_xml| {});
            }
            let role = role(iam, form)?;
            result(&|xml| write_role(xml, &role))
        }
        "PutRolePermissionsBoundary" => {
            let arn = form.require("PermissionsBoundary")?;
            iam.policy(arn)?;
            iam.change_role(form.require("RoleName")?, |role| {
                role.boundary = Some(arn.to_owned());
                Ok(())
            })?;
            empty()
        }
        "DeleteRolePermissionsBoundary" => {
            iam.change_role(form.require("RoleName")?, |role| {
                role.boundary = None;
                Ok(())
            })?;
            empty()
        }
        _ => answer_role_policies(iam, form, action),
    }
}

/// Policies within and attached to a role; any other action goes on to the managed policies.
fn answer_role_policies(iam: &Iam, form: &Form, action: &str) -> Result<Response, ServiceError> {
    let empty = || Ok(query_empty_response(NAMESPACE, action));
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(query_response(NAMESPACE, action, write));
    match action {
        "PutRolePolicy" => {
            let name = form.require("PolicyName")?;
            check_name("policyName", name, 128)?;
            let document = parse_rights(form.require("PolicyDocument")?)?;
            iam.change_role(form.require("RoleName")?, |role| {
                role.policies.insert(name.to_owned(), document);
                Ok(())
            })?;
            empty()
        }
        "GetRolePolicy" => {
            let role = role(iam, form)?;
            let name = form.require("PolicyName")?;
            let document = role.policies.get(name).ok_or_else(|| no_inline_policy(name))?;
            result(&|xml| {
                xml.text("RoleName", &role.name);
                xml.text("PolicyName", name);
                xml.text("PolicyDocument", encode(document));
            })
        }
        "DeleteRolePolicy" => {
            let name = form.require("PolicyName")?;
            iam.change_role(form.require("RoleName")?, |role| {
                role.policies.remove(name).map(drop).ok_or_else(|| no_inline_policy(name))
            })?;
            empty()
        }
        "ListRolePolicies" => {
            let role = role(iam, form)?;
            result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("PolicyNames", role.policies.keys(), |xml, name| xml.escape(name));
            })
        }
        "AttachRolePolicy" => {
            iam.attach_role_policy(form.require("RoleName")?, form.require("PolicyArn")?)?;
            empty()
        }
        "DetachRolePolicy" => {
            iam.detach_role_policy(form.require("RoleName")?, form.require("PolicyArn")?)?;
            empty()
        }
        "ListAttachedRolePolicies" => {
            let role = role(iam, form)?;
            result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("AttachedPolicies", &role.attached, |xml, arn| {
                    xml.text("PolicyName", arn.rsplit('/').next().unwrap_or_default());
                    xml.text("PolicyArn", arn);
                });
            })
        }
        _ => answer_managed_policies(iam, form, action),
    }
}

/// Managed policies, and the user that the caller is.
fn answer_managed_policies(iam: &Iam, form: &Form, action: &str) -> Result<Response, ServiceError> {
    let empty = || Ok(query_empty_response(NAMESPACE, action));
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(query_response(NAMESPACE, action, write));
    match action {
        "CreatePolicy" => {
            let policy = iam.create_policy(
                form.require("PolicyName")?,
                form.get("Path").unwrap_or("/"),
                form.get("Description").unwrap_or_default(),
                parse_rights(form.require("PolicyDocument")?)?,
                tags(form),
            )?;
            result(&|xml| xml.element("Policy", |xml| write_policy_fields(xml, &policy, 0)))
        }
        "GetPolicy" => {
            let policy = iam.policy(form.require("PolicyArn")?)?;
            let attachments = iam.attachments(&policy.arn);
            result(&|xml| xml.element("Policy", |xml| write_policy_fields(xml, &policy, attachments)))
        }
        "GetPolicyVersion" => {
            let policy = iam.policy(form.require("PolicyArn")?)?;
            let version = form.require("VersionId")?;
            let document = policy.version_document(version)?;
            result(&|xml| xml.element("PolicyVersion", |xml| write_version(xml, &policy, version, Some(document))))
        }
        "ListPolicyVersions" => {
            let policy = iam.policy(form.require("PolicyArn")?)?;
            result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("Versions", policy.versions(), |xml, (number, _)| {
                    write_version(xml, &policy, &format!("v{number}"), None);
                });
            })
        }
        "CreatePolicyVersion" => {
            let arn = form.require("PolicyArn")?;
            let document = parse_rights(form.require("PolicyDocument")?)?;
            let number = iam.create_policy_version(arn, document, form.flag("SetAsDefault") == Some(true))?;
            let policy = iam.policy(arn)?;
            result(&|xml| {
                xml.element("PolicyVersion", |xml| write_version(xml, &policy, &format!("v{number}"), None));
            })
        }
        "SetDefaultPolicyVersion" => {
            iam.set_default_policy_version(form.require("PolicyArn")?, form.require("VersionId")?)?;
            empty()
        }
        "DeletePolicyVersion" => {
            iam.delete_policy_version(form.require("PolicyArn")?, form.require("VersionId")?)?;
            empty()
        }
        "ListPolicies" => {
            let policies = listed_policies(iam, form);
            result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("Policies", &policies, |xml, (policy, attachments)| {
                    write_policy_fields(xml, policy, *attachments);
                });
            })
        }
        "ListPolicyTags" => {
            let policy = iam.policy(form.require("PolicyArn")?)?;
            result(&|xml| {
                xml.text("IsTruncated", "false");
                write_tags(xml, &policy.tags);
            })
        }
        "TagPolicy" => {
            iam.change_policy_tags(form.require("PolicyArn")?, |own| own.extend(tags(form)))?;
            empty()
        }
        "UntagPolicy" => {
            let keys = form.list("TagKeys");
            iam.change_policy_tags(form.require("PolicyArn")?, |own| own.retain(|key, _| !keys.contains(key)))?;
            empty()
        }
        "DeletePolicy" => {
            iam.delete_policy(form.require("PolicyArn")?)?;
            empty()
        }
        other => Err(ServiceError::unknown_operation("IAM", other)),
    }
}

pub(super) fn role(iam: &Iam, form: &Form) -> Result<Role, ServiceError> {
    let name = form.require("RoleName")?;
    iam.role(name).ok_or_else(|| no_role(name))
}

fn new_role(form: &Form) -> Result<NewRole, ServiceError> {
    let max_session_duration = match form.get("MaxSessionDuration") {
        None => 3600,
        Some(text) => text.parse().unwrap_or(0),
    };
    check_session_duration(max_session_duration)?;
    Ok(NewRole {
        name: form.require("RoleName")?.to_owned(),
        path: form.get("Path").unwrap_or("/").to_owned(),
        description: form.get("Description").unwrap_or_default().to_owned(),
        max_session_duration,
        trust_policy: parse_trust_policy(form.require("AssumeRolePolicyDocument")?)?,
        policies: BTreeMap::new(),
        attached: Vec::new(),
        boundary: form.get("PermissionsBoundary").map(str::to_owned),
        tags: tags(form),
    })
}

pub(super) fn tags(form: &Form) -> BTreeMap<String, String> {
    form.structures("Tags")
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect()
}

fn write_role(xml: &mut XmlWriter, role: &Role) {
    xml.element("Role", |xml| write_role_fields(xml, role));
}

pub(super) fn write_role_fields(xml: &mut XmlWriter, role: &Role) {
    xml.text("Path", &role.path);
    xml.text("RoleName", &role.name);
    xml.text("RoleId", &role.id);
    xml.text("Arn", &role.arn);
    xml.text("CreateDate", timestamp(role.created));
    xml.text("AssumeRolePolicyDocument", encode(&role.trust_policy));
    xml.optional("Description", (!role.description.is_empty()).then_some(&role.description));
    xml.text("MaxSessionDuration", role.max_session_duration.to_string());
    if let Some(boundary) = &role.boundary {
        write_boundary(xml, boundary);
    }
    if !role.tags.is_empty() {
        write_tags(xml, &role.tags);
    }
}

pub(super) fn write_tags(xml: &mut XmlWriter, tags: &BTreeMap<String, String>) {
    xml.list("Tags", tags, |xml, (key, value)| {
        xml.text("Key", key);
        xml.text("Value", value);
    });
}

fn write_policy_fields(xml: &mut XmlWriter, policy: &ManagedPolicy, attachments: usize) {
    xml.text("PolicyName", &policy.name);
    xml.text("PolicyId", &policy.id);
    xml.text("Arn", &policy.arn);
    xml.text("Path", &policy.path);
    xml.text("DefaultVersionId", format!("v{}", policy.version));
    xml.text("AttachmentCount", attachments.to_string());
    xml.text("IsAttachable", "true");
    xml.optional("Description", (!policy.description.is_empty()).then_some(&policy.description));
    xml.text("CreateDate", timestamp(policy.created));
    xml.text("UpdateDate", timestamp(policy.created));
}

fn write_version(xml: &mut XmlWriter, policy: &ManagedPolicy, version: &str, document: Option<&Value>) {
    xml.text("VersionId", version);
    xml.text("IsDefaultVersion", (version == format!("v{}", policy.version)).to_string());
    xml.optional("Document", document.map(encode));
    xml.text("CreateDate", timestamp(policy.created));
}

/// Policies of a scope, path and use, each with the number of its attachments.
fn listed_policies(iam: &Iam, form: &Form) -> Vec<(ManagedPolicy, usize)> {
    let scope = form.get("Scope").unwrap_or("All");
    let prefix = form.get("PathPrefix").unwrap_or("/");
    let own = iam.policies().into_iter().filter(|_| scope != "AWS");
    let of_aws = super::managed::all().filter(|_| scope != "Local");
    own.chain(of_aws)
        .filter(|policy| policy.path.starts_with(prefix))
        .map(|policy| {
            let attachments = iam.attachments(&policy.arn);
            (policy, attachments)
        })
        .filter(|(_, attachments)| form.flag("OnlyAttached") != Some(true) || *attachments > 0)
        .collect()
}

pub(super) fn write_boundary(xml: &mut XmlWriter, arn: &str) {
    xml.element("PermissionsBoundary", |xml| {
        xml.text("PermissionsBoundaryType", "Policy");
        xml.text("PermissionsBoundaryArn", arn);
    });
}

/// IAM writes documents percent-encoded.
pub(super) fn encode(document: &Value) -> String {
    percent_encode(document.to_string(), "")
}

pub(super) fn timestamp(time: OffsetDateTime) -> String {
    time.replace_nanosecond(0).unwrap_or(time).format(&Rfc3339).unwrap_or_default()
}

fn no_inline_policy(name: &str) -> ServiceError {
    no_entity(format!("The role policy with name {name} cannot be found."))
}
