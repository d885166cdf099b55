//! What the specification of resource types says: which properties may stand, what a change does, who takes tags.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use stack_plan::specification::{Replacement, ResourceType, Specification};
use stack_plan::template::{PropertyFault, SchemaFault, check_properties};

use super::kinds::ResourceKind;

/// A resource type, if the specification knows it.
pub(super) fn known_type(resource_type: &str) -> Option<Arc<ResourceType>> {
    Specification::embedded().resource_type(resource_type)
}

/// True when the stack's tags go to resources of the type.
pub(super) fn takes_tags(resource_type: &str) -> bool {
    known_type(resource_type).is_some_and(|known| known.tag_property().is_some())
}

/// What a change at a JSON pointer within the properties (`/Tags/0/Value`) does to a resource.
pub(super) fn replacement(resource_type: &str, pointer: &str) -> Replacement {
    let is_index = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let steps: Vec<&str> = pointer.split('/').skip(1).map(|step| if is_index(step) { "*" } else { step }).collect();
    if let Some(known) = known_type(resource_type) {
        return known.replacement(&steps.join("/"));
    }
    // A type that only this cloud has.
    let names = ResourceKind::of(resource_type).map_or(&[][..], ResourceKind::create_only);
    let is_create_only = steps.first().is_some_and(|first| names.contains(first));
    if is_create_only { Replacement::Yes } else { Replacement::No }
}

/// True when a create-only property differs, so that another resource must be made.
pub(super) fn replaces(resource_type: &str, old: &Value, new: &Value) -> bool {
    differing(old, new, "").iter().any(|pointer| replacement(resource_type, pointer) == Replacement::Yes)
}

/// Pointers to the values that differ.
fn differing(old: &Value, new: &Value, pointer: &str) -> Vec<String> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            names
                .into_iter()
                .flat_map(|name| {
                    let [old, new] = [old, new].map(|fields| fields.get(name).unwrap_or(&Value::Null));
                    differing(old, new, &format!("{pointer}/{name}"))
                })
                .collect()
        }
        (old, new) if old == new => Vec::new(),
        _ => vec![pointer.to_owned()],
    }
}

/// Why CloudFormation refuses the properties of a resource before it asks the service; `None` when it does not.
pub(super) fn refusal(logical_id: &str, resource_type: &str, properties: &Value) -> Option<String> {
    let faults = check_properties(resource_type, properties);
    let lines: Vec<String> = faults.iter().map(|fault| line(fault, properties)).collect();
    let message = match lines.as_slice() {
        [] => return None,
        [one] => one.clone(),
        many => format!("#: {} schema violations found\n{}", many.len(), many.join("\n")),
    };
    Some(format!("Properties validation failed for resource {logical_id} with message: {message}"))
}

/// A fault in CloudFormation's words. Values that may be secrets are not in them.
fn line(found: &PropertyFault, properties: &Value) -> String {
    let pointer = &found.pointer;
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    let constraint = |keyword: &str| format!("#{pointer}: failed validation constraint for keyword [{keyword}]");
    match &found.fault {
        SchemaFault::UnsupportedProperty { name, .. } => format!("#{parent}: extraneous key [{name}] is not permitted"),
        SchemaFault::MissingProperty { name } | SchemaFault::RequiresProperty { name, .. } => {
            format!("#{pointer}: required key [{name}] not found")
        }
        SchemaFault::TypeMismatch { expected, .. } => {
            let value = properties.pointer(pointer).unwrap_or(&Value::Null);
            format!("#{pointer}: expected type: {}, found: {}", type_words(expected), type_of(value))
        }
        SchemaFault::NotAllowed { .. } => constraint("enum"),
        SchemaFault::PatternMismatch { .. } => constraint("pattern"),
        SchemaFault::OutOfRange { bound, .. } => {
            let keyword = match bound {
                bound if bound.starts_with("at least") => "minimum",
                bound if bound.starts_with("at most") => "maximum",
                bound if bound.starts_with("more") => "exclusiveMinimum",
                bound if bound.starts_with("less") => "exclusiveMaximum",
                _ => "multipleOf",
            };
            constraint(keyword)
        }
        SchemaFault::WrongCount { what, bound, found } => {
            let (least, number) = (bound.starts_with("at least"), bound.rsplit(' ').next().unwrap_or_default());
            match *what {
                "items" | "different items" => {
                    let side = if least { "minimum" } else { "maximum" };
                    format!("#{pointer}: expected {side} item count: {number}, found: {found}")
                }
                "properties" => {
                    let side = if least { "minimum" } else { "maximum" };
                    format!("#{pointer}: {side} size: [{number}], found: [{found}]")
                }
                _ => constraint(if least { "minLength" } else { "maxLength" }),
            }
        }
        SchemaFault::RepeatedItem { .. } => format!("#{pointer}: array items are not unique"),
        SchemaFault::WrongForm { found, of } => match *found {
            "none" => format!("#{pointer}: #: no subschema matched out of the total {of} subschemas"),
            _ => format!("#{pointer}: #: several subschemas matched out of the total {of} subschemas"),
        },
        SchemaFault::ReadOnlyProperty { .. } => {
            format!("Encountered unsupported properties in #{parent}: [{}] is read-only", last_step(pointer))
        }
        other => format!("#{pointer}: {other}"),
    }
}

fn last_step(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

/// `a string or an object` as `String or JSONObject`.
fn type_words(expected: &str) -> String {
    let words = expected.split(" or ").map(|word| match word.trim_start_matches("an ").trim_start_matches("a ") {
        "string" => "String",
        "integer" => "Integer",
        "number" => "Number",
        "boolean" => "Boolean",
        "list" => "JSONArray",
        "object" => "JSONObject",
        other => other,
    });
    words.collect::<Vec<_>>().join(" or ")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Double",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_have_the_words_of_cloudformation() {
        assert_eq!(refusal("T", "AWS::SNS::Topic", &json!({"DisplayName": "x"})), None);
        assert_eq!(
            refusal("T", "AWS::SNS::Topic", &json!({"Colour": "red"})).unwrap(),
            "Properties validation failed for resource T with message: #: extraneous key [Colour] is not permitted"
        );
        let wrong = json!({
            "Code": {"ZipFile": "x"},
            "Timeout": "soon",
            "MemorySize": 1,
            "TracingConfig": {"Mode": "Loud", "Extra": 1},
            "Layers": {},
        });
        insta::assert_snapshot!(refusal("F", "AWS::Lambda::Function", &wrong).unwrap());
    }

    #[test]
    fn what_a_change_does_is_in_the_specification() {
        for (resource_type, old, new, expected) in [
            ("AWS::SNS::Topic", json!({"TopicName": "a"}), json!({"TopicName": "b"}), true),
            ("AWS::SNS::Topic", json!({"DisplayName": "a"}), json!({"DisplayName": "b"}), false),
            ("AWS::SNS::Topic", json!({"TopicName": "a"}), json!({}), true),
            ("AWS::Lambda::Permission", json!({"Action": "a"}), json!({"Action": "b"}), true),
            ("AWS::S3::Bucket", json!({"Tags": [{"Key": "a"}]}), json!({"Tags": []}), false),
            ("Test::Fault::Thing", json!({"Name": "a"}), json!({"Name": "b"}), true),
            ("Test::Fault::Thing", json!({"Value": "a"}), json!({"Value": "b"}), false),
        ] {
            assert_eq!(replaces(resource_type, &old, &new), expected, "{resource_type} {old} {new}");
        }
        assert!(takes_tags("AWS::S3::Bucket") && !takes_tags("AWS::S3::BucketPolicy"));
    }
}
