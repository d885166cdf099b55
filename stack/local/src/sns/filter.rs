//! Filter policies: which messages a subscription gets. They are written as event patterns are.

use serde_json::Value;

use super::Subscription;
use super::message::Publication;
use super::topics::invalid;
use crate::pattern;
use crate::wire::ServiceError;

/// Most keys of a policy.
const KEY_LIMIT: usize = 5;

/// Refuses a policy that could not be evaluated.
pub(super) fn check(text: &str, nested: bool) -> Result<(), ServiceError> {
    let wrong = |why: &str| invalid(format!("FilterPolicy: {why}"));
    let Ok(Value::Object(policy)) = serde_json::from_str(text) else {
        return Err(wrong("failed to parse JSON."));
    };
    if policy.len() > KEY_LIMIT {
        return Err(wrong("Filter policy can not have more than 5 keys"));
    }
    if !nested && policy.iter().any(|(_, conditions)| conditions.is_object()) {
        return Err(invalid("Filter policy scope MessageAttributes does not support nested filter policy"));
    }
    // A policy without a key wants everything.
    if policy.is_empty() {
        return Ok(());
    }
    pattern::check(&Value::Object(policy)).map_err(|why| wrong(&why))
}

/// Whether a subscription wants a message.
pub(super) fn accepts(subscription: &Subscription, publication: &Publication) -> bool {
    let Some(policy) = subscription.attributes.get("FilterPolicy") else { return true };
    let Ok(Value::Object(policy)) = serde_json::from_str(policy) else { return false };
    let body = subscription.attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody");
    if !body {
        return pattern::matches(&policy, &publication.filter_values());
    }
    match serde_json::from_str(&publication.message) {
        Ok(Value::Object(message)) => pattern::matches(&policy, &message),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepted(policy: &Value, message: &Value) -> bool {
        pattern::matches(policy.as_object().unwrap(), message.as_object().unwrap())
    }

    #[test]
    fn conditions_choose_messages() {
        for (policy, message, expected) in [
            (json!({"a": ["x", "y"]}), json!({"a": "y"}), true),
            (json!({"a": ["x"]}), json!({"a": "z"}), false),
            (json!({"a": ["x"]}), json!({}), false),
            (json!({"a": ["x"], "b": ["y"]}), json!({"a": "x"}), false),
            (json!({"a": [1]}), json!({"a": 1.0}), true),
            (json!({"a": ["x"]}), json!({"a": ["w", "x"]}), true),
            (json!({"a": [{"prefix": "im"}]}), json!({"a": "image"}), true),
            (json!({"a": [{"suffix": ".png"}]}), json!({"a": "x.jpg"}), false),
            (json!({"a": [{"anything-but": ["x", "y"]}]}), json!({"a": "z"}), true),
            (json!({"a": [{"anything-but": ["x", "y"]}]}), json!({"a": "x"}), false),
            (json!({"a": [{"anything-but": "x"}]}), json!({}), false),
            (json!({"a": [{"anything-but": {"prefix": "im"}}]}), json!({"a": "image"}), false),
            (json!({"a": [{"numeric": [">", 0, "<=", 100]}]}), json!({"a": 100}), true),
            (json!({"a": [{"numeric": [">", 0, "<=", 100]}]}), json!({"a": 0}), false),
            (json!({"a": [{"numeric": ["=", 5]}]}), json!({"a": "5"}), false),
            (json!({"a": [{"exists": true}]}), json!({"a": null}), true),
            (json!({"a": [{"exists": false}]}), json!({"b": 1}), true),
            (json!({"a": {"b": ["x"]}}), json!({"a": [{"b": "w"}, {"b": "x"}]}), true),
            (json!({"a": {"b": ["x"]}}), json!({"a": {"b": "w"}}), false),
        ] {
            assert_eq!(accepted(&policy, &message), expected, "{policy} {message}");
        }
    }

    #[test]
    fn policies_that_cannot_be_evaluated_are_refused() {
        for (policy, part) in [
            ("{", "failed to parse JSON"),
            (r#"{"a": "x"}"#, "\"a\" must be an object or an array"),
            (r#"{"a": []}"#, "Empty arrays"),
            (r#"{"a": [["x"]]}"#, "Match value must be"),
            (r#"{"a": [{"prefix": "x", "suffix": "y"}]}"#, "Only one key allowed"),
            (r#"{"a": [{"wrong": 1}]}"#, "Unrecognized match type wrong"),
            (r#"{"a": [{"exists": "no"}]}"#, "exists match pattern"),
            (r#"{"a": [{"numeric": [">", 3, "<", 1]}]}"#, "Bad numeric range"),
            (r#"{"a": {"b": ["x"]}}"#, "does not support nested"),
            (r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}"#, "more than 5 keys"),
        ] {
            let error = check(policy, false).unwrap_err();
            assert!(error.message.contains(part), "{policy}: {}", error.message);
        }
        assert!(check(r#"{"a": {"b": ["x"]}}"#, true).is_ok());
    }
}
