//! Patterns of JSON messages: `{ ($.level = "ERROR") && ($.code >= 500) }`.

use serde_json::Value;

use super::condition::{Expression, select, selector};

/// A pattern of JSON messages.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::logs) struct Structured(Expression);

impl Structured {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let inner =
            text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or("a `}` is missing at its end")?;
        let is_subject = |subject: &str| match selector(subject) {
            Some(_) => Ok(()),
            None => Err(format!("`{subject}` is no selector: it begins with `$`, as `$.level` does")),
        };
        Expression::parse(inner, &is_subject).map(Self)
    }

    pub(super) fn matches(&self, value: &Value) -> bool {
        self.0.holds(&|subject| select(value, &selector(subject)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_messages_match_by_their_fields() {
        let message = json!({
            "level": "ERROR", "code": 404, "ok": true, "nothing": null, "request": {"ip": "10.0.0.1", "tags": ["a", "b"]},
            "odd name": "x", "text": "12",
        });
        for (pattern, expected) in [
            ("{ $.level = ERROR }", true),
            ("{ $.level = \"ERROR\" }", true),
            ("{$.level=\"ERR*\"}", true),
            ("{ $.level != \"INFO\" }", true),
            ("{ $.missing != \"INFO\" }", false),
            ("{ $.code = 404 }", true),
            ("{ $.code = 4* }", true),
            ("{ $.code >= 500 }", false),
            ("{ $.code > 4.03e2 && $.code <= 404 }", true),
            ("{ $.text > 11 }", true),
            ("{ $.ok IS TRUE }", true),
            ("{ $.nothing IS NULL }", true),
            ("{ $.missing IS NULL }", false),
            ("{ $.missing NOT EXISTS }", true),
            ("{ $.request.ip = 10.0.* }", true),
            ("{ $.request.tags[1] = b }", true),
            ("{ $.[\"odd name\"] = x }", true),
            ("{ ($.level = INFO) || ($.code = 404 && $.ok IS FALSE) || $.ok IS TRUE }", true),
            ("{ ($.level = INFO || $.code = 404) && $.ok IS FALSE }", false),
        ] {
            assert_eq!(Structured::parse(pattern).unwrap().matches(&message), expected, "{pattern}");
        }
    }
}
