//! The wire format of Scheduler: REST-JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::schedules::Scheduled;
use super::{DEFAULT_GROUP, Scheduler, State, conflict, field, group_arn, not_found, schedule_arn, validation};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::properties::tags;
use crate::wire::{Form, Protocol, ServiceError, percent_decode, read_json};

/// Settings of a schedule that are kept and given back.
const SETTINGS: [&str; 10] = [
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
];

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let principal = Principal::of(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let query = Form::parse(request.uri().query().unwrap_or_default());
    let read = match query {
        Ok(query) => read_json::<Value>(request).await.map(|input| (query, input)),
        Err(error) => Err(error),
    };
    match read.and_then(|(query, input)| answer(cloud, &principal, &method, &path, &query, &input)) {
        Ok(value) => Protocol::RestJson.json_response(StatusCode::OK, &value),
        Err(error) => Protocol::RestJson.render_error(&error),
    }
}

fn answer(
    cloud: &Arc<Cloud>,
    principal: &Principal,
    method: &Method,
    path: &str,
    query: &Form,
    input: &Value,
) -> Result<Value, ServiceError> {
    let scheduler = &cloud.scheduler;
    let decoded = |part: &str| percent_decode(part).ok_or_else(|| validation("the path is not percent-encoded UTF-8"));
    let allow = |action: &str, resource: &str| {
        cloud.iam.authorize(principal, &Access::new(&format!("scheduler:{action}"), resource))
    };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["schedules"]) => {
            allow("ListSchedules", "*")?;
            list(cloud, query)
        }
        ("GET", ["schedule-groups"]) => {
            allow("ListScheduleGroups", "*")?;
            let groups = scheduler.store.read(|state| state.groups.keys().cloned().collect::<Vec<_>>());
            let all = std::iter::once(DEFAULT_GROUP.to_owned()).chain(groups);
            let shown: Vec<Value> = all.map(|name| show_group(cloud, &name)).collect();
            Ok(json!({ "ScheduleGroups": shown }))
        }
        (_, ["schedules", name]) => {
            let allow = |action: &str, resource: &str| {
                allow(action, resource)?;
                cloud.iam.authorize_passed_roles(principal, input, &["/Target/RoleArn"], "scheduler.amazonaws.com")
            };
            schedule(cloud, &allow, method, &decoded(name)?, query, input)
        }
        (_, ["schedule-groups", name]) => group(cloud, &allow, method, &decoded(name)?, input),
        (_, ["tags", ..]) => {
            let arn = decoded(path.trim_start_matches("/tags/"))?;
            tagging(scheduler, &allow, method, &arn, query, input)
        }
        _ => Err(ServiceError::unknown_operation("Scheduler", &format!("{method} {path}"))),
    }
}

/// Asks whether the caller may do something.
type Allow<'a> = dyn Fn(&str, &str) -> Result<(), ServiceError> + 'a;

fn schedule(
    cloud: &Arc<Cloud>,
    allow: &Allow<'_>,
    method: &Method,
    name: &str,
    query: &Form,
    input: &Value,
) -> Result<Value, ServiceError> {
    let given = field(input, "GroupName").or_else(|| query.get("groupName"));
    let group = given.unwrap_or(DEFAULT_GROUP);
    let arn = schedule_arn(&cloud.region, group, name);
    match method.as_str() {
        "POST" | "PUT" => {
            let replace = method == Method::PUT;
            allow(if replace { "UpdateSchedule" } else { "CreateSchedule" }, &arn)?;
            cloud.scheduler.put(cloud, group, name, settings(input), replace)?;
            Ok(json!({ "ScheduleArn": arn }))
        }
        "GET" => {
            allow("GetSchedule", &arn)?;
            Ok(show(cloud, &cloud.scheduler.schedule(group, name)?))
        }
        "DELETE" => {
            allow("DeleteSchedule", &arn)?;
            cloud.scheduler.delete(group, name).map(|()| json!({}))
        }
        _ => Err(ServiceError::unknown_operation("Scheduler", &format!("{method} /schedules/{name}"))),
    }
}

/// What of a request or of a template is kept, with the defaults of AWS.
pub(super) fn settings(input: &Value) -> Value {
    let mut settings =
        json!({"State": "ENABLED", "ScheduleExpressionTimezone": "UTC", "ActionAfterCompletion": "NONE"});
    for name in SETTINGS {
        if let Some(value) = input.get(name).filter(|value| !value.is_null()) {
            settings[name] = value.clone();
        }
    }
    settings
}

fn show(cloud: &Cloud, schedule: &Scheduled) -> Value {
    let mut shown = schedule.settings.clone();
    shown["Arn"] = json!(schedule_arn(&cloud.region, &schedule.group, &schedule.name));
    shown["GroupName"] = json!(schedule.group);
    shown["Name"] = json!(schedule.name);
    shown["CreationDate"] = json!(schedule.created);
    shown["LastModificationDate"] = json!(schedule.modified);
    for name in ["StartDate", "EndDate"] {
        if let Some(milliseconds) = shown.get(name).and_then(crate::wire::read_time) {
            shown[name] = json!(milliseconds / 1000);
        }
    }
    shown
}

fn list(cloud: &Cloud, query: &Form) -> Result<Value, ServiceError> {
    let group = query.get("ScheduleGroup");
    let (prefix, state) = (query.get("NamePrefix").unwrap_or_default(), query.get("State"));
    let matching: Vec<Scheduled> = cloud
        .scheduler
        .schedules()
        .into_iter()
        .filter(|one| group.is_none_or(|group| group == one.group) && one.name.starts_with(prefix))
        .filter(|one| state.is_none_or(|state| field(&one.settings, "State") == Some(state)))
        .collect();
    let start =
        query.get("NextToken").map_or(Ok(0), |token| token.parse().map_err(|_| validation("Invalid NextToken.")))?;
    let limit = query.get("MaxResults").and_then(|limit| limit.parse().ok()).unwrap_or(100).clamp(1, 100);
    let page: Vec<Value> = matching
        .iter()
        .skip(start)
        .take(limit)
        .map(|one| {
            let whole = show(cloud, one);
            json!({
                "Arn": whole["Arn"], "CreationDate": one.created, "GroupName": one.group,
                "LastModificationDate": one.modified, "Name": one.name, "State": whole["State"],
                "Target": {"Arn": whole["Target"]["Arn"]},
            })
        })
        .collect();
    let end = start + page.len();
    let mut answer = json!({ "Schedules": page });
    if end < matching.len() {
        answer["NextToken"] = json!(end.to_string());
    }
    Ok(answer)
}

fn show_group(cloud: &Cloud, name: &str) -> Value {
    json!({"Arn": group_arn(&cloud.region, name), "Name": name, "State": "ACTIVE"})
}

fn no_group(name: &str) -> ServiceError {
    not_found(format!("Schedule group {name} does not exist."))
}

fn group(
    cloud: &Arc<Cloud>,
    allow: &Allow<'_>,
    method: &Method,
    name: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let arn = group_arn(&cloud.region, name);
    let scheduler = &cloud.scheduler;
    match method.as_str() {
        "POST" => {
            allow("CreateScheduleGroup", &arn)?;
            scheduler.create_group(name, tags(input, &BTreeMap::new()))?;
            Ok(json!({ "ScheduleGroupArn": arn }))
        }
        "GET" => {
            allow("GetScheduleGroup", &arn)?;
            if name != DEFAULT_GROUP && scheduler.group_tags(name).is_none() {
                return Err(no_group(name));
            }
            Ok(show_group(cloud, name))
        }
        "DELETE" => {
            allow("DeleteScheduleGroup", &arn)?;
            scheduler.delete_group(name).map(|()| json!({}))
        }
        _ => Err(ServiceError::unknown_operation("Scheduler", &format!("{method} /schedule-groups/{name}"))),
    }
}

impl Scheduler {
    pub(super) fn create_group(&self, name: &str, tags: BTreeMap<String, String>) -> Result<(), ServiceError> {
        self.store.change(|state| {
            if name == DEFAULT_GROUP || state.groups.contains_key(name) {
                return Err(conflict(format!("Schedule group {name} already exists.")));
            }
            state.groups.insert(name.to_owned(), tags);
            Ok(())
        })
    }

    pub(super) fn group_tags(&self, name: &str) -> Option<BTreeMap<String, String>> {
        self.store.read(|state| state.groups.get(name).cloned())
    }

    pub(super) fn change_group(
        &self,
        name: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<(), ServiceError> {
        self.store.change(|state: &mut State| {
            change(state.groups.get_mut(name).ok_or_else(|| no_group(name))?);
            Ok(())
        })
    }

    /// Removes a group with its schedules.
    pub(super) fn delete_group(&self, name: &str) -> Result<(), ServiceError> {
        if name == DEFAULT_GROUP {
            return Err(validation("The default schedule group cannot be deleted."));
        }
        self.store.change(|state| {
            state.schedules.remove(name);
            state.groups.remove(name).map(drop).ok_or_else(|| no_group(name))
        })
    }
}

fn tagging(
    scheduler: &Scheduler,
    allow: &Allow<'_>,
    method: &Method,
    arn: &str,
    query: &Form,
    input: &Value,
) -> Result<Value, ServiceError> {
    let name = arn.rsplit_once(":schedule-group/").map_or(arn, |(_, name)| name);
    match method.as_str() {
        "GET" => {
            allow("ListTagsForResource", arn)?;
            let tags = scheduler.group_tags(name).ok_or_else(|| no_group(name))?;
            let shown: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            Ok(json!({ "Tags": shown }))
        }
        "POST" => {
            allow("TagResource", arn)?;
            let new = tags(input, &BTreeMap::new());
            scheduler.change_group(name, |tags| tags.extend(new)).map(|()| json!({}))
        }
        _ => {
            allow("UntagResource", arn)?;
            let key = query.get("TagKeys").unwrap_or_default();
            scheduler.change_group(name, |tags| tags.retain(|name, _| name != key)).map(|()| json!({}))
        }
    }
}
