//! Rules over two resources: `cfnGather` brings properties of both into one object and checks that.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::conditions::Assumptions;
use super::found::{At, Found};
use super::scenario::branches;
use super::walk::{Mode, Walk};
use crate::template::evaluate::attribute_parts;
use crate::template::function::function_of;

/// A word whose value could not be filled in: it stays undecided.
const UNRESOLVED: &str = "cfnUnresolved";

impl Walk<'_, '_> {
    /// Entries without `reference` are about the resource itself; the others about what a property of it refers to.
    pub(super) fn gather(&self, rule: &Value, instance: &Value, at: &At<'_>, mode: &Mode, found: &mut Found) {
        let (Some(entries), Some(schema)) = (rule.get("gather").and_then(Value::as_object), rule.get("schema")) else {
            return;
        };
        let first_remote = entries.iter().find(|(_, entry)| entry.get("reference").is_some());
        let references = match first_remote.and_then(|(_, entry)| entry.get("reference")?.as_str()) {
            Some(path) => self.follow(instance, path, &mode.under),
            None => vec![(None, mode.under.clone())],
        };
        for (reference, under) in references {
            let target = reference.as_ref().and_then(target_of);
            if first_remote.is_some() && (reference.is_none() || target.is_none()) {
                // Nothing, or a name of something outside.
                continue;
            }
            let mut gathered = Map::new();
            let mut ids: BTreeMap<&str, String> = BTreeMap::new();
            let mut is_complete = true;
            for (name, entry) in entries {
                let resource = match entry.get("reference").and_then(Value::as_str) {
                    None => None,
                    Some(path) => {
                        let id =
                            self.follow(instance, path, &under).into_iter().find_map(|(value, _)| target_of(&value?));
                        let Some((resource, id)) = id.and_then(|id| Some((self.remote(&id, entry)?, id))) else {
                            is_complete &= Some(name) != first_remote.map(|(name, _)| name);
                            continue;
                        };
                        ids.insert(name, id);
                        Some(resource)
                    }
                };
                gathered.insert(name.clone(), Value::Object(self.properties(entry, instance, resource, &under)));
            }
            if !is_complete {
                continue;
            }
            let gathered = Value::Object(gathered);
            let schema = fill(schema, &gathered, false);
            let mut inner = Found::default();
            let mode = Mode { under, ..*mode };
            self.value(&gathered, &schema, &At::path(""), &mode, &mut inner);
            if inner.unknown && mode.literal {
                found.unknown = true;
            }
            for mut error in inner.faults {
                error.path = place_of(&error.path, entries, &ids, at);
                found.faults.push(error);
            }
        }
    }

    fn remote(&self, id: &str, entry: &Value) -> Option<&Value> {
        let resource = self.checker.resources.get(id)?;
        let filter = entry.pointer("/filter/type");
        (filter.is_none() || filter == resource.get("Type")).then_some(resource)
    }

    fn properties(
        &self,
        entry: &Value,
        instance: &Value,
        resource: Option<&Value>,
        under: &Assumptions,
    ) -> Map<String, Value> {
        let mut gathered = Map::new();
        for (name, place) in entry.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if place == "$type" {
                let type_name = resource.and_then(|resource| resource.get("Type")).cloned();
                gathered.extend(type_name.map(|type_name| (name.clone(), type_name)));
                continue;
            }
            let path = place.as_str().or_else(|| place.get("path")?.as_str()).unwrap_or_default();
            let nothing = Value::Null;
            let source = match resource {
                Some(resource) => resource.get("Properties").unwrap_or(&nothing),
                None => instance,
            };
            let value = self.follow(source, path, under).into_iter().find_map(|(value, _)| value);
            if let Some(value) = value.or_else(|| place.get("default").cloned()) {
                gathered.insert(name.clone(), value);
            }
        }
        gathered
    }

    /// Values at a path, one for each form that the conditions allow.
    fn follow(&self, value: &Value, path: &str, under: &Assumptions) -> Vec<(Option<Value>, Assumptions)> {
        let conditions = &self.checker.conditions;
        let mut places = branches(conditions, value, under);
        for step in path.split('/').filter(|step| !step.is_empty()) {
            places = places
                .into_iter()
                .flat_map(|(value, under)| {
                    let members: Vec<&Value> = match value {
                        Some(Value::Array(items)) if step == "*" => items.iter().collect(),
                        Some(value) => value.get(step).into_iter().collect(),
                        None => Vec::new(),
                    };
                    if members.is_empty() {
                        return vec![(None, under)];
                    }
                    members.into_iter().flat_map(|member| branches(conditions, member, &under)).collect()
                })
                .collect();
        }
        places.into_iter().map(|(value, under)| (value.cloned(), under)).collect()
    }
}

/// Where a value of the gathered object (`/queue/timeout`) is in the template.
fn place_of(path: &str, entries: &Map<String, Value>, ids: &BTreeMap<&str, String>, at: &At<'_>) -> String {
    let mut steps = path.split('/').skip(1);
    let Some(entry) = steps.next().and_then(|name| Some((name, entries.get(name)?))) else { return at.to_string() };
    let mut place = match ids.get(entry.0) {
        Some(id) => format!("/Resources/{id}/Properties"),
        None => at.to_string(),
    };
    if let Some(property) = steps.next().and_then(|name| entry.1.get("properties")?.get(name)) {
        place.push_str(property.as_str().or_else(|| property.get("path")?.as_str()).unwrap_or_default());
    }
    for step in steps {
        place.push('/');
        place.push_str(step);
    }
    place
}

/// Logical id that a reference names.
pub(super) fn target_of(value: &Value) -> Option<String> {
    match function_of(value.as_object()?)? {
        ("Ref", name) => name.as_str().map(str::to_owned),
        ("Fn::GetAtt", arguments) => attribute_parts(arguments).map(|(id, _)| id.to_owned()),
        _ => None,
    }
}

/// The schema with `$data` and `$lookup` replaced by the values that they point to.
///
/// A function has no value yet, and is compared as it is written where the schema wants that (`raw`).
fn fill(schema: &Value, gathered: &Value, raw: bool) -> Value {
    match schema {
        Value::Object(fields) => {
            let raw = raw || fields.get("functions").and_then(Value::as_array).is_some_and(Vec::is_empty);
            let mut filled = Map::new();
            for (key, field) in fields {
                if field.get("$data").is_none() && field.get("$lookup").is_none() {
                    filled.insert(key.clone(), fill(field, gathered, raw));
                    continue;
                }
                match point(field, gathered) {
                    Some(value) if raw || value.as_object().and_then(function_of).is_none() => {
                        let number = value.as_str().and_then(|text| text.parse::<f64>().ok()).map(Value::from);
                        let is_bound = key.starts_with("min") || key.starts_with("max") || key.starts_with("exclusive");
                        filled.insert(key.clone(), if is_bound { number.unwrap_or(value) } else { value });
                    }
                    _ => {
                        filled.insert(UNRESOLVED.to_owned(), Value::Bool(true));
                    }
                }
            }
            Value::Object(filled)
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, gathered, raw)).collect()),
        other => other.clone(),
    }
}

fn point(value: &Value, gathered: &Value) -> Option<Value> {
    if let Some(lookup) = value.get("$lookup") {
        let key = point(lookup.get("key")?, gathered)?;
        return lookup.get("map")?.get(key.as_str()?).cloned();
    }
    gathered.pointer(value.get("$data")?.as_str()?).cloned()
}
