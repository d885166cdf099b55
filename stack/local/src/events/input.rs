//! What a target gets of an event: all of it, a fixed text, a part, or a text with parts of the event in it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Rule;
use crate::wire::properties::text;

/// The payload for a target.
pub(super) fn payload(
    target: &Value,
    rule: &Rule,
    rule_arn: &str,
    event: &Map<String, Value>,
    ingested: &str,
) -> String {
    if let Some(input) = text(target, "Input") {
        return input.to_owned();
    }
    let whole = Value::Object(event.clone());
    if let Some(path) = text(target, "InputPath") {
        return at_path(&whole, path).unwrap_or(&Value::Null).to_string();
    }
    let Some(transformer) = target.get("InputTransformer") else { return whole.to_string() };
    let mut values = BTreeMap::new();
    for (name, path) in transformer.get("InputPathsMap").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = path.as_str().and_then(|path| at_path(&whole, path)) {
            values.insert(name.clone(), value.clone());
        }
    }
    for (name, value) in [
        ("aws.events.rule-arn", rule_arn),
        ("aws.events.rule-name", rule.name.as_str()),
        ("aws.events.event.ingestion-time", ingested),
    ] {
        values.insert(name.to_owned(), Value::from(value));
    }
    values.insert("aws.events.event.json".to_owned(), whole.clone());
    let mut short = event.clone();
    short.shift_remove("detail");
    values.insert("aws.events.event".to_owned(), Value::Object(short));
    fill(text(transformer, "InputTemplate").unwrap_or_default(), &values)
}

/// A template with its `<names>` filled in. Inside quotes a value stands as text, outside as JSON; one that the event does
/// not have leaves nothing inside quotes and `null` outside.
fn fill(template: &str, values: &BTreeMap<String, Value>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut quoted = false;
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        let name = (character == '<').then(|| rest[1..].split_once('>')).flatten().filter(|(name, _)| is_name(name));
        if let Some((name, after)) = name {
            let value = values.get(name);
            match (quoted, value) {
                (false, Some(value)) => filled.push_str(&value.to_string()),
                (false, None) => filled.push_str("null"),
                (true, Some(value)) => filled.push_str(&inside_quotes(value)),
                (true, None) => {}
            }
            rest = after;
            continue;
        }
        filled.push(character);
        rest = &rest[character.len_utf8()..];
        match character {
            '"' => quoted = !quoted,
            '\\' if quoted => {
                if let Some(escaped) = rest.chars().next() {
                    filled.push(escaped);
                    rest = &rest[escaped.len_utf8()..];
                }
            }
            _ => {}
        }
    }
    filled
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A value as part of a JSON string.
fn inside_quotes(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The names that a template uses without that a map or `EventBridge` defines them.
pub(super) fn undefined<'a>(template: &'a str, paths: &Map<String, Value>) -> Option<&'a str> {
    template
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>').map(|(name, _)| name))
        .filter(|name| is_name(name) && !name.starts_with("aws.events."))
        .find(|name| !paths.contains_key(*name))
}

/// The steps of `$.detail.items[0].name` and `$['detail']`; `None` for what is no such path.
pub(super) fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (inner, after) = after.split_once(']')?;
            let name = |quote| inner.strip_prefix(quote).and_then(|inner: &str| inner.strip_suffix(quote));
            steps.push(match name('\'').or_else(|| name('"')) {
                Some(name) => Step::Field(name),
                None => Step::Index(inner.parse().ok()?),
            });
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Field(&after[..end]));
            rest = &after[end..];
        }
    }
    Some(steps)
}

/// One step into a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

fn at_path<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path)?.into_iter().try_fold(value, |value, step| match step {
        Step::Field(name) => value.get(name),
        Step::Index(index) => value.get(index),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Map<String, Value> {
        let event = json!({
            "id": "1", "source": "shop", "detail-type": "Order",
            "detail": {"name": "a \"b\"", "count": 2, "items": [{"sku": "x"}, {"sku": "y"}], "none": null},
        });
        event.as_object().unwrap().clone()
    }

    fn of(target: &Value) -> String {
        let rule = Rule { name: "r".to_owned(), ..Rule::default() };
        payload(target, &rule, "arn:rule", &event(), "2026-11-28T09:00:00Z")
    }

    #[test]
    fn a_target_gets_all_a_part_or_a_fixed_text() {
        assert_eq!(serde_json::from_str::<Value>(&of(&json!({}))).unwrap(), Value::Object(event()));
        assert_eq!(of(&json!({"Input": "{\"a\":1}"})), "{\"a\":1}");
        assert_eq!(of(&json!({"InputPath": "$.detail.items[1]"})), r#"{"sku":"y"}"#);
        assert_eq!(of(&json!({"InputPath": "$['detail-type']"})), r#""Order""#);
        assert_eq!(of(&json!({"InputPath": "$.detail.missing"})), "null");
    }

    #[test]
    fn a_template_takes_values_inside_and_outside_of_quotes() {
        let target = json!({"InputTransformer": {
            "InputPathsMap": {"name": "$.detail.name", "count": "$.detail.count", "items": "$.detail.items", "no": "$.detail.no"},
            "InputTemplate": r#"{"text": "<name>: <count><no>", "name": <name>, "count": <count>, "items": <items>, "no": <no>, "rule": "<aws.events.rule-name>", "less": "a<b"}"#,
        }});
        assert_eq!(
            serde_json::from_str::<Value>(&of(&target)).unwrap(),
            json!({
                "text": "a \"b\": 2", "name": "a \"b\"", "count": 2, "items": [{"sku": "x"}, {"sku": "y"}], "no": null,
                "rule": "r", "less": "a<b",
            })
        );
        let text =
            json!({"InputTransformer": {"InputPathsMap": {"c": "$.detail.count"}, "InputTemplate": "\"<c> orders\""}});
        assert_eq!(of(&text), "\"2 orders\"");
    }

    #[test]
    fn paths_and_names_are_checked_before() {
        for path in ["detail", "$detail", "$.", "$.a..b", "$[x]", "$.a[0"] {
            assert_eq!(steps(path), None, "{path}");
        }
        let paths = json!({"a": "$.a"});
        assert_eq!(undefined("<a> <b> <aws.events.event>", paths.as_object().unwrap()), Some("b"));
    }
}
