//! Tags as drift detection shows them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::properties::text;

/// The tags of a resource in the form of a template, without those that its stack gave it; `None` where that leaves none.
pub(crate) fn live_tags(
    live: &BTreeMap<String, String>,
    stack_tags: &BTreeMap<String, String>,
    declared: &Value,
) -> Option<Value> {
    let own = declared.get("Tags").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let order = |key: &str| own.iter().position(|tag| text(tag, "Key") == Some(key)).unwrap_or(own.len());
    let mut shown: Vec<(&String, &String)> =
        live.iter().filter(|(key, value)| order(key) < own.len() || stack_tags.get(*key) != Some(*value)).collect();
    // In the order of the template, so that only a change shows as one.
    shown.sort_by_key(|(key, _)| (order(key), *key));
    (!shown.is_empty()).then(|| shown.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_tags_show_only_where_the_template_has_them_too_or_they_changed() {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let stack = map(&[("stack", "s"), ("both", "b"), ("changed", "old")]);
        let declared = json!({"Tags": [{"Key": "own", "Value": "o"}, {"Key": "both", "Value": "b"}]});
        let live = map(&[("stack", "s"), ("both", "b"), ("changed", "new"), ("own", "o")]);
        let shown = live_tags(&live, &stack, &declared).unwrap();
        let keys: Vec<&str> = shown.as_array().unwrap().iter().filter_map(|tag| text(tag, "Key")).collect();
        assert_eq!(keys, ["own", "both", "changed"]);
        assert_eq!(live_tags(&map(&[("stack", "s")]), &stack, &json!({})), None);
    }
}
