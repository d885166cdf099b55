//! A JSON Schema of the project file, for editors.
//!
//! Nothing is written down twice: the reader of the project file is asked. Small documents are read by it, and which keys
//! it looks for, in which form, and what it says about wrong values makes the schema. So the schema knows every key that
//! the reader knows, and no other.

mod explore;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::template::RESOURCE_KEYS;

use explore::{Explorer, Shape};

/// The schema, in draft 7, which every editor's YAML support reads.
#[must_use]
pub fn project_schema() -> Value {
    let root = Explorer::default().root();
    let Value::Object(body) = schema_of(&root) else { return Value::Null };
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!("stack.yaml"));
    schema.insert("description".to_owned(), json!("A project of `stack`"));
    schema.extend(body);
    // Keys of overrides are paths, which no list of keys can hold.
    schema["properties"]["overrides"] = overrides();
    schema.into()
}

/// Overrides by logical id: attributes of a resource, or paths that begin with one.
fn overrides() -> Value {
    let attributes: Vec<&str> = RESOURCE_KEYS.into_iter().filter(|key| *key != "Type").collect();
    json!({
        "type": ["object", "null"],
        "additionalProperties": {
            "type": "object",
            "patternProperties": { format!("^({})(\\..+)?$", attributes.join("|")): {} },
            "additionalProperties": false,
        },
    })
}

fn schema_of(shape: &Shape) -> Value {
    let mut forms = Vec::new();
    if shape.is_open() {
        return Value::Object(described(Map::new(), shape));
    }
    if let Some(mapping) = &shape.mapping {
        let mut form = Map::new();
        form.insert("type".to_owned(), json!(["object", "null"]));
        if !mapping.keys.is_empty() {
            let keys = mapping.keys.iter().map(|(key, shape)| (key.clone(), schema_of(shape)));
            form.insert("properties".to_owned(), Value::Object(keys.collect()));
        }
        let required: Vec<&String> = mapping.required.iter().collect();
        if !required.is_empty() {
            form.insert("required".to_owned(), json!(required));
            form.insert("type".to_owned(), json!("object"));
        }
        let names = mapping.names.as_ref().map_or(Value::Bool(mapping.is_open), |shape| schema_of(shape));
        if names != Value::Bool(true) {
            form.insert("additionalProperties".to_owned(), names);
        }
        forms.push(form);
    }
    if let Some(item) = &shape.item {
        forms.push(Map::from_iter([("type".to_owned(), json!("array")), ("items".to_owned(), schema_of(item))]));
    }
    if shape.is_scalar {
        forms.push(Map::from_iter([("type".to_owned(), json!(["string", "number", "boolean"]))]));
    }
    let schema = match forms.len() {
        1 => forms.pop().unwrap_or_default(),
        _ => Map::from_iter([("anyOf".to_owned(), forms.into_iter().map(Value::Object).collect())]),
    };
    Value::Object(described(schema, shape))
}

fn described(mut schema: Map<String, Value>, shape: &Shape) -> Map<String, Value> {
    if let Some(description) = &shape.description {
        schema.insert("description".to_owned(), json!(description));
    }
    schema
}
