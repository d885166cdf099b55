//! Metric filters: values for CloudWatch out of lines.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::filter::{Filter, Match};
use super::{Logs, no_group, now};
use crate::cloudwatch::CloudWatch;
use crate::wire::ServiceError;
use crate::wire::properties::{as_number, text};

/// Metric filters of one group, as on AWS.
const FILTERS: usize = 100;

/// A metric filter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct MetricFilter {
    pub(super) name: String,
    pub(super) pattern: String,
    pub(super) namespace: String,
    pub(super) metric: String,
    /// A number, or what it is in the message: `$.latency`, `$size`.
    pub(super) value: String,
    /// Recorded for messages among which none matches.
    pub(super) default: Option<f64>,
    pub(super) unit: Option<String>,
    /// Names with what their values are in the message.
    pub(super) dimensions: Vec<(String, String)>,
    /// Milliseconds since 1970.
    pub(super) created: i64,
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterException", message)
}

fn missing(field: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
    ))
}

impl MetricFilter {
    /// Reads what `PutMetricFilter` says; `names` are those of the transformation's fields, which templates write in upper
    /// case: `metricName`, `metricNamespace`, `metricValue`, `defaultValue`, `unit`.
    pub(super) fn read(
        name: &str,
        pattern: &str,
        transformations: &[Value],
        names: [&str; 5],
        dimensions: Vec<(String, String)>,
    ) -> Result<Self, ServiceError> {
        if name.is_empty() || name.len() > 512 || name.contains([':', '*']) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{name}' at 'filterName' failed to satisfy constraint: Member must have 1 to 512 characters and satisfy regular expression pattern: [^:*]*"
            )));
        }
        let parsed = Filter::parse(pattern)?;
        let [transformation] = transformations else {
            return Err(invalid(
                "1 validation error detected: Value at 'metricTransformations' failed to satisfy constraint: Member must have length 1",
            ));
        };
        let [metric, namespace, value, default, unit] = names;
        let required =
            |field: &str| text(transformation, field).filter(|text| !text.is_empty()).ok_or_else(|| missing(field));
        let amount = match transformation.get(value) {
            Some(Value::Number(number)) => number.to_string(),
            _ => required(value)?.to_owned(),
        };
        if amount.starts_with('$') && matches!(parsed, Filter::Terms(_)) {
            return Err(invalid(format!(
                "Invalid metric transformation: `{amount}` names a field, and the pattern has none"
            )));
        }
        if !amount.starts_with('$') && amount.parse::<f64>().is_err() {
            return Err(invalid(format!(
                "Invalid metric transformation: the metric value `{amount}` is neither a number nor a field"
            )));
        }
        let default_value = transformation.get(default).filter(|value| !value.is_null());
        let default_value = default_value
            .map(|value| {
                as_number(value).ok_or_else(|| invalid("Invalid metric transformation: the default value is no number"))
            })
            .transpose()?;
        if dimensions.len() > 3 {
            return Err(invalid("Invalid metric transformation: a metric has at most 3 dimensions"));
        }
        if default_value.is_some() && !dimensions.is_empty() {
            return Err(invalid(
                "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            pattern: pattern.to_owned(),
            namespace: required(namespace)?.to_owned(),
            metric: required(metric)?.to_owned(),
            value: amount,
            default: default_value,
            unit: text(transformation, unit).map(str::to_owned),
            dimensions,
            created: now(),
        })
    }

    /// As the API shows it.
    pub(super) fn show(&self, group: &str) -> Value {
        let mut transformation = json!({
            "metricName": self.metric, "metricNamespace": self.namespace, "metricValue": self.value,
        });
        if let Some(default) = self.default {
            transformation["defaultValue"] = json!(default);
        }
        if let Some(unit) = &self.unit {
            transformation["unit"] = json!(unit);
        }
        if !self.dimensions.is_empty() {
            transformation["dimensions"] =
                Value::Object(self.dimensions.iter().map(|(name, value)| (name.clone(), json!(value))).collect());
        }
        json!({
            "filterName": self.name,
            "filterPattern": self.pattern,
            "logGroupName": group,
            "creationTime": self.created,
            "metricTransformations": [transformation],
        })
    }

    /// Records what messages amount to. Times are milliseconds since 1970.
    pub(super) fn apply(&self, cloudwatch: &CloudWatch, events: &[(i64, String)]) {
        let Ok(filter) = Filter::parse(&self.pattern) else { return };
        let unit = self.unit.as_deref().unwrap_or("None");
        let mut matched = false;
        for (time, message) in events {
            let Some(found) = filter.find(message) else { continue };
            matched = true;
            let amount =
                found.value(&self.value).and_then(|text| text.parse::<f64>().ok()).filter(|amount| amount.is_finite());
            let (Some(amount), Some(dimensions)) = (amount, self.dimensions_in(&found)) else { continue };
            let dimensions: Vec<(&str, &str)> =
                dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            cloudwatch.record_at(&self.namespace, &self.metric, &dimensions, amount, unit, *time);
        }
        if let (false, Some(default), Some((time, _))) = (matched, self.default, events.last()) {
            cloudwatch.record_at(&self.namespace, &self.metric, &[], default, unit, *time);
        }
    }

    /// The dimensions of a match; `None` where the message lacks one of them, and nothing is recorded.
    fn dimensions_in(&self, found: &Match) -> Option<Vec<(String, String)>> {
        self.dimensions.iter().map(|(name, field)| Some((name.clone(), found.value(field)?))).collect()
    }
}

/// The dimensions of the API: a map from names to fields.
pub(super) fn dimensions_of_map(map: Option<&Value>) -> Vec<(String, String)> {
    let map = map.and_then(Value::as_object).into_iter().flatten();
    map.filter_map(|(name, field)| Some((name.clone(), field.as_str()?.to_owned()))).collect()
}

impl Logs {
    /// Adds a metric filter to a group, in place of the one with its name.
    pub(super) fn put_metric_filter(&self, group: &str, filter: MetricFilter) -> Result<(), ServiceError> {
        self.groups.change(|groups| {
            let group = groups.get_mut(group).ok_or_else(no_group)?;
            group.metric_filters.retain(|old| old.name != filter.name);
            if group.metric_filters.len() >= FILTERS {
                return Err(ServiceError::bad_request("LimitExceededException", "Resource limit exceeded."));
            }
            group.metric_filters.push(filter);
            group.metric_filters.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(())
        })
    }

    /// Takes a metric filter from a group.
    pub(super) fn delete_metric_filter(&self, group: &str, name: &str) -> Result<(), ServiceError> {
        self.groups.change(|groups| {
            let group = groups.get_mut(group).ok_or_else(no_group)?;
            let count = group.metric_filters.len();
            group.metric_filters.retain(|filter| filter.name != name);
            if group.metric_filters.len() == count {
                return Err(ServiceError::bad_request(
                    "ResourceNotFoundException",
                    "The specified metric filter does not exist.",
                ));
            }
            Ok(())
        })
    }
}

/// `TestMetricFilter`: which messages match, and what fields they have.
pub(super) fn test(pattern: &str, messages: &[String]) -> Result<Value, ServiceError> {
    let filter = Filter::parse(pattern)?;
    let matches = messages.iter().enumerate().filter_map(|(index, message)| {
        let extracted: Map<String, Value> =
            filter.find(message)?.extracted().into_iter().map(|(name, value)| (name, json!(value))).collect();
        Some(json!({"eventNumber": index + 1, "eventMessage": message, "extractedValues": extracted}))
    });
    Ok(json!({ "matches": matches.collect::<Vec<_>>() }))
}
