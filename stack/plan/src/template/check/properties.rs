//! The properties of one resource of which every function is evaluated.

use serde_json::Value;

use super::found::{At, Found};
use super::walk::{Mode, Walk};
use super::{Checker, SchemaFault};
use crate::specification::Specification;
use crate::template::TemplateFault;

/// Something that the schema of a type does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyFault {
    /// JSON pointer to the value (`/Tags/0/Key`), empty for the properties as a whole.
    pub pointer: String,
    /// What is wrong.
    pub fault: SchemaFault,
}

/// Checks evaluated properties against the schema of their type alone, as CloudFormation does before it asks a service:
/// names, types, ranges, forms. What lies between properties, or depends on more than the schema, is not looked at. A type
/// that is not known has no faults.
#[must_use]
pub fn check_properties(type_name: &str, properties: &Value) -> Vec<PropertyFault> {
    let Some(resource_type) = Specification::embedded().resource_type(type_name) else { return Vec::new() };
    let checker = Checker::new(&Value::Null, &[]);
    let walk = Walk { checker: &checker, root: resource_type.schema() };
    let mut found = Found::default();
    let mode = Mode { raw: true, ..Mode::default() };
    walk.value(properties, resource_type.schema(), &At::path(""), &mode, &mut found);
    let mut faults: Vec<PropertyFault> = found
        .faults
        .into_iter()
        .filter_map(|error| match error.fault {
            TemplateFault::Schema(fault) => Some(PropertyFault { pointer: error.path, fault: *fault }),
            _ => None,
        })
        // What a text should stand for is an addition to the schemas, which CloudFormation does not know.
        .filter(|found| !matches!(found.fault, SchemaFault::WrongFormat { .. }))
        .collect();
    for path in resource_type.read_only() {
        let pointer = format!("/{path}");
        if !path.contains('*') && properties.pointer(&pointer).is_some() {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            faults.push(PropertyFault { pointer, fault: SchemaFault::ReadOnlyProperty { name } });
        }
    }
    faults.dedup();
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(type_name: &str, properties: &Value) -> Vec<String> {
        check_properties(type_name, properties)
            .into_iter()
            .map(|found| format!("#{}: {}", found.pointer, found.fault))
            .collect()
    }

    #[test]
    fn evaluated_properties_are_held_to_their_schema() {
        assert_eq!(
            faults(
                "AWS::SQS::Queue",
                &json!({"QueueName": "q", "DelaySeconds": "5", "Tags": [{"Key": "a", "Value": 1}]})
            ),
            Vec::<String>::new()
        );
        assert_eq!(faults("Not::Known::Type", &json!({"Anything": 1})), Vec::<String>::new());
        let wrong = json!({
            "Role": "arn:aws:iam::000000000000:role/r",
            "MemorySize": 64,
            "Timeout": "soon",
            "Environment": [],
            "TracingConfig": {"Mode": "Loud"},
            "Colour": "red",
            "Arn": "mine",
        });
        insta::assert_snapshot!(faults("AWS::Lambda::Function", &wrong).join("\n"));
        // A document may hold anything, the names of functions too.
        let policy = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": {"Statement": [{"Ref": "x"}]}});
        assert_eq!(faults("AWS::IAM::RolePolicy", &policy), Vec::<String>::new());
    }
}
