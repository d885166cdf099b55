//! Checks of single settings of a mapping.

use serde_json::{Value, json};

use super::mapping::{Source, invalid};
use crate::pattern;
use crate::wire::ServiceError;
use crate::wire::properties::{as_integer, text};

/// A member that is there and not null.
pub(super) fn given<'a>(input: &'a Value, name: &str) -> Option<&'a Value> {
    input.get(name).filter(|value| !value.is_null())
}

/// Settings of the other kind of source, and those that the local cloud cannot honor.
pub(super) fn refuse_foreign(input: &Value, source: Source) -> Result<(), ServiceError> {
    let foreign: &[&str] = if source.is_queue() {
        &[
            "BisectBatchOnFunctionError",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "ParallelizationFactor",
            "TumblingWindowInSeconds",
        ]
    } else {
        &["ScalingConfig"]
    };
    let kind = if source.is_queue() { "SQS" } else { "DynamoDB" };
    if let Some(name) = foreign.iter().find(|name| given(input, name).is_some()) {
        return Err(invalid(format!("Unsupported parameter for {kind} event source mapping: {name}")));
    }
    if given(input, "TumblingWindowInSeconds").and_then(as_integer).is_some_and(|seconds| seconds > 0) {
        return Err(invalid("the local cloud has no tumbling windows: leave out TumblingWindowInSeconds"));
    }
    for name in [
        "AmazonManagedKafkaEventSourceConfig",
        "SelfManagedEventSource",
        "SelfManagedKafkaEventSourceConfig",
        "DocumentDBEventSourceConfig",
        "Queues",
        "Topics",
        "ProvisionedPollerConfig",
    ] {
        if given(input, name).is_some() {
            return Err(invalid(format!("the local cloud does not serve `{name}` of an event source mapping")));
        }
    }
    Ok(())
}

pub(super) fn filters(criteria: &Value) -> Result<Vec<String>, ServiceError> {
    let list = criteria.get("Filters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.len() > 5 {
        return Err(invalid("FilterCriteria can contain at most 5 filters."));
    }
    list.iter()
        .map(|filter| {
            let pattern = text(filter, "Pattern").unwrap_or("{}");
            let wrong = |why: &str| invalid(format!("Invalid filter pattern definition. {why}: {pattern}"));
            let value: Value = serde_json::from_str(pattern).map_err(|_| wrong("It is not JSON"))?;
            // An empty object anywhere wants nothing.
            let rest = without_empty(&value);
            let checked = if rest == json!({}) { Ok(()) } else { pattern::check(&rest) };
            checked.map_err(|why| wrong(&why))?;
            Ok(pattern.to_owned())
        })
        .collect()
}

/// A pattern without objects that want nothing.
pub(super) fn without_empty(pattern: &Value) -> Value {
    match pattern {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), without_empty(value)))
                .filter(|(_, value)| *value != json!({}))
                .collect(),
        ),
        other => other.clone(),
    }
}

pub(super) fn between(field: &str, value: &Value, least: u32, most: u32) -> Result<u32, ServiceError> {
    let number = as_integer(value);
    number.and_then(|number| u32::try_from(number).ok()).filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let wrong = if number.is_some_and(|number| number > i64::from(most)) {
            format!("less than or equal to {most}")
        } else {
            format!("greater than or equal to {least}")
        };
        invalid(format!(
            "1 validation error detected: Value '{shown}' at '{field}' failed to satisfy constraint: Member must have value {wrong}"
        ))
    })
}

/// The same where -1 stands for no limit.
pub(super) fn optional(field: &str, value: &Value, least: u32, most: u32) -> Result<Option<u32>, ServiceError> {
    if as_integer(value) == Some(-1) { Ok(None) } else { between(field, value, least, most).map(Some) }
}
