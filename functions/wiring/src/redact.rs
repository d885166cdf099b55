//! Takes secrets out of what is logged, should a caller have put one in.

use serde_json::Value;

/// What stands in the place of a secret.
const HIDDEN: &str = "(hidden)";

/// Words in the name of a field whose value is never logged.
const SECRET_NAMES: [&str; 9] =
    ["authorization", "token", "password", "secret", "signature", "cookie", "credential", "api-key", "apikey"];

/// Query parameters whose values are never logged.
const SECRET_PARAMETERS: [&str; 4] = ["X-Amz-Signature=", "X-Amz-Security-Token=", "X-Amz-Credential=", "Token="];

/// Hides the values of fields with a secret name, tokens (JWT) and the secret parameters of URLs within texts.
pub(crate) fn redact(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact_text(&text)),
        Value::Array(values) => values.into_iter().map(redact).collect(),
        Value::Object(fields) => {
            let hide = |(name, value): (String, Value)| {
                let lower = name.to_ascii_lowercase();
                let secret = SECRET_NAMES.iter().any(|word| lower.contains(word)) && !value.is_null();
                (name, if secret { HIDDEN.into() } else { redact(value) })
            };
            Value::Object(fields.into_iter().map(hide).collect())
        }
        other => other,
    }
}

fn redact_text(text: &str) -> String {
    let mut shown = hide_tokens(text);
    for parameter in SECRET_PARAMETERS {
        shown = hide_parameter(&shown, parameter);
    }
    shown
}

/// Hides the value after each `parameter`, up to a character that ends a query parameter.
fn hide_parameter(text: &str, parameter: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(parameter) {
        let (before, after) = rest.split_at(at + parameter.len());
        shown.push_str(before);
        shown.push_str(HIDDEN);
        rest = after
            .trim_start_matches(|other: char| !matches!(other, '&' | '"' | '\'' | '<' | '>') && !other.is_whitespace());
    }
    shown.push_str(rest);
    shown
}

/// Hides words that begin as the base64url of a JSON object does.
fn hide_tokens(text: &str) -> String {
    let of_token = |other: char| other.is_ascii_alphanumeric() || matches!(other, '-' | '_' | '.');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("eyJ") {
        let (before, token) = rest.split_at(at);
        let after = token.trim_start_matches(of_token);
        shown.push_str(before);
        let length = token.len() - after.len();
        // `eyJ` alone may be part of a word.
        shown.push_str(if length > 20 { HIDDEN } else { &token[..length] });
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_with_secret_names_are_hidden() {
        let fact =
            json!({ "Authorization": "x", "sessionToken": ["x"], "about": [{ "db_password": "x", "key": "y" }] });
        assert_eq!(
            redact(fact),
            json!({ "Authorization": HIDDEN, "sessionToken": HIDDEN, "about": [{ "db_password": HIDDEN, "key": "y" }] })
        );
        assert_eq!(redact(json!({ "token": null, "number": 1 })), json!({ "token": null, "number": 1 }));
    }

    #[test]
    fn tokens_and_signatures_within_texts_are_hidden() {
        let shown = |text: &str| redact(text.into()).as_str().unwrap().to_owned();
        assert_eq!(shown("got Bearer eyJhbGciOiJSUzI1NiJ9.e30.CANARY-_a, sorry"), "got Bearer (hidden), sorry");
        assert_eq!(shown("eyJ is short"), "eyJ is short");
        assert_eq!(
            shown("https://b/k?X-Amz-Signature=CANARY&X-Amz-Date=1 and ?Token=CANARY"),
            "https://b/k?X-Amz-Signature=(hidden)&X-Amz-Date=1 and ?Token=(hidden)"
        );
        assert_eq!(shown("plain \u{2603}"), "plain \u{2603}");
    }
}
