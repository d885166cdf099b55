//! Template to text.

use serde_json::Value;

use super::Template;

impl Template {
    /// The template as one JSON value, sections in CloudFormation's usual order.
    #[must_use]
    pub fn to_value(&self) -> Value {
        // Keys are strings and values are JSON already, so this cannot fail.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The template as JSON, indented by two spaces, with a final line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.to_value())
    }

    /// The template as JSON without any white space: what fits into fewest bytes.
    #[must_use]
    pub fn to_compact_json(&self) -> String {
        self.to_value().to_string()
    }

    /// The template as YAML. Intrinsic functions stand in their long form; strings that YAML would read as something
    /// else are quoted, also those that only YAML 1.1 would, which CloudFormation reads: `OFF` is a truth value there.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        // The writer folds lines at U+2028 and U+2029, which YAML 1.2 reads as text. JSON is YAML, too.
        let json = self.to_json();
        if json.contains(['\u{2028}', '\u{2029}', QUOTE]) {
            return json;
        }
        // The same as above: nothing in here that YAML cannot write.
        serde_norway::to_string(&marked(self.to_value())).unwrap_or_default().replace(QUOTE, "'")
    }
}

/// Stands for a quote until the text is written: the writer knows YAML 1.2 only and would not quote these strings.
const QUOTE: char = '\u{e000}';

fn marked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(marked_text(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(marked).collect()),
        Value::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (marked_text(key), marked(value))).collect())
        }
        other => other,
    }
}

fn marked_text(text: String) -> String {
    if is_more_in_yaml_1_1(&text) { format!("{QUOTE}{text}{QUOTE}") } else { text }
}

/// True for a string of YAML 1.2 that is a truth value or a number in YAML 1.1: `off`, `1_000`, `12:30`.
fn is_more_in_yaml_1_1(text: &str) -> bool {
    let is_word = ["y", "n", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = number.starts_with(|first: char| first.is_ascii_digit())
        && number.contains(['_', ':'])
        && number.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'_' | b':' | b'.' | b'x'));
    is_word || is_number
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::Resource;

    #[test]
    fn what_yaml_1_1_would_read_otherwise_is_quoted() {
        let properties =
            json!({ "On": "OFF", "a": ["no", "1_000", "12:30:45", "plain", "10", "note", "a_b:c"], "it's": "y" });
        let resource = Resource { resource_type: "A::B::C".to_owned(), properties, ..Resource::default() };
        let template = Template { resources: [("X".to_owned(), resource)].into(), ..Template::default() };
        let yaml = template.to_yaml();
        for quoted in ["'On': 'OFF'", "- 'no'", "- '1_000'", "- '12:30:45'", "- plain", "- '10'", "- note", "it's: 'y'"]
        {
            assert!(yaml.contains(quoted), "{quoted}\n{yaml}");
        }
        assert_eq!(Template::parse(&yaml).unwrap(), template);
    }
}
