//! Event patterns: the language of rules of `EventBridge` and of filter policies.
//!
//! A pattern has the shape of the events that it wants: an object for each object, and for each leaf the list of what may
//! stand there. `check` refuses what could not be evaluated, this file evaluates.

use std::net::IpAddr;

use serde_json::{Map, Value};

mod check;
mod wildcard;

pub(crate) use check::check;
pub(crate) use wildcard::fits as wildcard_fits;

/// Whether an event has what a checked pattern wants.
pub(crate) fn matches(pattern: &Map<String, Value>, event: &Map<String, Value>) -> bool {
    pattern.iter().all(|(key, wanted)| match wanted {
        Value::Array(alternatives) if key == "$or" => {
            alternatives.iter().any(|one| one.as_object().is_some_and(|one| matches(one, event)))
        }
        Value::Array(conditions) => {
            let leaves = leaves(event.get(key));
            conditions.iter().any(|condition| holds(condition, &leaves))
        }
        Value::Object(inner) => match event.get(key) {
            Some(found) => inner_matches(inner, found),
            // What wants the absence of something finds it absent.
            None => matches(inner, &Map::new()),
        },
        _ => false,
    })
}

/// All conditions of an object hold for one and the same member of a list.
fn inner_matches(pattern: &Map<String, Value>, found: &Value) -> bool {
    match found {
        Value::Object(event) => matches(pattern, event),
        Value::Array(items) if !items.is_empty() => items.iter().any(|item| inner_matches(pattern, item)),
        _ => matches(pattern, &Map::new()),
    }
}

/// The values of a field: a list stands for its members. Objects are no values.
fn leaves(found: Option<&Value>) -> Vec<&Value> {
    match found {
        None | Some(Value::Object(_)) => Vec::new(),
        Some(Value::Array(items)) => items.iter().flat_map(|item| leaves(Some(item))).collect(),
        Some(one) => vec![one],
    }
}

fn holds(condition: &Value, leaves: &[&Value]) -> bool {
    let Value::Object(operators) = condition else {
        return leaves.iter().any(|leaf| same(condition, leaf));
    };
    let Some((operator, operand)) = operators.iter().next() else { return false };
    match operator.as_str() {
        "exists" => operand.as_bool() == Some(!leaves.is_empty()),
        "anything-but" => leaves.iter().any(|leaf| !excluded(operand, leaf)),
        _ => leaves.iter().any(|leaf| fits(operator, operand, leaf)),
    }
}

/// Whether a value fits an operator that looks at one value.
fn fits(operator: &str, operand: &Value, leaf: &Value) -> bool {
    match operator {
        "numeric" => leaf.as_f64().is_some_and(|number| in_range(operand, number)),
        "cidr" => leaf.as_str().zip(operand.as_str()).is_some_and(|(address, block)| in_block(block, address)),
        _ => leaf.as_str().is_some_and(|text| text_fits(operator, operand, text)),
    }
}

fn text_fits(operator: &str, operand: &Value, text: &str) -> bool {
    match (operator, operand) {
        ("prefix", Value::String(prefix)) => text.starts_with(prefix.as_str()),
        ("suffix", Value::String(suffix)) => text.ends_with(suffix.as_str()),
        ("prefix" | "suffix", Value::Object(inner)) => {
            let Some(wanted) = inner.get("equals-ignore-case").and_then(Value::as_str) else { return false };
            let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
            if operator == "prefix" { text.starts_with(&wanted) } else { text.ends_with(&wanted) }
        }
        ("equals-ignore-case", Value::String(wanted)) => text.to_lowercase() == wanted.to_lowercase(),
        ("wildcard", Value::String(wildcard)) => wildcard::fits(wildcard, text),
        _ => false,
    }
}

/// Whether `anything-but` names a value.
fn excluded(operand: &Value, leaf: &Value) -> bool {
    match operand {
        Value::Array(list) => list.iter().any(|one| same(one, leaf)),
        Value::Object(inner) => inner.iter().next().is_some_and(|(operator, wanted)| match wanted {
            Value::Array(list) => list.iter().any(|one| fits(operator, one, leaf)),
            one => fits(operator, one, leaf),
        }),
        one => same(one, leaf),
    }
}

/// Numbers are the same when their values are: `300`, `300.0`.
fn same(wanted: &Value, leaf: &Value) -> bool {
    match (wanted.as_f64(), leaf.as_f64()) {
        (Some(wanted), Some(leaf)) => wanted.total_cmp(&leaf).is_eq(),
        _ => wanted == leaf,
    }
}

/// `["=", 1]`, `[">", 0]`, `[">=", 0, "<", 10]`.
fn in_range(range: &Value, number: f64) -> bool {
    range.as_array().is_some_and(|terms| {
        terms.chunks(2).all(|pair| {
            let (Some(operator), Some(bound)) = (pair[0].as_str(), pair.get(1).and_then(Value::as_f64)) else {
                return false;
            };
            match operator {
                "=" => number.total_cmp(&bound).is_eq(),
                "<" => number < bound,
                "<=" => number <= bound,
                ">" => number > bound,
                _ => number >= bound,
            }
        })
    })
}

fn in_block(block: &str, address: &str) -> bool {
    let Some((network, bits)) = parse_block(block) else { return false };
    match (network, address.parse::<IpAddr>()) {
        (IpAddr::V4(network), Ok(IpAddr::V4(address))) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(network) & mask == u32::from(address) & mask
        }
        (IpAddr::V6(network), Ok(IpAddr::V6(address))) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(network) & mask == u128::from(address) & mask
        }
        _ => false,
    }
}

/// Address and prefix length of `10.0.0.0/24`.
fn parse_block(block: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = block.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits: u32 = bits.parse().ok()?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepted(pattern: &Value, event: &Value) -> bool {
        check(pattern).unwrap();
        matches(pattern.as_object().unwrap(), event.as_object().unwrap())
    }

    #[test]
    fn every_operator_at_one_field() {
        for (condition, value, expected) in [
            (json!("x"), json!("x"), true),
            (json!("x"), json!("X"), false),
            (json!(300), json!(300.0), true),
            (json!(300), json!("300"), false),
            (json!(null), json!(null), true),
            (json!(true), json!(false), false),
            (json!("x"), json!(["w", "x"]), true),
            (json!("x"), json!([["x"]]), true),
            (json!({"prefix": "im"}), json!("image"), true),
            (json!({"prefix": {"equals-ignore-case": "IM"}}), json!("image"), true),
            (json!({"suffix": ".png"}), json!("a.png"), true),
            (json!({"suffix": ".png"}), json!("a.PNG"), false),
            (json!({"suffix": {"equals-ignore-case": ".png"}}), json!("a.PNG"), true),
            (json!({"equals-ignore-case": "Ünit"}), json!("üNIT"), true),
            (json!({"wildcard": "dir/*.png"}), json!("dir/a/b.png"), true),
            (json!({"wildcard": "dir/*.png"}), json!("dir/a.jpg"), false),
            (json!({"anything-but": "x"}), json!("y"), true),
            (json!({"anything-but": ["x", 3]}), json!(3), false),
            (json!({"anything-but": ["x", 3]}), json!(["x", 4]), true),
            (json!({"anything-but": {"prefix": "im"}}), json!("image"), false),
            (json!({"anything-but": {"suffix": [".png", ".jpg"]}}), json!("a.jpg"), false),
            (json!({"anything-but": {"equals-ignore-case": ["a", "b"]}}), json!("B"), false),
            (json!({"anything-but": {"wildcard": "*/lib/*"}}), json!("usr/lib/x"), false),
            (json!({"anything-but": {"wildcard": "*/lib/*"}}), json!("usr/x"), true),
            (json!({"numeric": ["=", 5]}), json!(5.0), true),
            (json!({"numeric": [">", 0, "<=", 5]}), json!(0), false),
            (json!({"numeric": [">", 0, "<=", 5]}), json!(5), true),
            (json!({"cidr": "10.0.0.0/24"}), json!("10.0.0.255"), true),
            (json!({"cidr": "10.0.0.0/24"}), json!("10.0.1.0"), false),
            (json!({"cidr": "0.0.0.0/0"}), json!("1.2.3.4"), true),
            (json!({"cidr": "2001:db8::/32"}), json!("2001:db8:1::1"), true),
            (json!({"cidr": "2001:db8::/32"}), json!("10.0.0.1"), false),
            (json!({"exists": true}), json!(null), true),
            (json!({"exists": true}), json!({"a": 1}), false),
            (json!({"exists": false}), json!({"a": 1}), true),
        ] {
            let (pattern, event) = (json!({"f": [condition]}), json!({"f": value}));
            assert_eq!(accepted(&pattern, &event), expected, "{pattern} {event}");
        }
    }

    #[test]
    fn fields_that_are_not_there() {
        let event = json!({"a": {"b": 1}});
        for (pattern, expected) in [
            (json!({"x": [{"exists": false}]}), true),
            (json!({"x": {"y": [{"exists": false}]}}), true),
            (json!({"a": {"b": {"c": [{"exists": false}]}}}), true),
            (json!({"x": [{"anything-but": "y"}]}), false),
            (json!({"x": {"y": ["z"]}}), false),
            (json!({"a": {"b": [{"exists": true}]}}), true),
        ] {
            assert_eq!(accepted(&pattern, &event), expected, "{pattern}");
        }
    }

    #[test]
    fn alternatives_and_members_of_lists() {
        let pattern = json!({
            "source": ["s"],
            "$or": [{"detail": {"state": ["on"]}}, {"detail": {"level": [{"numeric": [">", 9]}]}}],
        });
        assert!(accepted(&pattern, &json!({"source": "s", "detail": {"state": "on"}})));
        assert!(accepted(&pattern, &json!({"source": "s", "detail": {"level": 10}})));
        assert!(!accepted(&pattern, &json!({"source": "s", "detail": {"level": 9}})));
        let pair = json!({"m": {"a": [1], "b": [2]}});
        assert!(accepted(&pair, &json!({"m": [{"a": 0}, {"a": 1, "b": 2}]})));
        assert!(!accepted(&pair, &json!({"m": [{"a": 1}, {"b": 2}]})));
    }
}
