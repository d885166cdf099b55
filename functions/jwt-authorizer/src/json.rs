//! JSON without second meanings: an object that names a field twice is refused, at any depth.
//!
//! Two readers of the same token may each take another one of the two values; a token that allows this is no token.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads a JSON object. `None` for anything else, for repeated names, and for nesting deeper than 128.
pub(crate) fn parse_object(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice::<Unambiguous>(bytes).ok()?;
    serde_json::from_slice(bytes).ok()
}

/// JSON in which no object names a field twice.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)?;
        Ok(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_element::<Unambiguous>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, Unambiguous)) = fields.next_entry::<String, Unambiguous>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a field that is named twice"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#"{"a":[null,true,1,-1,1.5,"b\u00e9",{}],"c":{"d":[]}}"#;
        let expected = json!({"a": [null, true, 1, -1, 1.5, "b\u{e9}", {}], "c": {"d": []}});
        assert_eq!(Value::Object(parse_object(text.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn an_error_says_what_is_expected() {
        let bytes = serde::de::value::BytesDeserializer::<serde::de::value::Error>::new(b"x");
        let error = Unambiguous::deserialize(bytes).err().unwrap();
        assert_eq!(error.to_string(), "invalid type: byte array, expected JSON");
    }

    #[test]
    fn second_meanings_are_refused() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"sub":1,"s\u0075b":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
            "[]",
            "null",
            "{}x",
            "{} {}",
            "\u{feff}{}",
            r#"{"a":1e400}"#,
            r#"{"a":NaN}"#,
            "",
        ] {
            assert_eq!(parse_object(text.as_bytes()), None, "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(parse_object(deep.as_bytes()), None);
    }
}
