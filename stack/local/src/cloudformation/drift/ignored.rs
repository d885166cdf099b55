//! Properties of which drift is not looked at, with the reason.

use serde_json::Value;
use stack_plan::specification::Specification;

use crate::cloudformation::change_set::Ignored;
use crate::cloudformation::references::is_reference;

/// Those of a resource with these properties, in the order of their paths.
pub(crate) fn ignored(resource_type: &str, properties: &Value) -> Vec<Ignored> {
    let mut found = Vec::new();
    if let Some(known) = Specification::embedded().resource_type(resource_type) {
        for path in known.write_only() {
            let steps: Vec<&str> = path.split('/').collect();
            walk(properties, &steps, "/Properties", &mut |pointer| {
                found.push(Ignored { path: pointer.to_owned(), reason: "WRITE_ONLY_PROPERTY".to_owned() });
            });
        }
    }
    sensitive(properties, "/Properties", &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found.dedup_by(|one, other| one.path == other.path);
    found
}

/// Calls `found` with the pointer to each value at a path of the specification, where items of lists are `*`.
fn walk(value: &Value, steps: &[&str], pointer: &str, found: &mut impl FnMut(&str)) {
    match (steps, value) {
        ([], _) => found(pointer),
        (["*", rest @ ..], Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, rest, &format!("{pointer}/{index}"), found);
            }
        }
        ([name, rest @ ..], Value::Object(fields)) => {
            if let Some(field) = fields.get(*name) {
                walk(field, rest, &format!("{pointer}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// What is behind a dynamic reference is never read.
fn sensitive(value: &Value, pointer: &str, found: &mut Vec<Ignored>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                sensitive(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                sensitive(field, &format!("{pointer}/{name}"), found);
            }
        }
        other if is_reference(other) => {
            found.push(Ignored { path: pointer.to_owned(), reason: "SENSITIVE_PROPERTY".to_owned() });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_read_and_what_must_not_be_is_ignored() {
        let function = json!({
            "Code": {"S3Bucket": "b", "S3Key": "k"},
            "Environment": {"Variables": {"KEY": "{{resolve:secretsmanager:s}}", "NAME": "x"}},
        });
        let found: Vec<String> = ignored("AWS::Lambda::Function", &function)
            .into_iter()
            .map(|one| format!("{} {}", one.path, one.reason))
            .collect();
        assert_eq!(
            found,
            [
                "/Properties/Code/S3Bucket WRITE_ONLY_PROPERTY",
                "/Properties/Code/S3Key WRITE_ONLY_PROPERTY",
                "/Properties/Environment/Variables/KEY SENSITIVE_PROPERTY",
            ]
        );
        assert_eq!(ignored("Test::Fault::Thing", &json!({"Value": 1})), []);
    }
}
