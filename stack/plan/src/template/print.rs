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
    /// else are quoted.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        // The writer folds lines at U+2028 and U+2029, which YAML 1.2 reads as text. JSON is YAML, too.
        let json = self.to_json();
        if json.contains(['\u{2028}', '\u{2029}']) {
            return json;
        }
        // The same as above: nothing in here that YAML cannot write.
        serde_norway::to_string(&self.to_value()).unwrap_or_default()
    }
}
