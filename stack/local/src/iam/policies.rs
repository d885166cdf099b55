//! Managed policies.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

use super::roles::{already_exists, check_name, check_path, no_entity};
use super::{Iam, ManagedPolicy, State, managed, unique_id};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// Versions that a policy may have.
const VERSIONS: usize = 5;

/// Refuses a policy that cannot be attached: one of this account that does not exist. Those of AWS are known by their ARN
/// alone; one whose content is not known here is attached with a warning, because it grants nothing.
pub(super) fn check_attachable(state: &State, arn: &str) -> Result<(), ServiceError> {
    if state.policies.contains_key(arn) || managed::policy(arn).is_some() {
        return Ok(());
    }
    if arn.starts_with(managed::PREFIX) {
        tracing::warn!(%arn, "the local cloud does not know what this policy of AWS grants, so it grants nothing");
        return Ok(());
    }
    Err(no_entity(format!("Policy {arn} does not exist or is not attachable.")))
}

impl Iam {
    /// A policy by ARN.
    pub(crate) fn policy(&self, arn: &str) -> Result<ManagedPolicy, ServiceError> {
        let own = self.store.read(|state| state.policies.get(arn).cloned());
        own.or_else(|| managed::policy(arn)).ok_or_else(|| no_policy(arn))
    }

    /// All policies of the account, by ARN.
    pub(crate) fn policies(&self) -> Vec<ManagedPolicy> {
        self.store.read(|state| state.policies.values().cloned().collect())
    }

    /// How many roles, users and groups a policy is attached to.
    pub(crate) fn attachments(&self, arn: &str) -> usize {
        self.store.read(|state| state.attachments(arn))
    }

    /// Makes a policy.
    pub(crate) fn create_policy(
        &self,
        name: &str,
        path: &str,
        description: &str,
        document: Value,
        tags: BTreeMap<String, String>,
    ) -> Result<ManagedPolicy, ServiceError> {
        check_name("policyName", name, 128)?;
        check_path(path)?;
        let arn = format!("arn:aws:iam::{DEFAULT_ACCOUNT}:policy{path}{name}");
        self.change(|state| {
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
                others: BTreeMap::new(),
                tags,
            };
            state.policies.insert(arn.clone(), policy.clone());
            Ok(policy)
        })
    }

    /// Gives a policy a new document, which becomes its default version; the oldest other version goes where there are five.
    pub(crate) fn change_policy(&self, arn: &str, document: Value) -> Result<(), ServiceError> {
        self.change(|state| {
            let policy = state.policies.get_mut(arn).ok_or_else(|| no_policy(arn))?;
            if policy.others.len() + 1 >= VERSIONS {
                policy.others.pop_first();
            }
            let next = policy.newest() + 1;
            let before = std::mem::replace(&mut policy.document, document);
            policy.others.insert(policy.version, before);
            policy.version = next;
            Ok(())
        })
    }

    /// Changes the tags of a policy of the account.
    pub(crate) fn change_policy_tags(
        &self,
        arn: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<(), ServiceError> {
        self.change(|state| {
            change(&mut state.policies.get_mut(arn).ok_or_else(|| no_policy(arn))?.tags);
            Ok(())
        })
    }

    /// Adds a version; `as_default` makes it the one that counts. Gives its number.
    pub(crate) fn create_policy_version(
        &self,
        arn: &str,
        document: Value,
        as_default: bool,
    ) -> Result<u32, ServiceError> {
        self.change(|state| {
            let policy = state.policies.get_mut(arn).ok_or_else(|| no_policy(arn))?;
            if policy.others.len() + 1 >= VERSIONS {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "LimitExceeded",
                    "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
                ));
            }
            let next = policy.newest() + 1;
            if as_default {
                let before = std::mem::replace(&mut policy.document, document);
                policy.others.insert(policy.version, before);
                policy.version = next;
            } else {
                policy.others.insert(next, document);
            }
            Ok(next)
        })
    }

    /// Makes a version (`v2`) the one that counts.
    pub(crate) fn set_default_policy_version(&self, arn: &str, version: &str) -> Result<(), ServiceError> {
        self.change(|state| {
            let policy = state.policies.get_mut(arn).ok_or_else(|| no_policy(arn))?;
            let number = policy.number(version)?;
            if let Some(document) = policy.others.remove(&number) {
                let before = std::mem::replace(&mut policy.document, document);
                policy.others.insert(policy.version, before);
                policy.version = number;
            }
            Ok(())
        })
    }

    /// Removes a version that is not the default one.
    pub(crate) fn delete_policy_version(&self, arn: &str, version: &str) -> Result<(), ServiceError> {
        self.change(|state| {
            let policy = state.policies.get_mut(arn).ok_or_else(|| no_policy(arn))?;
            let number = policy.number(version)?;
            if number == policy.version {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "DeleteConflict",
                    "Cannot delete the default version of a policy.",
                ));
            }
            policy.others.remove(&number);
            Ok(())
        })
    }

    /// Removes a policy that nobody has; its versions go along, as a template's removal wants it.
    pub(crate) fn delete_policy(&self, arn: &str) -> Result<(), ServiceError> {
        self.change(|state| {
            if !state.policies.contains_key(arn) {
                return Err(no_policy(arn));
            }
            if state.attachments(arn) > 0 {
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

impl State {
    fn attachments(&self, arn: &str) -> usize {
        let has = |attached: &[String]| attached.iter().any(|own| own == arn);
        self.roles.values().filter(|role| has(&role.attached)).count()
            + self.users.values().filter(|user| has(&user.held.attached)).count()
            + self.groups.values().filter(|group| has(&group.held.attached)).count()
    }
}

impl ManagedPolicy {
    /// The number of the version made last, of those that are left.
    fn newest(&self) -> u32 {
        self.others.last_key_value().map_or(self.version, |(number, _)| self.version.max(*number))
    }

    /// The number of an existing version.
    fn number(&self, version: &str) -> Result<u32, ServiceError> {
        version
            .strip_prefix('v')
            .and_then(|number| number.parse().ok())
            .filter(|number| *number == self.version || self.others.contains_key(number))
            .ok_or_else(|| {
                no_entity(format!("Policy {} version {version} does not exist or is not attachable.", self.arn))
            })
    }

    /// The document of a version.
    pub(super) fn version_document(&self, version: &str) -> Result<&Value, ServiceError> {
        let number = self.number(version)?;
        Ok(self.others.get(&number).unwrap_or(&self.document))
    }

    /// All versions by number, newest first.
    pub(super) fn versions(&self) -> Vec<(u32, &Value)> {
        let mut versions: Vec<(u32, &Value)> =
            self.others.iter().map(|(number, document)| (*number, document)).collect();
        versions.push((self.version, &self.document));
        versions.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        versions
    }
}

fn no_policy(arn: &str) -> ServiceError {
    no_entity(format!("Policy {arn} was not found."))
}
