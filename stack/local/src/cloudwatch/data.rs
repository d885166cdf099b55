//! Putting and getting the data of metrics.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::alarm::show_dimensions;
use super::metrics::{Datum, MetricKey, Metrics, Summary};
use super::settings::dimensions;
use super::statistics::Statistic;
use super::{CloudWatch, now};
use crate::persist::lock;
use crate::wire::properties::{as_integer, as_number, reference_list, text};
use crate::wire::{ServiceError, moment, read_time};

/// Data of one request.
const DATA: usize = 1000;

/// Numbers that one answer of `GetMetricStatistics` and of `GetMetricData` holds.
const DATAPOINTS: usize = 1440;
const DATAPOINTS_OF_QUERIES: usize = 100_800;

/// Metrics of one page.
const PAGE: usize = 500;

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterValue", message)
}

fn missing(name: &str) -> ServiceError {
    ServiceError::bad_request("MissingParameter", format!("The parameter {name} is required."))
}

fn required<'a>(input: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    text(input, name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
}

fn items<'a>(input: &'a Value, name: &str) -> &'a [Value] {
    input.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl CloudWatch {
    /// `PutMetricData`.
    pub(super) fn put_data(&self, input: &Value) -> Result<Value, ServiceError> {
        let namespace = required(input, "Namespace")?;
        if namespace.starts_with("AWS/") {
            return Err(invalid("The value AWS/ for parameter Namespace is invalid: such namespaces are reserved."));
        }
        if input.get("EntityMetricData").is_some_and(|data| !data.is_null()) {
            return Err(invalid(
                "the local cloud does not serve `EntityMetricData`: put the metrics into `MetricData`",
            ));
        }
        let given = items(input, "MetricData");
        if given.is_empty() {
            return Err(missing("MetricData"));
        }
        if given.len() > DATA {
            return Err(invalid(format!("The collection MetricData must not have a size greater than {DATA}.")));
        }
        // All or nothing.
        let data = given.iter().enumerate().map(|(index, datum)| read_datum(namespace, datum, index + 1));
        self.add(data.collect::<Result<_, _>>()?);
        Ok(json!({}))
    }

    /// `ListMetrics`.
    pub(super) fn list(&self, input: &Value) -> Result<Value, ServiceError> {
        let start = match text(input, "NextToken") {
            None => 0,
            Some(token) => token.parse().map_err(|_| invalid("The value for parameter NextToken is invalid."))?,
        };
        let wanted = |name: &str, value: &str| text(input, name).is_none_or(|wanted| wanted == value);
        let filters: Vec<(&str, Option<&str>)> = items(input, "Dimensions")
            .iter()
            .filter_map(|filter| Some((text(filter, "Name")?, text(filter, "Value"))))
            .collect();
        let metrics = lock(&self.metrics);
        let matching: Vec<&MetricKey> = metrics
            .keys()
            .filter(|key| wanted("Namespace", &key.namespace) && wanted("MetricName", &key.name))
            .filter(|key| {
                filters.iter().all(|(name, value)| {
                    key.dimensions.iter().any(|(own, owned)| own == name && value.is_none_or(|value| value == owned))
                })
            })
            .collect();
        let page: Vec<Value> = matching.iter().skip(start).take(PAGE).map(|key| show(key)).collect();
        let end = start + page.len();
        let mut answer = json!({ "Metrics": page });
        if end < matching.len() {
            answer["NextToken"] = json!(end.to_string());
        }
        Ok(answer)
    }

    /// `GetMetricStatistics`.
    pub(super) fn statistics(&self, input: &Value) -> Result<Value, ServiceError> {
        let key = MetricKey::new(required(input, "Namespace")?, required(input, "MetricName")?, dimensions(input)?);
        let (start, end) = range(input)?;
        let period = period(input)?;
        let (plain, extended) = (reference_list(input, "Statistics"), reference_list(input, "ExtendedStatistics"));
        if plain.is_empty() && extended.is_empty() {
            return Err(missing("Statistics"));
        }
        for name in plain.iter().chain(&extended) {
            parse_statistic(name)?;
        }
        let metrics = lock(&self.metrics);
        let periods = periods(&metrics, &key, start, end, period, text(input, "Unit"));
        if periods.len() > DATAPOINTS {
            return Err(ServiceError::bad_request(
                "InvalidParameterCombination",
                format!(
                    "You have requested up to {} datapoints, which exceeds the limit of {DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
                    periods.len()
                ),
            ));
        }
        let points = periods.iter().map(|(time, summary, unit)| {
            let mut point = json!({"Timestamp": moment(*time), "Unit": unit});
            let number = |name: &String| parse_statistic(name).ok().and_then(|statistic| statistic.of(summary));
            for name in &plain {
                point[name] = json!(number(name));
            }
            if !extended.is_empty() {
                point["ExtendedStatistics"] = extended.iter().map(|name| (name.clone(), json!(number(name)))).collect();
            }
            point
        });
        Ok(json!({"Label": key.name, "Datapoints": points.collect::<Vec<_>>()}))
    }

    /// `GetMetricData`.
    pub(super) fn query(&self, input: &Value) -> Result<Value, ServiceError> {
        let (start, end) = range(input)?;
        let ascending = text(input, "ScanBy") == Some("TimestampAscending");
        let limit = input.get("MaxDatapoints").and_then(as_integer).and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.unwrap_or(DATAPOINTS_OF_QUERIES).clamp(1, DATAPOINTS_OF_QUERIES);
        let queries = items(input, "MetricDataQueries");
        if queries.is_empty() {
            return Err(missing("MetricDataQueries"));
        }
        let metrics = lock(&self.metrics);
        let mut results = Vec::new();
        for query in queries {
            let id = required(query, "Id")?;
            let Some(wanted) = query.get("MetricStat").filter(|wanted| wanted.is_object()) else {
                return Err(ServiceError::bad_request(
                    "ValidationError",
                    format!("the local cloud does not evaluate metric math (the query `{id}` has no `MetricStat`)"),
                ));
            };
            let metric = wanted.get("Metric").ok_or_else(|| missing("MetricDataQueries.MetricStat.Metric"))?;
            let key =
                MetricKey::new(required(metric, "Namespace")?, required(metric, "MetricName")?, dimensions(metric)?);
            let statistic = parse_statistic(required(wanted, "Stat")?)?;
            let mut points: Vec<(i64, f64)> =
                periods(&metrics, &key, start, end, period(wanted)?, text(wanted, "Unit"))
                    .iter()
                    .filter_map(|(time, summary, _)| Some((*time, statistic.of(summary)?)))
                    .collect();
            if !ascending {
                points.reverse();
            }
            let partial = points.len() > limit;
            points.truncate(limit);
            if query.get("ReturnData").and_then(crate::wire::properties::as_flag) == Some(false) {
                continue;
            }
            results.push(json!({
                "Id": id,
                "Label": text(query, "Label").unwrap_or(&key.name),
                "Timestamps": points.iter().map(|(time, _)| moment(*time)).collect::<Vec<_>>(),
                "Values": points.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
                "StatusCode": if partial { "PartialData" } else { "Complete" },
            }));
        }
        Ok(json!({"MetricDataResults": results, "Messages": []}))
    }
}

fn show(key: &MetricKey) -> Value {
    json!({"Namespace": key.namespace, "MetricName": key.name, "Dimensions": show_dimensions(&key.dimensions)})
}

fn parse_statistic(name: &str) -> Result<Statistic, ServiceError> {
    Statistic::parse(name).ok_or_else(|| {
        invalid(format!("The value {name} for parameter Stat is not supported: the local cloud computes SampleCount, Average, Sum, Minimum, Maximum and p0 to p100."))
    })
}

/// Start and end in milliseconds since 1970.
fn range(input: &Value) -> Result<(i64, i64), ServiceError> {
    let time = |name: &str| input.get(name).and_then(read_time).ok_or_else(|| missing(name));
    let (start, end) = (time("StartTime")?, time("EndTime")?);
    if start >= end {
        return Err(ServiceError::bad_request(
            "ValidationError",
            "The parameter StartTime must be less than the parameter EndTime.",
        ));
    }
    Ok((start, end))
}

/// A period in milliseconds.
fn period(input: &Value) -> Result<i64, ServiceError> {
    let period = input.get("Period").and_then(as_integer).ok_or_else(|| missing("Period"))?;
    if matches!(period, 1 | 5 | 10 | 20 | 30) || period > 0 && period % 60 == 0 {
        return Ok(period * 1000);
    }
    Err(invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."))
}

/// What was recorded in each period of a range that has data, oldest first, with its unit.
fn periods(
    metrics: &Metrics,
    key: &MetricKey,
    start: i64,
    end: i64,
    period: i64,
    unit: Option<&str>,
) -> Vec<(i64, Summary, String)> {
    let begin = |time: i64| time.div_euclid(period) * period;
    let begins: BTreeSet<i64> = metrics.times(key, begin(start), end).into_iter().map(begin).collect();
    begins
        .into_iter()
        .filter_map(|time| {
            let (summary, unit) = metrics.summary(key, time, time + period, unit)?;
            Some((time, summary, unit.to_owned()))
        })
        .collect()
}

fn read_datum(namespace: &str, datum: &Value, position: usize) -> Result<(MetricKey, Datum), ServiceError> {
    let place = |name: &str| format!("MetricData.member.{position}.{name}");
    let name =
        text(datum, "MetricName").filter(|name| !name.is_empty()).ok_or_else(|| missing(&place("MetricName")))?;
    let key = MetricKey::new(namespace, name, dimensions(datum)?);
    let mut summary = Summary::default();
    let numbers = |name: &str| items(datum, name).iter().map(as_number).collect::<Option<Vec<f64>>>();
    let bad = |name: &str| invalid(format!("The value for parameter {} is invalid.", place(name)));
    if let Some(set) = datum.get("StatisticValues").filter(|set| set.is_object()) {
        let field = |name: &str| {
            set.get(name).and_then(as_number).ok_or_else(|| missing(&place(&format!("StatisticValues.{name}"))))
        };
        summary = Summary {
            count: field("SampleCount")?,
            sum: field("Sum")?,
            minimum: field("Minimum")?,
            maximum: field("Maximum")?,
            values: Vec::new(),
        };
        if summary.count <= 0.0 || summary.minimum > summary.maximum {
            return Err(bad("StatisticValues"));
        }
    } else if datum.get("Values").is_some_and(|values| !values.is_null()) {
        let values = numbers("Values").ok_or_else(|| bad("Values"))?;
        let counts = numbers("Counts").ok_or_else(|| bad("Counts"))?;
        if values.is_empty() || values.len() > 150 || !counts.is_empty() && counts.len() != values.len() {
            return Err(bad("Values"));
        }
        let counts = counts.into_iter().chain(std::iter::repeat(1.0));
        values.into_iter().zip(counts).for_each(|(value, count)| summary.add_value(value, count));
    } else {
        let value = datum.get("Value").ok_or_else(|| missing(&place("Value")))?;
        summary.add_value(as_number(value).ok_or_else(|| bad("Value"))?, 1.0);
    }
    let resolution = datum.get("StorageResolution").and_then(as_integer).unwrap_or(60);
    if !matches!(resolution, 1 | 60) {
        return Err(bad("StorageResolution"));
    }
    let time = match datum.get("Timestamp").filter(|time| !time.is_null()) {
        Some(time) => read_time(time).ok_or_else(|| bad("Timestamp"))?,
        None => now(),
    };
    let unit = text(datum, "Unit").unwrap_or("None").to_owned();
    Ok((key, Datum { time, unit, high_resolution: resolution == 1, summary }))
}

#[cfg(test)]
mod tests;
