//! Questions about policies: what would be allowed, who has what.

use serde_json::Value;
use stack_plan::policy::{Caller, Document, Request};

use super::account_api::entities;
use super::api::{NAMESPACE, encode, timestamp, write_role_fields};
use super::authorize::{Access, Context, context_of};
use super::documents::{parse_document, parse_rights};
use super::resource_policy::texts;
use super::rights::{Rights, Verdict, read};
use super::users::Held;
use super::{Iam, Principal};
use crate::http_types::Response;
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::{Form, ServiceError, XmlWriter, query_response};

/// Answers a question about policies; nothing for other operations.
pub(super) fn answer(iam: &Iam, caller: &Principal, form: &Form) -> Result<Option<Response>, ServiceError> {
    let action = form.action();
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(Some(query_response(NAMESPACE, action, write)));
    match action {
        "SimulatePrincipalPolicy" => {
            let source = principal(iam, form.require("PolicySourceArn")?)?;
            let known = iam.rights(&source);
            let mut identity = known.identity.clone();
            identity.extend(given(form, "PolicyInputList")?);
            let boundary = known.boundary.clone();
            let rights = Rights { identity, boundary, tags: known.tags.clone() };
            let results = simulate(&rights, &source, form)?;
            result(&|xml| write_results(xml, &results))
        }
        "SimulateCustomPolicy" => {
            let rights = Rights { identity: given(form, "PolicyInputList")?, ..Rights::default() };
            let results = simulate(&rights, caller, form)?;
            result(&|xml| write_results(xml, &results))
        }
        "ListEntitiesForPolicy" => {
            let arn = form.require("PolicyArn")?;
            iam.policy(arn)?;
            let found = iam.store.read(|state| entities(state, arn));
            result(&|xml| {
                xml.text("IsTruncated", "false");
                for (list, field, key) in [
                    ("PolicyGroups", "GroupName", "groups"),
                    ("PolicyUsers", "UserName", "users"),
                    ("PolicyRoles", "RoleName", "roles"),
                ] {
                    xml.list(list, texts(&found[key]), |xml, name| xml.text(field, name));
                }
            })
        }
        "GetAccountAuthorizationDetails" => result(&|xml| write_details(xml, iam)),
        _ => Ok(None),
    }
}

/// A role or user by ARN, as somebody who could ask.
fn principal(iam: &Iam, arn: &str) -> Result<Principal, ServiceError> {
    if let Some(role) = iam.role_by_arn(arn) {
        return Ok(iam.session_principal(&role.arn, "simulation"));
    }
    let name = arn.split_once(":user/").map(|(_, path)| path.rsplit('/').next().unwrap_or(path));
    let user = name.and_then(|name| iam.user(name).ok()).filter(|user| user.arn == arn);
    let user = user.ok_or_else(|| super::roles::no_entity(format!("The Principal {arn} does not exist.")))?;
    Ok(Principal::new(user.arn, user.id, None))
}

fn given(form: &Form, field: &str) -> Result<Vec<Document>, ServiceError> {
    let documents: Vec<Value> = form.list(field).iter().map(|text| parse_rights(text)).collect::<Result<_, _>>()?;
    Ok(read(&documents))
}

/// One answer of a simulation.
struct Simulated {
    action: String,
    resource: String,
    verdict: Verdict,
}

/// Every action on every resource that the form names.
fn simulate(rights: &Rights, source: &Principal, form: &Form) -> Result<Vec<Simulated>, ServiceError> {
    let actions = form.list("ActionNames");
    if actions.is_empty() {
        form.require("ActionNames")?;
    }
    let mut resources = form.list("ResourceArns");
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let bounds = given(form, "PermissionsBoundaryPolicyInputList")?;
    let bounded = Rights {
        identity: rights.identity.clone(),
        boundary: bounds.into_iter().next().or_else(|| rights.boundary.clone()),
        tags: rights.tags.clone(),
    };
    let of_resource = form.get("ResourcePolicy").map(parse_document).transpose()?;
    let of_resource = of_resource.and_then(|document| Document::parse(&document).ok());
    let mut results = Vec::new();
    for action in &actions {
        for resource in &resources {
            let mut context = context_of(source, &bounded, &Access::new(action, resource));
            add_entries(&mut context, form);
            let asks = |arn| Request {
                caller: Caller::Identity { arn, account: DEFAULT_ACCOUNT },
                action,
                resource,
                context: &context,
            };
            let verdict = bounded.judge(None, of_resource.as_ref(), &asks(source.identity_arn()), &asks(&source.arn));
            results.push(Simulated { action: action.clone(), resource: resource.clone(), verdict });
        }
    }
    Ok(results)
}

/// Context keys that the caller gives take the place of those of the request.
fn add_entries(context: &mut Context, form: &Form) {
    for entry in form.structures("ContextEntries") {
        if let Some(key) = entry.get("ContextKeyName") {
            context.insert(key.to_ascii_lowercase(), entry.list("ContextKeyValues"));
        }
    }
}

fn write_results(xml: &mut XmlWriter, results: &[Simulated]) {
    xml.text("IsTruncated", "false");
    xml.list("EvaluationResults", results, |xml, simulated| {
        xml.text("EvalActionName", &simulated.action);
        xml.text("EvalResourceName", &simulated.resource);
        let decision = match simulated.verdict {
            Verdict::Allowed => "allowed",
            Verdict::Denied(_) => "explicitDeny",
            Verdict::NotAllowed(_) => "implicitDeny",
        };
        xml.text("EvalDecision", decision);
        xml.element("MatchedStatements", |_xml| {});
        xml.element("MissingContextValues", |_xml| {});
    });
}

/// Everything at once: users, groups, roles and the account's policies.
fn write_details(xml: &mut XmlWriter, iam: &Iam) {
    let (users, groups, roles, policies) = iam.store.read(|state| {
        (
            state.users.values().cloned().collect::<Vec<_>>(),
            state.groups.values().cloned().collect::<Vec<_>>(),
            state.roles.values().cloned().collect::<Vec<_>>(),
            state.policies.values().cloned().collect::<Vec<_>>(),
        )
    });
    xml.text("IsTruncated", "false");
    xml.list("UserDetailList", &users, |xml, user| {
        xml.text("Path", &user.path);
        xml.text("UserName", &user.name);
        xml.text("UserId", &user.id);
        xml.text("Arn", &user.arn);
        xml.text("CreateDate", timestamp(user.created));
        xml.list("GroupList", &user.groups, |xml, name| xml.escape(name));
        write_held(xml, "UserPolicyList", &user.held);
    });
    xml.list("GroupDetailList", &groups, |xml, group| {
        xml.text("Path", &group.path);
        xml.text("GroupName", &group.name);
        xml.text("GroupId", &group.id);
        xml.text("Arn", &group.arn);
        xml.text("CreateDate", timestamp(group.created));
        write_held(xml, "GroupPolicyList", &group.held);
    });
    xml.list("RoleDetailList", &roles, |xml, role| {
        write_role_fields(xml, role);
        let held = Held { policies: role.policies.clone(), attached: role.attached.clone() };
        write_held(xml, "RolePolicyList", &held);
    });
    xml.list("Policies", &policies, |xml, policy| {
        xml.text("PolicyName", &policy.name);
        xml.text("PolicyId", &policy.id);
        xml.text("Arn", &policy.arn);
        xml.text("Path", &policy.path);
        xml.text("DefaultVersionId", format!("v{}", policy.version));
        xml.text("AttachmentCount", iam.attachments(&policy.arn).to_string());
        xml.text("CreateDate", timestamp(policy.created));
        xml.list("PolicyVersionList", policy.versions(), |xml, (number, document)| {
            xml.text("Document", encode(document));
            xml.text("VersionId", format!("v{number}"));
            xml.text("IsDefaultVersion", (number == policy.version).to_string());
            xml.text("CreateDate", timestamp(policy.created));
        });
    });
}

fn write_held(xml: &mut XmlWriter, list: &str, held: &Held) {
    xml.list(list, &held.policies, |xml, (name, document)| {
        xml.text("PolicyName", name);
        xml.text("PolicyDocument", encode(document));
    });
    xml.list("AttachedManagedPolicies", &held.attached, |xml, arn| {
        xml.text("PolicyName", arn.rsplit('/').next().unwrap_or_default());
        xml.text("PolicyArn", arn);
    });
}
