//! Template to text.

use serde_json::{Map, Value};

use super::Template;

/// Stands before a scalar that must be quoted, until the text is written. It is for private use, so that no template has
/// a reason to hold it; one that does is printed as JSON.
const MARK: char = '\u{E0F1}';

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
        // The same as above.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The template as YAML. Intrinsic functions stand in their long form; strings that YAML 1.2 or 1.1 would read as
    /// something else (`true`, `2012-10-17`, `no`, `12:30`) are quoted.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        // The writer folds lines at U+2028 and U+2029, which YAML 1.2 reads as text. JSON is YAML, too.
        let json = self.to_json();
        if json.contains(['\u{2028}', '\u{2029}', MARK]) {
            return json;
        }
        // The same as above: nothing in here that YAML cannot write.
        let text = serde_norway::to_string(&marked(self.to_value())).unwrap_or_default();
        let mut parts = text.split(MARK);
        let mut quoted = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            // The writer has quoted it for a reason of its own.
            if quoted.ends_with(['\'', '"']) {
                quoted.push_str(part);
                continue;
            }
            // A marked scalar is plain: it ends where its line or its key does.
            let end = part.find('\n').unwrap_or(part.len());
            let line = &part[..end];
            let end = line.find(": ").or_else(|| line.strip_suffix(':').map(str::len)).unwrap_or(end);
            quoted.push('\'');
            quoted.push_str(&part[..end]);
            quoted.push('\'');
            quoted.push_str(&part[end..]);
        }
        quoted
    }
}

/// The value with a mark before every string that YAML 1.1 reads as something else.
fn marked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mark(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(marked).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, field)| (mark(key), marked(field))).collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn mark(text: String) -> String {
    if is_other_in_yaml_1_1(&text) { format!("{MARK}{text}") } else { text }
}

/// True for dates, truth values, base 60 and grouped numbers of YAML 1.1, which are strings in YAML 1.2.
fn is_other_in_yaml_1_1(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if matches!(lower.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "=" | "<<") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let is_only = |text: &str, more: &str| text.chars().all(|letter| letter.is_ascii_digit() || more.contains(letter));
    let mut parts = text.splitn(3, '-');
    let is_date = parts.next().is_some_and(|year| year.len() == 4 && is_only(year, ""))
        && parts.next().is_some_and(|month| (1..=2).contains(&month.len()) && is_only(month, ""))
        && parts.next().is_some_and(|rest| {
            let day: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (1..=2).contains(&day.len()) && is_only(&rest[day.len()..], "Tt Zz:.+-")
        });
    is_date || (unsigned.contains([':', '_']) && is_only(unsigned, ":_.,"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_yaml_would_read_as_something_else_is_quoted() {
        for text in [
            "2012-10-17",
            "2010-9-9",
            "2012-10-17T12:00:00Z",
            "yes",
            "No",
            "off",
            "y",
            "12:30",
            "10::",
            "190:20:30.15",
            "1_000",
            "=",
            "<<",
        ] {
            let template = Template {
                description: Some(text.to_owned()),
                resources: [("A".to_owned(), super::super::Resource {
                    resource_type: "X::Y::Z".to_owned(),
                    properties: serde_json::json!({"List": [text], text: {"In": text}, "Text": format!("a\n{text}\nb: {text}\n")}),
                    ..Default::default()
                })]
                .into(),
                ..Template::default()
            };
            let yaml = template.to_yaml();
            assert!(yaml.contains(&format!("Description: '{text}'\n")), "{yaml}");
            assert!(yaml.contains(&format!("- '{text}'\n")), "{yaml}");
            assert!(yaml.contains(&format!("'{text}':\n")), "{yaml}");
            assert_eq!(Template::parse(&yaml).unwrap(), template, "{yaml}");
        }
        for text in ["2012", "a-b", "10.0.0.0/16", "12:x", "noon", "2012-10-17x", "arn:aws:s3:::a"] {
            assert!(!is_other_in_yaml_1_1(text), "{text}");
        }
    }

    #[test]
    fn compact_json_is_the_value_without_white_space() {
        let text = "Parameters: {P: {Type: Number, Default: 1.5}}\nConditions: {C: !Equals [!Ref P, '1']}\nResources:\n  A:\n    Type: X::Y::Z\n    Condition: C\n    DependsOn: [B]\n    Properties: {Z: 1, A: [true, 1.10, 18446744073709551615, -3, 1e3], T: \"\\u00e4 \\u2028 \\n\"}\n  B: {Type: X::Y::Z, DependsOn: A, DeletionPolicy: Retain}\nOutputs: {O: {Value: !GetAtt A.B, Export: {Name: n}}}\n";
        let template = Template::parse(text).unwrap();
        assert_eq!(template.to_compact_json(), template.to_value().to_string());
    }
}
