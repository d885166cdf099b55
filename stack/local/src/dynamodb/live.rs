//! Tables as drift detection shows them.

use serde_json::{Map, Value, json};

use super::resources::{live_table_tags, run};
use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};
use crate::wire::live_tags;
use crate::wire::properties::text;

/// What the table is like now.
pub(crate) async fn read_table(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let tables = &context.cloud.dynamodb;
    let table = match tables.describe(&context.region, physical_id).await {
        Ok(table) => table,
        Err(error) if error.code == "ResourceNotFoundException" => return Ok(Live::Gone),
        Err(error) => return Err(error.into()),
    };
    let mut live = Map::from_iter([("TableName".to_owned(), json!(physical_id))]);
    for member in ["AttributeDefinitions", "KeySchema", "DeletionProtectionEnabled", "OnDemandThroughput"] {
        if let Some(value) = table.get(member) {
            live.insert(member.to_owned(), value.clone());
        }
    }
    let on_demand = table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST";
    live.insert("BillingMode".to_owned(), json!(if on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" }));
    if !on_demand {
        live.insert("ProvisionedThroughput".to_owned(), units(&table["ProvisionedThroughput"]));
    }
    if let Some(class) = table["TableClassSummary"].get("TableClass") {
        live.insert("TableClass".to_owned(), class.clone());
    }
    for member in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        if let Some(indexes) = table.get(member).and_then(Value::as_array) {
            let shown = indexes.iter().map(|index| index_property(index, on_demand || member.starts_with('L')));
            live.insert(member.to_owned(), in_order_of(declared.get(member), shown.collect()));
        }
    }
    if let Some(view) = table["StreamSpecification"].get("StreamViewType") {
        live.insert("StreamSpecification".to_owned(), json!({ "StreamViewType": view }));
    }
    let encrypted = table["SSEDescription"]["Status"] == "ENABLED";
    if encrypted || declared.get("SSESpecification").is_some() {
        let mut shown = json!({ "SSEEnabled": encrypted });
        for (member, property) in [("SSEType", "SSEType"), ("KMSMasterKeyArn", "KMSMasterKeyId")] {
            if let Some(value) =
                table["SSEDescription"].get(member).filter(|_| declared["SSESpecification"].get(property).is_some())
            {
                shown[property] = value.clone();
            }
        }
        live.insert("SSESpecification".to_owned(), shown);
    }
    let expiry = run(context, "DescribeTimeToLive", json!({ "TableName": physical_id })).await?;
    let expiry = &expiry["TimeToLiveDescription"];
    if expiry["TimeToLiveStatus"] == "ENABLED" {
        let shown = json!({"AttributeName": expiry["AttributeName"], "Enabled": true});
        live.insert("TimeToLiveSpecification".to_owned(), shown);
    }
    let extras = tables.extras_of(physical_id);
    let recovery =
        match (extras.recovery_days, declared["PointInTimeRecoverySpecification"].get("RecoveryPeriodInDays")) {
            (Some(days), Some(_)) => json!({"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": days}),
            (days, _) => json!({ "PointInTimeRecoveryEnabled": days.is_some() }),
        };
    live.insert("PointInTimeRecoverySpecification".to_owned(), recovery);
    if let Some(policy) = extras.policy {
        live.insert("ResourcePolicy".to_owned(), json!({ "PolicyDocument": policy }));
    }
    let arn = super::arns::table_arn(&context.region, physical_id);
    let recorded = live_table_tags(context, &arn).await?;
    if let Some(tags) = live_tags(&recorded, &context.tags, declared) {
        live.insert("Tags".to_owned(), tags);
    }
    Ok(Live::Properties(Value::Object(live)))
}

fn units(throughput: &Value) -> Value {
    json!({"ReadCapacityUnits": throughput["ReadCapacityUnits"], "WriteCapacityUnits": throughput["WriteCapacityUnits"]})
}

fn index_property(index: &Value, without_throughput: bool) -> Value {
    let mut shown =
        json!({"IndexName": index["IndexName"], "KeySchema": index["KeySchema"], "Projection": index["Projection"]});
    if !without_throughput {
        shown["ProvisionedThroughput"] = units(&index["ProvisionedThroughput"]);
    }
    shown
}

/// Indexes in the order of the template: the database has an order of its own.
fn in_order_of(declared: Option<&Value>, mut indexes: Vec<Value>) -> Value {
    let names: Vec<&str> =
        declared.and_then(Value::as_array).into_iter().flatten().filter_map(|index| text(index, "IndexName")).collect();
    let place =
        |index: &Value| names.iter().position(|name| Some(*name) == text(index, "IndexName")).unwrap_or(names.len());
    indexes.sort_by_key(place);
    Value::Array(indexes)
}
