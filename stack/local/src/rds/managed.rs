//! Passwords that RDS keeps by itself (`ManageMasterUserPassword`): drawn here, and told by a secret of Secrets Manager.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::invalid;
use crate::cloud::Cloud;
use crate::records::Record;
use crate::secrets_manager::SecretsManager;
use crate::wire::ServiceError;
use crate::wire::properties::as_flag;

/// Attribute of an instance that names its secret, as `Fn::GetAtt` has it.
pub(super) const SECRET: &str = "MasterUserSecret.SecretArn";

/// Characters that a password of RDS cannot have, and those that shells and connection strings read otherwise.
const EXCLUDED: &str = "/@\"' \\`$%:?#&";

fn is_managed(properties: &Value) -> bool {
    properties.get("ManageMasterUserPassword").and_then(as_flag) == Some(true)
}

/// The properties with the password that the server gets: the one that is given, kept, or drawn. `before` is the instance as it
/// is, whose own password counts as given by nobody.
///
/// # Errors
/// `InvalidParameterCombination` where a password is both given and to be kept by RDS, or neither.
pub(super) fn with_password(properties: &Value, before: Option<&Record>) -> Result<Value, ServiceError> {
    let known = before.map(|record| record.text("MasterUserPassword").to_owned());
    let given = properties.get("MasterUserPassword").and_then(Value::as_str);
    let given = given.filter(|given| known.as_deref() != Some(*given));
    let was_managed = before.is_some_and(|record| !record.attribute(SECRET).is_empty());
    let mut properties = properties.clone();
    match (is_managed(&properties), given) {
        (true, Some(_)) => {
            return Err(invalid(
                "InvalidParameterCombination",
                "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.",
            ));
        }
        (true, None) => {
            let rotates = properties.get("RotateMasterUserPassword").and_then(as_flag) == Some(true);
            let password = match known {
                Some(known) if was_managed && !rotates => known,
                _ => SecretsManager::draw_password(32, EXCLUDED)?,
            };
            properties["MasterUserPassword"] = json!(password);
        }
        (false, None) if was_managed => {
            return Err(invalid(
                "InvalidParameterCombination",
                "You must specify MasterUserPassword when you disable ManageMasterUserPassword.",
            ));
        }
        (false, _) => {}
    }
    if let Some(properties) = properties.as_object_mut() {
        properties.remove("RotateMasterUserPassword");
    }
    Ok(properties)
}

/// Brings the secret of an instance to what its properties are: made, changed or removed. `before` is the ARN that the instance
/// has, empty for none; gives the one that it has after that.
pub(super) fn settle(cloud: &Cloud, record: &Record, before: &str) -> Result<String, ServiceError> {
    let secrets = &cloud.secrets_manager;
    if !is_managed(&Value::Object(record.properties.clone())) {
        if !before.is_empty() {
            secrets.remove_managed(before)?;
        }
        return Ok(String::new());
    }
    let value =
        json!({"username": record.text("MasterUsername"), "password": record.text("MasterUserPassword")}).to_string();
    if !before.is_empty() {
        secrets.change_managed(before, value)?;
        return Ok(before.to_owned());
    }
    let arn = record.attribute("Arn");
    let tags = [("aws:rds:primaryDBInstanceArn", arn), ("aws:secretsmanager:owningService", "rds")];
    let tags: BTreeMap<String, String> =
        tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    secrets.create_managed(
        &record.region,
        &format!("rds!db-{}", uuid::Uuid::new_v4()),
        &format!("The secret associated with the primary RDS DB instance: {arn}"),
        record.property("MasterUserSecret")["KmsKeyId"].as_str(),
        tags,
        value,
    )
}
