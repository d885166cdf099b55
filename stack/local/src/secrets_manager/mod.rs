//! Secrets Manager: secrets, their versions and the stages that name them.
//!
//! `secrets` keeps state, `password` draws passwords, `rotation` lets a function make a new version, `api` is the wire format.
//! Values are never logged: no type that holds one shows it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::LocalError;
use crate::persist::Store;
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

pub(crate) mod api;
mod attachment;
mod listing;
mod password;
pub(crate) mod resources;
mod rotation;
mod secrets;
#[cfg(test)]
mod tests;

/// The stage of the version that is in use.
pub(super) const CURRENT: &str = "AWSCURRENT";

/// The stage of the version before it.
const PREVIOUS: &str = "AWSPREVIOUS";

/// The stage of a version that a rotation is making.
const PENDING: &str = "AWSPENDING";

/// What a secret holds. `Debug` tells the kind only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SecretValue {
    String(String),
    /// Base64.
    Binary(String),
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::String(_) => "SecretValue::String(...)",
            Self::Binary(_) => "SecretValue::Binary(...)",
        })
    }
}

/// One version of a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Version {
    /// Absent while a rotation has still to make it.
    value: Option<SecretValue>,
    /// Milliseconds since 1970.
    created: i64,
    stages: Vec<String>,
}

/// How a secret is rotated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rotation {
    enabled: bool,
    /// ARN of the function that makes new versions.
    function: Option<String>,
    /// `AutomaticallyAfterDays`, `Duration`, `ScheduleExpression`.
    rules: Value,
    /// Milliseconds since 1970.
    last: Option<i64>,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Secret {
    name: String,
    /// Ends with six random characters.
    arn: String,
    description: String,
    kms_key: Option<String>,
    tags: BTreeMap<String, String>,
    /// By version id.
    versions: BTreeMap<String, Version>,
    /// Milliseconds since 1970.
    created: i64,
    /// Milliseconds since 1970.
    changed: i64,
    /// The day of the last read, in milliseconds since 1970.
    accessed: Option<i64>,
    /// When it is removed for good, in milliseconds since 1970.
    deleted_at: Option<i64>,
    rotation: Option<Rotation>,
    /// Resource policy.
    policy: Option<Value>,
}

impl Secret {
    /// The id of the version that a stage names.
    fn at_stage(&self, stage: &str) -> Option<&str> {
        let named = self.versions.iter().find(|(_, version)| version.stages.iter().any(|one| one == stage));
        named.map(|(id, _)| id.as_str())
    }
}

/// State of the service.
pub(crate) struct SecretsManager {
    /// By name.
    secrets: Store<BTreeMap<String, Secret>>,
}

impl SecretsManager {
    /// Opens the service; state is read from and kept in `data_directory` where one is given, readable for its owner only.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { secrets: Store::open(data_directory, "secrets-manager")? })
    }
}

/// What other services ask of Secrets Manager. Clients come through [`api`].
impl SecretsManager {
    /// The current string of a secret by name or ARN.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is no such secret, or it holds bytes.
    pub(crate) fn value(&self, id: &str) -> Result<String, ServiceError> {
        self.version_value(id, None, None)
    }

    /// The string of a version by id, or by stage (the current one unless another is named).
    ///
    /// # Errors
    /// As [`Self::value`].
    pub(crate) fn version_value(
        &self,
        id: &str,
        version_id: Option<&str>,
        stage: Option<&str>,
    ) -> Result<String, ServiceError> {
        let (secret, version_id) = self.find_version(id, version_id, stage)?;
        match secret.versions.get(&version_id).and_then(|version| version.value.as_ref()) {
            Some(SecretValue::String(text)) => Ok(text.clone()),
            _ => Err(secrets::no_value(&format!("{CURRENT} as a string"))),
        }
    }

    /// A password of `length` characters without the excluded ones.
    pub(crate) fn draw_password(length: usize, excluded: &str) -> Result<String, ServiceError> {
        password::Recipe::read(&json!({"PasswordLength": length, "ExcludeCharacters": excluded}))?.draw()
    }

    /// Makes a secret that another service keeps, and gives its ARN.
    pub(crate) fn create_managed(
        &self,
        region: &str,
        name: &str,
        description: &str,
        kms_key: Option<&str>,
        tags: BTreeMap<String, String>,
        value: String,
    ) -> Result<String, ServiceError> {
        let (secret, _) = self.create(secrets::NewSecret {
            name: name.to_owned(),
            region: region.to_owned(),
            description: description.to_owned(),
            kms_key: kms_key.map(str::to_owned),
            tags,
            value: Some(SecretValue::String(value)),
            token: None,
        })?;
        Ok(secret.arn)
    }

    /// Gives a secret that another service keeps a new value, unless it has it.
    pub(crate) fn change_managed(&self, arn: &str, value: String) -> Result<(), ServiceError> {
        if self.value(arn).is_ok_and(|present| present == value) {
            return Ok(());
        }
        self.change(arn, |secret| {
            secrets::put(secret, SecretValue::String(value), None, &[CURRENT.to_owned()]).map(drop)
        })
    }

    /// Removes a secret that another service keeps, at once.
    pub(crate) fn remove_managed(&self, arn: &str) -> Result<(), ServiceError> {
        match self.delete(arn, None) {
            Err(error) if error.code != "ResourceNotFoundException" => Err(error),
            _ => Ok(()),
        }
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    crate::logs::now()
}

/// `arn:aws:secretsmanager:<region>:<account>:secret:<rest>`.
fn secret_arn(region: &str, rest: &str) -> String {
    format!("arn:aws:secretsmanager:{region}:{DEFAULT_ACCOUNT}:secret:{rest}")
}
