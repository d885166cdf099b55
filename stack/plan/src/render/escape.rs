//! Values enter rendered text only through here.

use std::fmt::Write as _;

use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason};
use serde_json::Value;

/// A string as JSON, quotes included. YAML reads it as the same string: whatever YAML does not allow is escaped.
pub(super) fn json_string(text: &str) -> String {
    format!("\"{}\"", json_content(text))
}

/// A string as JSON, without the quotes around it.
pub(super) fn json_content(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            _ if needs_escape(character) => {
                // Everything that needs it lies below U+10000, so one unit is enough.
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

fn needs_escape(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Any value as JSON on one line.
pub(super) fn json_value(value: &Value) -> String {
    match value {
        Value::String(text) => json_string(text),
        Value::Array(items) => format!("[{}]", items.iter().map(json_value).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}: {}", json_string(key), json_value(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// `{{json value}}`: any value, also a list or a mapping.
pub(super) fn json_helper(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    output: &mut dyn Output,
) -> HelperResult {
    let parameter = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex("json", 0))?;
    if parameter.is_value_missing() {
        let name = parameter.relative_path().cloned();
        return Err(RenderErrorReason::MissingVariable(name).into());
    }
    output.write(&json_value(parameter.value()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml;

    #[test]
    fn yaml_and_json_read_back_every_character() {
        for code in (0..0x3000).chain([0xd7ff, 0xe000, 0xfeff, 0xfffe, 0xffff, 0x1_f980, 0x10_ffff]) {
            let Some(character) = char::from_u32(code) else { continue };
            let text = format!(" {character}x: #{character}");
            let encoded = json_string(&text);
            assert_eq!(serde_json::from_str::<String>(&encoded).unwrap(), text, "U+{code:04X}");
            let node = yaml::parse(&format!("key: {encoded}\n")).unwrap();
            assert_eq!(node.get("key").unwrap().as_scalar().unwrap().text, text, "U+{code:04X}");
        }
    }

    #[test]
    fn values_are_flow_yaml() {
        let value = json!({"a: b": ["x\ny", 1, true, null, {"#": "- {{x}} ${y} \"'"}]});
        let text = json_value(&value);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert!(yaml::parse(&text).is_ok(), "{text}");
    }
}
