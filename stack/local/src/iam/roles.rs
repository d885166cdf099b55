//! Roles and their inline and attached policies.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;

use super::{Iam, Role, unique_id};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// What a new role is made of.
#[derive(Debug, Clone)]
pub(crate) struct NewRole {
    pub(crate) name: String,
    /// Starts and ends with `/`.
    pub(crate) path: String,
    pub(crate) description: String,
    /// Seconds, 3600 to 43200.
    pub(crate) max_session_duration: u32,
    pub(crate) trust_policy: Value,
    pub(crate) policies: BTreeMap<String, Value>,
    pub(crate) attached: Vec<String>,
    pub(crate) boundary: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Iam {
    /// A role by name.
    pub(crate) fn role(&self, name: &str) -> Option<Role> {
        self.store.read(|state| state.roles.get(name).cloned())
    }

    /// All roles, by name.
    pub(crate) fn roles(&self) -> Vec<Role> {
        self.store.read(|state| state.roles.values().cloned().collect())
    }

    /// Makes a role.
    pub(crate) fn create_role(&self, new: NewRole) -> Result<Role, ServiceError> {
        check_name("roleName", &new.name, 64)?;
        check_path(&new.path)?;
        check_session_duration(new.max_session_duration)?;
        self.change(|state| {
            if state.roles.contains_key(&new.name) {
                return Err(already_exists(format!("Role with name {} already exists.", new.name)));
            }
            for arn in new.attached.iter().chain(&new.boundary) {
                super::policies::check_attachable(state, arn)?;
            }
            let role = Role {
                arn: format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role{}{}", new.path, new.name),
                id: unique_id("AROA"),
                created: OffsetDateTime::now_utc(),
                name: new.name.clone(),
                path: new.path,
                description: new.description,
                max_session_duration: new.max_session_duration,
                trust_policy: new.trust_policy,
                policies: new.policies,
                attached: new.attached,
                boundary: new.boundary,
                tags: new.tags,
            };
            state.roles.insert(new.name, role.clone());
            Ok(role)
        })
    }

    /// Changes a role in place.
    pub(crate) fn change_role(
        &self,
        name: &str,
        change: impl FnOnce(&mut Role) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        self.change(|state| change(state.roles.get_mut(name).ok_or_else(|| no_role(name))?))
    }

    /// Removes a role that has no policies left, as IAM demands; `force` takes them along.
    pub(crate) fn delete_role(&self, name: &str, force: bool) -> Result<(), ServiceError> {
        self.change(|state| {
            let role = state.roles.get(name).ok_or_else(|| no_role(name))?;
            let left = if !role.attached.is_empty() {
                Some("detach all policies")
            } else if !role.policies.is_empty() {
                Some("delete policies")
            } else {
                None
            };
            if let Some(left) = left.filter(|_| !force) {
                return Err(ServiceError::new(
                    StatusCode::CONFLICT,
                    "DeleteConflict",
                    format!("Cannot delete entity, must {left} first."),
                ));
            }
            state.roles.remove(name);
            Ok(())
        })
    }

    /// Attaches a managed policy; attached already is fine.
    pub(crate) fn attach_role_policy(&self, name: &str, policy_arn: &str) -> Result<(), ServiceError> {
        self.change(|state| {
            super::policies::check_attachable(state, policy_arn)?;
            let role = state.roles.get_mut(name).ok_or_else(|| no_role(name))?;
            if !role.attached.iter().any(|attached| attached == policy_arn) {
                role.attached.push(policy_arn.to_owned());
            }
            Ok(())
        })
    }

    /// Detaches a managed policy.
    pub(crate) fn detach_role_policy(&self, name: &str, policy_arn: &str) -> Result<(), ServiceError> {
        self.change_role(name, |role| {
            let before = role.attached.len();
            role.attached.retain(|attached| attached != policy_arn);
            if role.attached.len() == before {
                return Err(no_entity(format!("Policy {policy_arn} was not found.")));
            }
            Ok(())
        })
    }
}

/// Refuses a duration that no session may have.
pub(crate) fn check_session_duration(seconds: u32) -> Result<(), ServiceError> {
    if (3600..=43200).contains(&seconds) {
        return Ok(());
    }
    Err(ServiceError::bad_request(
        "ValidationError",
        format!(
            "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200"
        ),
    ))
}

/// Refuses a name that IAM would not take.
pub(crate) fn check_name(field: &str, name: &str, longest: usize) -> Result<(), ServiceError> {
    let wrong = if name.is_empty() || name.len() > longest {
        format!("Member must have length between 1 and {longest}")
    } else if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)) {
        return Ok(());
    } else {
        "Member must satisfy regular expression pattern: [\\w+=,.@-]+".to_owned()
    };
    Err(ServiceError::bad_request(
        "ValidationError",
        format!("1 validation error detected: Value '{name}' at '{field}' failed to satisfy constraint: {wrong}"),
    ))
}

pub(super) fn check_path(path: &str) -> Result<(), ServiceError> {
    if path.starts_with('/')
        && path.ends_with('/')
        && path.len() <= 512
        && path.bytes().all(|byte| (0x21..0x7f).contains(&byte))
    {
        return Ok(());
    }
    Err(ServiceError::bad_request(
        "ValidationError",
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    ))
}

pub(super) fn already_exists(message: String) -> ServiceError {
    ServiceError::new(StatusCode::CONFLICT, "EntityAlreadyExists", message)
}

pub(super) fn no_entity(message: String) -> ServiceError {
    ServiceError::not_found("NoSuchEntity", message)
}

pub(super) fn no_role(name: &str) -> ServiceError {
    no_entity(format!("The role with name {name} cannot be found."))
}
