//! Filter policies: which messages a subscription gets.

use serde_json::{Map, Value};

use super::Subscription;
use super::message::Publication;
use super::topics::invalid;
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
    check_object(&policy, nested)
}

fn check_object(policy: &Map<String, Value>, nested: bool) -> Result<(), ServiceError> {
    let wrong = |why: String| Err(invalid(format!("FilterPolicy: {why}")));
    for (key, conditions) in policy {
        match conditions {
            Value::Array(_) if key == "$or" => return wrong("the local cloud does not evaluate `$or`".to_owned()),
            Value::Array(conditions) if conditions.is_empty() => {
                return wrong("Empty arrays are not allowed".to_owned());
            }
            Value::Array(conditions) => conditions.iter().try_for_each(check_condition)?,
            Value::Object(_) if !nested => {
                return Err(invalid("Filter policy scope MessageAttributes does not support nested filter policy"));
            }
            Value::Object(inner) => check_object(inner, nested)?,
            _ => return wrong(format!("\"{key}\" must be an object or an array")),
        }
    }
    Ok(())
}

fn check_condition(condition: &Value) -> Result<(), ServiceError> {
    let wrong = |why: String| Err(invalid(format!("FilterPolicy: {why}")));
    let operators = match condition {
        Value::Array(_) => return wrong("Match value must be String, number, true, false, or null".to_owned()),
        Value::Object(operators) => operators,
        _ => return Ok(()),
    };
    let mut operators = operators.iter();
    let (Some((operator, operand)), None) = (operators.next(), operators.next()) else {
        return wrong("Only one key allowed in match expression".to_owned());
    };
    match operator.as_str() {
        "exists" if !operand.is_boolean() => wrong("exists match pattern must be either true or false.".to_owned()),
        "prefix" | "suffix" | "equals-ignore-case" if !operand.is_string() => {
            wrong(format!("{operator} match pattern must be a string"))
        }
        "numeric" if numeric_range(operand).is_none() => wrong(format!("Bad numeric range: {operand}")),
        "anything-but" => match operand {
            Value::Object(inner) => match inner.iter().next() {
                Some((kind, value)) if matches!(kind.as_str(), "prefix" | "suffix") && value.is_string() => Ok(()),
                Some((kind, _)) => wrong(format!("Unsupported anything-but pattern: {kind}")),
                None => wrong("Unsupported anything-but pattern".to_owned()),
            },
            _ => Ok(()),
        },
        "exists" | "prefix" | "suffix" | "equals-ignore-case" | "numeric" => Ok(()),
        "cidr" | "wildcard" => wrong(format!("the local cloud does not evaluate `{operator}`")),
        other => wrong(format!("Unrecognized match type {other}")),
    }
}

/// Whether a subscription wants a message.
pub(super) fn accepts(subscription: &Subscription, publication: &Publication) -> bool {
    let Some(policy) = subscription.attributes.get("FilterPolicy") else { return true };
    let Ok(Value::Object(policy)) = serde_json::from_str(policy) else { return false };
    let body = subscription.attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody");
    if !body {
        return object_accepts(&policy, &publication.filter_values());
    }
    match serde_json::from_str(&publication.message) {
        Ok(Value::Object(message)) => object_accepts(&policy, &message),
        _ => false,
    }
}

/// Every key of the policy must find what it wants.
fn object_accepts(policy: &Map<String, Value>, message: &Map<String, Value>) -> bool {
    policy.iter().all(|(key, conditions)| match (conditions, message.get(key)) {
        (Value::Array(conditions), found) => conditions.iter().any(|condition| holds(condition, found)),
        (Value::Object(inner), Some(found)) => inner_accepts(inner, found),
        (Value::Object(inner), None) => object_accepts(inner, &Map::new()),
        _ => false,
    })
}

fn inner_accepts(policy: &Map<String, Value>, found: &Value) -> bool {
    match found {
        Value::Object(message) => object_accepts(policy, message),
        Value::Array(items) => items.iter().any(|item| inner_accepts(policy, item)),
        _ => false,
    }
}

fn holds(condition: &Value, found: Option<&Value>) -> bool {
    let Value::Object(operators) = condition else {
        return values(found).into_iter().any(|value| same(condition, value));
    };
    let Some((operator, operand)) = operators.iter().next() else { return false };
    match operator.as_str() {
        "exists" => operand.as_bool() == Some(found.is_some()),
        "anything-but" => found.is_some() && !values(found).into_iter().any(|value| excluded(operand, value)),
        _ => values(found).into_iter().any(|value| match (operator.as_str(), operand) {
            ("numeric", range) => value.as_f64().is_some_and(|number| in_range(range, number)),
            ("prefix", Value::String(prefix)) => value.as_str().is_some_and(|text| text.starts_with(prefix.as_str())),
            ("suffix", Value::String(suffix)) => value.as_str().is_some_and(|text| text.ends_with(suffix.as_str())),
            ("equals-ignore-case", Value::String(wanted)) => {
                value.as_str().is_some_and(|text| text.to_lowercase() == wanted.to_lowercase())
            }
            _ => false,
        }),
    }
}

fn excluded(operand: &Value, value: &Value) -> bool {
    match operand {
        Value::Array(list) => list.iter().any(|one| same(one, value)),
        Value::Object(inner) => inner.iter().next().is_some_and(|(kind, wanted)| {
            let (Some(wanted), Some(text)) = (wanted.as_str(), value.as_str()) else { return false };
            if kind == "prefix" { text.starts_with(wanted) } else { text.ends_with(wanted) }
        }),
        one => same(one, value),
    }
}

/// A list stands for its members.
fn values(found: Option<&Value>) -> Vec<&Value> {
    match found {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}

fn same(wanted: &Value, value: &Value) -> bool {
    match (wanted.as_f64(), value.as_f64()) {
        (Some(wanted), Some(value)) => wanted.total_cmp(&value).is_eq(),
        _ => wanted == value,
    }
}

/// `["=", 1]`, `[">", 0]`, `[">=", 0, "<", 10]`.
fn numeric_range(range: &Value) -> Option<Vec<(&str, f64)>> {
    let terms = range.as_array()?;
    if terms.is_empty() || terms.len() > 4 || terms.len() % 2 == 1 {
        return None;
    }
    let bounds: Option<Vec<(&str, f64)>> =
        terms.chunks(2).map(|pair| Some((pair[0].as_str()?, pair[1].as_f64()?))).collect();
    let bounds = bounds?;
    let known = match bounds[..] {
        [(operator, _)] => ["=", "<", "<=", ">", ">="].contains(&operator),
        [(low, bottom), (high, top)] => [">", ">="].contains(&low) && ["<", "<="].contains(&high) && bottom < top,
        _ => false,
    };
    known.then_some(bounds)
}

fn in_range(range: &Value, number: f64) -> bool {
    numeric_range(range).is_some_and(|bounds| {
        bounds.iter().all(|(operator, bound)| match *operator {
            "=" => number.total_cmp(bound).is_eq(),
            "<" => number < *bound,
            "<=" => number <= *bound,
            ">" => number > *bound,
            _ => number >= *bound,
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepted(policy: &Value, message: &Value) -> bool {
        object_accepts(policy.as_object().unwrap(), message.as_object().unwrap())
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
