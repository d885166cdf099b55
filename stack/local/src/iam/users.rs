//! Users with their access keys, and groups.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::roles::{already_exists, check_name, check_path, no_entity};
use super::{Iam, Identity, Principal, State, random_text, unique_id};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// Access keys that a user may have.
const KEYS: usize = 2;

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `AIDA...`.
    pub(crate) id: String,
    pub(crate) arn: String,
    #[serde(with = "time::serde::timestamp")]
    pub(crate) created: OffsetDateTime,
    pub(crate) held: Held,
    /// ARN of the managed policy that the user's rights cannot exceed.
    pub(crate) boundary: Option<String>,
    /// By id, `AKIA...`.
    pub(crate) keys: BTreeMap<String, AccessKey>,
    pub(crate) groups: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A lasting access key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    pub(crate) secret: String,
    pub(crate) active: bool,
    #[serde(with = "time::serde::timestamp")]
    pub(crate) created: OffsetDateTime,
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `AGPA...`.
    pub(crate) id: String,
    pub(crate) arn: String,
    #[serde(with = "time::serde::timestamp")]
    pub(crate) created: OffsetDateTime,
    pub(crate) held: Held,
}

/// The policies of a user or group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// Inline policies by name.
    pub(crate) policies: BTreeMap<String, Value>,
    /// ARNs of attached managed policies.
    pub(crate) attached: Vec<String>,
}

/// Whether somebody is a user or a group, for what both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    User,
    Group,
}

impl Holder {
    /// The word in the names of operations and fields.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    fn absent(self, name: &str) -> ServiceError {
        match self {
            Self::User => no_user(name),
            Self::Group => no_group(name),
        }
    }
}

impl State {
    pub(super) fn held(&self, holder: Holder, name: &str) -> Result<&Held, ServiceError> {
        let held = match holder {
            Holder::User => self.users.get(name).map(|user| &user.held),
            Holder::Group => self.groups.get(name).map(|group| &group.held),
        };
        held.ok_or_else(|| holder.absent(name))
    }

    pub(super) fn held_mut(&mut self, holder: Holder, name: &str) -> Result<&mut Held, ServiceError> {
        let held = match holder {
            Holder::User => self.users.get_mut(name).map(|user| &mut user.held),
            Holder::Group => self.groups.get_mut(name).map(|group| &mut group.held),
        };
        held.ok_or_else(|| holder.absent(name))
    }
}

impl Iam {
    /// A user by name.
    pub(crate) fn user(&self, name: &str) -> Result<User, ServiceError> {
        self.store.read(|state| state.users.get(name).cloned()).ok_or_else(|| no_user(name))
    }

    /// Makes a user.
    pub(crate) fn create_user(
        &self,
        name: &str,
        path: &str,
        boundary: Option<String>,
        tags: BTreeMap<String, String>,
    ) -> Result<User, ServiceError> {
        check_name("userName", name, 64)?;
        check_path(path)?;
        self.change(|state| {
            if state.users.contains_key(name) {
                return Err(already_exists(format!("User with name {name} already exists.")));
            }
            if let Some(arn) = &boundary {
                super::policies::check_attachable(state, arn)?;
            }
            let user = User {
                name: name.to_owned(),
                path: path.to_owned(),
                id: unique_id("AIDA"),
                arn: format!("arn:aws:iam::{DEFAULT_ACCOUNT}:user{path}{name}"),
                created: OffsetDateTime::now_utc(),
                held: Held::default(),
                boundary,
                keys: BTreeMap::new(),
                groups: Vec::new(),
                tags,
            };
            state.users.insert(name.to_owned(), user.clone());
            Ok(user)
        })
    }

    /// Changes a user in place.
    pub(crate) fn change_user<R>(
        &self,
        name: &str,
        change: impl FnOnce(&mut User) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.change(|state| change(state.users.get_mut(name).ok_or_else(|| no_user(name))?))
    }

    /// Removes a user who has nothing left, as IAM demands; `force` takes everything along.
    pub(crate) fn delete_user(&self, name: &str, force: bool) -> Result<(), ServiceError> {
        self.change(|state| {
            let user = state.users.get(name).ok_or_else(|| no_user(name))?;
            let left = if !user.held.attached.is_empty() {
                Some("detach all policies")
            } else if !user.held.policies.is_empty() {
                Some("delete policies")
            } else if !user.keys.is_empty() {
                Some("delete access keys")
            } else if !user.groups.is_empty() {
                Some("remove users from group")
            } else {
                None
            };
            if let Some(left) = left.filter(|_| !force) {
                return Err(conflict(format!("Cannot delete entity, must {left} first.")));
            }
            state.users.remove(name);
            Ok(())
        })
    }

    /// Makes a lasting access key of a user: its id and the key.
    pub(crate) fn create_access_key(&self, name: &str) -> Result<(String, AccessKey), ServiceError> {
        self.change_user(name, |user| {
            if user.keys.len() >= KEYS {
                return Err(ServiceError::new(
                    StatusCode::CONFLICT,
                    "LimitExceeded",
                    format!("Cannot exceed quota for AccessKeysPerUser: {KEYS}"),
                ));
            }
            let key = AccessKey { secret: random_text(40), active: true, created: OffsetDateTime::now_utc() };
            let id = unique_id("AKIA");
            user.keys.insert(id.clone(), key.clone());
            Ok((id, key))
        })
    }

    /// Switches an access key on or off, or removes it.
    pub(crate) fn change_access_key(&self, name: &str, id: &str, active: Option<bool>) -> Result<(), ServiceError> {
        self.change_user(name, |user| {
            let absent = || no_entity(format!("The Access Key with id {id} cannot be found."));
            match active {
                Some(active) => user.keys.get_mut(id).ok_or_else(absent)?.active = active,
                None => drop(user.keys.remove(id).ok_or_else(absent)?),
            }
            Ok(())
        })
    }

    /// Who holds a lasting access key that is switched on.
    pub(super) fn user_identity(&self, access_key: &str) -> Option<Identity> {
        self.store.read(|state| {
            let has_it = |user: &&User| user.keys.get(access_key).is_some_and(|key| key.active);
            let user = state.users.values().find(has_it)?;
            Some(Identity {
                secret_key: user.keys.get(access_key)?.secret.clone(),
                session_token: None,
                expires: None,
                principal: Principal::new(user.arn.clone(), user.id.clone(), None),
            })
        })
    }

    /// Makes a group.
    pub(crate) fn create_group(&self, name: &str, path: &str) -> Result<Group, ServiceError> {
        check_name("groupName", name, 128)?;
        check_path(path)?;
        self.change(|state| {
            if state.groups.contains_key(name) {
                return Err(already_exists(format!("Group with name {name} already exists.")));
            }
            let group = Group {
                name: name.to_owned(),
                path: path.to_owned(),
                id: unique_id("AGPA"),
                arn: format!("arn:aws:iam::{DEFAULT_ACCOUNT}:group{path}{name}"),
                created: OffsetDateTime::now_utc(),
                held: Held::default(),
            };
            state.groups.insert(name.to_owned(), group.clone());
            Ok(group)
        })
    }

    /// Removes a group without users and policies; `force` takes them out of it.
    pub(crate) fn delete_group(&self, name: &str, force: bool) -> Result<(), ServiceError> {
        self.change(|state| {
            let group = state.groups.get(name).ok_or_else(|| no_group(name))?;
            let has_users = state.users.values().any(|user| user.groups.iter().any(|own| own == name));
            let left = if has_users {
                Some("remove users from group")
            } else if !group.held.attached.is_empty() {
                Some("detach all policies")
            } else if !group.held.policies.is_empty() {
                Some("delete policies")
            } else {
                None
            };
            if let Some(left) = left.filter(|_| !force) {
                return Err(conflict(format!("Cannot delete entity, must {left} first.")));
            }
            state.groups.remove(name);
            for user in state.users.values_mut() {
                user.groups.retain(|own| own != name);
            }
            Ok(())
        })
    }

    /// Changes a group in place.
    pub(super) fn change_group<R>(&self, name: &str, change: impl FnOnce(&mut Group) -> R) -> Result<R, ServiceError> {
        self.change(|state| Ok(change(state.groups.get_mut(name).ok_or_else(|| no_group(name))?)))
    }

    /// Names of the users of a group.
    pub(super) fn members(&self, group: &str) -> Vec<String> {
        self.store.read(|state| {
            let members = state.users.values().filter(|user| user.groups.iter().any(|own| own == group));
            members.map(|user| user.name.clone()).collect()
        })
    }

    /// Puts a user into a group or takes it out.
    pub(crate) fn set_member(&self, group: &str, user: &str, member: bool) -> Result<(), ServiceError> {
        self.change(|state| {
            if !state.groups.contains_key(group) {
                return Err(no_group(group));
            }
            let user = state.users.get_mut(user).ok_or_else(|| no_user(user))?;
            user.groups.retain(|own| own != group);
            if member {
                user.groups.push(group.to_owned());
            }
            Ok(())
        })
    }

    /// Attaches a managed policy to a user or group; attached already is fine.
    pub(super) fn attach(&self, holder: Holder, name: &str, arn: &str) -> Result<(), ServiceError> {
        self.change(|state| {
            super::policies::check_attachable(state, arn)?;
            let held = state.held_mut(holder, name)?;
            if !held.attached.iter().any(|attached| attached == arn) {
                held.attached.push(arn.to_owned());
            }
            Ok(())
        })
    }

    /// Detaches a managed policy.
    pub(super) fn detach(&self, holder: Holder, name: &str, arn: &str) -> Result<(), ServiceError> {
        self.change(|state| {
            let held = state.held_mut(holder, name)?;
            let before = held.attached.len();
            held.attached.retain(|attached| attached != arn);
            if held.attached.len() == before {
                return Err(no_entity(format!("Policy {arn} was not found.")));
            }
            Ok(())
        })
    }

    /// Writes an inline policy of a user or group, or removes it.
    pub(super) fn put_inline(
        &self,
        holder: Holder,
        name: &str,
        policy: &str,
        document: Option<Value>,
    ) -> Result<(), ServiceError> {
        self.change(|state| {
            let held = state.held_mut(holder, name)?;
            match document {
                Some(document) => {
                    held.policies.insert(policy.to_owned(), document);
                }
                None => {
                    held.policies.remove(policy).ok_or_else(|| no_inline_policy(holder, policy))?;
                }
            }
            Ok(())
        })
    }
}

pub(super) fn no_inline_policy(holder: Holder, name: &str) -> ServiceError {
    no_entity(format!("The {} policy with name {name} cannot be found.", holder.word().to_ascii_lowercase()))
}

pub(super) fn conflict(message: impl Into<String>) -> ServiceError {
    ServiceError::new(StatusCode::CONFLICT, "DeleteConflict", message)
}

pub(super) fn no_user(name: &str) -> ServiceError {
    no_entity(format!("The user with name {name} cannot be found."))
}

pub(super) fn no_group(name: &str) -> ServiceError {
    no_entity(format!("The group with name {name} cannot be found."))
}
