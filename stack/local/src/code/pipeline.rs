//! The wire format of `CodePipeline`: JSON 1.1.

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

fn answer(cloud: &Cloud, call: &JsonCall) -> Result<Value, ServiceError> {
    let JsonCall { caller, region, operation, input } = call;
    let operation = operation.as_str();
    let name = ["name", "pipelineName"]
        .iter()
        .find_map(|member| input[*member].as_str())
        .or_else(|| input["pipeline"]["name"].as_str());
    let resource = match (name, input["resourceArn"].as_str()) {
        (Some(name), _) => Kind::Pipeline.arn(cloud, region, name),
        (None, arn) => arn.unwrap_or("*").to_owned(),
    };
    cloud.iam.authorize(caller, &Access::new(&format!("codepipeline:{operation}"), &resource))?;
    cloud.iam.authorize_passed_roles(caller, input, &["/pipeline/roleArn"], "codepipeline.amazonaws.com")?;
    let code = &cloud.code;
    let name = name.unwrap_or_default();
    match operation {
        "GetPipeline" => {
            let record = code.get(region, Kind::Pipeline, name)?;
            let time = epoch_seconds(record.created);
            let metadata = json!({"pipelineArn": record.attribute("Arn"), "created": time, "updated": time});
            Ok(json!({"pipeline": show(&record), "metadata": metadata}))
        }
        "ListPipelines" => {
            let pipelines: Vec<Value> =
                code.records.list(region, Kind::Pipeline.as_str()).iter().map(summary).collect();
            Ok(json!({"pipelines": pipelines}))
        }
        "GetPipelineState" => Ok(state(&code.get(region, Kind::Pipeline, name)?)),
        "CreatePipeline" => {
            let record = code.create(cloud, region, Kind::Pipeline, &properties(input, Map::new()), tags(input))?;
            Ok(json!({"pipeline": show(&record), "tags": input["tags"]}))
        }
        "UpdatePipeline" => {
            let before = code.get(region, Kind::Pipeline, name)?;
            let record = code.update(region, Kind::Pipeline, name, &properties(input, Map::new()), before.tags)?;
            Ok(json!({"pipeline": show(&record)}))
        }
        "DeletePipeline" => {
            // A pipeline that is not there is removed already.
            let _ = code.remove(region, Kind::Pipeline, name);
            Ok(json!({}))
        }
        "StartPipelineExecution" | "RetryStageExecution" => {
            code.get(region, Kind::Pipeline, name)?;
            Err(ServiceError::bad_request(
                "ConflictException",
                "the local cloud does not run pipelines: they are recorded, and their stages run on AWS only",
            ))
        }
        "ListPipelineExecutions" => {
            code.get(region, Kind::Pipeline, name)?;
            Ok(json!({"pipelineExecutionSummaries": []}))
        }
        "ListTagsForResource" | "TagResource" | "UntagResource" => tag(cloud, region, operation, input),
        other => Err(ServiceError::unknown_operation("CodePipeline", other)),
    }
}

fn tags(input: &Value) -> BTreeMap<String, String> {
    let pairs = input["tags"].as_array().map_or(&[][..], Vec::as_slice).iter();
    pairs.filter_map(|tag| Some((tag["key"].as_str()?.to_owned(), tag["value"].as_str()?.to_owned()))).collect()
}

fn tag(cloud: &Cloud, region: &str, operation: &str, input: &Value) -> Result<Value, ServiceError> {
    let name = input["resourceArn"].as_str().unwrap_or_default().rsplit(':').next().unwrap_or_default();
    let keys: Vec<&str> =
        input["tagKeys"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect();
    let record = cloud.code.records.change(|table| {
        let record =
            table.get_mut(region, Kind::Pipeline.as_str(), name).ok_or_else(|| Kind::Pipeline.missing(name))?;
        match operation {
            "TagResource" => record.tags.extend(tags(input)),
            "UntagResource" => record.tags.retain(|key, _| !keys.contains(&key.as_str())),
            _ => {}
        }
        Ok(record.clone())
    })?;
    if operation != "ListTagsForResource" {
        return Ok(json!({}));
    }
    let list: Vec<Value> = record.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    Ok(json!({"tags": list}))
}

/// The body in the form of the template. Artifacts are names in the API's lists of outputs and inputs alike.
fn properties(input: &Value, mut before: Map<String, Value>) -> Value {
    let mut given = pascal(&input["pipeline"]);
    if let Some(given) = given.as_object_mut() {
        given.remove("Version");
        before.append(given);
    }
    Value::Object(before)
}

fn version(record: &Record) -> Value {
    json!(record.attribute("Version").parse::<u64>().unwrap_or(1))
}

fn show(record: &Record) -> Value {
    let mut shown = camel(&Value::Object(record.properties.clone()));
    shown["version"] = version(record);
    shown
}

fn summary(record: &Record) -> Value {
    let time = epoch_seconds(record.created);
    let mut summary = json!({"name": record.id, "version": version(record), "created": time, "updated": time});
    for (member, property) in [("pipelineType", "PipelineType"), ("executionMode", "ExecutionMode")] {
        if let Some(value) = record.properties.get(property) {
            summary[member] = value.clone();
        }
    }
    summary
}

/// Stages and actions without executions: none ever ran.
fn state(record: &Record) -> Value {
    let stages = record.property("Stages").as_array().map_or(&[][..], Vec::as_slice);
    let shown: Vec<Value> = stages
        .iter()
        .map(|stage| {
            let actions = stage["Actions"].as_array().map_or(&[][..], Vec::as_slice);
            let actions: Vec<Value> = actions.iter().map(|action| json!({"actionName": action["Name"]})).collect();
            json!({"stageName": stage["Name"], "inboundTransitionState": {"enabled": true}, "actionStates": actions})
        })
        .collect();
    let time = epoch_seconds(record.created);
    json!({"pipelineName": record.id, "pipelineVersion": version(record), "stageStates": shown, "created": time, "updated": time})
}
