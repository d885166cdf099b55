//! Managed policies.

use serde_json::Value;
use time::OffsetDateTime;

use super::roles::{already_exists, check_name, check_path, no_entity};
use super::{Iam, ManagedPolicy, State, unique_id};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// Refuses a policy that cannot be attached: one of this account that does not exist. Those of AWS are known by their ARN alone.
pub(super) fn check_attachable(state: &State, arn: &str) -> Result<(), ServiceError> {
    if arn.starts_with("arn:aws:iam::aws:policy/") || state.policies.contains_key(arn) {
        return Ok(());
    }
    Err(no_entity(format!("Policy {arn} does not exist or is not attachable.")))
}

impl Iam {
    /// A policy by ARN.
    pub(crate) fn policy(&self, arn: &str) -> Result<ManagedPolicy, ServiceError> {
        self.store.read(|state| state.policies.get(arn).cloned()).ok_or_else(|| no_policy(arn))
    }

    /// All policies of the account, by ARN.
    pub(crate) fn policies(&self) -> Vec<ManagedPolicy> {
        self.store.read(|state| state.policies.values().cloned().collect())
    }

    /// How many roles a policy is attached to.
    pub(crate) fn attachments(&self, arn: &str) -> usize {
        self.store.read(|state| {
            state.roles.values().filter(|role| role.attached.iter().any(|attached| attached == arn)).count()
        })
    }

    /// Makes a policy.
    pub(crate) fn create_policy(
        &self,
        name: &str,
        path: &str,
        description: &str,
        document: Value,
    ) -> Result<ManagedPolicy, ServiceError> {
        check_name("policyName", name, 128)?;
        check_path(path)?;
        let arn = format!("arn:aws:iam::{DEFAULT_ACCOUNT}:policy{path}{name}");
        self.store.change(|state| {
            if state.policies.contains_key(&arn) {
                return Err(already_exists(format!(
                    "A policy called {name} already exists. Duplicate names are not allowed."
                )));
            }
            let policy = ManagedPolicy {
                name: name.to_owned(),
                path: path.to_owned(),
                id: unique_id("ANPA"),
                arn: arn.clone(),
                created: OffsetDateTime::now_utc(),
                description: description.to_owned(),
                document,
                version: 1,
            };
            state.policies.insert(arn.clone(), policy.clone());
            Ok(policy)
        })
    }

    /// Gives a policy a new document, which becomes its default version.
    pub(crate) fn change_policy(&self, arn: &str, document: Value) -> Result<(), ServiceError> {
        self.store.change(|state| {
            let policy = state.policies.get_mut(arn).ok_or_else(|| no_policy(arn))?;
            policy.document = document;
            policy.version += 1;
            Ok(())
        })
    }

    /// Removes a policy that no role has.
    pub(crate) fn delete_policy(&self, arn: &str) -> Result<(), ServiceError> {
        self.store.change(|state| {
            if !state.policies.contains_key(arn) {
                return Err(no_policy(arn));
            }
            if state.roles.values().any(|role| role.attached.iter().any(|attached| attached == arn)) {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "DeleteConflict",
                    "Cannot delete a policy attached to entities.",
                ));
            }
            state.policies.remove(arn);
            Ok(())
        })
    }
}

fn no_policy(arn: &str) -> ServiceError {
    no_entity(format!("Policy {arn} was not found."))
}
