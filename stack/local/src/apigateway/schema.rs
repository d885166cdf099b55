//! JSON Schema (draft 4) as far as models use it: what a body may be.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::Table;

/// Depth of schemas and values.
const DEPTH: usize = 64;

/// Keywords that are understood, or say nothing about values.
const KEYWORDS: [&str; 33] = [
    "$schema",
    "$ref",
    "id",
    "title",
    "description",
    "default",
    "definitions",
    "format",
    "type",
    "enum",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "minProperties",
    "maxProperties",
    "items",
    "additionalItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
];

/// Refuses a schema that says what would not be checked.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    check_within(schema, 0)
}

fn check_within(schema: &Value, depth: usize) -> Result<(), String> {
    let Some(members) = schema.as_object() else { return Ok(()) };
    if depth > DEPTH {
        return Err("the schema nests too deeply".to_owned());
    }
    for (name, value) in members {
        match name.as_str() {
            "properties" | "patternProperties" | "definitions" => {
                for (key, inner) in value.as_object().into_iter().flatten() {
                    if name == "patternProperties" {
                        Regex::new(key).map_err(|_| format!("`{key}` is not a pattern that the local cloud reads"))?;
                    }
                    check_within(inner, depth + 1)?;
                }
            }
            "items" | "additionalProperties" | "additionalItems" | "not" => check_within(value, depth + 1)?,
            "allOf" | "anyOf" | "oneOf" => {
                value.as_array().into_iter().flatten().try_for_each(|inner| check_within(inner, depth + 1))?;
            }
            "pattern" => {
                let pattern = value.as_str().unwrap_or_default();
                Regex::new(pattern).map_err(|_| format!("`{pattern}` is not a pattern that the local cloud reads"))?;
            }
            "enum" | "default" => {}
            other if KEYWORDS.contains(&other) || other.starts_with("x-") => {}
            other => return Err(format!("the local cloud does not check the keyword `{other}` of JSON schemas")),
        }
    }
    Ok(())
}

/// What is wrong with a value; empty when nothing is. `models` are those that references name.
pub(super) fn faults(schema: &Value, value: &Value, models: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    Check { root: schema, models }.value(schema, value, "", 0, &mut faults);
    faults
}

struct Check<'a> {
    root: &'a Value,
    models: &'a Table,
}

impl Check<'_> {
    fn value(&self, schema: &Value, value: &Value, at: &str, depth: usize, faults: &mut Vec<String>) {
        let Some(members) = schema.as_object() else { return };
        let place = if at.is_empty() { "object" } else { at };
        if depth > DEPTH {
            faults.push(format!("{place} nests too deeply"));
            return;
        }
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            self.reference(reference, value, at, depth, faults);
            return;
        }
        let kinds: Vec<&str> = match members.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(value, kind)) {
            faults.push(format!(
                "instance type ({}) does not match any allowed primitive type (allowed: {kinds:?})",
                name_of(value)
            ));
            return;
        }
        if let Some(allowed) = members.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            faults.push(format!("{place}: instance value ({value}) not found in enum"));
        }
        match value {
            Value::Object(_) => self.object(schema, value, at, depth, faults),
            Value::Array(items) => self.array(schema, items, at, depth, faults),
            Value::String(text) => string(schema, text, place, faults),
            Value::Number(number) => numeric(schema, number.as_f64().unwrap_or_default(), place, faults),
            Value::Null | Value::Bool(_) => {}
        }
        self.combinations(schema, value, at, depth, faults);
    }

    fn reference(&self, reference: &str, value: &Value, at: &str, depth: usize, faults: &mut Vec<String>) {
        if let Some(pointer) = reference.strip_prefix('#') {
            match self.root.pointer(pointer) {
                Some(schema) => self.value(schema, value, at, depth + 1, faults),
                None => faults.push(format!("the reference `{reference}` leads nowhere")),
            }
            return;
        }
        // `https://apigateway.amazonaws.com/restapis/<api>/models/<name>`
        let name = reference.rsplit('/').next().unwrap_or_default();
        let schema =
            self.models.get(name).and_then(|model| serde_json::from_str::<Value>(model["schema"].as_str()?).ok());
        match schema {
            Some(schema) => Check { root: &schema, models: self.models }.value(&schema, value, at, depth + 1, faults),
            None => faults.push(format!("the reference `{reference}` names no model")),
        }
    }

    fn combinations(&self, schema: &Value, value: &Value, at: &str, depth: usize, faults: &mut Vec<String>) {
        let passing = |name: &str| {
            let schemas = schema[name].as_array()?;
            let passes = |schema: &&Value| {
                let mut inner = Vec::new();
                self.value(schema, value, at, depth + 1, &mut inner);
                inner.is_empty()
            };
            Some((schemas.iter().filter(passes).count(), schemas.len()))
        };
        for (name, fits) in [
            ("allOf", (|found, all| found == all) as fn(usize, usize) -> bool),
            ("anyOf", |found, _| found > 0),
            ("oneOf", |found, _| found == 1),
        ] {
            if passing(name).is_some_and(|(found, all)| !fits(found, all)) {
                faults.push(format!("instance failed to match {name} of the schemas"));
            }
        }
        if let Some(denied) = schema.get("not") {
            let mut inner = Vec::new();
            self.value(denied, value, at, depth + 1, &mut inner);
            if inner.is_empty() {
                faults.push("instance matched a schema which it should not have".to_owned());
            }
        }
    }

    fn object(&self, schema: &Value, value: &Value, at: &str, depth: usize, faults: &mut Vec<String>) {
        let Some(object) = value.as_object() else { return };
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let missing: Vec<&str> = required.filter(|name| !object.contains_key(*name)).collect();
        if !missing.is_empty() {
            faults.push(format!("object has missing required properties ({missing:?})"));
        }
        within(schema, "minProperties", "maxProperties", object.len(), "properties", faults);
        let patterns: BTreeMap<&str, Regex> = schema["patternProperties"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(pattern, _)| Some((pattern.as_str(), Regex::new(pattern).ok()?)))
            .collect();
        for (name, inner) in object {
            let at = format!("{at}/{name}");
            let mut is_known = false;
            if let Some(schema) = schema["properties"].get(name) {
                is_known = true;
                self.value(schema, inner, &at, depth + 1, faults);
            }
            for (pattern, _) in patterns.iter().filter(|(_, regex)| regex.is_match(name)) {
                is_known = true;
                self.value(&schema["patternProperties"][*pattern], inner, &at, depth + 1, faults);
            }
            match &schema["additionalProperties"] {
                Value::Bool(false) if !is_known => {
                    faults.push(format!(
                        "object instance has properties which are not allowed by the schema: [\"{name}\"]"
                    ));
                }
                additional if !is_known => self.value(additional, inner, &at, depth + 1, faults),
                _ => {}
            }
        }
    }

    fn array(&self, schema: &Value, items: &[Value], at: &str, depth: usize, faults: &mut Vec<String>) {
        within(schema, "minItems", "maxItems", items.len(), "elements", faults);
        if schema["uniqueItems"] == true && items.iter().enumerate().any(|(at, item)| items[..at].contains(item)) {
            faults.push("array must not contain duplicate elements".to_owned());
        }
        for (index, item) in items.iter().enumerate() {
            let at = format!("{at}/{index}");
            match &schema["items"] {
                Value::Array(schemas) => match (schemas.get(index), &schema["additionalItems"]) {
                    (Some(schema), _) => self.value(schema, item, &at, depth + 1, faults),
                    (None, Value::Bool(false)) => faults.push("array has too many elements".to_owned()),
                    (None, additional) => self.value(additional, item, &at, depth + 1, faults),
                },
                schema => self.value(schema, item, &at, depth + 1, faults),
            }
        }
    }
}

fn within(schema: &Value, least: &str, most: &str, number: usize, what: &str, faults: &mut Vec<String>) {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    if schema[least].as_u64().is_some_and(|least| number < least) {
        faults.push(format!("there are too few {what} (found {number}, expected at least {})", schema[least]));
    }
    if schema[most].as_u64().is_some_and(|most| number > most) {
        faults.push(format!("there are too many {what} (found {number}, expected at most {})", schema[most]));
    }
}

fn string(schema: &Value, text: &str, place: &str, faults: &mut Vec<String>) {
    within(schema, "minLength", "maxLength", text.chars().count(), "characters", faults);
    if let Some(pattern) = schema["pattern"].as_str()
        && !Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
    {
        faults.push(format!("{place}: ECMA 262 regex \"{pattern}\" does not match input string \"{text}\""));
    }
}

fn numeric(schema: &Value, number: f64, place: &str, faults: &mut Vec<String>) {
    let least = schema["minimum"].as_f64();
    let most = schema["maximum"].as_f64();
    let is_low = least.is_some_and(|least| number < least || (schema["exclusiveMinimum"] == true && number <= least));
    let is_high = most.is_some_and(|most| number > most || (schema["exclusiveMaximum"] == true && number >= most));
    if is_low {
        faults.push(format!("{place}: numeric instance is lower than the required minimum"));
    }
    if is_high {
        faults.push(format!("{place}: numeric instance is greater than the required maximum"));
    }
    if let Some(step) = schema["multipleOf"].as_f64().filter(|step| *step > 0.0)
        && ((number / step).round() * step - number).abs() > f64::EPSILON * number.abs().max(1.0)
    {
        faults.push(format!("{place}: remainder of division is not zero"));
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    let name = name_of(value);
    name == kind
        || (kind == "number" && name == "integer")
        || (kind == "integer" && value.as_f64().is_some_and(|number| number.fract() == 0.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_held_to_schemas() {
        let models =
            Table::from([("Pet".to_owned(), json!({"schema": r#"{"type": "object", "required": ["name"]}"#}))]);
        for (schema, good, bad) in [
            (
                json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}),
                json!({"a": "x"}),
                json!({"a": 1}),
            ),
            (json!({"required": ["a"]}), json!({"a": null}), json!({})),
            (json!({"type": ["integer", "null"]}), json!(null), json!(1.5)),
            (json!({"properties": {"a": {}}, "additionalProperties": false}), json!({"a": 1}), json!({"b": 1})),
            (json!({"items": {"type": "number"}, "minItems": 1, "uniqueItems": true}), json!([1, 2]), json!([1, 1])),
            (json!({"type": "string", "minLength": 2, "pattern": "^a"}), json!("ab"), json!("b")),
            (json!({"minimum": 1, "exclusiveMinimum": true, "multipleOf": 0.5}), json!(1.5), json!(1)),
            (json!({"enum": ["a", 1]}), json!(1), json!("b")),
            (json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}), json!(1), json!(true)),
            (json!({"not": {"type": "string"}}), json!(1), json!("x")),
            (
                json!({"$ref": "https://apigateway.amazonaws.com/restapis/x/models/Pet"}),
                json!({"name": "Rex"}),
                json!({}),
            ),
            (
                json!({"definitions": {"d": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/d"}}}),
                json!({"a": "x"}),
                json!({"a": 1}),
            ),
            (
                json!({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false}),
                json!({"x-a": "1"}),
                json!({"x-a": 1}),
            ),
        ] {
            check(&schema).unwrap();
            assert_eq!(faults(&schema, &good, &models), [""; 0], "{schema} {good}");
            assert!(!faults(&schema, &bad, &models).is_empty(), "{schema} {bad}");
        }
    }

    #[test]
    fn what_would_not_be_checked_is_refused() {
        assert!(check(&json!({"dependencies": {}})).is_err());
        assert!(check(&json!({"properties": {"a": {"pattern": "(?=x)"}}})).is_err());
        let endless = json!({"$ref": "#"});
        assert!(!faults(&endless, &json!({}), &Table::new()).is_empty());
    }
}
