//! Values that only AWS knows, on their way through text.
//!
//! Expressions and template sources join strings, so a value such as a distribution's domain name travels as a mark inside
//! a string. After the rendered template is parsed back, [`resolve`] turns every marked string into `Ref`, `Fn::GetAtt` or
//! `Fn::Sub`. The marks are control characters, which no text from outside may contain ([`is_clean`]).

use std::io;

use serde::Serialize as _;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value, json};

const BEGIN: char = '\u{1}';
const END: char = '\u{2}';

/// A mark for the `Ref` of a resource.
pub(crate) fn reference(logical_id: &str) -> String {
    format!("{BEGIN}{logical_id}{END}")
}

/// A mark for an attribute of a resource.
pub(crate) fn attribute(logical_id: &str, attribute: &str) -> String {
    format!("{BEGIN}{logical_id}.{attribute}{END}")
}

/// True when a text has no marks.
pub(crate) fn is_clean(text: &str) -> bool {
    !text.contains([BEGIN, END])
}

/// Where the mark ends that a text begins with, if it begins with one.
pub(crate) fn end_of_mark(text: &str) -> Option<usize> {
    text.starts_with(BEGIN).then(|| text.find(END))?.map(|end| end + END.len_utf8())
}

/// Replaces every marked string in a value by the intrinsic function that it stands for.
///
/// # Errors
/// A key with a mark: CloudFormation has no functions in keys.
pub(crate) fn resolve(value: Value) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) if !is_clean(&text) => intrinsic(&text),
        Value::Array(items) => Value::Array(items.into_iter().map(resolve).collect::<Result<_, _>>()?),
        Value::Object(entries) => {
            let mut resolved = Map::with_capacity(entries.len());
            for (key, value) in entries {
                if !is_clean(&key) {
                    return Err(format!("the key `{}` has a part that only AWS knows", display(&key)));
                }
                resolved.insert(key, resolve(value)?);
            }
            Value::Object(resolved)
        }
        other => other,
    })
}

/// JSON of a value as a text, for what CloudFormation takes as one. Marks in it stay marks.
pub(crate) fn json_text(value: &Value) -> String {
    let mut bytes = Vec::new();
    // Writing a value to memory cannot fail, and JSON is UTF-8.
    drop(value.serialize(&mut Serializer::with_formatter(&mut bytes, Marked)));
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes JSON without spaces, and marks as they are.
struct Marked;

impl Formatter for Marked {
    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(byte) if !is_clean(&char::from(byte).to_string()) => writer.write_all(&[byte]),
            _ => CompactFormatter.write_char_escape(writer, escape),
        }
    }
}

/// The text as an author would write it, for messages.
pub(crate) fn display(text: &str) -> String {
    text.replace(BEGIN, "${").replace(END, "}")
}

fn intrinsic(text: &str) -> Value {
    let only_mark = text.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).filter(|inner| is_clean(inner));
    match only_mark.map(|inner| (inner, inner.split_once('.'))) {
        Some((_, Some((id, attribute)))) => json!({ "Fn::GetAtt": [id, attribute] }),
        Some((id, None)) => json!({ "Ref": id }),
        // Outside the marks `${` is text, which Fn::Sub writes `${!`.
        None => json!({ "Fn::Sub": display(&text.replace("${", "${!")) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_the_smallest_function() {
        let domain = attribute("Cdn", "DomainName");
        assert_eq!(resolve(json!(domain)).unwrap(), json!({"Fn::GetAtt": ["Cdn", "DomainName"]}));
        assert_eq!(resolve(json!(reference("Cdn"))).unwrap(), json!({"Ref": "Cdn"}));
        assert_eq!(
            resolve(json!([format!("https://{domain}/a"), {"b": format!("{domain}{}", reference("X"))}])).unwrap(),
            json!([{"Fn::Sub": "https://${Cdn.DomainName}/a"}, {"b": {"Fn::Sub": "${Cdn.DomainName}${X}"}}])
        );
    }

    #[test]
    fn literal_substitutions_stay_literal() {
        assert_eq!(resolve(json!("${HOME}")).unwrap(), json!("${HOME}"));
        assert_eq!(
            resolve(json!(format!("${{HOME}} ${{!x}} {}", reference("X")))).unwrap(),
            json!({"Fn::Sub": "${!HOME} ${!!x} ${X}"})
        );
    }

    #[test]
    fn marks_in_json_stay_marks_and_texts_that_look_like_them_stay_texts() {
        let value = json!({"a": [format!("<{}>\n", reference("X")), "\\u0001\u{3}", 1.5, null]});
        let text = json_text(&value);
        assert_eq!(text, format!("{{\"a\":[\"<{}>\\n\",\"\\\\u0001\\u0003\",1.5,null]}}", reference("X")));
        assert_eq!(resolve(json!(text)).unwrap()["Fn::Sub"].as_str().unwrap().matches("${X}").count(), 1);
    }

    #[test]
    fn keys_cannot_be_functions() {
        assert!(resolve(json!({ reference("X"): 1 })).is_err());
    }
}
