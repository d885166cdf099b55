//! What `Fn::GetAtt` gives of each type: the read-only properties, and lists of exceptions that cfn-lint keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::at;
use super::packages::Packages;
use crate::failure::Failure;

pub(super) struct Attributes {
    /// Types of which every property is an attribute.
    all_properties: BTreeSet<String>,
    /// More attributes of some types.
    more: BTreeMap<String, Vec<String>>,
}

impl Attributes {
    /// Reads the lists out of the linter's source, which has them nowhere else.
    pub(super) fn read(packages: &Packages) -> Result<Self, Failure> {
        let source = packages.text("schema/_getatts.py")?;
        let literal = |start: &str, end: &str| -> Result<Value, Failure> {
            let text = source.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(text, _)| text);
            let text = text.ok_or_else(|| Failure::new(format!("`{start}` is not in _getatts.py")))?;
            let text = format!("{}{text}{end}", start.chars().last().unwrap_or('['));
            let trailing = regex::Regex::new(r",(\s*[\]}])").map_err(|error| Failure::new(error.to_string()))?;
            let comments = regex::Regex::new(r"(?m)#.*$").map_err(|error| Failure::new(error.to_string()))?;
            let text = comments.replace_all(&text, "").into_owned();
            serde_json::from_str(trailing.replace_all(&text, "$1").trim())
                .map_err(|error| Failure::new(format!("_getatts.py: {error}")))
        };
        let parse = |error: serde_json::Error| Failure::new(format!("_getatts.py: {error}"));
        Ok(Self {
            all_properties: serde_json::from_value(literal("_all_property_types = [", "\n]")?).map_err(parse)?,
            more: serde_json::from_value(literal("_exceptions = {", "\n}")?).map_err(parse)?,
        })
    }

    /// Adds `attributes` to the schema of type `name`.
    pub(super) fn add(&self, name: &str, schema: &mut Value) {
        let mut attributes = BTreeSet::new();
        if self.all_properties.contains(name) {
            for (property, member) in at(schema, "/properties").as_object().into_iter().flatten() {
                leaves(schema, member, property, &mut attributes, 0);
            }
        }
        attributes.extend(self.more.get(name).into_iter().flatten().cloned());
        let read_only = at(schema, "/readOnlyProperties").as_array().into_iter().flatten().filter_map(Value::as_str);
        for pointer in read_only {
            attributes.insert(pointer.trim_start_matches("/properties/").replace('/', "."));
        }
        if let Value::Object(fields) = schema {
            fields.insert("attributes".to_owned(), json!(attributes));
        }
    }
}

fn leaves(schema: &Value, member: &Value, path: &str, into: &mut BTreeSet<String>, depth: usize) {
    if depth > 6 {
        return;
    }
    let has_type = |name: &str| match member.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(many)) => many.iter().any(|one| one == name),
        _ => false,
    };
    if has_type("object") {
        for (name, inner) in at(member, "/properties").as_object().into_iter().flatten() {
            leaves(schema, inner, &format!("{path}.{name}"), into, depth + 1);
        }
    } else if has_type("array") {
        if !matches!(at(member, "/items/type").as_str(), Some("object" | "array")) {
            into.insert(path.to_owned());
        }
    } else if let Some(reference) = member.get("$ref").and_then(Value::as_str) {
        leaves(schema, at(schema, reference.trim_start_matches('#')), path, into, depth + 1);
    } else {
        into.insert(path.to_owned());
    }
}
