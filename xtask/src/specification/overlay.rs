//! What the service specification knows and the schemas do not.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::at;
use super::packages::Packages;
use crate::failure::Failure;

/// What is added to the schema of one type.
pub(super) struct Overlay {
    fields: Map<String, Value>,
    /// Attributes with their type (`string`, `string[]`, `object` ...).
    attributes: BTreeMap<String, String>,
    /// Property paths (`A/B`) and what they refer to (`AWS::IAM::Role.Arn`).
    references: BTreeMap<String, Vec<String>>,
}

/// The overlay of every type.
pub(super) fn read(packages: &Packages) -> Result<BTreeMap<String, Overlay>, Failure> {
    let database = packages.database()?;
    let definitions: BTreeMap<&str, &Value> = entities(&database, "typeDefinition")
        .filter_map(|entity| entity.get("$id").and_then(Value::as_str).map(|id| (id, entity)))
        .collect();
    let mut overlays = BTreeMap::new();
    for entity in entities(&database, "resource") {
        if let Some(name) = entity.get("cloudFormationType").and_then(Value::as_str) {
            overlays.insert(name.to_owned(), overlay_of(entity, &definitions));
        }
    }
    Ok(overlays)
}

fn entities<'a>(database: &'a Value, kind: &str) -> impl Iterator<Item = &'a Value> {
    at(database, &format!("/schema/{kind}/entities")).as_array().into_iter().flatten()
}

fn overlay_of(entity: &Value, definitions: &BTreeMap<&str, &Value>) -> Overlay {
    let mut fields = Map::new();
    for (from, to) in [
        ("cfnRefIdentifier", "refIdentifier"),
        ("isStateful", "stateful"),
        ("arnTemplate", "arn"),
        ("scrutinizable", "scrutiny"),
    ] {
        if let Some(value) = entity.get(from) {
            fields.insert(to.to_owned(), value.clone());
        }
    }
    let mut walk =
        Walk { definitions, replacement: BTreeMap::new(), references: BTreeMap::new(), scrutiny: BTreeMap::new() };
    walk.properties(at(entity, "/properties"), "", 0, &mut Vec::new());
    if !walk.replacement.is_empty() {
        fields.insert("replacement".to_owned(), json!(walk.replacement));
    }
    if !walk.scrutiny.is_empty() {
        fields.insert("propertyScrutiny".to_owned(), json!(walk.scrutiny));
    }
    let attributes = at(entity, "/attributes")
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, attribute)| (name.clone(), type_name(at(attribute, "/type"))))
        .collect();
    Overlay { fields, attributes, references: walk.references }
}

fn type_name(kind: &Value) -> String {
    match kind.get("type").and_then(Value::as_str).unwrap_or("json") {
        "array" => format!("{}[]", type_name(at(kind, "/element"))),
        "ref" | "json" | "map" | "tag" => "object".to_owned(),
        scalar => scalar.to_owned(),
    }
}

struct Walk<'a> {
    definitions: &'a BTreeMap<&'a str, &'a Value>,
    replacement: BTreeMap<String, String>,
    references: BTreeMap<String, Vec<String>>,
    scrutiny: BTreeMap<String, String>,
}

impl<'a> Walk<'a> {
    fn properties(&mut self, properties: &'a Value, prefix: &str, depth: usize, seen: &mut Vec<&'a str>) {
        for (name, property) in properties.as_object().into_iter().flatten() {
            let path = format!("{prefix}{name}");
            if let Some(replacement) = property.get("causesReplacement").and_then(Value::as_str) {
                self.replacement.insert(path.clone(), replacement.to_owned());
            }
            if let Some(scrutiny) = property.get("scrutinizable").and_then(Value::as_str) {
                self.scrutiny.insert(path.clone(), scrutiny.to_owned());
            }
            let references: Vec<String> = at(property, "/relationshipRefs")
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|relation| {
                    let name = relation.get("cloudFormationType")?.as_str()?;
                    Some(format!("{name}.{}", relation.get("propertyName")?.as_str()?))
                })
                .collect();
            if !references.is_empty() {
                self.references.insert(path.clone(), references);
            }
            let mut kind = at(property, "/type");
            let mut step = String::new();
            while let Some(element) = kind.get("element") {
                kind = element;
                step.push_str("/*");
            }
            let Some(id) = at(kind, "/reference/$ref").as_str() else { continue };
            // A type may be inside itself, without end.
            if let Some(definition) = self.definitions.get(id)
                && !seen.contains(&id)
                && depth < 6
            {
                seen.push(id);
                self.properties(at(definition, "/properties"), &format!("{path}{step}/"), depth + 1, seen);
                seen.pop();
            }
        }
    }
}

impl Overlay {
    /// Adds everything to the trimmed schema of the type.
    pub(super) fn add(&self, schema: &mut Value) {
        for (path, references) in &self.references {
            add_references(schema, path, references);
        }
        let mut kinds = Map::new();
        for (name, kind) in &self.attributes {
            let known = at(schema, "/attributes").as_array().is_some_and(|list| list.iter().any(|one| one == name));
            if !known {
                kinds.insert(name.clone(), json!(kind));
            }
        }
        let create_only: Vec<String> = at(schema, "/createOnlyProperties")
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pointer| Some(pointer.as_str()?.trim_start_matches("/properties/").to_owned()))
            .collect();
        let Value::Object(fields) = schema else { return };
        fields.extend(self.fields.clone());
        if let Some(Value::Object(replacement)) = fields.get_mut("replacement") {
            // What the schema says already is not said twice.
            replacement.retain(|path, kind| kind != "yes" || !create_only.contains(path));
        }
        if !kinds.is_empty() {
            fields.insert("moreAttributes".to_owned(), Value::Object(kinds));
        }
    }
}

/// Writes `references` at the property, or at its items, following `$ref`.
fn add_references(schema: &mut Value, path: &str, references: &[String]) {
    let mut pointer = String::new();
    for step in path.split('/') {
        let step = if step == "*" { "/items".to_owned() } else { format!("/properties/{step}") };
        let next = format!("{pointer}{step}");
        let Some(member) = schema.pointer(&next) else { return };
        pointer = match member.get("$ref").and_then(Value::as_str) {
            Some(reference) => reference.trim_start_matches('#').to_owned(),
            None => next,
        };
    }
    let is_list = at(schema, &pointer).get("items").is_some();
    let place = if is_list { format!("{pointer}/items") } else { pointer };
    // A shared definition is used by other properties too, which may refer to other things.
    if place.starts_with("/definitions") && place.matches('/').count() == 2 {
        return;
    }
    if let Some(Value::Object(member)) = schema.pointer_mut(&place) {
        let known = member.entry("references").or_insert_with(|| json!([]));
        if let Value::Array(known) = known {
            for reference in references {
                if !known.contains(&json!(reference)) {
                    known.push(json!(reference));
                }
            }
        }
    }
}
