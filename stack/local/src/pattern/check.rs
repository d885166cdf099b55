//! What makes a pattern one that can be evaluated.

use serde_json::{Map, Value};

use super::{parse_block, wildcard};

/// Refuses a pattern that could not be evaluated, in AWS's words.
pub(crate) fn check(pattern: &Value) -> Result<(), String> {
    match pattern.as_object() {
        Some(pattern) if pattern.is_empty() => Err("Empty objects are not allowed".to_owned()),
        Some(pattern) => check_object(pattern),
        None => Err("Filter is not an object".to_owned()),
    }
}

fn check_object(pattern: &Map<String, Value>) -> Result<(), String> {
    for (key, wanted) in pattern {
        match wanted {
            Value::Array(alternatives) if key == "$or" => {
                if alternatives.len() < 2 || alternatives.iter().any(|one| !one.is_object()) {
                    return Err("There must have at least 2 Objects in $or relationship".to_owned());
                }
                alternatives.iter().try_for_each(check)?;
            }
            Value::Array(conditions) if conditions.is_empty() => {
                return Err("Empty arrays are not allowed".to_owned());
            }
            Value::Array(conditions) => conditions.iter().try_for_each(check_condition)?,
            Value::Object(inner) if inner.is_empty() => return Err("Empty objects are not allowed".to_owned()),
            Value::Object(inner) => check_object(inner)?,
            _ => return Err(format!("\"{key}\" must be an object or an array")),
        }
    }
    Ok(())
}

/// Refuses a condition that could not be evaluated.
fn check_condition(condition: &Value) -> Result<(), String> {
    let operators = match condition {
        Value::Array(_) => return Err("Match value must be String, number, true, false, or null".to_owned()),
        Value::Object(operators) => operators,
        _ => return Ok(()),
    };
    let mut operators = operators.iter();
    let (Some((operator, operand)), None) = (operators.next(), operators.next()) else {
        return Err("Only one key allowed in match expression".to_owned());
    };
    match operator.as_str() {
        "exists" if !operand.is_boolean() => Err("exists match pattern must be either true or false.".to_owned()),
        "prefix" | "suffix" => check_affix(operator, operand),
        "equals-ignore-case" if !operand.is_string() => Err(format!("{operator} match pattern must be a string")),
        "exists" | "equals-ignore-case" => Ok(()),
        "wildcard" => check_wildcard(operand),
        "numeric" => check_numeric(operand),
        "cidr" => match operand.as_str().map(parse_block) {
            Some(Some(_)) => Ok(()),
            Some(None) => {
                Err("Malformed CIDR, an address and a prefix length with one '/' between them required".to_owned())
            }
            None => Err("prefix match pattern must be a string".to_owned()),
        },
        "anything-but" => check_anything_but(operand),
        other => Err(format!("Unrecognized match type {other}")),
    }
}

fn check_affix(operator: &str, operand: &Value) -> Result<(), String> {
    let ignoring_case = operand
        .as_object()
        .is_some_and(|inner| inner.len() == 1 && inner.get("equals-ignore-case").is_some_and(Value::is_string));
    if operand.is_string() || ignoring_case {
        Ok(())
    } else {
        Err(format!("{operator} match pattern must be a string"))
    }
}

fn check_wildcard(operand: &Value) -> Result<(), String> {
    let text = operand.as_str().ok_or("wildcard match pattern must be a string")?;
    wildcard::fault(text).map_or(Ok(()), Err)
}

fn check_numeric(operand: &Value) -> Result<(), String> {
    let Some(terms) = operand.as_array() else { return Err("Value of numeric must be an array.".to_owned()) };
    let bad = || Err(format!("Bad numeric range: {operand}"));
    let mut bounds = Vec::new();
    for pair in terms.chunks(2) {
        match (pair[0].as_str(), pair.get(1).and_then(Value::as_f64)) {
            (Some(operator), Some(bound)) => bounds.push((operator, bound)),
            _ => return bad(),
        }
    }
    let known = match bounds[..] {
        [(operator, _)] => ["=", "<", "<=", ">", ">="].contains(&operator),
        [(low, bottom), (high, top)] => [">", ">="].contains(&low) && ["<", "<="].contains(&high) && bottom < top,
        _ => false,
    };
    if known { Ok(()) } else { bad() }
}

fn check_anything_but(operand: &Value) -> Result<(), String> {
    let plain = |value: &Value| value.is_string() || value.is_number();
    match operand {
        Value::Array(list) if list.is_empty() => Err("Empty arrays are not allowed".to_owned()),
        Value::Array(list) if list.iter().all(plain) => Ok(()),
        Value::Object(inner) => {
            let mut inner = inner.iter();
            let (Some((operator, wanted)), None) = (inner.next(), inner.next()) else {
                return Err("Only one key allowed in match expression".to_owned());
            };
            let all: Vec<&Value> = wanted.as_array().map_or_else(|| vec![wanted], |list| list.iter().collect());
            match operator.as_str() {
                "prefix" | "suffix" => all.into_iter().try_for_each(|one| check_affix(operator, one)),
                "equals-ignore-case" if all.iter().all(|one| one.is_string()) => Ok(()),
                "wildcard" => all.into_iter().try_for_each(check_wildcard),
                other => Err(format!("Unsupported anything-but pattern: {other}")),
            }
        }
        one if plain(one) => Ok(()),
        _ => Err("Inside anything but list, start|null|boolean is not supported.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_cannot_be_evaluated_are_refused() {
        for (pattern, why) in [
            ("[]", "Filter is not an object"),
            ("{}", "Empty objects"),
            (r#"{"a": "x"}"#, "\"a\" must be an object or an array"),
            (r#"{"a": {}}"#, "Empty objects"),
            (r#"{"a": []}"#, "Empty arrays"),
            (r#"{"a": [["x"]]}"#, "Match value must be"),
            (r#"{"a": [{"prefix": "x", "suffix": "y"}]}"#, "Only one key allowed"),
            (r#"{"a": [{"wrong": 1}]}"#, "Unrecognized match type wrong"),
            (r#"{"a": [{"exists": "no"}]}"#, "exists match pattern"),
            (r#"{"a": [{"prefix": 1}]}"#, "prefix match pattern"),
            (r#"{"a": [{"wildcard": "**"}]}"#, "Consecutive wildcard characters at pos 0"),
            (r#"{"a": [{"numeric": [">", 3, "<", 1]}]}"#, "Bad numeric range"),
            (r#"{"a": [{"numeric": [">"]}]}"#, "Bad numeric range"),
            (r#"{"a": [{"numeric": 1}]}"#, "Value of numeric must be an array"),
            (r#"{"a": [{"cidr": "10.0.0.0"}]}"#, "Malformed CIDR"),
            (r#"{"a": [{"cidr": "10.0.0.0/33"}]}"#, "Malformed CIDR"),
            (r#"{"a": [{"anything-but": {"numeric": [1]}}]}"#, "Unsupported anything-but pattern: numeric"),
            (r#"{"a": [{"anything-but": []}]}"#, "Empty arrays"),
            (r#"{"$or": [{"a": [1]}]}"#, "at least 2 Objects"),
        ] {
            let fault = check(&serde_json::from_str(pattern).unwrap()).unwrap_err();
            assert!(fault.contains(why), "{pattern}: {fault}");
        }
    }
}
