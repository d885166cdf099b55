//! The words of schemas that speak about one value: type, range, length, form.

use serde_json::{Map, Value};

use super::found::{At, Found};
use super::walk::list;
use super::{Checker, SchemaFault, format};
use crate::template::function::function_of;

/// Checks one keyword; those that are not known here say nothing.
pub(super) fn keyword(
    checker: &Checker<'_>,
    (keyword, argument): (&str, &Value),
    value: &Value,
    keywords: &Map<String, Value>,
    at: &At<'_>,
    found: &mut Found,
) {
    match keyword {
        "type" if !types(argument).any(|name| is_type(value, name)) => {
            let expected = types(argument).map(with_article).collect::<Vec<_>>().join(" or ");
            found.push(at, SchemaFault::TypeMismatch { expected, found: describe(value) });
        }
        "enum" if !list(argument).any(|allowed| is_equal(allowed, value)) => {
            let allowed = list(argument).map(text).collect();
            found.push(at, SchemaFault::NotAllowed { value: text(value), allowed });
        }
        "const" if !is_equal(argument, value) => {
            found.push(at, SchemaFault::NotAllowed { value: text(value), allowed: vec![text(argument)] });
        }
        "enumCaseInsensitive" if !list(argument).any(|allowed| text(allowed).eq_ignore_ascii_case(&text(value))) => {
            let allowed = list(argument).map(text).collect();
            found.push(at, SchemaFault::NotAllowed { value: text(value), allowed });
        }
        "pattern" if !value.is_object() && !value.is_array() => pattern(checker, argument, &text(value), at, found),
        "format" => format::check(checker, argument.as_str().unwrap_or_default(), value, at, found),
        "minLength" | "maxLength" => length(keyword, argument, value, keywords, at, found),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            range(keyword, argument, value, at, found);
        }
        "maxUniqueItems" => {
            let Value::Array(items) = value else { return };
            let mut different: Vec<&Value> = Vec::new();
            for item in items {
                if !different.contains(&item) {
                    different.push(item);
                }
            }
            count(("maxItems", argument), "different items", different.len(), at, found);
        }
        "uniqueKeys" => {
            let Value::Array(items) = value else { return };
            for key in list(argument).filter_map(Value::as_str) {
                let values: Vec<&Value> =
                    items.iter().filter_map(|item| item.get(key)).filter(|value| !value.is_object()).collect();
                if values.iter().enumerate().any(|(index, value)| values[..index].contains(value)) {
                    found.push(at, SchemaFault::RepeatedItem { by: Some(key.to_owned()) });
                }
            }
        }
        _ => {}
    }
}

/// Checks a keyword about an object or a list as a whole.
pub(super) fn whole((keyword, argument): (&str, &Value), value: &Value, at: &At<'_>, found: &mut Found) {
    match (keyword, value) {
        ("required", Value::Object(fields)) => {
            for name in list(argument).filter_map(Value::as_str).filter(|name| !fields.contains_key(*name)) {
                found.push(at, SchemaFault::MissingProperty { name: name.to_owned() });
            }
        }
        ("dependentRequired", Value::Object(fields)) => {
            for (name, needed) in argument.as_object().into_iter().flatten() {
                if fields.contains_key(name) {
                    requires(name, needed, fields, at, found);
                }
            }
        }
        ("dependentExcluded", Value::Object(fields)) => {
            for (with, excluded) in argument.as_object().into_iter().flatten() {
                if !fields.contains_key(with) {
                    continue;
                }
                for name in list(excluded).filter_map(Value::as_str).filter(|name| fields.contains_key(*name)) {
                    found.push(
                        &at.key(name),
                        SchemaFault::ExcludedProperty { name: name.to_owned(), with: with.clone() },
                    );
                }
            }
        }
        ("requiredXor" | "requiredOr", Value::Object(fields)) => {
            let exactly_one = keyword == "requiredXor";
            let names: Vec<String> = list(argument).filter_map(Value::as_str).map(str::to_owned).collect();
            let there: Vec<String> = names.iter().filter(|name| fields.contains_key(*name)).cloned().collect();
            if there.is_empty() {
                found.push(at, SchemaFault::OneOfProperties { names, exactly_one });
            } else if exactly_one && there.len() > 1 {
                for name in &there {
                    found.push(&at.key(name), SchemaFault::OneOfProperties { names: names.clone(), exactly_one });
                }
            }
        }
        ("minItems" | "maxItems", Value::Array(items)) => count((keyword, argument), "items", items.len(), at, found),
        ("minProperties" | "maxProperties", Value::Object(fields)) => {
            count((keyword, argument), "properties", fields.len(), at, found);
        }
        ("uniqueItems", Value::Array(items)) => {
            let has_twins = || items.iter().enumerate().any(|(index, item)| items[..index].contains(item));
            if argument == &Value::Bool(true) && has_twins() {
                found.push(at, SchemaFault::RepeatedItem { by: None });
            }
        }
        _ => {}
    }
}

/// `by` is there: everything in `needed` must be, too.
pub(super) fn requires(by: &str, needed: &Value, fields: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
    for name in list(needed).filter_map(Value::as_str).filter(|name| !fields.contains_key(*name)) {
        found.push(at, SchemaFault::RequiresProperty { name: name.to_owned(), by: by.to_owned() });
    }
}

fn count((keyword, argument): (&str, &Value), what: &'static str, number: usize, at: &At<'_>, found: &mut Found) {
    let Some(bound) = argument.as_u64().and_then(|bound| usize::try_from(bound).ok()) else { return };
    let least = keyword.starts_with("min");
    if (least && number < bound) || (!least && number > bound) {
        let bound = format!("{} {bound}", if least { "at least" } else { "at most" });
        found.push(at, SchemaFault::WrongCount { what, found: number, bound });
    }
}

fn length(
    keyword: &str,
    argument: &Value,
    value: &Value,
    keywords: &Map<String, Value>,
    at: &At<'_>,
    found: &mut Found,
) {
    let is_json = keywords.get("format").is_some_and(|format| format == "json");
    let keyword = if keyword == "minLength" { "minItems" } else { "maxItems" };
    match value {
        Value::String(text) if is_json => {
            if let Ok(json) = serde_json::from_str::<Value>(text) {
                count((keyword, argument), "characters of JSON", json.to_string().chars().count(), at, found);
            }
        }
        Value::String(text) => count((keyword, argument), "characters", text.chars().count(), at, found),
        Value::Object(_) if keywords.get("type").is_some_and(|names| types(names).any(|name| name == "object")) => {
            let text = without_functions(value).to_string();
            count((keyword, argument), "characters of JSON", text.chars().count(), at, found);
        }
        _ => {}
    }
}

/// The least that a document can be: what functions give may be empty.
fn without_functions(value: &Value) -> Value {
    match value {
        Value::Object(fields) if function_of(fields).is_some() => Value::String(String::new()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), without_functions(field))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_functions).collect()),
        other => other.clone(),
    }
}

fn range(keyword: &str, argument: &Value, value: &Value, at: &At<'_>, found: &mut Found) {
    let Some(bound) = argument.as_f64() else { return };
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let Some(number) = number else { return };
    let (is_fine, words) = match keyword {
        "minimum" => (number >= bound, "at least"),
        "maximum" => (number <= bound, "at most"),
        "exclusiveMinimum" => (number > bound, "more than"),
        "exclusiveMaximum" => (number < bound, "less than"),
        _ => (((number / bound) - (number / bound).round()).abs() < 1e-9, "a multiple of"),
    };
    if !is_fine {
        found.push(at, SchemaFault::OutOfRange { value: text(value), bound: format!("{words} {argument}") });
    }
}

fn pattern(checker: &Checker<'_>, argument: &Value, text: &str, at: &At<'_>, found: &mut Found) {
    let all_match = match argument {
        Value::String(pattern) => checker.matches(pattern, text),
        parts => {
            let patterns = |key: &str| list(parts.get(key).unwrap_or(&Value::Null)).filter_map(Value::as_str);
            let length = text.chars().count() as u64;
            let number = |key: &str| parts.get(key).and_then(Value::as_u64);
            patterns("all").all(|pattern| checker.matches(pattern, text))
                && patterns("none").all(|pattern| !checker.matches(pattern, text))
                && number("least").is_none_or(|least| length >= least)
                && number("most").is_none_or(|most| length <= most)
        }
    };
    if !all_match {
        let pattern = argument.get("text").unwrap_or(argument).as_str().unwrap_or_default().to_owned();
        found.push(at, SchemaFault::PatternMismatch { value: text.to_owned(), pattern });
    }
}

/// Names of `type`, one or several.
pub(super) fn types(argument: &Value) -> impl Iterator<Item = &str> {
    let one = argument.as_str();
    one.into_iter().chain(list(argument).filter_map(Value::as_str))
}

/// CloudFormation turns scalars into one another where that loses nothing.
fn is_type(value: &Value, name: &str) -> bool {
    match (name, value) {
        ("object", Value::Object(_))
        | ("array", Value::Array(_))
        | ("null", Value::Null)
        | ("string", Value::String(_) | Value::Number(_) | Value::Bool(_))
        | ("number" | "integer", Value::Number(_))
        | ("boolean", Value::Bool(_)) => true,
        ("number", Value::String(text)) => text.trim().parse::<f64>().is_ok(),
        ("integer", Value::String(text)) => text.trim().parse::<i64>().is_ok(),
        ("boolean", Value::String(text)) => {
            matches!(text.as_str(), "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
        }
        _ => false,
    }
}

/// Equal as CloudFormation compares: a scalar by its text.
fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => one == other,
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => text(one) == text(other),
    }
}

/// The value as a person would name it.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        scalar => format!("`{}`", text(scalar)),
    }
}

pub(super) fn with_article(name: &str) -> String {
    match name {
        "array" => "a list".to_owned(),
        "object" | "integer" => format!("an {name}"),
        other => format!("a {other}"),
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
