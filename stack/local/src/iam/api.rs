//! The wire format of IAM.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::roles::{NewRole, check_name, check_session_duration, no_entity, no_role, parse_document};
use super::{Iam, ManagedPolicy, Role};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::wire::{
    Form, Protocol, ServiceError, XmlWriter, percent_encode, query_empty_response, query_response, read_form,
};

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    match read_form(request).await.and_then(|form| answer_roles(&cloud.iam, &form, form.action())) {
        Ok(response) => response,
        Err(error) => Protocol::Query.render_error(&error),
    }
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
            let document = parse_document(form.require("PolicyDocument")?)?;
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
            let document = parse_document(form.require("PolicyDocument")?)?;
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
                parse_document(form.require("PolicyDocument")?)?,
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
            if version != format!("v{}", policy.version) {
                return Err(no_entity(format!(
                    "Policy {} version {version} does not exist or is not attachable.",
                    policy.arn
                )));
            }
            result(&|xml| {
                xml.element("PolicyVersion", |xml| {
                    xml.text("VersionId", version);
                    xml.text("IsDefaultVersion", "true");
                    xml.text("Document", encode(&policy.document));
                    xml.text("CreateDate", timestamp(policy.created));
                });
            })
        }
        "ListPolicies" => {
            let policies = iam.policies();
            result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("Policies", &policies, |xml, policy| {
                    write_policy_fields(xml, policy, iam.attachments(&policy.arn));
                });
            })
        }
        "DeletePolicy" => {
            iam.delete_policy(form.require("PolicyArn")?)?;
            empty()
        }
        "GetUser" => result(&|xml| {
            xml.element("User", |xml| {
                xml.text("Arn", super::Principal::root().arn);
                xml.text("UserId", super::Principal::root().user_id);
                xml.text("CreateDate", timestamp(OffsetDateTime::UNIX_EPOCH));
            });
        }),
        other => Err(ServiceError::unknown_operation("IAM", other)),
    }
}

fn role(iam: &Iam, form: &Form) -> Result<Role, ServiceError> {
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
        trust_policy: parse_document(form.require("AssumeRolePolicyDocument")?)?,
        policies: BTreeMap::new(),
        attached: Vec::new(),
        tags: tags(form),
    })
}

fn tags(form: &Form) -> BTreeMap<String, String> {
    form.structures("Tags")
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect()
}

fn write_role(xml: &mut XmlWriter, role: &Role) {
    xml.element("Role", |xml| write_role_fields(xml, role));
}

fn write_role_fields(xml: &mut XmlWriter, role: &Role) {
    xml.text("Path", &role.path);
    xml.text("RoleName", &role.name);
    xml.text("RoleId", &role.id);
    xml.text("Arn", &role.arn);
    xml.text("CreateDate", timestamp(role.created));
    xml.text("AssumeRolePolicyDocument", encode(&role.trust_policy));
    xml.optional("Description", (!role.description.is_empty()).then_some(&role.description));
    xml.text("MaxSessionDuration", role.max_session_duration.to_string());
    if !role.tags.is_empty() {
        write_tags(xml, &role.tags);
    }
}

fn write_tags(xml: &mut XmlWriter, tags: &BTreeMap<String, String>) {
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

/// IAM writes documents percent-encoded.
fn encode(document: &Value) -> String {
    percent_encode(document.to_string(), "")
}

fn timestamp(time: OffsetDateTime) -> String {
    time.replace_nanosecond(0).unwrap_or(time).format(&Rfc3339).unwrap_or_default()
}

fn no_inline_policy(name: &str) -> ServiceError {
    no_entity(format!("The role policy with name {name} cannot be found."))
}
