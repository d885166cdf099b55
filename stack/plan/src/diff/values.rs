//! Differences of two values, by path.

use serde::Serialize;
use serde_json::Value;

use crate::template::function_of;

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueChange {
    /// Path (`Properties.Tags[0].Value`), empty for the whole.
    pub path: String,
    /// What the older template has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What the newer template has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl ValueChange {
    pub(super) fn added(path: &str, after: &Value) -> Self {
        Self { path: path.to_owned(), before: None, after: Some(after.clone()) }
    }

    pub(super) fn removed(path: &str, before: &Value) -> Self {
        Self { path: path.to_owned(), before: Some(before.clone()), after: None }
    }
}

/// Every difference below `path`.
pub(super) fn changes_of(path: &str, before: &Value, after: &Value) -> Vec<ValueChange> {
    let mut changes = Vec::new();
    compare(path, before, after, &mut changes);
    changes
}

fn compare(path: &str, before: &Value, after: &Value, changes: &mut Vec<ValueChange>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) if function_of(old).is_none() && function_of(new).is_none() => {
            let child = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            for (key, value) in new {
                match old.get(key) {
                    Some(before) => compare(&child(key), before, value, changes),
                    None => changes.push(ValueChange::added(&child(key), value)),
                }
            }
            for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
                changes.push(ValueChange::removed(&child(key), value));
            }
        }
        (Value::Array(old), Value::Array(new)) => compare_lists(path, old, new, changes),
        _ if is_same(before, after) => {}
        _ => changes.push(ValueChange {
            path: path.to_owned(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        }),
    }
}

/// Items that both lists begin with and end with are left out; what lies between is compared item by item.
fn compare_lists(path: &str, old: &[Value], new: &[Value], changes: &mut Vec<ValueChange>) {
    let start = old.iter().zip(new).take_while(|(old, new)| is_same(old, new)).count();
    let rest = (&old[start..], &new[start..]);
    let end = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(old, new)| is_same(old, new)).count();
    let (old, new) = (&rest.0[..rest.0.len() - end], &rest.1[..rest.1.len() - end]);
    for index in 0..old.len().max(new.len()) {
        let path = format!("{path}[{}]", start + index);
        match (old.get(index), new.get(index)) {
            (Some(before), Some(after)) => compare(&path, before, after, changes),
            (Some(before), None) => changes.push(ValueChange::removed(&path, before)),
            (None, Some(after)) => changes.push(ValueChange::added(&path, after)),
            (None, None) => {}
        }
    }
}

/// True for equal values. CloudFormation takes `7` and `"7"`, `true` and `"true"` for the same.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => false,
        (one, other) => one == other || text_of(one) == text_of(other),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
