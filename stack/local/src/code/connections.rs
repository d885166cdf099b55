//! The wire format of `CodeConnections`, under its new and its old name: JSON 1.0.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Kind;
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::Access;
use crate::records::Record;
use crate::wire::{JsonCall, Protocol, ServiceError};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered = JsonCall::read(cloud, request).await.and_then(|call| answer(cloud, &call));
    Protocol::Json10.json_answer(answered)
}

fn answer(cloud: &Cloud, call: &JsonCall) -> Result<Value, ServiceError> {
    let JsonCall { caller, region, operation, input } = call;
    let operation = operation.as_str();
    let arn = input["ConnectionArn"].as_str().or_else(|| input["ResourceArn"].as_str());
    cloud.iam.authorize(caller, &Access::new(&format!("codeconnections:{operation}"), arn.unwrap_or("*")))?;
    let code = &cloud.code;
    let arn = arn.unwrap_or_default();
    let tags = || crate::wire::properties::tags(input, &std::collections::BTreeMap::new());
    match operation {
        "CreateConnection" => {
            let record = code.create(cloud, region, Kind::Connection, input, tags())?;
            Ok(json!({"ConnectionArn": record.id, "Tags": input["Tags"]}))
        }
        "GetConnection" => Ok(json!({"Connection": show(&code.get(region, Kind::Connection, arn)?)})),
        "ListConnections" => {
            let wanted = input["ProviderTypeFilter"].as_str();
            let all = code.records.list(region, Kind::Connection.as_str());
            let kept = all.iter().filter(|record| wanted.is_none_or(|wanted| record.text("ProviderType") == wanted));
            let connections: Vec<Value> = kept.map(show).collect();
            Ok(json!({"Connections": connections}))
        }
        "DeleteConnection" => code.remove(region, Kind::Connection, arn).map(|_| json!({})),
        "ListTagsForResource" => {
            let record = code.get(region, Kind::Connection, arn)?;
            let list: Vec<Value> = record.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            Ok(json!({"Tags": list}))
        }
        "TagResource" | "UntagResource" => {
            let keys: Vec<&str> =
                input["TagKeys"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect();
            code.records.change(|table| {
                let record = table
                    .get_mut(region, Kind::Connection.as_str(), arn)
                    .ok_or_else(|| Kind::Connection.missing(arn))?;
                record.tags.extend(tags());
                record.tags.retain(|key, _| !keys.contains(&key.as_str()));
                Ok(json!({}))
            })
        }
        other => Err(ServiceError::unknown_operation("CodeConnections", other)),
    }
}

fn show(record: &Record) -> Value {
    let mut shown = json!({
        "ConnectionName": record.text("ConnectionName"), "ConnectionArn": record.id,
        "ConnectionStatus": record.attribute("ConnectionStatus"), "OwnerAccountId": record.attribute("OwnerAccountId"),
    });
    for name in ["ProviderType", "HostArn"] {
        if let Some(value) = record.properties.get(name) {
            shown[name] = value.clone();
        }
    }
    shown
}
