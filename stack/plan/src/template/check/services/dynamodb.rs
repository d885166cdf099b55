//! `DynamoDB`: keys and attribute definitions.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::template::check::Checker;
use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::scenario::scenarios;

pub(super) fn check(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    for (form, _) in scenarios(&checker.conditions, properties, under) {
        attributes(&form, at, found);
    }
}

/// Every attribute that is a key of the table or of an index is defined, and no other.
fn attributes(properties: &Value, at: &At<'_>, found: &mut Found) {
    let Some(defined) = names(properties.get("AttributeDefinitions")) else { return };
    let mut keys = BTreeSet::new();
    let mut collect = |schema: Option<&Value>| match schema {
        None => Some(()),
        Some(schema) => {
            keys.extend(names(Some(schema))?);
            Some(())
        }
    };
    if collect(properties.get("KeySchema")).is_none() {
        return;
    }
    for indexes in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let Some(indexes) = properties.get(indexes) else { continue };
        let Some(indexes) = indexes.as_array() else { return };
        if indexes.iter().any(|index| collect(index.get("KeySchema")).is_none() || index.get("Fn::If").is_some()) {
            return;
        }
    }
    let list = |names: Vec<&String>| names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let place = at.key("AttributeDefinitions");
    let missing: Vec<&String> = keys.difference(&defined).collect();
    if !missing.is_empty() {
        found.say(&place, format!("key attributes without AttributeDefinitions: {}", list(missing)));
    }
    let unused: Vec<&String> = defined.difference(&keys).collect();
    if !unused.is_empty() {
        found.say(&place, format!("AttributeDefinitions that are no key of the table or an index: {}", list(unused)));
    }
}

/// Literal names; nothing when one of them is a function.
fn names(list: Option<&Value>) -> Option<BTreeSet<String>> {
    list?.as_array()?.iter().map(|item| item.get("AttributeName")?.as_str().map(str::to_owned)).collect()
}
