//! Filter patterns: terms, JSON (`{ $.level = "ERROR" }`) and space-delimited fields (`[ip, user, status = 4*]`).

use serde_json::Value;

use crate::pattern::wildcard_fits;
use crate::wire::ServiceError;

mod condition;
mod spaced;
mod structured;
mod terms;

use spaced::Spaced;
use structured::Structured;
use terms::Terms;

/// A filter pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    Terms(Terms),
    Structured(Structured),
    Spaced(Spaced),
}

impl Default for Filter {
    fn default() -> Self {
        Self::Terms(Terms::default())
    }
}

/// What a pattern found in a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Match {
    Text,
    Json(Value),
    /// Fields by name.
    Fields(Vec<(String, String)>),
}

impl Filter {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is no pattern, and regular expressions (`%...%`), which are not served.
    pub(super) fn parse(pattern: &str) -> Result<Self, ServiceError> {
        let text = pattern.trim();
        let parsed = if text.starts_with('{') {
            Structured::parse(text).map(Self::Structured)
        } else if text.starts_with('[') {
            Spaced::parse(text).map(Self::Spaced)
        } else if text.starts_with('%') {
            Err("the local cloud does not evaluate regular expressions".to_owned())
        } else {
            Terms::parse(text).map(Self::Terms)
        };
        parsed.map_err(|why| {
            ServiceError::bad_request("InvalidParameterException", format!("Invalid filter pattern `{pattern}`: {why}"))
        })
    }

    /// Whether a message matches. Case matters, as in CloudWatch.
    pub(super) fn matches(&self, message: &str) -> bool {
        self.find(message).is_some()
    }

    /// What the pattern finds in a message, where it matches.
    pub(super) fn find(&self, message: &str) -> Option<Match> {
        match self {
            Self::Terms(terms) => terms.matches(message).then_some(Match::Text),
            Self::Structured(structured) => {
                let value: Value = serde_json::from_str(message.trim()).ok().filter(Value::is_object)?;
                structured.matches(&value).then_some(Match::Json(value))
            }
            Self::Spaced(spaced) => spaced.find(message).map(Match::Fields),
        }
    }
}

impl Match {
    /// What `$.latency`, `$size` or a literal stands for in a message.
    pub(super) fn value(&self, reference: &str) -> Option<String> {
        match self {
            _ if !reference.starts_with('$') => Some(reference.to_owned()),
            Self::Text => None,
            Self::Json(value) => match condition::select(value, &condition::selector(reference)?)? {
                Value::String(text) => Some(text.clone()),
                Value::Object(_) | Value::Array(_) | Value::Null => None,
                scalar => Some(scalar.to_string()),
            },
            Self::Fields(fields) => fields
                .iter()
                .find(|(name, _)| Some(name.as_str()) == reference.strip_prefix('$'))
                .map(|(_, value)| value.clone()),
        }
    }

    /// Everything that was found, as `TestMetricFilter` shows it.
    pub(super) fn extracted(&self) -> Vec<(String, String)> {
        match self {
            Self::Text | Self::Json(_) => Vec::new(),
            Self::Fields(fields) => fields.iter().map(|(name, value)| (format!("${name}"), value.clone())).collect(),
        }
    }
}

/// Whether a text fits one with stars.
fn fits(wanted: &str, text: &str) -> bool {
    if wanted.contains('*') { wildcard_fits(wanted, text) } else { wanted == text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_from_what_matched() {
        let json =
            Filter::parse("{ $.latency > 1 }").unwrap().find(r#"{"latency": 2.5, "at": {"zone": "a"}}"#).unwrap();
        assert_eq!(json.value("$.latency").as_deref(), Some("2.5"));
        assert_eq!(json.value("$.at.zone").as_deref(), Some("a"));
        assert_eq!(json.value("$.at"), None);
        assert_eq!(json.value("1").as_deref(), Some("1"));
        let fields = Filter::parse("[ip, size]").unwrap().find("10.0.0.1 42").unwrap();
        assert_eq!(fields.value("$size").as_deref(), Some("42"));
        assert_eq!(fields.value("$other"), None);
    }

    #[test]
    fn patterns_of_each_kind_are_refused_with_a_reason() {
        for (pattern, why) in [
            ("\"open", "a quote is not closed"),
            ("%ERR.*%", "regular expressions"),
            ("{ $.a }", "an operator is missing"),
            ("{ $.a = }", "a value is missing"),
            ("{ a = 1 }", "`$`"),
            ("{ $.a = 1", "`}`"),
            ("[a, b", "`]`"),
            ("[a, ..., b, ...]", "once"),
        ] {
            let error = Filter::parse(pattern).unwrap_err();
            assert!(error.message.contains(why), "{pattern}: {}", error.message);
        }
    }
}
