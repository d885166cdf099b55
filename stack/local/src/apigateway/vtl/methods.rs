//! Methods of texts, lists, maps and of `$util`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::evaluate::display;
use crate::wire::{form_decode, percent_encode};

/// What a method of `$util` gives; `None` when there is none of that name.
pub(super) fn of_util(name: &str, arguments: &[Value]) -> Option<Value> {
    let text = arguments.first().map(display).unwrap_or_default();
    Some(match name {
        "escapeJavaScript" => json!(escape_javascript(&text)),
        "urlEncode" => json!(percent_encode(&text, "*").replace("%20", "+").replace('~', "%7E")),
        "urlDecode" => json!(form_decode(&text).unwrap_or(text)),
        "base64Encode" => json!(STANDARD.encode(&text)),
        "base64Decode" => {
            json!(STANDARD.decode(text.trim()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).ok())
        }
        "parseJson" => serde_json::from_str(&text).unwrap_or_default(),
        _ => return None,
    })
}

/// Text for the inside of a JavaScript string.
fn escape_javascript(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\'' => escaped.push_str("\\'"),
            '\\' => escaped.push_str("\\\\"),
            '/' => escaped.push_str("\\/"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{c}' => escaped.push_str("\\f"),
            other if other.is_ascii() && !other.is_ascii_control() => escaped.push(other),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(escaped, "\\u{unit:04X}");
                }
            }
        }
    }
    escaped
}

/// What a method of a value gives; `None` when it has none of that name.
pub(super) fn of_value(value: &Value, name: &str, arguments: &[Value]) -> Option<Value> {
    let first = arguments.first();
    if let ("toString", None) = (name, first) {
        return Some(json!(display(value)));
    }
    if let ("equals", Some(other)) = (name, first) {
        return Some(json!(value == other));
    }
    match value {
        Value::String(text) => of_text(text, name, arguments),
        Value::Array(items) => Some(match (name, first) {
            ("size", None) => json!(items.len()),
            ("isEmpty", None) => json!(items.is_empty()),
            ("get", Some(index)) => items.get(usize::try_from(index.as_u64()?).ok()?).cloned().unwrap_or_default(),
            ("contains", Some(item)) => json!(items.contains(item)),
            _ => return None,
        }),
        Value::Object(members) => Some(match (name, first) {
            ("size", None) => json!(members.len()),
            ("isEmpty", None) => json!(members.is_empty()),
            ("get", Some(key)) => members.get(&display(key)).cloned().unwrap_or_default(),
            ("getOrDefault", Some(key)) => members.get(&display(key)).or(arguments.get(1)).cloned().unwrap_or_default(),
            ("containsKey", Some(key)) => json!(members.contains_key(&display(key))),
            ("keySet", None) => json!(members.keys().collect::<Vec<_>>()),
            ("values", None) => json!(members.values().collect::<Vec<_>>()),
            ("entrySet", None) => {
                json!(members.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Vec<_>>())
            }
            ("getKey", None) => members.get("key")?.clone(),
            ("getValue", None) => members.get("value")?.clone(),
            _ => return None,
        }),
        _ => None,
    }
}

fn of_text(text: &str, name: &str, arguments: &[Value]) -> Option<Value> {
    let argument = |at: usize| arguments.get(at).map(display);
    let number = |at: usize| arguments.get(at).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    Some(match (name, arguments.len()) {
        ("length" | "size", 0) => json!(text.chars().count()),
        ("isEmpty", 0) => json!(text.is_empty()),
        ("trim", 0) => json!(text.trim()),
        ("toLowerCase", 0) => json!(text.to_lowercase()),
        ("toUpperCase", 0) => json!(text.to_uppercase()),
        ("contains", 1) => json!(text.contains(&argument(0)?)),
        ("startsWith", 1) => json!(text.starts_with(&argument(0)?)),
        ("endsWith", 1) => json!(text.ends_with(&argument(0)?)),
        ("equalsIgnoreCase", 1) => json!(text.to_lowercase() == argument(0)?.to_lowercase()),
        ("indexOf", 1) => {
            let at = text.find(&argument(0)?).map(|at| text[..at].chars().count());
            at.map_or(json!(-1), |at| json!(at))
        }
        ("concat", 1) => json!(format!("{text}{}", argument(0)?)),
        ("replace", 2) => json!(text.replace(&argument(0)?, &argument(1)?)),
        ("replaceAll", 2) => json!(regex::Regex::new(&argument(0)?).ok()?.replace_all(text, argument(1)?)),
        ("replaceFirst", 2) => json!(regex::Regex::new(&argument(0)?).ok()?.replace(text, argument(1)?)),
        ("matches", 1) => json!(regex::Regex::new(&format!("^(?:{})$", argument(0)?)).ok()?.is_match(text)),
        ("split", 1) => {
            let separator = regex::Regex::new(&argument(0)?).ok()?;
            let parts: Vec<&str> = separator.split(text).collect();
            json!(parts)
        }
        ("substring", 1) => json!(text.chars().skip(number(0)?).collect::<String>()),
        ("substring", 2) => {
            let (start, end) = (number(0)?, number(1)?);
            json!(text.chars().skip(start).take(end.saturating_sub(start)).collect::<String>())
        }
        _ => return None,
    })
}
