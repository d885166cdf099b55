//! Whether a caller with keys may do what a request asks for.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::Value;
use stack_plan::policy::{Caller, Document, Request};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::rights::{Layer, Rights, Verdict, read};
use super::{Iam, Principal};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// Condition keys in lower case with their values.
pub(super) type Context = BTreeMap<String, Vec<String>>;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'a> {
    /// Action of the service authorization reference, for example `sqs:SendMessage`.
    pub(crate) action: &'a str,
    /// ARN of what it is done to, `*` for actions without a resource.
    pub(crate) resource: &'a str,
    /// Condition keys of the service (`dynamodb:leadingkeys`) in lower case with their values; a key may come several times.
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
    /// the resource's policy must allow, within the role's boundary and the session's policies. The local administrator may
    /// do all that no resource denies. With enforcement off everything passes. Every decision is counted.
    ///
    /// # Errors
    /// `AccessDenied` (`AccessDeniedException` in JSON), which says who may not do what, and what to add.
    pub(crate) fn authorize(&self, principal: &Principal, access: &Access<'_>) -> Result<(), ServiceError> {
        let rights = self.rights(principal);
        let of_resource = access.resource_policy.map(readable);
        let context = context_of(principal, &rights, access);
        let verdict = judge(principal, &rights, of_resource.as_ref(), access, &context);
        let identity = principal.identity_arn();
        if !principal.is_root() {
            self.record.count(identity, access.action, access.resource, verdict);
        }
        if verdict == Verdict::Allowed || !self.enforced {
            return Ok(());
        }
        Err(self.refusal(principal, access, verdict))
    }

    fn refusal(&self, principal: &Principal, access: &Access<'_>, verdict: Verdict) -> ServiceError {
        let Access { action, resource, .. } = access;
        let (why, help) = match verdict {
            Verdict::Denied(layer) => {
                let article = if matches!(layer, Layer::Identity) { "an" } else { "a" };
                (format!("with an explicit deny in {article} {}", layer.words()), None)
            }
            Verdict::NotAllowed(layer) => {
                let help = (layer == Layer::Identity).then(|| self.advice(principal.identity_arn(), action, resource));
                (format!("because no {} allows the {action} action", layer.words()), help)
            }
            Verdict::Allowed => (String::new(), None),
        };
        let message =
            format!("User: {} is not authorized to perform: {action} on resource: {resource} {why}", principal.arn);
        tracing::warn!(help = help.as_deref().unwrap_or_default(), "{message}");
        let help = help.map_or_else(String::new, |help| format!(" (local cloud: {help})"));
        ServiceError::new(StatusCode::FORBIDDEN, "AccessDenied", format!("{message}{help}"))
    }
}

/// A resource policy that cannot be read allows and denies nothing; the service refused it when it was put.
fn readable(policy: &Value) -> Document {
    Document::parse(policy).unwrap_or_default()
}

pub(super) fn judge(
    principal: &Principal,
    rights: &Rights,
    of_resource: Option<&Document>,
    access: &Access<'_>,
    context: &Context,
) -> Verdict {
    let asks = |arn| Request {
        caller: Caller::Identity { arn, account: DEFAULT_ACCOUNT },
        action: access.action,
        resource: access.resource,
        context,
    };
    let session = principal.session.policies.as_ref().map(read);
    rights.judge(session.as_deref(), of_resource, &asks(principal.identity_arn()), &asks(&principal.arn))
}

/// The condition keys of a request.
pub(super) fn context_of(principal: &Principal, rights: &Rights, access: &Access<'_>) -> Context {
    let now = OffsetDateTime::now_utc();
    let now_text = now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default();
    let session = &principal.session;
    let mut context = Context::new();
    let mut set = |key: &str, value: &str| {
        context.insert(key.to_ascii_lowercase(), vec![value.to_owned()]);
    };
    // Requests do not leave this machine: they count as sent over a secure transport.
    set("aws:securetransport", "true");
    set("aws:principalisawsservice", "false");
    set("aws:viaawsservice", "false");
    set("aws:principalarn", principal.identity_arn());
    set("aws:principalaccount", DEFAULT_ACCOUNT);
    set("aws:resourceaccount", DEFAULT_ACCOUNT);
    set("aws:userid", &principal.user_id);
    set("aws:currenttime", &now_text);
    set("aws:epochtime", &now.unix_timestamp().to_string());
    set("aws:multifactorauthpresent", "false");
    let kind = match (&principal.role_arn, principal.user_name()) {
        (Some(_), _) => "AssumedRole",
        (None, Some(name)) => {
            set("aws:username", name);
            "User"
        }
        (None, None) => "Account",
    };
    set("aws:principaltype", kind);
    if let Some(region) = &session.region {
        set("aws:requestedregion", region);
    }
    if let Some(address) = session.source_ip {
        set("aws:sourceip", &address.to_string());
    }
    if let Some(identity) = &session.source_identity {
        set("aws:sourceidentity", identity);
    }
    for (key, value) in &session.federation {
        set(key, value);
    }
    for (key, value) in rights.tags.iter().chain(&session.tags) {
        set(&format!("aws:principaltag/{key}"), value);
    }
    for (key, _) in access.context {
        context.remove(&key.to_ascii_lowercase());
    }
    for (key, value) in access.context {
        context.entry(key.to_ascii_lowercase()).or_default().push((*value).to_owned());
    }
    context
}
