//! Patch operations: how v1 of the API changes members, by paths as JSON pointers have them.

use serde_json::{Value, json};

use super::bad;
use crate::wire::ServiceError;
use crate::wire::case::typed;

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operation {
    pub(super) verb: Verb,
    /// The steps of the path, decoded.
    pub(super) path: Vec<String>,
    pub(super) value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Remove,
    Replace,
}

/// Reads `patchOperations`.
pub(super) fn operations(body: &Value) -> Result<Vec<Operation>, ServiceError> {
    let list = body["patchOperations"].as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .map(|operation| {
            let verb = match operation["op"].as_str() {
                Some("add") => Verb::Add,
                Some("remove") => Verb::Remove,
                Some("replace") => Verb::Replace,
                other => {
                    return Err(bad(format!(
                        "the local cloud does not serve the patch operation `{}`",
                        other.unwrap_or("null")
                    )));
                }
            };
            let path = operation["path"].as_str().and_then(|path| path.strip_prefix('/'));
            let path = path.ok_or_else(|| bad(format!("Invalid patch path {}", operation["path"])))?;
            let path = path.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
            Ok(Operation { verb, path, value: operation["value"].clone() })
        })
        .collect()
}

/// Changes members. `allowed` are the first steps that a path may have.
pub(super) fn apply(members: &mut Value, operations: &[Operation], allowed: &[&str]) -> Result<(), ServiceError> {
    for operation in operations {
        let Some((last, above)) = operation.path.split_last() else { continue };
        if !allowed.contains(&operation.path[0].as_str()) {
            return Err(bad(format!(
                "Invalid patch path '/{}' specified for op '{}'. Must be one of: {allowed:?}",
                operation.path.join("/"),
                match operation.verb {
                    Verb::Add => "add",
                    Verb::Remove => "remove",
                    Verb::Replace => "replace",
                }
            )));
        }
        let mut place = &mut *members;
        for step in above {
            if place.is_null() {
                *place = json!({});
            }
            place = match place {
                Value::Array(_) => break,
                Value::Object(object) => object.entry(step.clone()).or_insert(Value::Null),
                _ => return Err(bad(format!("Invalid patch path '/{}'", operation.path.join("/")))),
            };
        }
        change(place, last, operation);
    }
    Ok(())
}

fn change(place: &mut Value, last: &str, operation: &Operation) {
    let value = typed(last, &operation.value).unwrap_or_else(|| operation.value.clone());
    match place {
        // The elements of lists are named by what they are: `/binaryMediaTypes/image~1png`.
        Value::Array(items) => {
            items.retain(|item| *item != *last);
            if operation.verb != Verb::Remove {
                items.push(if operation.value.is_null() { json!(last) } else { value });
            }
        }
        place => {
            if !place.is_object() {
                // A list that is not there yet is begun by its first element.
                if operation.verb == Verb::Add && operation.value.is_null() {
                    *place = json!([last]);
                    return;
                }
                *place = json!({});
            }
            let Some(object) = place.as_object_mut() else { return };
            match (operation.verb, object.get_mut(last)) {
                (Verb::Remove, _) => drop(object.remove(last)),
                (Verb::Add, Some(Value::Array(items))) if !value.is_array() => items.push(value),
                _ => drop(object.insert(last.to_owned(), value)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_changed_by_paths() {
        let mut members = json!({"name": "a", "list": ["x/y", "z"], "deep": {"enabled": false}, "arns": ["1"]});
        let body = json!({"patchOperations": [
            {"op": "replace", "path": "/name", "value": "b"},
            {"op": "remove", "path": "/list/x~1y"},
            {"op": "add", "path": "/list/new"},
            {"op": "replace", "path": "/deep/enabled", "value": "true"},
            {"op": "add", "path": "/deep/throttle/rateLimit", "value": "2.5"},
            {"op": "add", "path": "/arns", "value": "2"},
            {"op": "add", "path": "/fresh/a~1b"},
        ]});
        let allowed = ["name", "list", "deep", "arns", "fresh"];
        apply(&mut members, &operations(&body).unwrap(), &allowed).unwrap();
        let expected = json!({
            "name": "b", "list": ["z", "new"], "deep": {"enabled": true, "throttle": {"rateLimit": 2.5}},
            "arns": ["1", "2"], "fresh": ["a/b"],
        });
        assert_eq!(members, expected);
        let other = operations(&json!({"patchOperations": [{"op": "replace", "path": "/id", "value": "x"}]})).unwrap();
        assert_eq!(apply(&mut members, &other, &allowed).unwrap_err().code, "BadRequestException");
        assert!(operations(&json!({"patchOperations": [{"op": "move", "path": "/a"}]})).is_err());
        assert!(operations(&json!({"patchOperations": [{"op": "add", "path": "a"}]})).is_err());
    }
}
