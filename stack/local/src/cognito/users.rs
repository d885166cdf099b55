//! Users: signing up, and what administrators do with them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::password::{Verifier, check};
use super::{Cognito, Pool, User, UserStatus, invalid, now};
use crate::wire::ServiceError;

impl Pool {
    /// A user by name, by `sub`, or by an attribute that stands for the name.
    pub(super) fn user(&self, name: &str) -> Result<&User, ServiceError> {
        self.find_user(name).and_then(|username| self.users.get(&username)).ok_or_else(no_user)
    }

    /// The same, to change it.
    pub(super) fn user_mut(&mut self, name: &str) -> Result<&mut User, ServiceError> {
        let username = self.find_user(name).ok_or_else(no_user)?;
        self.users.get_mut(&username).ok_or_else(no_user)
    }

    fn find_user(&self, name: &str) -> Option<String> {
        if self.users.contains_key(name) {
            return Some(name.to_owned());
        }
        let sign_in = self.username_attributes();
        let aliases = self.texts("AliasAttributes");
        let stands_for = |user: &User| {
            let has = |attribute: &str| user.attributes.get(attribute).is_some_and(|value| self.same_name(value, name));
            let is_proven = |attribute: &str| {
                attribute == "preferred_username"
                    || user.attributes.get(&format!("{attribute}_verified")).is_some_and(|value| value == "true")
            };
            user.sub == name
                || self.same_name(&user.username, name)
                || sign_in.iter().any(|attribute| has(attribute))
                || aliases.iter().any(|attribute| has(attribute) && is_proven(attribute))
        };
        self.users.values().find(|user| stands_for(user)).map(|user| user.username.clone())
    }

    /// A new user who is not there yet. `name` is what the caller calls it: a name, an address or a number.
    pub(super) fn new_user(
        &self,
        name: &str,
        mut attributes: BTreeMap<String, String>,
        status: UserStatus,
    ) -> Result<User, ServiceError> {
        let sub = uuid::Uuid::new_v4().to_string();
        let sign_in = self.username_attributes();
        let username = if sign_in.is_empty() {
            name.to_owned()
        } else {
            let attribute = if name.contains('@') { "email" } else { "phone_number" };
            if !sign_in.contains(&attribute) {
                let expected = if sign_in == ["email"] { "an email" } else { "a phone number or an email" };
                return Err(invalid(format!("Username should be {expected}.")));
            }
            attributes.entry(attribute.to_owned()).or_insert_with(|| name.to_owned());
            sub.clone()
        };
        if name.len() > 128 || name.chars().any(char::is_whitespace) {
            return Err(invalid(
                "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+",
            ));
        }
        let named: Vec<&String> = sign_in.iter().filter_map(|attribute| attributes.get(*attribute)).collect();
        if self.find_user(name).is_some() || named.iter().any(|value| self.find_user(value).is_some()) {
            let message = match (sign_in.is_empty(), name.contains('@')) {
                (true, _) => "User already exists",
                (false, true) => "An account with the given email already exists.",
                (false, false) => "An account with the given phone_number already exists.",
            };
            return Err(ServiceError::bad_request("UsernameExistsException", message));
        }
        self.check_attributes(&attributes)?;
        self.check_required(&attributes)?;
        attributes.insert("sub".to_owned(), sub.clone());
        Ok(User {
            username,
            sub,
            created: now(),
            modified: now(),
            enabled: true,
            status,
            attributes,
            password: None,
            codes: BTreeMap::new(),
            groups: BTreeSet::new(),
            signed_out: 0,
        })
    }
}

impl Cognito {
    /// Makes a user in an administrator's name, with a password that has to be changed at the first sign-in. Gives the
    /// password where none was given.
    pub(super) fn admin_create_user(
        &self,
        pool_id: &str,
        name: &str,
        attributes: BTreeMap<String, String>,
        password: Option<&str>,
    ) -> Result<(User, String), ServiceError> {
        let password = password.map_or_else(temporary_password, str::to_owned);
        self.change_pool(pool_id, |pool| {
            check(&pool.settings, &password)?;
            let mut user = pool.new_user(name, attributes, UserStatus::ForceChangePassword)?;
            user.password = Some(Verifier::new(&pool.id, &user.username, &password));
            pool.users.insert(user.username.clone(), user.clone());
            Ok((user, password.clone()))
        })
    }

    /// Gives a user who never signed in another temporary password, for another invitation.
    pub(super) fn renew_invitation(
        &self,
        pool_id: &str,
        name: &str,
        password: Option<&str>,
    ) -> Result<(User, String), ServiceError> {
        let password = password.map_or_else(temporary_password, str::to_owned);
        self.change_pool(pool_id, |pool| {
            check(&pool.settings, &password)?;
            let id = pool.id.clone();
            let user = pool.user_mut(name)?;
            if user.status != UserStatus::ForceChangePassword {
                return Err(ServiceError::bad_request(
                    "UnsupportedUserStateException",
                    "Resend not possible. User status is not FORCE_CHANGE_PASSWORD",
                ));
            }
            user.password = Some(Verifier::new(&id, &user.username, &password));
            user.modified = now();
            Ok((user.clone(), password.clone()))
        })
    }

    /// Sets a password; a lasting one also confirms the user.
    pub(super) fn set_password(
        &self,
        pool_id: &str,
        name: &str,
        password: &str,
        permanent: bool,
    ) -> Result<(), ServiceError> {
        self.change_pool(pool_id, |pool| {
            check(&pool.settings, password)?;
            let id = pool.id.clone();
            let user = pool.user_mut(name)?;
            user.password = Some(Verifier::new(&id, &user.username, password));
            user.status = if permanent { UserStatus::Confirmed } else { UserStatus::ForceChangePassword };
            user.modified = now();
            Ok(())
        })
    }

    /// Changes a user in an administrator's name.
    pub(super) fn change_user(
        &self,
        pool_id: &str,
        name: &str,
        change: impl FnOnce(&mut User) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        self.change_pool(pool_id, |pool| {
            let user = pool.user_mut(name)?;
            change(user)?;
            user.modified = now();
            Ok(())
        })
    }

    /// Removes a user.
    pub(super) fn delete_user(&self, pool_id: &str, name: &str) -> Result<(), ServiceError> {
        self.change_pool(pool_id, |pool| {
            let username = pool.user(name)?.username.clone();
            pool.users.remove(&username);
            Ok(())
        })
    }

    /// Sets attributes in an administrator's name.
    pub(super) fn set_attributes(
        &self,
        pool_id: &str,
        name: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), ServiceError> {
        self.change_pool(pool_id, |pool| {
            pool.check_attributes(attributes)?;
            if attributes.contains_key("sub") {
                return Err(invalid("Cannot modify the non-mutable attribute sub"));
            }
            let user = pool.user_mut(name)?;
            user.attributes.extend(attributes.clone());
            user.modified = now();
            Ok(())
        })
    }
}

/// The attributes of an input: a list of names and values.
pub(super) fn attributes(input: &Value, field: &str) -> BTreeMap<String, String> {
    let list = input.get(field).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|entry| {
        Some((entry["Name"].as_str()?.to_owned(), entry["Value"].as_str().unwrap_or_default().to_owned()))
    })
    .collect()
}

/// A password that every policy allows.
fn temporary_password() -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("Aa1!{}", &random[..12])
}

pub(super) fn no_user() -> ServiceError {
    ServiceError::bad_request("UserNotFoundException", "User does not exist.")
}

pub(super) fn reset_required() -> ServiceError {
    ServiceError::bad_request("PasswordResetRequiredException", "Password reset required for the user")
}

/// `ListUsers` filters: `name = "value"` or `name ^= "value"`.
pub(super) fn matches(filter: &str, user: &User) -> Result<bool, ServiceError> {
    if filter.trim().is_empty() {
        return Ok(true);
    }
    let wrong = || invalid("Error while parsing filter.");
    let (name, value) = filter.split_once('=').ok_or_else(wrong)?;
    let (name, prefix) = name.trim().strip_suffix('^').map_or((name.trim(), false), |name| (name.trim(), true));
    let value = value.trim().strip_prefix('"').and_then(|value| value.strip_suffix('"')).ok_or_else(wrong)?;
    let value = value.replace("\\\"", "\"");
    let name = name.trim_matches('"');
    let actual = match name {
        "username" => Some(user.username.clone()),
        "sub" => Some(user.sub.clone()),
        "cognito:user_status" => Some(user.status.as_str().to_owned()),
        "status" => Some(if user.enabled { "Enabled" } else { "Disabled" }.to_owned()),
        "email" | "phone_number" | "name" | "given_name" | "family_name" | "preferred_username" => {
            user.attributes.get(name).cloned()
        }
        other => return Err(invalid(format!("Invalid search attribute: {other}"))),
    };
    Ok(actual.is_some_and(|actual| if prefix { actual.starts_with(&value) } else { actual == value }))
}
