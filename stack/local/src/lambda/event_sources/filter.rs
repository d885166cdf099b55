//! Which records a mapping wants.

use serde_json::Value;

use super::check::without_empty;
use super::mapping::Mapping;
use crate::pattern::matches;

/// Whether one of the mapping's patterns matches a record. Without patterns every record is wanted.
///
/// The body of a message counts as what its JSON says where the pattern looks into it, as text where it does not.
pub(super) fn wants(mapping: &Mapping, record: &Value) -> bool {
    mapping.filters.is_empty()
        || mapping.filters.iter().any(|pattern| {
            let Ok(pattern) = serde_json::from_str::<Value>(pattern) else { return false };
            let pattern = without_empty(&pattern);
            let mut record = record.clone();
            if pattern.get("body").is_some_and(Value::is_object) {
                let body = record["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
                let Some(body @ Value::Object(_)) = body else { return false };
                record["body"] = body;
            }
            pattern.as_object().zip(record.as_object()).is_some_and(|(pattern, record)| matches(pattern, record))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(pattern: &Value, record: &Value) -> bool {
        let input = json!({
            "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:jobs",
            "FilterCriteria": {"Filters": [{"Pattern": pattern.to_string()}]},
        });
        wants(&Mapping::create("arn".to_owned(), &input).unwrap(), record)
    }

    #[test]
    fn a_body_is_looked_into_where_the_pattern_does() {
        let record = |body: &str| json!({"body": body, "messageAttributes": {}});
        let order = json!({"body": {"kind": ["order"], "amount": [{"numeric": [">", 1.5]}]}});
        assert!(wanted(&order, &record(r#"{"kind":"order","amount":2}"#)));
        assert!(!wanted(&order, &record(r#"{"kind":"order","amount":1}"#)));
        assert!(!wanted(&order, &record("order")));
        assert!(wanted(&json!({"body": ["order"]}), &record("order")));
        assert!(wanted(&json!({"messageAttributes": {}}), &record("anything")));
        assert!(wanted(&json!({}), &record("anything")));
    }
}
