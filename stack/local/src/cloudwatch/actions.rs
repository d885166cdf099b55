//! What follows from a change of an alarm's state: history, an event, and the alarm's actions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::alarm::{Alarm, AlarmState, alarm_arn};
use super::{HistoryItem, watch};
use crate::cloud::Cloud;
use crate::delivery::{Delivery, Sender};
use crate::wire::iso_milliseconds;

/// In whose name topics are published to, and functions called.
const SERVICE: &str = "cloudwatch.amazonaws.com";
const FUNCTION_CALLER: &str = "lambda.alarms.cloudwatch.amazonaws.com";

/// Names of regions as messages have them.
const REGIONS: [(&str, &str); 10] = [
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("eu-central-1", "EU (Frankfurt)"),
    ("eu-west-1", "EU (Ireland)"),
    ("eu-west-2", "EU (London)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];

/// Sets the state of an alarm and does what follows. Actions run in the background.
pub(super) fn change_state(
    cloud: &Arc<Cloud>,
    name: &str,
    state: AlarmState,
    reason: &str,
    reason_data: Option<&str>,
    now: i64,
) {
    let changed = cloud.cloudwatch.store.change(|kept| {
        let Some(alarm) = kept.alarms.get_mut(name) else { return Ok(None) };
        let before = alarm.clone();
        if alarm.state != state {
            alarm.state_changed = now;
        }
        alarm.state = state;
        alarm.state_updated = now;
        reason.clone_into(&mut alarm.reason);
        alarm.reason_data = reason_data.map(str::to_owned);
        Ok(Some((before, alarm.clone())))
    });
    let (before, after) = match changed {
        Ok(Some(change)) => change,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(name, error = error.message, "the state of an alarm could not be kept");
            return;
        }
    };
    cloud.cloudwatch.changed.notify_waiters();
    if before.state == after.state {
        return;
    }
    cloud.cloudwatch.remember(HistoryItem {
        alarm: name.to_owned(),
        composite: after.rule.is_some(),
        time: now,
        kind: "StateUpdate",
        summary: format!("Alarm updated from {} to {}", before.state.name(), after.state.name()),
        data: json!({
            "version": "1.0",
            "oldState": {"stateValue": before.state.name(), "stateReason": before.reason},
            "newState": {"stateValue": after.state.name(), "stateReason": after.reason},
        }),
    });
    let arn = alarm_arn(&cloud.region, name);
    let detail = alarm_data(&before, &after);
    cloud.events.put(cloud, "aws.cloudwatch", "CloudWatch Alarm State Change", std::slice::from_ref(&arn), detail);
    if after.actions_enabled {
        for action in after.actions(state) {
            tokio::spawn(act(Arc::clone(cloud), before.clone(), after.clone(), action.clone()));
        }
    }
    watch::look_at_composites(cloud, name, now);
}

async fn act(cloud: Arc<Cloud>, before: Alarm, after: Alarm, action: String) {
    let arn = alarm_arn(&cloud.region, &after.name);
    let result = if action.contains(":lambda:") {
        let body = json!({
            "source": "aws.cloudwatch",
            "alarmArn": arn,
            "accountId": cloud.account,
            "time": iso_milliseconds(after.state_updated),
            "region": cloud.region,
            "alarmData": alarm_data(&before, &after),
        });
        let sender = Sender { service: FUNCTION_CALLER, source_arn: &arn };
        cloud.deliver(sender, &action, Delivery { body: &body.to_string(), subject: None }).await
    } else {
        let region =
            REGIONS.iter().find(|(id, _)| *id == cloud.region).map_or(cloud.region.as_str(), |(_, name)| *name);
        let subject: String =
            format!("{}: \"{}\" in {region}", after.state.name(), after.name).chars().take(100).collect();
        let body = message(&before, &after, &arn, region, &cloud.account).to_string();
        let sender = Sender { service: SERVICE, source_arn: &arn };
        cloud.deliver(sender, &action, Delivery { body: &body, subject: Some(&subject) }).await
    };
    let (outcome, error) = match &result {
        Ok(()) => ("Succeeded", None),
        Err(error) => {
            tracing::warn!(
                alarm = after.name,
                action,
                code = error.code,
                message = error.message,
                "an alarm action failed"
            );
            ("Failed", Some(error.message.clone()))
        }
    };
    let summary = match outcome {
        "Succeeded" => format!("Successfully executed action {action}"),
        _ => format!("Failed to execute action {action}. Received error: \"{}\"", error.as_deref().unwrap_or_default()),
    };
    cloud.cloudwatch.remember(HistoryItem {
        alarm: after.name.clone(),
        composite: after.rule.is_some(),
        time: super::now(),
        kind: "Action",
        summary,
        data: json!({"actionState": outcome, "stateUpdateTimestamp": after.state_updated, "notificationResource": action, "error": error}),
    });
}

fn state_data(alarm: &Alarm) -> Value {
    let mut data = json!({
        "value": alarm.state.name(),
        "reason": alarm.reason,
        "timestamp": iso_milliseconds(alarm.state_updated).replace('Z', "+0000"),
    });
    if let Some(reason_data) = &alarm.reason_data {
        data["reasonData"] = json!(reason_data);
    }
    data
}

/// The detail of the event, which functions get, too.
fn alarm_data(before: &Alarm, after: &Alarm) -> Value {
    let mut configuration = json!({});
    if let Some(description) = &after.description {
        configuration["description"] = json!(description);
    }
    if let Some(rule) = &after.rule {
        configuration["alarmRule"] = json!(rule);
    } else {
        let dimensions: serde_json::Map<String, Value> =
            after.dimensions.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        configuration["metrics"] = json!([{
            "id": "m1",
            "metricStat": {
                "metric": {"namespace": after.namespace, "name": after.metric, "dimensions": dimensions},
                "period": after.period,
                "stat": after.statistic_name,
            },
            "returnData": true,
        }]);
    }
    json!({
        "alarmName": after.name,
        "state": state_data(after),
        "previousState": state_data(before),
        "configuration": configuration,
    })
}

/// The message for a topic.
fn message(before: &Alarm, after: &Alarm, arn: &str, region: &str, account: &str) -> Value {
    let time = |milliseconds| iso_milliseconds(milliseconds).replace('Z', "+0000");
    let trigger = if let Some(rule) = &after.rule {
        json!({"AlarmRule": rule})
    } else {
        let dimensions: Vec<Value> =
            after.dimensions.iter().map(|(name, value)| json!({"value": value, "name": name})).collect();
        let mut trigger = json!({
            "MetricName": after.metric,
            "Namespace": after.namespace,
            "StatisticType": if after.extended { "ExtendedStatistic" } else { "Statistic" },
            "Unit": after.unit,
            "Dimensions": dimensions,
            "Period": after.period,
            "EvaluationPeriods": after.evaluation_periods,
            "DatapointsToAlarm": after.datapoints(),
            "ComparisonOperator": after.comparison.name(),
            "Threshold": after.threshold,
            "TreatMissingData": after.treat_missing_data.as_deref().unwrap_or("missing"),
            "EvaluateLowSampleCountPercentile": "",
        });
        let (name, value) = if after.extended {
            ("ExtendedStatistic", after.statistic_name.clone())
        } else {
            ("Statistic", after.statistic_name.to_ascii_uppercase())
        };
        trigger[name] = json!(value);
        trigger
    };
    json!({
        "AlarmName": after.name,
        "AlarmDescription": after.description,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": time(after.configured),
        "NewStateValue": after.state.name(),
        "NewStateReason": after.reason,
        "StateChangeTime": time(after.state_updated),
        "Region": region,
        "AlarmArn": arn,
        "OldStateValue": before.state.name(),
        "OKActions": after.ok_actions,
        "AlarmActions": after.alarm_actions,
        "InsufficientDataActions": after.insufficient_data_actions,
        "Trigger": trigger,
    })
}
