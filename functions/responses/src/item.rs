//! Items of DynamoDB as JSON.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};

/// An item with its texts, numbers and booleans, sorted by name; no row has other types.
pub(crate) fn to_json(item: &HashMap<String, AttributeValue>) -> Value {
    let mut names: Vec<&String> = item.keys().collect();
    names.sort();
    let member = |name: &String| {
        let value = match item.get(name)? {
            AttributeValue::S(text) => Value::from(text.as_str()),
            AttributeValue::N(number) => serde_json::from_str(number).unwrap_or_else(|_| Value::from(number.as_str())),
            AttributeValue::Bool(is_true) => Value::from(*is_true),
            _ => return None,
        };
        Some((name.clone(), value))
    };
    Value::Object(names.into_iter().filter_map(member).collect::<Map<_, _>>())
}
