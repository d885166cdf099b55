//! The IAM actions of every service.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::at;
use super::packages::Packages;
use crate::failure::Failure;

/// One record `iam:SERVICE` for each service prefix:
/// `{"actions": {"getobject": {"r": ["object"], "c": ["s3:..."]}}, "resources": {"object": {"a": ["arn:..."], "c": [...]}}}`.
pub(super) fn read(packages: &Packages) -> Result<BTreeMap<String, String>, Failure> {
    let table = packages.json("data/AdditionalSpecs/Policies.json")?;
    let mut records = BTreeMap::new();
    for (service, entry) in table.as_object().into_iter().flatten() {
        let actions: Map<String, Value> = at(entry, "/Actions")
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, action)| (name.clone(), short(action, &[("Resources", "r"), ("ConditionKeys", "c")])))
            .collect();
        let resources: Map<String, Value> = at(entry, "/Resources")
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, resource)| (name.clone(), short(resource, &[("ARNFormats", "a"), ("ConditionKeys", "c")])))
            .collect();
        records.insert(format!("iam:{service}"), json!({"actions": actions, "resources": resources}).to_string());
    }
    Ok(records)
}

fn short(entry: &Value, names: &[(&str, &str)]) -> Value {
    let mut fields = Map::new();
    for (long, short) in names {
        if let Some(value) = entry.get(*long) {
            fields.insert((*short).to_owned(), value.clone());
        }
    }
    Value::Object(fields)
}
