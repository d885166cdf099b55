//! IAM: roles, policies and keys.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::LocalError;
use crate::persist::{Store, lock};
use crate::settings::DEFAULT_ACCOUNT;

pub(crate) mod api;
mod authorize;
pub(crate) mod live;
mod policies;
pub(crate) mod resource_policy;
pub(crate) mod resources;
mod roles;

pub(crate) use authorize::Access;
pub(crate) use roles::check_name;

/// Access key and secret key of the local administrator.
const LOCAL_KEY: &str = "test";

/// How long keys that a function or a session gets are good for.
const DEFAULT_KEY_LIFE: time::Duration = time::Duration::hours(12);

/// Expired keys are thrown out whenever this many are held.
const KEY_SWEEP: usize = 1024;

/// Who signed a request. The router puts it into the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// `arn:aws:iam::000000000000:root` or `arn:aws:sts::000000000000:assumed-role/<role>/<session>`.
    pub(crate) arn: String,
    /// Twelve digits for the account, `<role id>:<session>` for a session.
    pub(crate) user_id: String,
    /// ARN of the role whose session this is; `None` for the local administrator.
    pub(crate) role_arn: Option<String>,
}

impl Principal {
    /// The local administrator.
    pub(crate) fn root() -> Self {
        Self {
            arn: format!("arn:aws:iam::{DEFAULT_ACCOUNT}:root"),
            user_id: DEFAULT_ACCOUNT.to_owned(),
            role_arn: None,
        }
    }
}

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
    /// Grows with every new document; the default version is `v<version>`.
    pub(crate) version: u32,
}

/// What survives a restart. Temporary keys do not: nobody that held them does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    roles: BTreeMap<String, Role>,
    policies: BTreeMap<String, ManagedPolicy>,
}

/// State of the service.
pub(crate) struct Iam {
    store: Store<State>,
    keys: Mutex<HashMap<String, Identity>>,
}

impl Iam {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { store: Store::open(data_directory, "iam")?, keys: Mutex::default() })
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
        lock(&self.keys).get(access_key).cloned()
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
        Principal {
            arn: format!("arn:aws:sts::{DEFAULT_ACCOUNT}:assumed-role/{name}/{session}"),
            user_id: format!("{id}:{session}"),
            role_arn: Some(role_arn.to_owned()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_until_they_expire_or_are_revoked() {
        let iam = Iam::open(None).unwrap();
        let (access_key, secret_key, _) = iam.issue_keys("arn:aws:iam::000000000000:role/service/reader", "resize");
        assert_eq!(iam.secret_key(&access_key), Some(secret_key));
        let principal = iam.identity(&access_key).unwrap().principal;
        assert_eq!(principal.arn, "arn:aws:sts::000000000000:assumed-role/reader/resize");
        iam.revoke_keys(&access_key);
        assert_eq!(iam.secret_key(&access_key), None);

        let expired = iam.issue(Principal::root(), time::Duration::seconds(-1));
        assert_eq!(iam.secret_key(&expired.access_key), None);
        assert!(iam.identity(&expired.access_key).is_some());
    }
}
