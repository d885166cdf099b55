//! The two ways in which members are written: `outputGroups` by APIs, `OutputGroups` by templates.

use serde_json::{Map, Value};

/// Members whose own members are names that users choose, not names of members.
const FREE: [&str; 5] = ["AudioSelectors", "AudioSelectorGroups", "CaptionSelectors", "Configuration", "UserMetadata"];

/// As templates write it.
pub(crate) fn pascal(value: &Value) -> Value {
    convert(value, true)
}

/// As the API writes it.
pub(crate) fn camel(value: &Value) -> Value {
    convert(value, false)
}

fn convert(value: &Value, upper: bool) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| convert(item, upper)).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let is_free = FREE.iter().any(|free| free.eq_ignore_ascii_case(name));
                    let value = match value {
                        Value::Object(chosen) if is_free => chosen
                            .iter()
                            .map(|(name, value)| (name.clone(), convert(value, upper)))
                            .collect::<Map<_, _>>()
                            .into(),
                        other => convert(other, upper),
                    };
                    (first(name, upper), value)
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

fn first(name: &str, upper: bool) -> String {
    let mut characters = name.chars();
    let first =
        characters.next().map(|first| if upper { first.to_ascii_uppercase() } else { first.to_ascii_lowercase() });
    first.into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_users_choose_stay() {
        let api = json!({"inputs": [{"audioSelectors": {"Audio Selector 1": {"defaultSelection": "DEFAULT"}}, "h264Settings": 1}]});
        let template = json!({"Inputs": [{"AudioSelectors": {"Audio Selector 1": {"DefaultSelection": "DEFAULT"}}, "H264Settings": 1}]});
        assert_eq!(pascal(&api), template);
        assert_eq!(camel(&template), api);
        assert_eq!(pascal(&template), template);
    }
}
