//! The resource schemas, trimmed to what is checked.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::packages::Packages;
use super::pattern::{self, Counts};
use crate::failure::Failure;

/// Keywords that say nothing about whether a value is right.
const DROPPED: [&str; 16] = [
    "description",
    "typeName",
    "sourceUrl",
    "documentationUrl",
    "$schema",
    "$comment",
    "title",
    "examples",
    "default",
    "propertyTransform",
    "resourceLink",
    "typeConfiguration",
    "handlers",
    "relationshipRef",
    "arrayType",
    "additionalIdentifiers",
];

/// Keywords whose value maps names (not keywords) to schemas.
const OF_NAMES: [&str; 4] = ["properties", "definitions", "patternProperties", "dependencies"];

/// Every schema by the name of its type.
pub(super) fn read(packages: &Packages, counts: &mut Counts) -> Result<BTreeMap<String, Value>, Failure> {
    let mut types = BTreeMap::new();
    for entry in std::fs::read_dir(packages.linter_path("data/schemas/resources"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let schema: Value =
            serde_json::from_str(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        let Some(name) = schema.get("typeName").and_then(Value::as_str) else { continue };
        let mut trimmed = trim(&schema, counts);
        if let Value::Object(fields) = &mut trimmed {
            // A type can be compared with reality only when it can be read.
            if schema.pointer("/handlers/read").is_none() {
                fields.insert("unreadable".to_owned(), Value::Bool(true));
            }
            if let Some(tagging) = fields.get_mut("tagging") {
                *tagging = trim_tagging(tagging);
            }
        }
        types.insert(name.to_owned(), trimmed);
    }
    Ok(types)
}

/// What differs from the usual: taggable and updatable, under `Tags`, by the system too.
fn trim_tagging(tagging: &Value) -> Value {
    let usual = [
        ("taggable", json!(true)),
        ("tagUpdatable", json!(true)),
        ("cloudFormationSystemTags", json!(true)),
        ("tagProperty", json!("/properties/Tags")),
    ];
    let differs = usual.into_iter().filter_map(|(key, usual)| {
        tagging.get(key).filter(|value| **value != usual).map(|value| (key.to_owned(), value.clone()))
    });
    Value::Object(differs.collect())
}

/// The schema without words, with patterns in the dialect of the `regex` crate.
pub(super) fn trim(schema: &Value, counts: &mut Counts) -> Value {
    match schema {
        Value::Array(items) => Value::Array(items.iter().map(|item| trim(item, counts)).collect()),
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (key, value) in fields {
                if DROPPED.contains(&key.as_str()) || (key == "insertionOrder" && value == &json!(true)) {
                    continue;
                }
                let value = match key.as_str() {
                    name if OF_NAMES.contains(&name) => trim_members(value, name == "patternProperties", counts),
                    "pattern" if value.is_string() => pattern::translate(value.as_str().unwrap_or_default(), counts),
                    "enum" | "const" | "required" | "gather" => value.clone(),
                    _ => trim(value, counts),
                };
                kept.insert(key.clone(), value);
            }
            if let Some(reference) = relation(fields) {
                kept.insert("references".to_owned(), json!([reference]));
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

fn trim_members(members: &Value, names_are_patterns: bool, counts: &mut Counts) -> Value {
    let mut kept = Map::new();
    for (name, member) in members.as_object().into_iter().flatten() {
        let name = if names_are_patterns { pattern::translate_name(name, counts) } else { name.clone() };
        kept.insert(name, trim(member, counts));
    }
    Value::Object(kept)
}

/// `AWS::EC2::Subnet.SubnetId` for a property that the schema says holds one.
fn relation(fields: &Map<String, Value>) -> Option<String> {
    let relation = fields.get("relationshipRef")?;
    let name = relation.get("typeName")?.as_str()?;
    let property = relation.get("propertyPath")?.as_str()?.trim_start_matches("/properties/");
    Some(format!("{name}.{}", property.replace('/', ".")))
}

/// Where each type exists: regions in order, sets of regions as hexadecimal bitmaps, and the set of each type.
pub(super) struct Regions {
    pub(super) names: Vec<String>,
    pub(super) sets: Vec<String>,
    pub(super) of: BTreeMap<String, usize>,
}

pub(super) fn regions(packages: &Packages) -> Result<Regions, Failure> {
    let mut types_of: BTreeMap<String, Value> = BTreeMap::new();
    for entry in std::fs::read_dir(packages.linter_path("data/schemas/providers"))? {
        let path = entry?.path();
        let Some(region) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".json"))
        else {
            continue;
        };
        types_of.insert(region.to_owned(), packages.json(&format!("data/schemas/providers/{region}.json"))?);
    }
    // Types of the serverless transform exist wherever the transform does.
    let everywhere = types_of.remove("sam").unwrap_or_default();
    let mut bits: BTreeMap<&str, u64> = BTreeMap::new();
    for (index, types) in types_of.values().enumerate() {
        for name in types.as_object().into_iter().flatten().chain(everywhere.as_object().into_iter().flatten()) {
            *bits.entry(name.0).or_default() |= 1 << index;
        }
    }
    let mut sets: Vec<u64> = bits.values().copied().collect();
    sets.sort_unstable();
    sets.dedup();
    let of = bits
        .iter()
        .filter_map(|(name, set)| sets.binary_search(set).ok().map(|index| ((*name).to_owned(), index)))
        .collect();
    Ok(Regions {
        names: types_of.keys().cloned().collect(),
        sets: sets.iter().map(|set| format!("{set:x}")).collect(),
        of,
    })
}
