//! What an attachment adds to a secret: how to reach the database that the secret is for.

use serde_json::{Map, Value, json};

use crate::cloud::Cloud;
use crate::cloudformation::provider::ProviderError;

/// `engine`, `host`, `port`, `dbname` and the identifier of a database, as a secret names them. `kind` is the target's type
/// (`AWS::RDS::DBInstance`), `id` its physical id.
///
/// # Errors
/// The target is not there, or of a type that the local cloud does not make.
pub(super) fn connection(cloud: &Cloud, kind: &str, id: &str) -> Result<Map<String, Value>, ProviderError> {
    let found = (kind == "AWS::RDS::DBInstance").then(|| cloud.rds.connection(&cloud.region, id)).flatten();
    let Some(found) = found else {
        return Err(ProviderError::new(
            "NotFound",
            format!("the local cloud has no {kind} `{id}` that a secret could be attached to"),
        ));
    };
    let mut added = Map::from_iter([
        ("engine".to_owned(), json!(found.engine)),
        ("host".to_owned(), json!(found.host)),
        ("port".to_owned(), json!(found.port)),
        ("dbInstanceIdentifier".to_owned(), json!(id)),
    ]);
    if !found.database.is_empty() {
        added.insert("dbname".to_owned(), json!(found.database));
    }
    Ok(added)
}

/// Names that an attachment adds and that are taken out with it.
pub(super) const ADDED: [&str; 7] =
    ["dbClusterIdentifier", "dbInstanceIdentifier", "dbname", "engine", "host", "masterarn", "port"];
