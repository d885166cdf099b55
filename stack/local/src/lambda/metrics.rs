//! The metrics of functions: `AWS/Lambda`, by function and over all.

use std::time::Duration;

use crate::cloud::Cloud;

const NAMESPACE: &str = "AWS/Lambda";

/// Records an invocation that ran. `took` is without the start of an instance.
pub(super) fn invoked(cloud: &Cloud, function: &str, took: Duration, failed: bool) {
    record(cloud, function, "Invocations", 1.0, "Count");
    record(cloud, function, "Errors", if failed { 1.0 } else { 0.0 }, "Count");
    record(cloud, function, "Duration", took.as_secs_f64() * 1000.0, "Milliseconds");
}

/// Records an invocation that was refused because too many run.
pub(super) fn throttled(cloud: &Cloud, function: &str) {
    record(cloud, function, "Throttles", 1.0, "Count");
}

fn record(cloud: &Cloud, function: &str, metric: &str, value: f64, unit: &str) {
    cloud.cloudwatch.record(NAMESPACE, metric, &[("FunctionName", function)], value, unit);
    cloud.cloudwatch.record(NAMESPACE, metric, &[], value, unit);
}
