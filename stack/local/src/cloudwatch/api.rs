//! The operations of CloudWatch, in Query, JSON and smithy-rpc-v2-cbor.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::alarm::{Alarm, AlarmState, alarm_arn};
use super::composite::Rule;
use super::{CloudWatch, HistoryItem, actions, now};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::persist::lock;
use crate::wire::properties::{as_integer, reference_list, tags, text};
use crate::wire::{ServiceError, moment, read_call, read_time, render_answer};

const NAMESPACE: &str = "http://monitoring.amazonaws.com/doc/2010-08-01/";

/// Alarms and lines of history of one page.
const PAGE: usize = 100;

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let principal = Principal::of(&request);
    let call = match read_call(request).await {
        Ok(call) => call,
        Err((protocol, error)) => return protocol.render_error(&error),
    };
    match answer(cloud, &principal, &call.operation, &call.input) {
        Ok(answer) => render_answer(call.protocol, NAMESPACE, &call.operation, &answer),
        Err(error) => call.protocol.render_error(&error),
    }
}

fn answer(cloud: &Arc<Cloud>, principal: &Principal, operation: &str, input: &Value) -> Result<Value, ServiceError> {
    let cloudwatch = &cloud.cloudwatch;
    let action = format!("cloudwatch:{operation}");
    let allow = |resource: &str| cloud.iam.authorize(principal, &Access::new(&action, resource));
    let own_name = || {
        let name = text(input, "AlarmName").filter(|name| !name.is_empty());
        let name =
            name.ok_or_else(|| ServiceError::bad_request("MissingParameter", "The parameter AlarmName is required."))?;
        allow(&alarm_arn(&cloud.region, name))?;
        Ok::<_, ServiceError>(name)
    };
    match operation {
        "PutMetricData" => {
            let namespace = text(input, "Namespace").unwrap_or_default();
            cloud.iam.authorize(
                principal,
                &Access { context: &[("cloudwatch:namespace", namespace)], ..Access::new(&action, "*") },
            )?;
            cloudwatch.put_data(input)
        }
        "ListMetrics" => allow("*").and_then(|()| cloudwatch.list(input)),
        "GetMetricStatistics" => allow("*").and_then(|()| cloudwatch.statistics(input)),
        "GetMetricData" => allow("*").and_then(|()| cloudwatch.query(input)),
        "PutMetricAlarm" => {
            let mut alarm = Alarm::read(input, own_name()?)?;
            alarm.tags = tags(input, &BTreeMap::new());
            put_alarm(cloud, alarm).map(|()| json!({}))
        }
        "PutCompositeAlarm" => {
            let mut alarm = Alarm::read_composite(input, own_name()?)?;
            alarm.tags = tags(input, &BTreeMap::new());
            put_alarm(cloud, alarm).map(|()| json!({}))
        }
        "DescribeAlarms" => allow("*").and_then(|()| describe(cloud, input)),
        "DescribeAlarmsForMetric" => {
            allow("*")?;
            let key = super::MetricKey::new(
                text(input, "Namespace").unwrap_or_default(),
                text(input, "MetricName").unwrap_or_default(),
                super::settings::dimensions(input)?,
            );
            let alarms = cloudwatch.alarms().into_iter().filter(|alarm| alarm.rule.is_none() && alarm.key() == key);
            Ok(json!({"MetricAlarms": alarms.map(|alarm| alarm.show(&cloud.region)).collect::<Vec<_>>()}))
        }
        "DescribeAlarmHistory" => allow("*").and_then(|()| history(cloudwatch, input)),
        "SetAlarmState" => set_state(cloud, own_name()?, input),
        "DeleteAlarms" => {
            let names = reference_list(input, "AlarmNames");
            names.iter().try_for_each(|name| allow(&alarm_arn(&cloud.region, name)))?;
            cloudwatch.delete_alarms(&names).map(|()| json!({}))
        }
        "EnableAlarmActions" | "DisableAlarmActions" => {
            let names = reference_list(input, "AlarmNames");
            names.iter().try_for_each(|name| allow(&alarm_arn(&cloud.region, name)))?;
            cloudwatch.store.change(|state| {
                for name in &names {
                    if let Some(alarm) = state.alarms.get_mut(name) {
                        alarm.actions_enabled = operation == "EnableAlarmActions";
                    }
                }
                Ok(json!({}))
            })
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            let arn = text(input, "ResourceARN").unwrap_or_default();
            allow(arn)?;
            tagging(cloudwatch, operation, arn, input)
        }
        other => Err(ServiceError::unknown_operation("CloudWatch", other)),
    }
}

fn no_alarm() -> ServiceError {
    ServiceError::not_found("ResourceNotFound", "Alarm does not exist")
}

/// Keeps an alarm; one of the same name keeps its state and tags.
pub(super) fn put_alarm(cloud: &Arc<Cloud>, mut alarm: Alarm) -> Result<(), ServiceError> {
    let (name, composite, time) = (alarm.name.clone(), alarm.rule.is_some(), alarm.configured);
    let settings = alarm.settings();
    let existed = cloud.cloudwatch.store.change(|state| {
        let before = state.alarms.get(&alarm.name);
        if before.is_some_and(|before| before.rule.is_some() != alarm.rule.is_some()) {
            return Err(ServiceError::bad_request(
                "ValidationError",
                format!("An alarm of another type with the name {} exists already.", alarm.name),
            ));
        }
        if let Some(before) = before {
            alarm.state = before.state;
            alarm.reason.clone_from(&before.reason);
            alarm.reason_data.clone_from(&before.reason_data);
            alarm.state_updated = before.state_updated;
            alarm.state_changed = before.state_changed;
            alarm.tags.clone_from(&before.tags);
        }
        let existed = before.is_some();
        let name = alarm.name.clone();
        let replaced = state.alarms.insert(name.clone(), alarm);
        if watches_itself(&state.alarms, &name, &name, state.alarms.len()) {
            match replaced {
                Some(replaced) => state.alarms.insert(name, replaced),
                None => state.alarms.remove(&name),
            };
            return Err(ServiceError::bad_request(
                "ValidationError",
                "AlarmRule: the alarm would depend on its own state, by way of the alarms that the rule names.",
            ));
        }
        Ok(existed)
    })?;
    cloud.cloudwatch.remember(HistoryItem {
        alarm: name.clone(),
        composite,
        time,
        kind: "ConfigurationUpdate",
        summary: format!("Alarm \"{name}\" {}", if existed { "updated" } else { "created" }),
        data: json!({"version": "1.0", "type": if existed { "Update" } else { "Create" }, "updatedAlarm": settings}),
    });
    cloud.cloudwatch.changed.notify_waiters();
    cloud.cloudwatch.watch.start(cloud);
    if composite {
        super::watch::look_at_composites(cloud, &name, time);
    }
    Ok(())
}

/// Whether the rule of an alarm comes back to `wanted` over the alarms that it names, in at most `steps`.
fn watches_itself(alarms: &BTreeMap<String, Alarm>, of: &str, wanted: &str, steps: usize) -> bool {
    let rule = alarms.get(of).and_then(|alarm| Rule::parse(alarm.rule.as_deref()?).ok());
    rule.is_some_and(|rule| {
        rule.names().iter().any(|name| {
            let name = name.rsplit_once(":alarm:").map_or(*name, |(_, name)| name);
            name == wanted || steps > 0 && watches_itself(alarms, name, wanted, steps - 1)
        })
    })
}

impl CloudWatch {
    /// All alarms, by name.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        self.store.read(|state| state.alarms.values().cloned().collect())
    }

    /// An alarm by name.
    pub(super) fn alarm(&self, name: &str) -> Option<Alarm> {
        self.store.read(|state| state.alarms.get(name).cloned())
    }

    /// Removes alarms; those that do not exist are passed over.
    pub(super) fn delete_alarms(&self, names: &[String]) -> Result<(), ServiceError> {
        self.store.change(|state| {
            state.alarms.retain(|name, _| !names.contains(name));
            Ok(())
        })?;
        self.changed.notify_waiters();
        Ok(())
    }
}

fn start_of_page(input: &Value) -> Result<usize, ServiceError> {
    text(input, "NextToken").map_or(Ok(0), |token| {
        token.parse().map_err(|_| ServiceError::bad_request("InvalidNextToken", "The next token specified is invalid."))
    })
}

fn page_length(input: &Value) -> usize {
    let limit = input.get("MaxRecords").and_then(as_integer).and_then(|limit| usize::try_from(limit).ok());
    limit.unwrap_or(PAGE).clamp(1, PAGE)
}

fn describe(cloud: &Cloud, input: &Value) -> Result<Value, ServiceError> {
    let (names, kinds) = (reference_list(input, "AlarmNames"), reference_list(input, "AlarmTypes"));
    let prefix = text(input, "AlarmNamePrefix").unwrap_or_default();
    if !names.is_empty() && !prefix.is_empty() {
        return Err(ServiceError::bad_request(
            "InvalidParameterCombination",
            "AlarmNames and AlarmNamePrefix cannot be given together.",
        ));
    }
    let (state, action) = (text(input, "StateValue"), text(input, "ActionPrefix"));
    let wanted_kind = |alarm: &Alarm| match alarm.rule {
        // As on AWS, composite alarms are told of only to who asks for them.
        Some(_) => kinds.iter().any(|kind| kind == "CompositeAlarm"),
        None => kinds.is_empty() || kinds.iter().any(|kind| kind == "MetricAlarm"),
    };
    let matching: Vec<Alarm> = cloud
        .cloudwatch
        .alarms()
        .into_iter()
        .filter(|alarm| {
            (names.is_empty() || names.contains(&alarm.name))
                && alarm.name.starts_with(prefix)
                && state.is_none_or(|state| alarm.state.name() == state)
                && action.is_none_or(|action| {
                    let states = [AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData];
                    states.iter().flat_map(|state| alarm.actions(*state)).any(|one| one.starts_with(action))
                })
                && wanted_kind(alarm)
        })
        .collect();
    let start = start_of_page(input)?;
    let page: Vec<&Alarm> = matching.iter().skip(start).take(page_length(input)).collect();
    let show = |composite: bool| -> Vec<Value> {
        page.iter().filter(|alarm| alarm.rule.is_some() == composite).map(|alarm| alarm.show(&cloud.region)).collect()
    };
    let mut answer = json!({"MetricAlarms": show(false), "CompositeAlarms": show(true)});
    if start + page.len() < matching.len() {
        answer["NextToken"] = json!((start + page.len()).to_string());
    }
    Ok(answer)
}

fn set_state(cloud: &Arc<Cloud>, name: &str, input: &Value) -> Result<Value, ServiceError> {
    cloud.cloudwatch.alarm(name).ok_or_else(no_alarm)?;
    let value = text(input, "StateValue").unwrap_or_default();
    let state = AlarmState::parse(value).ok_or_else(|| {
        ServiceError::bad_request(
            "ValidationError",
            format!("1 validation error detected: Value '{value}' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"),
        )
    })?;
    let reason = text(input, "StateReason")
        .ok_or_else(|| ServiceError::bad_request("MissingParameter", "The parameter StateReason is required."))?;
    let data = text(input, "StateReasonData");
    if data.is_some_and(|data| serde_json::from_str::<Value>(data).is_err()) {
        return Err(ServiceError::bad_request("InvalidFormat", "StateReasonData was not syntactically valid JSON"));
    }
    actions::change_state(cloud, name, state, reason, data, now());
    Ok(json!({}))
}

fn history(cloudwatch: &CloudWatch, input: &Value) -> Result<Value, ServiceError> {
    let (name, kind) = (text(input, "AlarmName"), text(input, "HistoryItemType"));
    let time = |name: &str| input.get(name).and_then(read_time);
    let (start, end) = (time("StartDate").unwrap_or(i64::MIN), time("EndDate").unwrap_or(i64::MAX));
    let mut matching: Vec<HistoryItem> = lock(&cloudwatch.history)
        .iter()
        .filter(|item| {
            name.is_none_or(|name| name == item.alarm)
                && kind.is_none_or(|kind| kind == item.kind)
                && (start..=end).contains(&item.time)
        })
        .cloned()
        .collect();
    if text(input, "ScanBy") != Some("TimestampAscending") {
        matching.reverse();
    }
    let start = start_of_page(input)?;
    let page = matching.iter().skip(start).take(page_length(input)).map(|item| {
        json!({
            "AlarmName": item.alarm,
            "AlarmType": if item.composite { "CompositeAlarm" } else { "MetricAlarm" },
            "Timestamp": moment(item.time),
            "HistoryItemType": item.kind,
            "HistorySummary": item.summary,
            "HistoryData": item.data.to_string(),
        })
    });
    let page: Vec<Value> = page.collect();
    let end = start + page.len();
    let mut answer = json!({ "AlarmHistoryItems": page });
    if end < matching.len() {
        answer["NextToken"] = json!(end.to_string());
    }
    Ok(answer)
}

fn tagging(cloudwatch: &CloudWatch, operation: &str, arn: &str, input: &Value) -> Result<Value, ServiceError> {
    let name = arn.split_once(":alarm:").map_or("", |(_, name)| name);
    let missing = || ServiceError::not_found("ResourceNotFoundException", format!("{arn} does not exist"));
    if operation == "ListTagsForResource" {
        let alarm = cloudwatch.alarm(name).ok_or_else(missing)?;
        let tags: Vec<Value> = alarm.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        return Ok(json!({ "Tags": tags }));
    }
    cloudwatch.store.change(|state| {
        let alarm = state.alarms.get_mut(name).ok_or_else(missing)?;
        if operation == "TagResource" {
            alarm.tags.extend(tags(input, &BTreeMap::new()));
        } else {
            let keys = reference_list(input, "TagKeys");
            alarm.tags.retain(|key, _| !keys.contains(key));
        }
        Ok(json!({}))
    })
}
