//! The wire format of ECS: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

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
    let arn = ["serviceArn", "resourceArn"].iter().find_map(|member| input[*member].as_str());
    cloud.iam.authorize(caller, &Access::new(&format!("ecs:{operation}"), arn.unwrap_or("*")))?;
    let passed = |pointers: &[&str], service: &str| cloud.iam.authorize_passed_roles(caller, input, pointers, service);
    passed(&["/executionRoleArn", "/taskRoleArn"], "ecs-tasks.amazonaws.com")?;
    passed(&["/infrastructureRoleArn"], "ecs.amazonaws.com")?;
    let ecs = &cloud.ecs;
    let arn = arn.unwrap_or_default();
    let texts = |member: &str| -> Vec<&str> {
        input[member].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect()
    };
    match operation {
        "CreateCluster" => {
            let properties = json!({"ClusterName": input["clusterName"].as_str().unwrap_or("default")});
            let record = ecs.create(cloud, region, Kind::Cluster, &properties, tags(input))?;
            Ok(json!({"cluster": cluster(&record)}))
        }
        "DeleteCluster" => {
            let name = input["cluster"].as_str().unwrap_or_default();
            let record = ecs.remove(region, Kind::Cluster, name.rsplit('/').next().unwrap_or(name))?;
            let mut shown = cluster(&record);
            shown["status"] = json!("INACTIVE");
            Ok(json!({"cluster": shown}))
        }
        "ListClusters" => {
            let arns: Vec<String> = ecs
                .records
                .list(region, Kind::Cluster.as_str())
                .iter()
                .map(|one| one.attribute("Arn").to_owned())
                .collect();
            Ok(json!({"clusterArns": arns}))
        }
        "DescribeClusters" => {
            let wanted = if input["clusters"].is_array() { texts("clusters") } else { vec!["default"] };
            let found = |name: &&str| ecs.get(region, Kind::Cluster, name).ok();
            let clusters: Vec<Value> = wanted.iter().filter_map(found).map(|record| cluster(&record)).collect();
            let failures: Vec<Value> = wanted
                .iter()
                .filter(|name| found(name).is_none())
                .map(|name| json!({"arn": name, "reason": "MISSING"}))
                .collect();
            Ok(json!({"clusters": clusters, "failures": failures}))
        }
        "CreateExpressGatewayService" => {
            let mut properties = pascal(input);
            properties["Tags"] = Value::Null;
            let record = ecs.create(cloud, region, Kind::ExpressGatewayService, &properties, tags(input))?;
            Ok(json!({"service": service(&record)}))
        }
        "UpdateExpressGatewayService" => {
            let before = ecs.get(region, Kind::ExpressGatewayService, arn)?;
            let mut properties = before.properties.clone();
            properties.extend(pascal(input).as_object().cloned().unwrap_or_default());
            properties.remove("ServiceArn");
            let record =
                ecs.update(region, Kind::ExpressGatewayService, arn, &Value::Object(properties), before.tags)?;
            Ok(json!({"service": service(&record)}))
        }
        "DescribeExpressGatewayService" => {
            Ok(json!({"service": service(&ecs.get(region, Kind::ExpressGatewayService, arn)?)}))
        }
        "DeleteExpressGatewayService" => {
            let record = ecs.remove(region, Kind::ExpressGatewayService, arn)?;
            let mut shown = service(&record);
            shown["status"]["statusCode"] = json!("DRAINING");
            Ok(json!({"service": shown}))
        }
        "ListServices" => {
            let arns: Vec<String> =
                ecs.records.list(region, Kind::ExpressGatewayService.as_str()).into_iter().map(|one| one.id).collect();
            Ok(json!({"serviceArns": arns}))
        }
        "ListTasks" => Ok(json!({"taskArns": []})),
        "ListTagsForResource" => {
            let record = find(cloud, region, arn)?;
            let list: Vec<Value> = record.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
            Ok(json!({"tags": list}))
        }
        "TagResource" | "UntagResource" => {
            let mut record = find(cloud, region, arn)?;
            record.tags.extend(tags(input));
            record.tags.retain(|key, _| !texts("tagKeys").contains(&key.as_str()));
            ecs.records.change(|table| {
                table.put(record);
                Ok(json!({}))
            })
        }
        "RunTask" | "StartTask" | "CreateService" | "RegisterTaskDefinition" => Err(ServiceError::bad_request(
            "ClientException",
            "the local cloud runs no containers: of ECS it records clusters and services of Express Mode",
        )),
        other => Err(ServiceError::unknown_operation("ECS", other)),
    }
}

fn tags(input: &Value) -> BTreeMap<String, String> {
    let pairs = input["tags"].as_array().map_or(&[][..], Vec::as_slice).iter();
    pairs.filter_map(|tag| Some((tag["key"].as_str()?.to_owned(), tag["value"].as_str()?.to_owned()))).collect()
}

fn find(cloud: &Cloud, region: &str, arn: &str) -> Result<Record, ServiceError> {
    let kind = if arn.contains(":cluster/") { Kind::Cluster } else { Kind::ExpressGatewayService };
    cloud.ecs.get(region, kind, arn)
}

fn cluster(record: &Record) -> Value {
    json!({
        "clusterArn": record.attribute("Arn"), "clusterName": record.id, "status": "ACTIVE",
        "registeredContainerInstancesCount": 0, "runningTasksCount": 0, "pendingTasksCount": 0, "activeServicesCount": 0,
    })
}

/// A service: active as far as it is recorded, with a reason that says that nothing runs.
fn service(record: &Record) -> Value {
    let name = record.id.rsplit('/').next().unwrap_or_default();
    let cluster = record.id.rsplit('/').nth(1).unwrap_or("default");
    let mut configuration = camel(&Value::Object(record.properties.clone()));
    if let Some(members) = configuration.as_object_mut() {
        for other in ["cluster", "serviceName", "infrastructureRoleArn", "tags"] {
            members.remove(other);
        }
        members.insert(
            "ingressPaths".to_owned(),
            json!([{"accessType": "PUBLIC", "endpoint": record.attribute("Endpoint")}]),
        );
        members.insert("createdAt".to_owned(), epoch_seconds(record.created));
    }
    json!({
        "cluster": cluster, "serviceName": name, "serviceArn": record.id,
        "infrastructureRoleArn": record.text("InfrastructureRoleArn"),
        "status": {"statusCode": "ACTIVE", "statusReason": "recorded: the local cloud runs no containers"},
        "activeConfigurations": [configuration], "createdAt": epoch_seconds(record.created),
        "updatedAt": epoch_seconds(record.created),
    })
}
