//! Systems Manager: its parameters.
//!
//! `parameters` keeps state, `public` answers for the parameters that AWS publishes, `api` is the wire format.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::LocalError;
use crate::persist::Store;
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

pub(crate) mod api;
mod listing;
mod parameters;
mod public;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

/// One version of a parameter.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Version {
    /// 1 for the first.
    number: u64,
    /// `String`, `StringList`, `SecureString`.
    kind: String,
    value: String,
    description: String,
    /// Of a `SecureString`: id, ARN or alias of a key.
    key_id: Option<String>,
    allowed_pattern: Option<String>,
    /// `text`, `aws:ec2:image`, `aws:ssm:integration`.
    data_type: String,
    /// `Standard`, `Advanced`.
    tier: String,
    labels: Vec<String>,
    /// Milliseconds since 1970.
    modified: i64,
    /// ARN of who wrote it.
    user: String,
}

/// Values may be secret: `Debug` does not show them.
impl fmt::Debug for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Version")
            .field("number", &self.number)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parameter {
    name: String,
    /// Oldest first, never empty.
    versions: Vec<Version>,
    tags: BTreeMap<String, String>,
}

/// State of the service.
pub(crate) struct Ssm {
    /// By name.
    parameters: Store<BTreeMap<String, Parameter>>,
}

impl Ssm {
    /// Opens the service; state is read from and kept in `data_directory` where one is given, readable for its owner only.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { parameters: Store::open(data_directory, "ssm")? })
    }
}

/// What other services ask of Systems Manager. Clients come through [`api`].
impl Ssm {
    /// The value of a parameter by name or ARN, with `:<version>` or `:<label>` where not the latest is meant; also of the
    /// parameters that AWS publishes. A `SecureString` comes decrypted.
    ///
    /// # Errors
    /// `ParameterNotFound`, `ParameterVersionNotFound`.
    pub(crate) fn value(&self, name: &str) -> Result<String, ServiceError> {
        if let Some(value) = public::value(name) {
            return Ok(value);
        }
        self.find(name).map(|(_, version)| version.value)
    }
}

/// `arn:aws:ssm:<region>:<account>:parameter/<name>`; the slash that a name begins with counts once.
fn parameter_arn(region: &str, name: &str) -> String {
    format!("arn:aws:ssm:{region}:{DEFAULT_ACCOUNT}:parameter/{}", name.trim_start_matches('/'))
}
