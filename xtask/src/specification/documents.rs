//! Schemas of documents that are no resources.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::packages::Packages;
use super::pattern::Counts;
use super::schema::trim;
use crate::failure::Failure;

/// Records by name, and the files that they are made from.
const FILES: [(&str, &str); 5] = [
    ("cfn-init", "resources/cfn_init.json"),
    ("globals", "sam/globals.json"),
    ("ssm-document", "ssm/document.json"),
    ("state-machine", "step_functions/statemachine.json"),
    ("update-policy", "resources/update_policy.json"),
];

/// `document:NAME` for each.
pub(super) fn read(packages: &Packages, counts: &mut Counts) -> Result<BTreeMap<String, String>, Failure> {
    let mut records = BTreeMap::new();
    for (name, file) in FILES {
        let schema = packages.json(&format!("data/schemas/other/{file}"))?;
        records.insert(format!("document:{name}"), trim(&schema, counts).to_string());
        if name == "state-machine" {
            let schema = trim(&with_jsonata(schema), counts);
            records.insert(format!("document:{name}-jsonata"), schema.to_string());
        }
    }
    Ok(records)
}

/// The schema of a machine whose query language is `JSONata` for all of its states: paths are gone, and what is computed
/// by an expression may be a string.
fn with_jsonata(mut schema: Value) -> Value {
    let mut set = |pointer: &str, value: Value| {
        let Some((parent, key)) = pointer.rsplit_once('/') else { return };
        if let Some(Value::Object(fields)) = schema.pointer_mut(parent) {
            fields.insert(key.to_owned(), value);
        }
    };
    let paths = ["InputPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector"];
    let gone: Map<String, Value> = paths.iter().map(|name| ((*name).to_owned(), Value::Bool(false))).collect();
    set("/definitions/common/allOf", json!([{"properties": gone}]));
    let choice = json!({
        "additionalProperties": false,
        "properties": {
            "Assign": {"type": "object"},
            "Comment": {"type": "string"},
            "Condition": {"type": "string"},
            "Next": {"pattern": "^.{1,128}$", "type": "string"},
            "Output": {"type": ["string", "object"]},
        },
        "required": ["Condition", "Next"],
        "type": "object",
    });
    set("/definitions/choice/allOf", json!([{"properties": {"Choices": {"items": choice}}}]));
    set(
        "/definitions/wait/properties/Seconds",
        json!({"maximum": 99_999_999, "minimum": 0, "type": ["number", "string"]}),
    );
    for name in ["ItemsPath", "MaxConcurrencyPath"] {
        set(&format!("/definitions/map/properties/{name}"), Value::Bool(false));
    }
    for state in ["choice", "fail", "map", "parallel", "pass", "task", "wait"] {
        set(&format!("/definitions/{state}/properties/Arguments"), json!({"type": ["string", "object"]}));
    }
    schema
}
