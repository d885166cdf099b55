//! Whether a caller with keys may do what a request asks for.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::Value;
use stack_plan::policy::{Caller, Decision, Document, Request, decide};

use super::{Iam, Principal};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'a> {
    /// Action of the service authorization reference, for example `sqs:SendMessage`.
    pub(crate) action: &'a str,
    /// ARN of what it is done to, `*` for actions without a resource.
    pub(crate) resource: &'a str,
    /// Condition keys of the service (`dynamodb:leadingkeys`) in lower case with their values.
    pub(crate) context: &'a [(&'a str, &'a str)],
    /// The policy of what it is done to, where it has one.
    pub(crate) resource_policy: Option<&'a Value>,
}

impl<'a> Access<'a> {
    /// An action on a resource that has no policy of its own.
    pub(crate) fn new(action: &'a str, resource: &'a str) -> Self {
        Self { action, resource, context: &[], resource_policy: None }
    }
}

impl Iam {
    /// Lets the request pass or refuses it as IAM does: a denial anywhere wins, and a statement of the caller's role or of
    /// the resource's policy must allow. The local administrator may do all that nobody denies.
    ///
    /// # Errors
    /// `AccessDenied` (`AccessDeniedException` in JSON), which says who may not do what, and which statement is missing.
    pub(crate) fn authorize(&self, principal: &Principal, access: &Access<'_>) -> Result<(), ServiceError> {
        let own = self.documents_of(principal);
        let of_resource = access.resource_policy.and_then(|policy| Document::parse(policy).ok());
        let mut context: BTreeMap<String, Vec<String>> =
            access.context.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect();
        // Requests do not leave this machine: they count as sent over a secure transport.
        for (key, value) in [
            ("aws:securetransport", "true"),
            ("aws:principalisawsservice", "false"),
            ("aws:principalarn", principal.role_arn.as_deref().unwrap_or(&principal.arn)),
            ("aws:principalaccount", DEFAULT_ACCOUNT),
            ("aws:resourceaccount", DEFAULT_ACCOUNT),
            ("aws:userid", &principal.user_id),
        ] {
            context.insert(key.to_owned(), vec![value.to_owned()]);
        }
        let arn = principal.role_arn.as_deref().unwrap_or(&principal.arn);
        let request = Request {
            caller: Caller::Identity { arn, account: DEFAULT_ACCOUNT },
            action: access.action,
            resource: access.resource,
            context: &context,
        };
        let why = match decide(&own, of_resource.as_ref(), &request) {
            Decision::Allowed(_) => return Ok(()),
            Decision::Denied(_) => "with an explicit deny in a policy".to_owned(),
            Decision::NotAllowed => {
                format!("because no identity-based policy allows the {} action", access.action)
            }
        };
        Err(ServiceError::new(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: {} on resource: {} {why}",
                principal.arn, access.action, access.resource
            ),
        ))
    }

    /// The policies of a principal's role; everything for the local administrator.
    fn documents_of(&self, principal: &Principal) -> Vec<Document> {
        let Some(role_arn) = &principal.role_arn else {
            let everything = serde_json::json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
            return Document::parse(&everything).into_iter().collect();
        };
        let Some(role) = self.role(role_arn.rsplit('/').next().unwrap_or(role_arn)) else { return Vec::new() };
        let attached = role.attached.iter().filter_map(|arn| self.policy(arn).ok()).map(|policy| policy.document);
        role.policies.values().cloned().chain(attached).filter_map(|policy| Document::parse(&policy).ok()).collect()
    }
}
