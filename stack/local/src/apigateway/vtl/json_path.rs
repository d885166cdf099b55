//! The JSON paths of `$input.path` and `$input.json`: `$.a.b[0]['c']`, `[*]` and `..name`.

use serde_json::Value;

/// What a path leads to; `None` when there is nothing, or the path is none.
pub(crate) fn at(value: &Value, path: &str) -> Option<Value> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut found = vec![value];
    let mut is_several = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            let (name, after) = name(after);
            is_several = true;
            let mut all = Vec::new();
            for value in found {
                descend(value, name, &mut all);
            }
            (found, rest) = (all, after);
        } else if let Some(after) = rest.strip_prefix(".*").or_else(|| rest.strip_prefix("[*]")) {
            is_several = true;
            found = found.into_iter().flat_map(children).collect();
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let (name, after) = name(after);
            found = found.into_iter().filter_map(|value| value.get(name)).collect();
            rest = after;
        } else {
            let inner = rest.strip_prefix('[')?;
            let (step, after) = inner.split_once(']')?;
            let step = step.trim();
            found = if let Some(name) = quoted(step) {
                found.into_iter().filter_map(|value| value.get(name)).collect()
            } else {
                let index: i64 = step.parse().ok()?;
                found.into_iter().filter_map(|value| element(value, index)).collect()
            };
            rest = after;
        }
    }
    if is_several {
        return Some(Value::Array(found.into_iter().cloned().collect()));
    }
    found.first().map(|value| (*value).clone())
}

fn name(text: &str) -> (&str, &str) {
    text.split_at(text.find(['.', '[']).unwrap_or(text.len()))
}

fn quoted(text: &str) -> Option<&str> {
    ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

/// An element, counted from the end when the index is negative.
fn element(value: &Value, index: i64) -> Option<&Value> {
    let items = value.as_array()?;
    let index = if index < 0 { i64::try_from(items.len()).ok()? + index } else { index };
    items.get(usize::try_from(index).ok()?)
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    }
}

fn descend<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    found.extend(value.get(name));
    for child in children(value) {
        descend(child, name, found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_values() {
        let value = json!({"a": {"b": [1, {"c-d": "x"}]}, "list": [{"n": 1}, {"n": 2}]});
        for (path, expected) in [
            ("$", Some(value.clone())),
            ("$.a.b[0]", Some(json!(1))),
            ("$.a.b[1]['c-d']", Some(json!("x"))),
            ("$.a.b[-1].c-d", Some(json!("x"))),
            ("$['a'].b[0]", Some(json!(1))),
            ("$.list[*].n", Some(json!([1, 2]))),
            ("$..n", Some(json!([1, 2]))),
            ("$.missing", None),
            ("$.a.b[9]", None),
            ("a", None),
            ("$[", None),
        ] {
            assert_eq!(at(&value, path), expected, "{path}");
        }
    }
}
