//! Entering a role.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{NAMESPACE, denied, duration, write_keys};
use crate::cloud::Cloud;
use crate::http_types::Response;
use crate::iam::{Principal, Role, Session, check_name, parse_rights};
use crate::wire::{Form, ServiceError, query_response};

/// Greatest length of all session policies together, in characters.
const SESSION_POLICY: usize = 2048;

/// Seconds that a session may last which was entered from another role's session.
const CHAINED: u32 = 3600;

/// Greatest duration that any session may have, in seconds.
const LONGEST: i64 = 43200;

pub(super) fn assume_role(cloud: &Cloud, caller: &Principal, form: &Form) -> Result<Response, ServiceError> {
    let role_arn = form.require("RoleArn")?;
    let name = form.require("RoleSessionName")?;
    check_name("roleSessionName", name, 64)?;
    let role = role(cloud, caller, role_arn)?;
    let life = session_life(form, &role, caller.role_arn.is_some())?;
    let asked = asked_tags(form);
    let mut context = vec![("sts:rolesessionname", name)];
    context.extend(form.get("ExternalId").map(|id| ("sts:externalid", id)));
    context.extend(form.get("SourceIdentity").map(|identity| ("sts:sourceidentity", identity)));
    let tag_keys: Vec<(String, &str)> =
        asked.iter().map(|(key, value)| (format!("aws:requesttag/{key}"), value.as_str())).collect();
    context.extend(tag_keys.iter().map(|(key, value)| (key.as_str(), *value)));
    context.extend(asked.keys().map(|key| ("aws:tagkeys", key.as_str())));
    cloud.iam.authorize_assume(caller, &role, "sts:AssumeRole", &context)?;
    if !asked.is_empty() {
        cloud.iam.authorize_assume(caller, &role, "sts:TagSession", &context)?;
    }
    if form.get("SourceIdentity").is_some() {
        cloud.iam.authorize_assume(caller, &role, "sts:SetSourceIdentity", &context)?;
    }

    let mut principal = cloud.iam.session_principal(&role.arn, name);
    let before = &caller.session;
    let mut tags: BTreeMap<String, String> = before
        .tags
        .iter()
        .filter(|(key, _)| before.transitive.contains(key))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    if let Some(fixed) = asked.keys().find(|key| tags.contains_key(*key)) {
        return Err(ServiceError::bad_request(
            "InvalidParameterValue",
            format!(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: {fixed}"
            ),
        ));
    }
    tags.extend(asked);
    let mut transitive = before.transitive.clone();
    transitive.extend(form.list("TransitiveTagKeys"));
    let identity = form.get("SourceIdentity").map(str::to_owned).or_else(|| before.source_identity.clone());
    let (policies, packed) = session_policies(cloud, form)?;
    principal.session =
        Arc::new(Session { policies, tags, transitive, source_identity: identity.clone(), ..Session::default() });
    let keys = cloud.iam.issue(principal.clone(), life);
    Ok(query_response(NAMESPACE, "AssumeRole", |xml| {
        write_keys(xml, &keys);
        xml.element("AssumedRoleUser", |xml| {
            xml.text("Arn", &principal.arn);
            xml.text("AssumedRoleId", &principal.user_id);
        });
        xml.optional("PackedPolicySize", packed.map(|percent| percent.to_string()));
        xml.optional("SourceIdentity", identity.as_ref());
    }))
}

/// The role, or the refusal that AWS gives for one that does not exist too.
fn role(cloud: &Cloud, caller: &Principal, arn: &str) -> Result<Role, ServiceError> {
    cloud.iam.role_by_arn(arn).ok_or_else(|| {
        tracing::warn!(role = arn, "the role that somebody wants to assume does not exist in the local cloud");
        denied(format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", caller.arn))
    })
}

/// How long the session lasts.
pub(super) fn session_life(form: &Form, role: &Role, chained: bool) -> Result<time::Duration, ServiceError> {
    let life = duration(form, 3600, 900..=LONGEST)?;
    let (limit, why) = if chained {
        (CHAINED, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
    } else {
        (role.max_session_duration, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    };
    if life > time::Duration::seconds(i64::from(limit)) {
        return Err(ServiceError::bad_request("ValidationError", why));
    }
    Ok(life)
}

fn asked_tags(form: &Form) -> BTreeMap<String, String> {
    form.structures("Tags")
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect()
}

/// What a session is narrowed to, and how much of the room for it is used, in percent.
pub(super) fn session_policies(
    cloud: &Cloud,
    form: &Form,
) -> Result<(Option<Vec<Value>>, Option<usize>), ServiceError> {
    let inline = form.get("Policy").filter(|text| !text.is_empty());
    let arns: Vec<String> =
        form.structures("PolicyArns").iter().filter_map(|entry| entry.get("arn").map(str::to_owned)).collect();
    if inline.is_none() && arns.is_empty() {
        return Ok((None, None));
    }
    let length = inline.map_or(0, str::len);
    if length > SESSION_POLICY || arns.len() > 10 {
        return Err(ServiceError::bad_request(
            "PackedPolicyTooLarge",
            format!("a session takes policies of at most {SESSION_POLICY} characters and 10 ARNs"),
        ));
    }
    let mut policies: Vec<Value> = inline.map(parse_rights).transpose()?.into_iter().collect();
    for arn in arns {
        policies.push(cloud.iam.policy(&arn)?.document);
    }
    Ok((Some(policies), Some(length * 100 / SESSION_POLICY)))
}
