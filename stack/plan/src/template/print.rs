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
    /// else are quoted, those of YAML 1.1 included, which CloudFormation reads (`OFF` is false there).
    #[must_use]
    pub fn to_yaml(&self) -> String {
        // The writer folds lines at U+2028 and U+2029, which YAML 1.2 reads as text. JSON is YAML, too.
        let json = self.to_json();
        if json.contains(['\u{2028}', '\u{2029}']) || json.contains(QUOTE) {
            return json;
        }
        // The same as above: nothing in here that YAML cannot write.
        let yaml = serde_norway::to_string(&mark_words(self.to_value())).unwrap_or_default();
        yaml.replace(QUOTE, "'")
    }
}

/// Stands for a quote around a word that the writer, which knows YAML 1.2, leaves without.
const QUOTE: &str = "__single_quote__";

fn mark_words(value: Value) -> Value {
    let mark = |text: String| if is_old_word(&text) { format!("{QUOTE}{text}{QUOTE}") } else { text };
    match value {
        Value::String(text) => Value::String(mark(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(mark_words).collect()),
        Value::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (mark(key), mark_words(value))).collect())
        }
        other => other,
    }
}

/// True for what YAML 1.1 reads as a boolean or a number of base 60, and YAML 1.2 as text.
fn is_old_word(text: &str) -> bool {
    const BOOLEANS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    let is_base_60 = text.contains(':') && text.bytes().all(|byte| byte.is_ascii_digit() || b":_.".contains(&byte));
    is_base_60 || BOOLEANS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_of_yaml_1_1_are_quoted() {
        let resource =
            json!({ "Type": "A::B::C", "Properties": { "ON": "OFF", "a": ["no", "12:30", "nothing", "y"] } });
        let template = Template::parse(&json!({ "Resources": { "R": resource } }).to_string()).unwrap();
        let yaml = template.to_yaml();
        for line in ["'ON': 'OFF'", "- 'no'", "- '12:30'", "- nothing", "- 'y'"] {
            assert!(yaml.lines().any(|found| found.trim() == line), "{line}\n{yaml}");
        }
        assert_eq!(Template::parse(&yaml).unwrap(), template);
    }

    #[test]
    fn a_text_with_the_mark_is_written_as_json() {
        let resource = json!({ "Type": "A::B::C", "Properties": { "a": QUOTE } });
        let template = Template::parse(&json!({ "Resources": { "R": resource } }).to_string()).unwrap();
        assert_eq!(Template::parse(&template.to_yaml()).unwrap(), template);
    }
}
