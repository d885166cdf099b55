//! The wire format of `CodeBuild`: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Kind;
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::Access;
use crate::records::{Record, epoch_seconds};
use crate::wire::members::{camel, pascal};
use crate::wire::{JsonCall, Protocol, ServiceError};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered = JsonCall::read(cloud, request).await.and_then(|call| answer(cloud, &call));
    Protocol::Json.json_answer(answered)
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect()
}

fn answer(cloud: &Cloud, call: &JsonCall) -> Result<Value, ServiceError> {
    let JsonCall { caller, region, operation, input } = call;
    let operation = operation.as_str();
    let named: Vec<&str> = match operation {
        "BatchGetProjects" => texts(&input["names"]),
        "StartBuild" | "ListBuildsForProject" => input["projectName"].as_str().into_iter().collect(),
        _ => input["name"].as_str().into_iter().collect(),
    };
    let action = format!("codebuild:{operation}");
    if named.is_empty() {
        cloud.iam.authorize(caller, &Access::new(&action, "*"))?;
    }
    for name in &named {
        cloud.iam.authorize(caller, &Access::new(&action, &Kind::Project.arn(cloud, region, name)))?;
    }
    cloud.iam.authorize_passed_roles(caller, input, &["/serviceRole"], "codebuild.amazonaws.com")?;
    let code = &cloud.code;
    match operation {
        "BatchGetProjects" => {
            let lookup = |name: &&str| code.get(region, Kind::Project, name.rsplit('/').next().unwrap_or(name)).ok();
            let rows: Vec<Value> = named.iter().filter_map(lookup).map(|record| show(&record)).collect();
            let unknown: Vec<&&str> = named.iter().filter(|name| lookup(name).is_none()).collect();
            Ok(json!({"projects": rows, "projectsNotFound": unknown}))
        }
        "ListProjects" => {
            let all: Vec<String> =
                code.records.list(region, Kind::Project.as_str()).into_iter().map(|record| record.id).collect();
            Ok(json!({"projects": all}))
        }
        "CreateProject" => {
            let record = code.create(cloud, region, Kind::Project, &properties(input, Map::new()), tags(input))?;
            Ok(json!({"project": show(&record)}))
        }
        "UpdateProject" => {
            let name = input["name"].as_str().unwrap_or_default();
            let before = code.get(region, Kind::Project, name)?;
            let tags = if input["tags"].is_array() { tags(input) } else { before.tags.clone() };
            let record = code.update(region, Kind::Project, name, &properties(input, before.properties), tags)?;
            Ok(json!({"project": show(&record)}))
        }
        "DeleteProject" => {
            // A project that is not there is removed already.
            let _ = code.remove(region, Kind::Project, input["name"].as_str().unwrap_or_default());
            Ok(json!({}))
        }
        "StartBuild" => {
            code.get(region, Kind::Project, named.first().copied().unwrap_or_default())?;
            Err(ServiceError::bad_request(
                "InvalidInputException",
                "the local cloud does not run builds: a project of CodeBuild is recorded, and its commands run on AWS only. Run the commands of its buildspec here, or deploy without --local",
            ))
        }
        "ListBuilds" | "ListBuildsForProject" => Ok(json!({"ids": []})),
        "BatchGetBuilds" => Ok(json!({"builds": [], "buildsNotFound": input["ids"]})),
        other => Err(ServiceError::unknown_operation("CodeBuild", other)),
    }
}

fn tags(input: &Value) -> BTreeMap<String, String> {
    let pairs = input["tags"].as_array().map_or(&[][..], Vec::as_slice).iter();
    pairs.filter_map(|tag| Some((tag["key"].as_str()?.to_owned(), tag["value"].as_str()?.to_owned()))).collect()
}

/// The body in the form of the template over what is there.
fn properties(input: &Value, mut before: Map<String, Value>) -> Value {
    let mut given = pascal(input);
    if let Some(source) = given["Source"].as_object_mut()
        && let Some(text) = source.remove("Buildspec")
    {
        source.insert("BuildSpec".to_owned(), text);
    }
    before.extend(given.as_object().cloned().unwrap_or_default());
    Value::Object(before)
}

fn show(record: &Record) -> Value {
    let mut shown = camel(&Value::Object(record.properties.clone()));
    if let Some(source) = shown["source"].as_object_mut()
        && let Some(text) = source.remove("buildSpec")
    {
        source.insert("buildspec".to_owned(), text);
    }
    let tags: Vec<Value> = record.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    shown["tags"] = json!(tags);
    shown["arn"] = json!(record.attribute("Arn"));
    shown["created"] = epoch_seconds(record.created);
    shown["lastModified"] = epoch_seconds(record.created);
    shown
}
