//! The wire format of CloudWatch Logs: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::Filter;
use super::query::{PAGE, Position, Range, Search, StreamSummary};
use super::{LogGroup, filters_api, group_arn};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::{JsonCall, Protocol, ServiceError};

/// Retention in days that CloudWatch knows.
const RETENTIONS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Every field of the operations served. Unknown fields are ignored, as AWS does.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input {
    pub(super) log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_stream_name: Option<String>,
    log_stream_names: Vec<String>,
    log_stream_name_prefix: Option<String>,
    log_events: Vec<InputEvent>,
    order_by: Option<String>,
    descending: bool,
    start_time: Option<i64>,
    end_time: Option<i64>,
    start_from_head: bool,
    pub(super) filter_pattern: Option<String>,
    pub(super) filter_name: Option<String>,
    pub(super) filter_name_prefix: Option<String>,
    pub(super) metric_name: Option<String>,
    pub(super) metric_namespace: Option<String>,
    pub(super) metric_transformations: Vec<Value>,
    pub(super) log_event_messages: Vec<String>,
    pub(super) destination_arn: Option<String>,
    pub(super) policy_name: Option<String>,
    pub(super) policy_document: Option<String>,
    limit: Option<usize>,
    pub(super) next_token: Option<String>,
    retention_in_days: Option<u32>,
    resource_arn: Option<String>,
    tags: BTreeMap<String, String>,
    tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct InputEvent {
    timestamp: i64,
    message: String,
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered =
        JsonCall::read(cloud, request).await.and_then(|call| answer(cloud, &call.caller, &call.operation, &call.input));
    Protocol::Json.json_answer(answered)
}

/// Operations that are not about one group.
const GLOBAL: [&str; 6] = [
    "DeleteResourcePolicy",
    "DescribeLogGroups",
    "DescribeMetricFilters",
    "DescribeResourcePolicies",
    "PutResourcePolicy",
    "TestMetricFilter",
];

/// Lets the request pass for the group or the stream that it is about.
fn authorize(cloud: &Cloud, principal: &Principal, operation: &str, input: &Input) -> Result<(), ServiceError> {
    let resource = match (input.group(), input.log_stream_name.as_deref()) {
        _ if GLOBAL.contains(&operation) => "*".to_owned(),
        (Err(_), _) => "*".to_owned(),
        (Ok(group), Some(stream)) => format!("{}:log-stream:{stream}", group_arn(&cloud.region, &group)),
        // Policies name groups with and without `:*`; a request for a group fits both.
        (Ok(group), None) => format!("{}:log-stream:", group_arn(&cloud.region, &group)),
    };
    let action = format!("logs:{operation}");
    let bare = resource.strip_suffix(":log-stream:").unwrap_or(&resource);
    let allowed = cloud.iam.authorize(principal, &Access::new(&action, bare));
    if allowed.is_err() && bare.len() < resource.len() {
        return cloud.iam.authorize(principal, &Access::new(&action, &resource)).map_err(|_| match allowed {
            Err(error) => error,
            Ok(()) => super::no_group(),
        });
    }
    allowed
}

fn answer(cloud: &Arc<Cloud>, principal: &Principal, operation: &str, input: &Input) -> Result<Value, ServiceError> {
    authorize(cloud, principal, operation, input)?;
    if let Some(answer) = filters_api::answer(cloud, operation, input)? {
        return Ok(answer);
    }
    let logs = &cloud.logs;
    match operation {
        "CreateLogGroup" => logs.create_group(&input.group()?, None, input.tags.clone())?,
        "DeleteLogGroup" => logs.delete_group(&input.group()?)?,
        "CreateLogStream" => logs.create_stream(&input.group()?, input.stream()?)?,
        "DeleteLogStream" => logs.delete_stream(&input.group()?, input.stream()?)?,
        "PutRetentionPolicy" => {
            let days = check_retention(input.retention_in_days.unwrap_or(0))?;
            logs.change_group(&input.group()?, |group| group.retention_days = Some(days))?;
        }
        "DeleteRetentionPolicy" => logs.change_group(&input.group()?, |group| group.retention_days = None)?,
        "TagResource" | "TagLogGroup" => {
            logs.change_group(&input.group()?, |group| group.tags.extend(input.tags.clone()))?;
        }
        "UntagResource" => {
            logs.change_group(&input.group()?, |group| group.tags.retain(|key, _| !input.tag_keys.contains(key)))?;
        }
        "ListTagsForResource" | "ListTagsLogGroup" => {
            let group = logs.group(&input.group()?).ok_or_else(super::no_group)?;
            return Ok(json!({ "tags": group.tags }));
        }
        "PutLogEvents" => {
            let events = input.log_events.iter().map(|event| (event.timestamp, event.message.clone())).collect();
            logs.put_events(&input.group()?, input.stream()?, events)?;
            return Ok(json!({ "nextSequenceToken": "0" }));
        }
        "DescribeLogGroups" => return Ok(describe_groups(cloud, input)),
        "DescribeLogStreams" => return describe_streams(cloud, input),
        "GetLogEvents" => return get_events(cloud, input),
        "FilterLogEvents" => return filter_events(cloud, input),
        "StartLiveTail" => {
            return Err(ServiceError::bad_request(
                "InvalidOperationException",
                "the local cloud has no live tail: poll FilterLogEvents (`aws logs tail --follow`) instead",
            ));
        }
        other => return Err(ServiceError::unknown_operation("CloudWatch Logs", other)),
    }
    Ok(json!({}))
}

/// The days, or AWS's refusal of a number that is not one of its retentions.
pub(super) fn check_retention(days: u32) -> Result<u32, ServiceError> {
    if RETENTIONS.contains(&days) {
        return Ok(days);
    }
    let known: Vec<String> = RETENTIONS.iter().map(u32::to_string).collect();
    Err(ServiceError::bad_request(
        "InvalidParameterException",
        format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            known.join(", ")
        ),
    ))
}

impl Input {
    /// The group, by name or by ARN.
    pub(super) fn group(&self) -> Result<String, ServiceError> {
        let name = self.log_group_name.as_ref().or(self.log_group_identifier.as_ref()).or(self.resource_arn.as_ref());
        let name = name.ok_or_else(|| missing("logGroupName"))?;
        let name = name.split_once(":log-group:").map_or(name.as_str(), |(_, name)| name);
        Ok(name.strip_suffix(":*").unwrap_or(name).to_owned())
    }

    fn stream(&self) -> Result<&str, ServiceError> {
        self.log_stream_name.as_deref().ok_or_else(|| missing("logStreamName"))
    }

    fn range(&self) -> Range {
        Range { start: self.start_time, end: self.end_time }
    }

    pub(super) fn page(&self, default: usize) -> usize {
        self.limit.unwrap_or(default).clamp(1, PAGE)
    }
}

pub(super) fn missing(field: &str) -> ServiceError {
    ServiceError::bad_request(
        "InvalidParameterException",
        format!(
            "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
        ),
    )
}

fn bad_token() -> ServiceError {
    ServiceError::bad_request("InvalidParameterException", "The specified nextToken is invalid.")
}

/// Cuts a sorted list to a page after `token`, which is the name that the page before ended with.
pub(super) fn page_of<T>(
    items: Vec<T>,
    token: Option<&str>,
    limit: usize,
    name: impl Fn(&T) -> &str,
) -> (Vec<T>, Option<String>) {
    let start = token.map_or(0, |token| items.iter().position(|item| name(item) == token).map_or(0, |at| at + 1));
    let more = items.len() > start + limit;
    let page: Vec<T> = items.into_iter().skip(start).take(limit).collect();
    let next = page.last().filter(|_| more).map(|item| name(item).to_owned());
    (page, next)
}

fn describe_groups(cloud: &Cloud, input: &Input) -> Value {
    let mut groups = cloud.logs.groups(input.log_group_name_prefix.as_deref().unwrap_or_default());
    if let Some(pattern) = &input.log_group_name_pattern {
        groups.retain(|group| group.name.contains(pattern.as_str()));
    }
    let (groups, next) = page_of(groups, input.next_token.as_deref(), input.page(50).min(50), |group| &group.name);
    let mut answer = json!({ "logGroups": groups.iter().map(|group| show_group(cloud, group)).collect::<Vec<_>>() });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    answer
}

fn show_group(cloud: &Cloud, group: &LogGroup) -> Value {
    let arn = group_arn(&cloud.region, &group.name);
    let mut shown = json!({
        "logGroupName": group.name,
        "creationTime": group.created,
        "metricFilterCount": group.metric_filters.len(),
        "arn": format!("{arn}:*"),
        "logGroupArn": arn,
        "logGroupClass": "STANDARD",
        "storedBytes": 0,
    });
    if let Some(days) = group.retention_days {
        shown["retentionInDays"] = json!(days);
    }
    shown
}

fn describe_streams(cloud: &Cloud, input: &Input) -> Result<Value, ServiceError> {
    let group = input.group()?;
    let mut streams = cloud.logs.streams(&group, input.log_stream_name_prefix.as_deref().unwrap_or_default())?;
    if input.order_by.as_deref() == Some("LastEventTime") {
        streams.sort_by_key(|stream| stream.last_event);
    }
    if input.descending {
        streams.reverse();
    }
    let (streams, next) = page_of(streams, input.next_token.as_deref(), input.page(50).min(50), |stream| &stream.name);
    let show = |stream: &StreamSummary| {
        let mut shown = json!({
            "logStreamName": stream.name,
            "creationTime": stream.created,
            "arn": format!("{}:log-stream:{}", group_arn(&cloud.region, &group), stream.name),
            "storedBytes": stream.bytes,
        });
        let times = [
            ("firstEventTimestamp", stream.first_event),
            ("lastEventTimestamp", stream.last_event),
            ("lastIngestionTime", stream.last_ingested),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                shown[name] = json!(time);
            }
        }
        shown
    };
    let mut answer = json!({ "logStreams": streams.iter().map(show).collect::<Vec<_>>() });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}

fn get_events(cloud: &Cloud, input: &Input) -> Result<Value, ServiceError> {
    let position = match input.next_token.as_deref() {
        None if input.start_from_head => Position::Head,
        None => Position::Tail,
        Some(token) => match token.split_once('/') {
            Some(("f", id)) => Position::From(id.parse().map_err(|_| bad_token())?),
            Some(("b", id)) => Position::Before(id.parse().map_err(|_| bad_token())?),
            _ => return Err(bad_token()),
        },
    };
    let page = cloud.logs.stream_page(&input.group()?, input.stream()?, position, input.range(), input.page(PAGE))?;
    let show = |event: &super::LogEvent| json!({"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingested});
    Ok(json!({
        "events": page.events.iter().map(show).collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{:020}", page.forward),
        "nextBackwardToken": format!("b/{:020}", page.backward),
    }))
}

fn filter_events(cloud: &Cloud, input: &Input) -> Result<Value, ServiceError> {
    let after = match &input.next_token {
        None => None,
        Some(token) => {
            let (time, id) = token.split_once('/').ok_or_else(bad_token)?;
            Some((time.parse().map_err(|_| bad_token())?, id.parse().map_err(|_| bad_token())?))
        }
    };
    let (found, more) = cloud.logs.search(&Search {
        group: input.group()?,
        streams: input.log_stream_names.clone(),
        stream_prefix: input.log_stream_name_prefix.clone().unwrap_or_default(),
        range: input.range(),
        filter: Filter::parse(input.filter_pattern.as_deref().unwrap_or_default())?,
        after,
        limit: input.page(PAGE),
    })?;
    let show = |(stream, event): &(String, super::LogEvent)| {
        json!({
            "logStreamName": stream,
            "timestamp": event.timestamp,
            "message": event.message,
            "ingestionTime": event.ingested,
            "eventId": format!("{:056}", event.id),
        })
    };
    let mut answer = json!({ "events": found.iter().map(show).collect::<Vec<_>>(), "searchedLogStreams": [] });
    if let (true, Some((_, last))) = (more, found.last()) {
        answer["nextToken"] = json!(format!("{}/{}", last.timestamp, last.id));
    }
    Ok(answer)
}
