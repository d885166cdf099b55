//! IAM: roles, policies and keys.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::cloudformation;
use crate::error::LocalError;
use crate::persist::{Store, lock};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

mod account_api;
pub(crate) mod account_resources;
mod advice;
pub(crate) mod api;
mod authorize;
mod documents;
mod gate;
pub(crate) mod live;
mod managed;
#[cfg(test)]
mod passing;
mod policies;
mod principal;
pub(crate) mod provider_resources;
mod providers;
mod receivers;
mod record;
mod report;
pub(crate) mod resource_policy;
pub(crate) mod resources;
mod rights;
mod roles;
mod simulate;
#[cfg(test)]
mod tests;
mod trust;
pub(crate) mod user_resources;
#[cfg(test)]
mod user_resources_tests;
mod users;
mod users_api;

pub(crate) use authorize::Access;
pub(crate) use documents::parse_rights;
pub(crate) use principal::{Principal, Session};
pub(crate) use providers::OpenIdProvider;
pub(crate) use roles::check_name;

/// Access key and secret key of the local administrator.
const LOCAL_KEY: &str = "test";

/// How long keys that a function or a session gets are good for.
const DEFAULT_KEY_LIFE: time::Duration = time::Duration::hours(12);

/// Expired keys are thrown out whenever this many are held.
const KEY_SWEEP: usize = 1024;

/// An access key with what belongs to it.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) secret_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) expires: Option<OffsetDateTime>,
    pub(crate) principal: Principal,
}

/// Temporary keys, as STS hands them out.
pub(crate) struct TemporaryKeys {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) session_token: String,
    pub(crate) expires: OffsetDateTime,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `AROA...`.
    pub(crate) id: String,
    pub(crate) arn: String,
    #[serde(with = "time::serde::timestamp")]
    pub(crate) created: OffsetDateTime,
    pub(crate) description: String,
    /// Seconds that a session may last, 3600 to 43200.
    pub(crate) max_session_duration: u32,
    /// Who may assume it.
    pub(crate) trust_policy: Value,
    /// Inline policies by name.
    pub(crate) policies: BTreeMap<String, Value>,
    /// ARNs of attached managed policies.
    pub(crate) attached: Vec<String>,
    /// ARN of the managed policy that the role's rights cannot exceed.
    #[serde(default)]
    pub(crate) boundary: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A policy that roles attach by ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ManagedPolicy {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `ANPA...`.
    pub(crate) id: String,
    pub(crate) arn: String,
    #[serde(with = "time::serde::timestamp")]
    pub(crate) created: OffsetDateTime,
    pub(crate) description: String,
    pub(crate) document: Value,
    /// Number of the default version, whose document `document` is: `v<version>`.
    pub(crate) version: u32,
    /// Documents of the other versions by number; five versions in all.
    #[serde(default)]
    pub(crate) others: BTreeMap<u32, Value>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

/// What survives a restart. Temporary keys do not: nobody that held them does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    roles: BTreeMap<String, Role>,
    policies: BTreeMap<String, ManagedPolicy>,
    #[serde(default)]
    open_id_providers: BTreeMap<String, OpenIdProvider>,
    #[serde(default)]
    users: BTreeMap<String, users::User>,
    #[serde(default)]
    groups: BTreeMap<String, users::Group>,
    #[serde(default)]
    instance_profiles: BTreeMap<String, account_api::InstanceProfile>,
    #[serde(default)]
    alias: Option<String>,
    #[serde(default)]
    password_policy: Option<BTreeMap<String, String>>,
}

/// State of the service.
pub(crate) struct Iam {
    store: Store<State>,
    keys: Mutex<HashMap<String, Identity>>,
    /// Policies that were read, by ARN of the role or user; empty after every change.
    rights: Mutex<HashMap<String, Arc<rights::Rights>>>,
    record: record::Record,
    /// False when every caller may do everything; decisions are recorded all the same.
    enforced: bool,
    /// Where stacks declare what a refusal is about; absent in tests of this service alone.
    declarations: OnceLock<Arc<cloudformation::Store>>,
}

impl Iam {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            store: Store::open(data_directory, "iam")?,
            keys: Mutex::default(),
            rights: Mutex::default(),
            record: record::Record::default(),
            enforced: true,
            declarations: OnceLock::new(),
        })
    }

    /// The same with enforcement on or off, and with the stacks whose names its refusals tell.
    pub(crate) fn enforcing(mut self, enforced: bool, declarations: Arc<cloudformation::Store>) -> Self {
        self.enforced = enforced;
        self.declarations = OnceLock::from(declarations);
        self
    }

    /// Changes the state. What was read of policies is read anew.
    fn change<R>(&self, change: impl FnOnce(&mut State) -> Result<R, ServiceError>) -> Result<R, ServiceError> {
        let result = self.store.change(change);
        lock(&self.rights).clear();
        result
    }

    /// What is known of an access key: the fixed local pair or temporary keys that were handed out, expired ones included
    /// for a while so that they can be told from unknown ones.
    pub(crate) fn identity(&self, access_key: &str) -> Option<Identity> {
        if access_key == LOCAL_KEY {
            return Some(Identity {
                secret_key: LOCAL_KEY.to_owned(),
                session_token: None,
                expires: None,
                principal: Principal::root(),
            });
        }
        let temporary = lock(&self.keys).get(access_key).cloned();
        temporary.or_else(|| self.user_identity(access_key))
    }

    /// Temporary keys of a principal.
    pub(crate) fn issue(&self, principal: Principal, life: time::Duration) -> TemporaryKeys {
        let now = OffsetDateTime::now_utc();
        let keys = TemporaryKeys {
            access_key: unique_id("ASIA"),
            secret_key: random_text(40),
            session_token: random_text(128),
            expires: now + life,
        };
        let mut known = lock(&self.keys);
        if known.len() >= KEY_SWEEP {
            known.retain(|_, identity| identity.expires.is_none_or(|expires| expires > now));
        }
        known.insert(
            keys.access_key.clone(),
            Identity {
                secret_key: keys.secret_key.clone(),
                session_token: Some(keys.session_token.clone()),
                expires: Some(keys.expires),
                principal,
            },
        );
        keys
    }

    /// The principal of a role's session. A role that is not here (any well-formed ARN) gets an id of its own.
    pub(crate) fn session_principal(&self, role_arn: &str, session: &str) -> Principal {
        let name = role_arn.rsplit('/').next().unwrap_or(role_arn);
        let id = self.role(name).map_or_else(|| unique_id("AROA"), |role| role.id);
        Principal::new(
            format!("arn:aws:sts::{DEFAULT_ACCOUNT}:assumed-role/{name}/{session}"),
            format!("{id}:{session}"),
            Some(role_arn.to_owned()),
        )
    }
}

/// What other services ask of IAM. Clients come through [`api`].
impl Iam {
    /// The secret of an access key that is valid now.
    #[cfg(test)]
    pub(crate) fn secret_key(&self, access_key: &str) -> Option<String> {
        let identity = self.identity(access_key)?;
        let valid = identity.expires.is_none_or(|expires| expires > OffsetDateTime::now_utc());
        valid.then_some(identity.secret_key)
    }

    /// Temporary keys of a role, for a function: `(access key, secret key, session token)`.
    pub(crate) fn issue_keys(&self, role_arn: &str, session: &str) -> (String, String, String) {
        let keys = self.issue(self.session_principal(role_arn, session), DEFAULT_KEY_LIFE);
        (keys.access_key, keys.secret_key, keys.session_token)
    }

    /// Forgets keys before they expire: the function instance that held them has ended.
    pub(crate) fn revoke_keys(&self, access_key: &str) {
        lock(&self.keys).remove(access_key);
    }
}

/// An id as IAM makes them: a prefix of four letters and 16 upper-case letters and digits.
pub(crate) fn unique_id(prefix: &str) -> String {
    format!("{prefix}{}", &uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase()[..16])
}

/// `length` random hexadecimal digits.
fn random_text(length: usize) -> String {
    let mut text = String::with_capacity(length + 32);
    while text.len() < length {
        text.push_str(&uuid::Uuid::new_v4().simple().to_string());
    }
    text.truncate(length);
    text
}
