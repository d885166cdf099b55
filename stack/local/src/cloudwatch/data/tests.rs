//! Data that is put, and got back.

use super::*;

fn put(cloudwatch: &CloudWatch, data: &Value) {
    cloudwatch.put_data(&json!({"Namespace": "app", "MetricData": data})).unwrap();
}

#[test]
fn what_was_put_is_got_back_by_period() {
    let cloudwatch = CloudWatch::open(None).unwrap();
    put(
        &cloudwatch,
        &json!([
            {"MetricName": "m", "Value": 1.0, "Timestamp": 0.0, "Unit": "Count"},
            {"MetricName": "m", "Values": [2.0, 4.0], "Counts": [1.0, 2.0], "Timestamp": "1970-01-01T00:01:00Z", "Unit": "Count"},
            {"MetricName": "m", "StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2}, "Timestamp": 150, "Unit": "Count"},
        ]),
    );
    let query = json!({
        "Namespace": "app", "MetricName": "m", "StartTime": 0, "EndTime": 300, "Period": "60",
        "Statistics": ["Sum", "SampleCount"], "ExtendedStatistics": ["p50"],
    });
    let answer = cloudwatch.statistics(&query).unwrap();
    assert_eq!(
        answer["Datapoints"],
        json!([
            {"Timestamp": moment(0), "Unit": "Count", "Sum": 1.0, "SampleCount": 1.0, "ExtendedStatistics": {"p50": 1.0}},
            {"Timestamp": moment(60_000), "Unit": "Count", "Sum": 10.0, "SampleCount": 3.0, "ExtendedStatistics": {"p50": 4.0}},
            {"Timestamp": moment(120_000), "Unit": "Count", "Sum": 3.0, "SampleCount": 2.0, "ExtendedStatistics": {"p50": null}},
        ])
    );
    let query = json!({"StartTime": 0, "EndTime": 300, "MetricDataQueries": [
        {"Id": "a", "MetricStat": {"Metric": {"Namespace": "app", "MetricName": "m"}, "Period": 120, "Stat": "Maximum"}},
    ]});
    let answer = cloudwatch.query(&query).unwrap();
    assert_eq!(answer["MetricDataResults"][0]["Values"], json!([2.0, 4.0]));
    assert_eq!(answer["MetricDataResults"][0]["Timestamps"], json!([moment(120_000), moment(0)]));
}

#[test]
fn metrics_are_found_by_their_dimensions() {
    let cloudwatch = CloudWatch::open(None).unwrap();
    put(
        &cloudwatch,
        &json!([
            {"MetricName": "m", "Value": 1, "Dimensions": [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]},
            {"MetricName": "m", "Value": 1, "Dimensions": [{"Name": "a", "Value": "2"}]},
            {"MetricName": "n", "Value": 1},
        ]),
    );
    let count = |input: &Value| cloudwatch.list(input).unwrap()["Metrics"].as_array().unwrap().len();
    assert_eq!(count(&json!({})), 3);
    assert_eq!(count(&json!({"MetricName": "m"})), 2);
    assert_eq!(count(&json!({"Dimensions": [{"Name": "a"}]})), 2);
    assert_eq!(count(&json!({"Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "b"}]})), 1);
    assert_eq!(count(&json!({"Namespace": "other"})), 0);
}

#[test]
fn what_cannot_be_kept_is_refused_whole() {
    let cloudwatch = CloudWatch::open(None).unwrap();
    for (datum, code) in [
        (json!({"Value": 1}), "MissingParameter"),
        (json!({"MetricName": "m"}), "MissingParameter"),
        (json!({"MetricName": "m", "Value": null}), "InvalidParameterValue"),
        (json!({"MetricName": "m", "Value": 1, "StorageResolution": 5}), "InvalidParameterValue"),
        (json!({"MetricName": "m", "Values": [1], "Counts": [1, 2]}), "InvalidParameterValue"),
        (json!({"MetricName": "m", "Value": 1, "Dimensions": [{"Name": "a"}]}), "InvalidParameterValue"),
    ] {
        let input = json!({"Namespace": "app", "MetricData": [{"MetricName": "good", "Value": 1}, datum]});
        assert_eq!(cloudwatch.put_data(&input).unwrap_err().code, code, "{datum}");
    }
    assert_eq!(cloudwatch.list(&json!({})).unwrap(), json!({"Metrics": []}));
    let reserved = json!({"Namespace": "AWS/Lambda", "MetricData": [{"MetricName": "m", "Value": 1}]});
    assert_eq!(cloudwatch.put_data(&reserved).unwrap_err().code, "InvalidParameterValue");
}
