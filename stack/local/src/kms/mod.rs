//! KMS: symmetric keys that encrypt for real, and the aliases that name them.
//!
//! `keys` keeps state, `crypto` encrypts, `api` is the wire format. Key material is kept beside the rest of the state: it
//! protects what leaves this cloud, not what lies in its data directory.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::iam::{Access, Principal};
use crate::persist::Store;
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

pub(crate) mod api;
mod crypto;
mod encryption;
mod keys;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

/// Services that have a key of their own in every account, `alias/aws/<service>`.
const SERVICES: [&str; 9] = ["dynamodb", "ebs", "lambda", "rds", "s3", "secretsmanager", "sns", "sqs", "ssm"];

/// What a key can be used for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion,
}

/// A key.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) id: String,
    region: String,
    description: String,
    /// Hexadecimal, 32 bytes each; the last one encrypts, all decrypt.
    material: Vec<String>,
    state: KeyState,
    policy: Value,
    rotates: bool,
    /// Days between rotations.
    rotation_days: i64,
    tags: BTreeMap<String, String>,
    /// Milliseconds since 1970.
    created: i64,
    /// When it is removed, in milliseconds since 1970.
    deleted_at: Option<i64>,
    /// Made for a service.
    of_service: bool,
}

/// Material is not shown.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Key").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Key {
    /// `arn:aws:kms:<region>:<account>:key/<id>`.
    pub(crate) fn arn(&self) -> String {
        key_arn(&self.region, &self.id)
    }
}

/// `arn:aws:kms:<region>:<account>:key/<id>`.
fn key_arn(region: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{DEFAULT_ACCOUNT}:key/{id}")
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Alias {
    /// Id of a key.
    key: String,
    /// Milliseconds since 1970.
    created: i64,
    /// Milliseconds since 1970.
    changed: i64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    keys: BTreeMap<String, Key>,
    /// By name, `alias/...`.
    aliases: BTreeMap<String, Alias>,
}

/// State of the service.
pub(crate) struct Kms {
    store: Store<State>,
}

impl Kms {
    /// Opens the service; state is read from and kept in `data_directory` where one is given, readable for its owner only.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { store: Store::open(data_directory, "kms")? })
    }
}

/// What other services ask of KMS. Clients come through [`api`].
impl Kms {
    /// A value that a service keeps under a key: as it is when `decrypt` is set and the caller may decrypt with the key, encrypted
    /// otherwise. `context` is one pair of the encryption context.
    ///
    /// # Errors
    /// The key is not there or not usable, or the caller may not decrypt.
    pub(crate) fn reveal(
        &self,
        cloud: &Cloud,
        caller: &Principal,
        key: &str,
        context: (&str, &str),
        value: &str,
        decrypt: bool,
    ) -> Result<String, ServiceError> {
        let key = self.usable(&cloud.region, key)?;
        if decrypt {
            // The keys of services are there for everyone who may use the service.
            if !key.of_service {
                let arn = key.arn();
                let access = Access { resource_policy: Some(&key.policy), ..Access::new("kms:Decrypt", &arn) };
                cloud.iam.authorize(caller, &access)?;
            }
            return Ok(value.to_owned());
        }
        let context = BTreeMap::from([(context.0.to_owned(), context.1.to_owned())]);
        crypto::encrypt(&key, value.as_bytes(), &context)
    }
}
