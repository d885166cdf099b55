//! The API of `MediaConvert`: REST-JSON under `/2017-08-29/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{JOB, PRESET, QUEUE, TEMPLATE, arn, bad};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::iam::{Access, Principal};
use crate::records::{Record, epoch_seconds};
use crate::wire::members::{camel, pascal};
use crate::wire::{Protocol, ServiceError, form_decode, percent_decode, read_json, signed_region};

/// Collections of the API: path, kind, action names, member of a single answer, member of a list.
const COLLECTIONS: [(&str, &str, &str, &str, &str); 3] = [
    ("queues", QUEUE, "Queue", "queue", "queues"),
    ("jobTemplates", TEMPLATE, "JobTemplate", "jobTemplate", "jobTemplates"),
    ("presets", PRESET, "Preset", "preset", "presets"),
];

/// One request.
struct Call<'a> {
    cloud: &'a Arc<Cloud>,
    caller: Principal,
    region: String,
    query: Vec<(String, String)>,
    body: Value,
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    match answer(cloud, request).await {
        Ok((status, value)) if status != StatusCode::NO_CONTENT => Protocol::RestJson.json_response(status, &value),
        Ok((status, _)) => respond(status, "application/json", ""),
        Err(error) => Protocol::RestJson.render_error(&error),
    }
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<(StatusCode, Value), ServiceError> {
    let region = signed_region(&request).unwrap_or_else(|| cloud.region.clone());
    let caller = Principal::of(&request);
    let method = request.method().clone();
    let raw = request.uri().path().to_owned();
    let pairs = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        form_decode(name).zip(form_decode(value))
    });
    let query = pairs.collect();
    let body = read_json(request).await?;
    let call = Call { cloud, caller, region, query, body };
    let path: Vec<String> = raw.trim_matches('/').split('/').filter_map(percent_decode).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let path = path.strip_prefix(&["2017-08-29"]).unwrap_or_default();
    match (&method, path) {
        (&Method::POST, ["jobs"]) => call.create_job(),
        (&Method::GET, ["jobs"]) => call.list_jobs(),
        (&Method::GET, ["jobs", id]) => {
            call.allow("GetJob", &arn(cloud, &call.region, JOB, id))?;
            Ok((StatusCode::OK, json!({"job": show_job(&cloud.mediaconvert.job(&call.region, id)?)})))
        }
        (&Method::DELETE, ["jobs", id]) => {
            call.allow("CancelJob", &arn(cloud, &call.region, JOB, id))?;
            cloud.mediaconvert.cancel(cloud, &call.region, id)?;
            Ok((StatusCode::ACCEPTED, json!({})))
        }
        (&Method::POST, ["endpoints"]) => {
            call.allow("DescribeEndpoints", "*")?;
            Ok((StatusCode::OK, json!({"endpoints": [{"url": cloud.url}]})))
        }
        (_, ["tags", ..]) => call.tags(&method, &path[1..]),
        (_, [collection, rest @ ..]) => {
            let known = COLLECTIONS.into_iter().find(|(path, ..)| path == collection);
            let Some((_, kind, noun, one, many)) = known else {
                return Err(ServiceError::unknown_operation("MediaConvert", &format!("{method} {raw}")));
            };
            match (&method, rest) {
                (&Method::POST, []) => call.create(kind, noun, one),
                (&Method::GET, []) => call.list(kind, noun, many),
                (&Method::GET, [name]) => call.get(kind, noun, one, name),
                (&Method::PUT, [name]) => call.update(kind, noun, one, name),
                (&Method::DELETE, [name]) => call.delete(kind, noun, name),
                _ => Err(ServiceError::unknown_operation("MediaConvert", &format!("{method} {raw}"))),
            }
        }
        _ => Err(ServiceError::unknown_operation("MediaConvert", &format!("{method} {raw}"))),
    }
}

impl Call<'_> {
    fn allow(&self, action: &str, resource: &str) -> Result<(), ServiceError> {
        self.cloud.iam.authorize(&self.caller, &Access::new(&format!("mediaconvert:{action}"), resource))
    }

    fn create_job(&self) -> Result<(StatusCode, Value), ServiceError> {
        // The action has two resources, and both must be allowed.
        let queue = self.body["queue"].as_str().unwrap_or("Default");
        let named = |kind: &str, name: &str| {
            if name.starts_with("arn:") { name.to_owned() } else { arn(self.cloud, &self.region, kind, name) }
        };
        self.allow("CreateJob", &named(QUEUE, queue))?;
        if let Some(template) = self.body["jobTemplate"].as_str() {
            self.allow("CreateJob", &named(TEMPLATE, template))?;
        }
        self.cloud.iam.authorize_passed_roles(&self.caller, &self.body, &["/role"], "mediaconvert.amazonaws.com")?;
        let job = self.cloud.mediaconvert.create_job(self.cloud, &self.region, &self.body)?;
        Ok((StatusCode::CREATED, json!({"job": show_job(&job)})))
    }

    fn list_jobs(&self) -> Result<(StatusCode, Value), ServiceError> {
        self.allow("ListJobs", "*")?;
        let field = |name: &str| self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let mut jobs = self.cloud.mediaconvert.records.list(&self.region, JOB);
        jobs.sort_by_key(|job| (job.created, job.id.clone()));
        if field("order") != Some("ASCENDING") {
            jobs.reverse();
        }
        if let Some(status) = field("status") {
            jobs.retain(|job| job.attribute("Status") == status);
        }
        if let Some(queue) = field("queue") {
            jobs.retain(|job| job.text("Queue") == queue || job.text("Queue").rsplit('/').next() == Some(queue));
        }
        let most = field("maxResults").and_then(|text| text.parse().ok()).unwrap_or(20_usize).clamp(1, 20);
        let from = field("nextToken").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let next = (jobs.len() > from + most).then(|| (from + most).to_string());
        let page: Vec<Value> = jobs.iter().skip(from).take(most).map(show_job).collect();
        let mut answer = json!({"jobs": page});
        if let Some(next) = next {
            answer["nextToken"] = json!(next);
        }
        Ok((StatusCode::OK, answer))
    }

    /// The body in the form of the template.
    fn properties(&self, before: Option<&Record>) -> Value {
        let mut properties = before.map(|record| record.properties.clone()).unwrap_or_default();
        let given = pascal(&self.body);
        for (name, value) in given.as_object().cloned().unwrap_or_default() {
            let name = if name == "Settings" { "SettingsJson".to_owned() } else { name };
            properties.insert(name, value);
        }
        Value::Object(properties)
    }

    fn tag_map(&self) -> BTreeMap<String, String> {
        let tags = self.body["tags"].as_object().cloned().unwrap_or_default();
        tags.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned()))).collect()
    }

    fn create(&self, kind: &'static str, noun: &str, one: &str) -> Result<(StatusCode, Value), ServiceError> {
        self.allow(&format!("Create{noun}"), "*")?;
        let record =
            self.cloud.mediaconvert.create(self.cloud, &self.region, kind, &self.properties(None), self.tag_map())?;
        Ok((StatusCode::CREATED, json!({one: show(&record)})))
    }

    fn list(&self, kind: &'static str, noun: &str, many: &str) -> Result<(StatusCode, Value), ServiceError> {
        self.allow(&format!("List{noun}s"), "*")?;
        let mut records = self.cloud.mediaconvert.records.list(&self.region, kind);
        if kind == QUEUE {
            records.insert(0, self.cloud.mediaconvert.named(self.cloud, &self.region, kind, "Default")?);
        }
        let shown: Vec<Value> = records.iter().map(show).collect();
        Ok((StatusCode::OK, json!({many: shown})))
    }

    fn get(&self, kind: &'static str, noun: &str, one: &str, name: &str) -> Result<(StatusCode, Value), ServiceError> {
        self.allow(&format!("Get{noun}"), &arn(self.cloud, &self.region, kind, name))?;
        let record = self.cloud.mediaconvert.named(self.cloud, &self.region, kind, name)?;
        Ok((StatusCode::OK, json!({one: show(&record)})))
    }

    fn update(
        &self,
        kind: &'static str,
        noun: &str,
        one: &str,
        name: &str,
    ) -> Result<(StatusCode, Value), ServiceError> {
        self.allow(&format!("Update{noun}"), &arn(self.cloud, &self.region, kind, name))?;
        let before = self.cloud.mediaconvert.named(self.cloud, &self.region, kind, name)?;
        let tags = before.tags.clone();
        let record = self.cloud.mediaconvert.update(self.cloud, &before, &self.properties(Some(&before)), tags)?;
        if kind == QUEUE {
            self.cloud.mediaconvert.start_waiting(self.cloud, &record);
        }
        Ok((StatusCode::OK, json!({one: show(&record)})))
    }

    fn delete(&self, kind: &'static str, noun: &str, name: &str) -> Result<(StatusCode, Value), ServiceError> {
        self.allow(&format!("Delete{noun}"), &arn(self.cloud, &self.region, kind, name))?;
        self.cloud.mediaconvert.remove(self.cloud, &self.region, kind, name)?;
        Ok((StatusCode::ACCEPTED, json!({})))
    }

    /// `ListTagsForResource`, `TagResource`, `UntagResource`. The ARN is one percent-encoded part of the path.
    fn tags(&self, method: &Method, path: &[&str]) -> Result<(StatusCode, Value), ServiceError> {
        let named = match path {
            [] => self.body["arn"].as_str().unwrap_or_default().to_owned(),
            parts => parts.join("/"),
        };
        let action = match *method {
            Method::GET => "ListTagsForResource",
            Method::POST => "TagResource",
            _ => "UntagResource",
        };
        self.allow(action, &named)?;
        let keys: Vec<&str> =
            self.body["tagKeys"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect();
        let record = self.cloud.mediaconvert.records.change(|table| {
            let found = table.all().find(|record| record.attribute("Arn") == named).cloned();
            let mut record = found.ok_or_else(|| bad(format!("`{named}` is not the ARN of anything here")))?;
            match action {
                "TagResource" => record.tags.extend(self.tag_map()),
                "UntagResource" => record.tags.retain(|key, _| !keys.contains(&key.as_str())),
                _ => {}
            }
            table.put(record.clone());
            Ok(record)
        })?;
        match action {
            "ListTagsForResource" => Ok((StatusCode::OK, json!({"resourceTags": {"arn": named, "tags": record.tags}}))),
            _ => Ok((StatusCode::NO_CONTENT, json!({}))),
        }
    }
}

/// A queue, template or preset as the API has it.
fn show(record: &Record) -> Value {
    let mut shown = Map::new();
    for (name, value) in &record.properties {
        if name == "SettingsJson" {
            shown.insert("settings".to_owned(), camel(value));
        } else if let Value::Object(members) = camel(&json!({name.as_str(): value})) {
            shown.extend(members);
        }
    }
    shown.insert("arn".to_owned(), json!(record.attribute("Arn")));
    shown.insert(
        "type".to_owned(),
        json!(if record.id == "Default" && record.kind == QUEUE { "SYSTEM" } else { "CUSTOM" }),
    );
    shown.insert("createdAt".to_owned(), epoch_seconds(record.created));
    if record.kind == QUEUE {
        shown.entry("status").or_insert(json!("ACTIVE"));
        shown.entry("pricingPlan").or_insert(json!("ON_DEMAND"));
    }
    Value::Object(shown)
}

fn show_job(job: &Record) -> Value {
    let mut shown = json!({
        "arn": job.attribute("Arn"), "id": job.id, "createdAt": epoch_seconds(job.created), "queue": job.text("Queue"),
        "role": job.text("Role"), "status": job.attribute("Status"), "settings": camel(job.property("Settings")),
        "userMetadata": job.properties.get("UserMetadata").cloned().unwrap_or(json!({})),
        "priority": job.properties.get("Priority").cloned().unwrap_or(json!(0)), "billingTagsSource": "JOB",
    });
    for (member, property) in [("jobTemplate", "JobTemplate"), ("clientRequestToken", "ClientRequestToken")] {
        if let Some(value) = job.properties.get(property) {
            shown[member] = value.clone();
        }
    }
    let mut timing = json!({"submitTime": epoch_seconds(job.created)});
    for (member, attribute) in [("startTime", "StartTime"), ("finishTime", "FinishTime")] {
        if let Some(time) = job.attributes.get(attribute).and_then(Value::as_i64) {
            timing[member] = epoch_seconds(time);
        }
    }
    shown["timing"] = timing;
    match job.attribute("Status") {
        "PROGRESSING" => shown["currentPhase"] = json!("TRANSCODING"),
        "COMPLETE" => {
            shown["jobPercentComplete"] = json!(100);
            shown["outputGroupDetails"] = camel(job.attributes.get("OutputGroupDetails").unwrap_or(&Value::Null));
        }
        "ERROR" => {
            shown["errorCode"] = job.attributes.get("ErrorCode").cloned().unwrap_or_default();
            shown["errorMessage"] = json!(job.attribute("ErrorMessage"));
        }
        _ => {}
    }
    shown
}
