//! Making, finding and changing keys and aliases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Alias, Key, KeyState, Kms, SERVICES, State, crypto, key_arn};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

const DAY: i64 = 24 * 60 * 60 * 1000;

pub(super) fn not_found(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("NotFoundException", message)
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ValidationException", message)
}

/// What a key may be used for unless its policy says otherwise: all that the account's own policies allow.
pub(super) fn default_policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{DEFAULT_ACCOUNT}:root")},
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
}

/// ARN of an alias.
pub(super) fn alias_arn(region: &str, name: &str) -> String {
    format!("arn:aws:kms:{region}:{DEFAULT_ACCOUNT}:{name}")
}

fn new_key(region: &str, description: &str, policy: Value, of_service: bool) -> Result<Key, ServiceError> {
    Ok(Key {
        id: uuid::Uuid::new_v4().to_string(),
        region: region.to_owned(),
        description: description.to_owned(),
        material: vec![hex::encode(crypto::random(32)?)],
        state: KeyState::Enabled,
        policy,
        rotates: of_service,
        rotation_days: 365,
        tags: BTreeMap::new(),
        created: crate::logs::now(),
        deleted_at: None,
        of_service,
    })
}

/// The id of the key that a reference (id, ARN, alias, ARN of an alias) means.
fn resolve(state: &State, reference: &str) -> Option<String> {
    let rest = match reference.strip_prefix("arn:aws:kms:") {
        Some(rest) => rest.splitn(3, ':').nth(2)?,
        None => reference,
    };
    if rest.starts_with("alias/") {
        return state.aliases.get(rest).map(|alias| alias.key.clone());
    }
    let id = rest.strip_prefix("key/").unwrap_or(rest);
    state.keys.contains_key(id).then(|| id.to_owned())
}

impl Kms {
    /// The key that a reference means. That of a service is made when somebody first asks for it.
    pub(super) fn key(&self, region: &str, reference: &str) -> Result<Key, ServiceError> {
        let find = |state: &State| {
            let key = state.keys.get(&resolve(state, reference)?)?;
            key.deleted_at.is_none_or(|time| time > crate::logs::now()).then(|| key.clone())
        };
        if let Some(key) = self.store.read(find) {
            return Ok(key);
        }
        let alias = reference.rsplit_once("alias/aws/").map(|(_, service)| service);
        if let Some(service) = alias.filter(|service| SERVICES.contains(service)) {
            let description = format!("Default key that protects my {service} data when no other key is defined");
            let key = new_key(region, &description, default_policy(), true)?;
            return self.store.change(|state| {
                let now = crate::logs::now();
                let alias = Alias { key: key.id.clone(), created: now, changed: now };
                state.aliases.insert(format!("alias/aws/{service}"), alias);
                state.keys.insert(key.id.clone(), key.clone());
                Ok(key)
            });
        }
        if reference.contains("alias/") {
            let arn = if reference.starts_with("arn:") { reference.to_owned() } else { alias_arn(region, reference) };
            return Err(not_found(format!("Alias {arn} is not found.")));
        }
        let arn = if reference.starts_with("arn:") { reference.to_owned() } else { key_arn(region, reference) };
        Err(not_found(format!("Key '{arn}' does not exist")))
    }

    /// The same if the key can encrypt and decrypt.
    pub(super) fn usable(&self, region: &str, reference: &str) -> Result<Key, ServiceError> {
        let key = self.key(region, reference)?;
        match key.state {
            KeyState::Enabled => Ok(key),
            KeyState::Disabled => {
                Err(ServiceError::bad_request("DisabledException", format!("{} is disabled.", key.arn())))
            }
            KeyState::PendingDeletion => Err(pending(&key)),
        }
    }

    /// All keys by id.
    pub(super) fn keys(&self) -> Vec<Key> {
        let now = crate::logs::now();
        let there = |key: &&Key| key.deleted_at.is_none_or(|time| time > now);
        self.store.read(|state| state.keys.values().filter(there).cloned().collect())
    }

    /// All aliases by name, with those of services that have no key yet.
    pub(super) fn aliases(&self) -> BTreeMap<String, Option<Alias>> {
        let mut aliases: BTreeMap<String, Option<Alias>> =
            SERVICES.iter().map(|service| (format!("alias/aws/{service}"), None)).collect();
        self.store.read(|state| {
            aliases.extend(state.aliases.iter().map(|(name, alias)| (name.clone(), Some(alias.clone()))));
        });
        aliases
    }

    /// Makes a key.
    pub(crate) fn create(
        &self,
        region: &str,
        description: &str,
        policy: Option<Value>,
        tags: BTreeMap<String, String>,
    ) -> Result<Key, ServiceError> {
        let key = Key { tags, ..new_key(region, description, policy.unwrap_or_else(default_policy), false)? };
        self.store.change(|state| {
            state.keys.insert(key.id.clone(), key.clone());
            Ok(key)
        })
    }

    /// Changes a key that is not about to be removed.
    pub(super) fn change<R>(
        &self,
        region: &str,
        reference: &str,
        change: impl FnOnce(&mut Key) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        let key = self.key(region, reference)?;
        if key.state == KeyState::PendingDeletion {
            return Err(pending(&key));
        }
        if key.of_service {
            return Err(ServiceError::bad_request(
                "AccessDeniedException",
                format!("{} belongs to a service of AWS: it cannot be changed", key.arn()),
            ));
        }
        self.store.change(|state| {
            let key =
                state.keys.get_mut(&key.id).ok_or_else(|| not_found(format!("Key '{reference}' does not exist")))?;
            change(key)
        })
    }

    /// Removes a key in `days` days; its time can be taken back until then. Gives when.
    pub(super) fn schedule_deletion(
        &self,
        region: &str,
        reference: &str,
        days: i64,
    ) -> Result<(Key, i64), ServiceError> {
        if !(7..=30).contains(&days) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value between 7 and 30"
            )));
        }
        let at = crate::logs::now() + days * DAY;
        let key = self.change(region, reference, |key| {
            key.state = KeyState::PendingDeletion;
            key.deleted_at = Some(at);
            Ok(key.clone())
        })?;
        Ok((key, at))
    }

    /// Takes the removal back; the key is disabled then.
    pub(super) fn cancel_deletion(&self, region: &str, reference: &str) -> Result<Key, ServiceError> {
        let key = self.key(region, reference)?;
        if key.state != KeyState::PendingDeletion {
            return Err(ServiceError::bad_request(
                "KMSInvalidStateException",
                format!("{} is not pending deletion.", key.arn()),
            ));
        }
        self.store.change(|state| {
            if let Some(key) = state.keys.get_mut(&key.id) {
                key.state = KeyState::Disabled;
                key.deleted_at = None;
            }
            Ok(key)
        })
    }

    /// Makes an alias, or gives one that is there to another key.
    pub(super) fn set_alias(
        &self,
        region: &str,
        name: &str,
        reference: &str,
        is_new: bool,
    ) -> Result<(), ServiceError> {
        check_alias(name)?;
        let key = self.key(region, reference)?;
        if key.state == KeyState::PendingDeletion {
            return Err(pending(&key));
        }
        self.store.change(|state| {
            let arn = alias_arn(region, name);
            let now = crate::logs::now();
            match state.aliases.get_mut(name) {
                Some(_) if is_new => Err(ServiceError::bad_request(
                    "AlreadyExistsException",
                    format!("An alias with the name {arn} already exists"),
                )),
                Some(alias) => {
                    alias.key.clone_from(&key.id);
                    alias.changed = now;
                    Ok(())
                }
                None if is_new => {
                    state.aliases.insert(name.to_owned(), Alias { key: key.id, created: now, changed: now });
                    Ok(())
                }
                None => Err(not_found(format!("Alias {arn} is not found."))),
            }
        })
    }

    /// Removes an alias.
    pub(super) fn remove_alias(&self, region: &str, name: &str) -> Result<(), ServiceError> {
        check_alias(name)?;
        self.store.change(|state| {
            let removed = state.aliases.remove(name).map(drop);
            removed.ok_or_else(|| not_found(format!("Alias {} is not found.", alias_arn(region, name))))
        })
    }
}

fn pending(key: &Key) -> ServiceError {
    ServiceError::bad_request("KMSInvalidStateException", format!("{} is pending deletion.", key.arn()))
}

fn check_alias(name: &str) -> Result<(), ServiceError> {
    let rest = name.strip_prefix("alias/").unwrap_or_default();
    let well_formed = !rest.is_empty()
        && name.len() <= 256
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte));
    if !well_formed {
        return Err(invalid(format!(
            "Invalid identifier: the alias `{name}` must begin with `alias/` and consist of letters, digits and /_-"
        )));
    }
    if rest.starts_with("aws/") {
        return Err(ServiceError::bad_request("NotAuthorizedException", ""));
    }
    Ok(())
}
