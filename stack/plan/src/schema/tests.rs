//! Whatever is a project is one by the schema, and whatever has an unknown key is not.

use serde_json::Value;

use super::project_schema;
use crate::yaml::{self, Node, Resolved, Value as Tree};

const PROJECTS: [&str; 3] = [
    include_str!("../../../../examples/avatars/stack.yaml"),
    include_str!("../../../../tests/fixtures/every-key/stack.yaml"),
    include_str!("../../../../tests/fixtures/raw-cloudformation/stack.yaml"),
];

/// What the schema says against a value: as much of draft 7 as the schema uses.
fn complaints(schema: &Value, node: &Node, path: &str, found: &mut Vec<String>) {
    if let Some(forms) = schema.get("anyOf").and_then(Value::as_array) {
        let of_form = |form| {
            let mut found = Vec::new();
            complaints(form, node, path, &mut found);
            found
        };
        let fewest = forms.iter().map(of_form).min_by_key(Vec::len).unwrap();
        return found.extend(fewest);
    }
    let kind = match &node.value {
        Tree::Mapping(_) => "object",
        Tree::Sequence(_) => "array",
        Tree::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => "null",
            Resolved::Boolean(_) => "boolean",
            Resolved::Integer(_) | Resolved::Float(_) => "number",
            Resolved::String(_) => "string",
        },
    };
    let is_of_type = match schema.get("type") {
        None => true,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        Some(one) => one == kind,
    };
    if !is_of_type {
        found.push(format!("{path}: {kind} is not {}", schema["type"]));
    }
    match &node.value {
        Tree::Mapping(entries) => {
            for entry in entries {
                let path = format!("{path}/{}", entry.key);
                let pattern = schema.get("patternProperties").and_then(Value::as_object).and_then(|patterns| {
                    let matches = |pattern: &str| regex::Regex::new(pattern).unwrap().is_match(&entry.key);
                    patterns.iter().find(|(pattern, _)| matches(pattern)).map(|(_, schema)| schema)
                });
                let below = schema["properties"].get(&entry.key).or(pattern);
                match below.or(schema.get("additionalProperties")) {
                    Some(Value::Bool(false)) => found.push(format!("{path}: unknown key")),
                    Some(below) => complaints(below, &entry.value, &path, found),
                    None => {}
                }
            }
            for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if node.get(key).is_none() {
                    found.push(format!("{path}: {key} is required"));
                }
            }
        }
        Tree::Sequence(items) => {
            for item in items {
                complaints(&schema["items"], item, path, found);
            }
        }
        Tree::Scalar(_) => {}
    }
}

fn check(schema: &Value, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    complaints(schema, &yaml::parse(text).unwrap(), "", &mut found);
    found
}

#[test]
fn every_project_is_one_by_the_schema() {
    let schema = project_schema();
    for text in PROJECTS {
        assert_eq!(check(&schema, text), [""; 0]);
    }
}

#[test]
fn what_the_reader_refuses_the_schema_refuses() {
    let schema = project_schema();
    for (text, complaint) in [
        ("stack: s\nfunction: {}", "/function: unknown key"),
        ("functions: {}", ": stack is required"),
        ("stack: s\nfunctions: { f: { memmory: 1 } }", "/functions/f/memmory: unknown key"),
        (
            "stack: s\nfunctions: { f: { memory: [1] } }",
            "/functions/f/memory: array is not [\"string\",\"number\",\"boolean\"]",
        ),
        ("stack: s\nfunctions: { f: { access: { raed: x } } }", "/functions/f/access/raed: unknown key"),
        ("stack: s\nbuckets: { b: { cors: [{ origin: x }] } }", "/buckets/b/cors/origin: unknown key"),
        ("stack: s\nbuckets: { b: { events: { on: x } } }", "/buckets/b/events: object is not \"array\""),
        ("stack: s\ntopics: { t: { subscriptions: [{ htps: x }] } }", "/topics/t/subscriptions/htps: unknown key"),
        ("stack: s\ndistributions: { d: {} }", "/distributions/d: origin is required"),
        ("stack: s\nresources: { R: { Typ: x, Type: y } }", "/resources/R/Typ: unknown key"),
        ("stack: s\noverrides: { R: { Typ: x } }", "/overrides/R/Typ: unknown key"),
        ("stack: s\nenvironments: { dev: { sufix: x } }", "/environments/dev/sufix: unknown key"),
    ] {
        assert_eq!(check(&schema, text), [complaint], "{text}");
    }
}

#[test]
fn the_schema_is_readable() {
    let mut schema = project_schema();
    // Other sections are looked at by their keys alone: constructs come and go.
    let sections = schema["properties"].as_object_mut().unwrap();
    sections.retain(|key, _| {
        ["stack", "parameters", "environments", "resources", "include", "functions"].contains(&key.as_str())
    });
    insta::assert_json_snapshot!("schema", schema);
}

#[test]
fn every_section_of_constructs_is_in_the_schema_with_its_keys() {
    let schema = project_schema();
    for kind in crate::construct::Kind::ALL {
        let section = &schema["properties"][kind.section()];
        let keys = section["additionalProperties"]["properties"].as_object();
        assert!(keys.is_some_and(|keys| !keys.is_empty()), "{}: {section}", kind.section());
    }
}
