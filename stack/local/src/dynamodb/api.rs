//! The wire format of DynamoDB and its streams: JSON 1.0.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Failure, access, arns, engine};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::iam::{Access, Principal};
use crate::wire::properties::{as_flag, text};
use crate::wire::{Protocol, ServiceError, read_json, target_operation};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let caller = Principal::of(&request);
    let operation = target_operation(&request);
    let answered = match read_json::<Value>(request).await {
        Ok(input) => answer(cloud, &caller, &operation, input).await,
        Err(error) => Err(error.into()),
    };
    match answered {
        Ok(value) => Protocol::Json10.json_response(StatusCode::OK, &value),
        Err(Failure::Ours(error)) => Protocol::Json10.render_error(&error),
        Err(Failure::Engine(error)) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            respond(status, "application/x-amz-json-1.0", error.to_json())
        }
    }
}

async fn answer(cloud: &Arc<Cloud>, caller: &Principal, operation: &str, mut input: Value) -> Result<Value, Failure> {
    let (tables, region) = (&cloud.dynamodb, &cloud.region);
    if operation == "DescribeEndpoints" {
        authorize(cloud, caller, operation, &input)?;
        let address = cloud.url.trim_start_matches("http://");
        return Ok(json!({"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}));
    }
    authorize(cloud, caller, operation, &input)?;
    if let Some(answered) = tables.own(region, operation, &input) {
        return Ok(answered?);
    }
    if !engine::serves(operation) {
        return Err(ServiceError::bad_request(
            "UnknownOperationException",
            format!("the local cloud does not serve the operation `{operation}` of DynamoDB"),
        )
        .into());
    }
    arns::inward(&mut input, region);
    let table = text(&input, "TableName").unwrap_or_default().to_owned();
    let encryption = (operation == "UpdateTable").then(|| input.get("SSESpecification").cloned()).flatten();
    let expires = operation == "UpdateTimeToLive"
        && input["TimeToLiveSpecification"].get("Enabled").and_then(as_flag) == Some(true);
    let mut answered = if let Some(encryption) = encryption {
        update_encrypted(cloud, &table, &mut input, &encryption).await?
    } else {
        tables.run(operation, input).await?
    };
    match operation {
        "DeleteTable" => tables.forget(&table)?,
        "DescribeTable" => tables.extend_description(&table, &mut answered["Table"]),
        "UpdateTable" => tables.extend_description(&table, &mut answered["TableDescription"]),
        _ if expires => tables.sweep(cloud),
        _ => {}
    }
    if !engine::holds_items(operation) {
        arns::outward(&mut answered, region);
    }
    Ok(answered)
}

/// `UpdateTable` with another encryption, which is ours, and perhaps more, which is the database's.
async fn update_encrypted(cloud: &Cloud, table: &str, input: &mut Value, encryption: &Value) -> Result<Value, Failure> {
    let tables = &cloud.dynamodb;
    let members = input.as_object_mut();
    let more = members.is_some_and(|members| {
        members.shift_remove("SSESpecification");
        members.len() > 1
    });
    let answered = if more {
        tables.run("UpdateTable", input.take()).await?
    } else {
        let mut described = tables.run("DescribeTable", json!({ "TableName": table })).await?;
        json!({"TableDescription": described["Table"].take()})
    };
    tables.set_encryption(table, encryption)?;
    Ok(answered)
}

fn authorize(cloud: &Cloud, caller: &Principal, operation: &str, input: &Value) -> Result<(), Failure> {
    for (action, resource) in access::needs(&cloud.region, operation, input) {
        let resource = if operation == "GetRecords" {
            cloud.dynamodb.stream_of_iterator(&cloud.region, text(input, "ShardIterator").unwrap_or_default())?
        } else {
            resource
        };
        let table = arns::table_name(&resource);
        // The administrator has no policies that could ask for it.
        let key = match &caller.role_arn {
            Some(_) => cloud.dynamodb.partition_key(table, operation)?,
            None => None,
        };
        let leading = key.as_deref().and_then(|key| access::leading_key(operation, input, key));
        let context: Vec<(&str, &str)> = leading.map(|value| ("dynamodb:leadingkeys", value)).into_iter().collect();
        let policy = cloud.dynamodb.extras_of(table).policy;
        let access = Access { context: &context, resource_policy: policy.as_ref(), ..Access::new(&action, &resource) };
        cloud.iam.authorize(caller, &access)?;
    }
    Ok(())
}
