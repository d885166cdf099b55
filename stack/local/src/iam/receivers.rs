//! Who policies of templates go to: roles, users and groups alike.

use serde_json::Value;

use super::Iam;
use super::users::Holder;
use crate::wire::ServiceError;
use crate::wire::properties::reference_list;

/// Somebody who can have policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Role,
    Held(Holder),
}

/// Properties of policies that name receivers.
pub(super) const RECEIVERS: [(&str, Kind); 3] =
    [("Roles", Kind::Role), ("Users", Kind::Held(Holder::User)), ("Groups", Kind::Held(Holder::Group))];

/// One receiver by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Receiver {
    pub(super) kind: Kind,
    pub(super) name: String,
}

/// Everybody whom the properties of a policy name.
pub(super) fn receivers(properties: &Value) -> Vec<Receiver> {
    let named = |(property, kind): (&str, Kind)| {
        reference_list(properties, property).into_iter().map(move |name| Receiver { kind, name })
    };
    RECEIVERS.into_iter().flat_map(named).collect()
}

impl Receiver {
    /// Writes an inline policy.
    pub(super) fn put(&self, iam: &Iam, policy: &str, document: &Value) -> Result<(), ServiceError> {
        match self.kind {
            Kind::Role => iam.change_role(&self.name, |role| {
                role.policies.insert(policy.to_owned(), document.clone());
                Ok(())
            }),
            Kind::Held(holder) => iam.put_inline(holder, &self.name, policy, Some(document.clone())),
        }
    }

    /// Removes an inline policy.
    pub(super) fn remove(&self, iam: &Iam, policy: &str) -> Result<(), ServiceError> {
        match self.kind {
            Kind::Role => iam.change_role(&self.name, |role| {
                role.policies.remove(policy);
                Ok(())
            }),
            Kind::Held(holder) => iam.put_inline(holder, &self.name, policy, None),
        }
    }

    /// The document of an inline policy.
    pub(super) fn inline(&self, iam: &Iam, policy: &str) -> Option<Value> {
        match self.kind {
            Kind::Role => iam.role(&self.name)?.policies.get(policy).cloned(),
            Kind::Held(holder) => {
                iam.store.read(|state| state.held(holder, &self.name).ok()?.policies.get(policy).cloned())
            }
        }
    }

    /// Attaches a managed policy; attached already is fine.
    pub(super) fn attach(&self, iam: &Iam, arn: &str) -> Result<(), ServiceError> {
        match self.kind {
            Kind::Role => iam.attach_role_policy(&self.name, arn),
            Kind::Held(holder) => iam.attach(holder, &self.name, arn),
        }
    }

    /// Detaches a managed policy.
    pub(super) fn detach(&self, iam: &Iam, arn: &str) -> Result<(), ServiceError> {
        match self.kind {
            Kind::Role => iam.detach_role_policy(&self.name, arn),
            Kind::Held(holder) => iam.detach(holder, &self.name, arn),
        }
    }

    /// Whether a managed policy is attached.
    pub(super) fn is_attached(&self, iam: &Iam, arn: &str) -> bool {
        let has = |attached: &[String]| attached.iter().any(|own| own == arn);
        match self.kind {
            Kind::Role => iam.role(&self.name).is_some_and(|role| has(&role.attached)),
            Kind::Held(holder) => {
                iam.store.read(|state| state.held(holder, &self.name).is_ok_and(|held| has(&held.attached)))
            }
        }
    }
}
