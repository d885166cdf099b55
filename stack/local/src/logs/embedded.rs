//! The embedded metric format: a line of JSON that says which of its members are metrics.

use serde_json::Value;

use crate::cloudwatch::CloudWatch;
use crate::wire::properties::text;

/// Metrics of one line, as on AWS.
const METRICS: usize = 100;

/// Records the metrics of a line. A line that is none, or is not well-formed, records nothing.
pub(super) fn record(cloudwatch: &CloudWatch, time: i64, message: &str) {
    // Most lines are none, and are not parsed.
    if !message.contains("\"_aws\"") {
        return;
    }
    let Ok(line) = serde_json::from_str::<Value>(message.trim()) else { return };
    let time = line["_aws"]["Timestamp"].as_i64().unwrap_or(time);
    for directive in list(&line["_aws"]["CloudWatchMetrics"]) {
        let Some(namespace) = text(directive, "Namespace") else { continue };
        for metric in list(&directive["Metrics"]).iter().take(METRICS) {
            let Some(name) = text(metric, "Name") else { continue };
            let unit = text(metric, "Unit").unwrap_or("None");
            for dimensions in dimension_sets(&line, directive) {
                let dimensions: Vec<(&str, &str)> =
                    dimensions.iter().map(|(name, value)| (*name, value.as_str())).collect();
                for value in numbers(&line[name]) {
                    cloudwatch.record_at(namespace, name, &dimensions, value, unit, time);
                }
            }
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A number, or a list of them.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_f64().into_iter().chain(list(value).iter().filter_map(Value::as_f64)).collect()
}

/// Each set of dimensions with the values that the line has for them; none at all is one empty set.
fn dimension_sets<'a>(line: &Value, directive: &'a Value) -> Vec<Vec<(&'a str, String)>> {
    let sets = list(&directive["Dimensions"]);
    if sets.is_empty() {
        return vec![Vec::new()];
    }
    let value = |name: &str| match &line[name] {
        Value::String(text) => Some(text.clone()),
        number @ Value::Number(_) => Some(number.to_string()),
        _ => None,
    };
    sets.iter()
        .filter_map(|set| list(set).iter().map(|name| Some((name.as_str()?, value(name.as_str()?)?))).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::CloudWatch;
    use serde_json::json;

    #[test]
    fn members_of_a_line_become_metrics() {
        let cloudwatch = CloudWatch::open(None).unwrap();
        let line = json!({
            "_aws": {"Timestamp": 60_000, "CloudWatchMetrics": [{
                "Namespace": "app", "Dimensions": [["page"], []],
                "Metrics": [{"Name": "latency", "Unit": "Milliseconds"}, {"Name": "sizes"}, {"Name": "gone"}],
            }]},
            "page": "home", "latency": 12, "sizes": [1, 2],
        });
        record(&cloudwatch, 0, &line.to_string());
        for text in ["{\"_aws\"", "{\"_aws\": 1}", "plain"] {
            record(&cloudwatch, 0, text);
        }
        assert_eq!(
            cloudwatch.recorded(),
            [
                "app latency page=home: 12 (1) Milliseconds",
                "app latency: 12 (1) Milliseconds",
                "app sizes page=home: 3 (2) None",
                "app sizes: 3 (2) None",
            ]
            .map(str::to_owned)
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
        );
    }
}
