//! Whom a role lets in.

use serde_json::Value;
use stack_plan::policy::{Caller, Document, Request, decide};

use super::authorize::{Access, Context, context_of};
use super::{Iam, Principal, Role};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

impl Iam {
    /// A role by ARN, path included.
    pub(crate) fn role_by_arn(&self, arn: &str) -> Option<Role> {
        self.role(arn.rsplit('/').next().unwrap_or(arn)).filter(|role| role.arn == arn)
    }

    /// Whether a service may act with a role. One that is not here is nobody's to refuse: it grants nothing either.
    pub(crate) fn is_assumable_by(&self, role_arn: &str, service: &str) -> bool {
        !self.enforced
            || self.role_by_arn(role_arn).is_none_or(|role| {
                let context = Context::from([("aws:principalisawsservice".to_owned(), vec!["true".to_owned()])]);
                trusts(&role.trust_policy, Caller::Service(service), "sts:AssumeRole", role_arn, &context)
            })
    }

    /// Whether a principal may hand a role to a service (`iam:PassRole`).
    ///
    /// # Errors
    /// `AccessDenied`, as [`Iam::authorize`].
    pub(crate) fn authorize_pass_role(
        &self,
        principal: &Principal,
        role_arn: &str,
        service: &str,
    ) -> Result<(), ServiceError> {
        let context = [("iam:passedtoservice", service)];
        self.authorize(principal, &Access { context: &context, ..Access::new("iam:PassRole", role_arn) })
    }

    /// Whether a principal may hand a service every role that a request names at these JSON pointers. Where nothing stands,
    /// no role is handed on.
    ///
    /// # Errors
    /// `AccessDenied`, as [`Iam::authorize`], for the first role that may not be handed on.
    pub(crate) fn authorize_passed_roles(
        &self,
        principal: &Principal,
        input: &Value,
        pointers: &[&str],
        service: &str,
    ) -> Result<(), ServiceError> {
        let named = pointers.iter().filter_map(|pointer| input.pointer(pointer)?.as_str());
        named.filter(|role| !role.is_empty()).try_for_each(|role| self.authorize_pass_role(principal, role, service))
    }

    /// Whether a principal may enter a role: the trust policy must name it, its role or its account, and where it names no
    /// more than the account, the principal's own policies must allow it as well.
    ///
    /// # Errors
    /// `AccessDenied`, as [`Iam::authorize`].
    pub(crate) fn authorize_assume(
        &self,
        principal: &Principal,
        role: &Role,
        action: &str,
        context: &[(&str, &str)],
    ) -> Result<(), ServiceError> {
        let access = Access { action, resource: &role.arn, context, resource_policy: Some(&role.trust_policy) };
        let keys = context_of(principal, &self.rights(principal), &access);
        let root = Principal::root();
        let names = [principal.arn.as_str(), principal.identity_arn(), &root.arn, DEFAULT_ACCOUNT];
        let is_named = names.iter().any(|arn| {
            let caller = Caller::Identity { arn, account: DEFAULT_ACCOUNT };
            trusts(&role.trust_policy, caller, action, &role.arn, &keys)
        });
        if self.enforced && !is_named {
            let message =
                format!("User: {} is not authorized to perform: {action} on resource: {}", principal.arn, role.arn);
            tracing::warn!(role = role.name, "{message}: the role's trust policy does not name the caller");
            return Err(ServiceError::new(http::StatusCode::FORBIDDEN, "AccessDenied", message));
        }
        self.authorize(principal, &access)
    }

    /// Whether a role lets in somebody that an identity provider vouches for.
    pub(crate) fn trusts_provider(
        &self,
        role: &Role,
        provider: &str,
        action: &str,
        context: &[(String, String)],
    ) -> bool {
        let keys: Context =
            context.iter().map(|(key, value)| (key.to_ascii_lowercase(), vec![value.clone()])).collect();
        !self.enforced || trusts(&role.trust_policy, Caller::Federated(provider), action, &role.arn, &keys)
    }
}

fn trusts(policy: &Value, caller: Caller<'_>, action: &str, role_arn: &str, context: &Context) -> bool {
    let Ok(document) = Document::parse(policy) else { return false };
    decide(&[], Some(&document), &Request { caller, action, resource: role_arn, context }).is_allowed()
}
