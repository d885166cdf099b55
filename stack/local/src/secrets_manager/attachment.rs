//! What an attachment adds to a secret: how to reach the database that the secret is for.

use serde_json::{Map, Value};

use crate::cloud::Cloud;
use crate::cloudformation::provider::ProviderError;

/// `engine`, `host`, `port`, `dbname` and the identifier of a database, as a secret names them. `kind` is the target's type
/// (`AWS::RDS::DBInstance`), `id` its physical id.
///
/// # Errors
/// The target is not there, or of a type that the local cloud does not make.
pub(super) fn connection(_cloud: &Cloud, kind: &str, id: &str) -> Result<Map<String, Value>, ProviderError> {
    Err(ProviderError::new(
        "NotFound",
        format!("the local cloud has no {kind} `{id}` that a secret could be attached to"),
    ))
}

/// Names that an attachment adds and that are taken out with it.
pub(super) const ADDED: [&str; 7] =
    ["dbClusterIdentifier", "dbInstanceIdentifier", "dbname", "engine", "host", "masterarn", "port"];
