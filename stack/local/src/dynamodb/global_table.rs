//! `AWS::DynamoDB::GlobalTable` with one replica, in this region: a table whose settings are written in two places.

use serde_json::{Map, Value, json};

use super::{live, resources};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{as_integer, changed, text};

/// Properties that a table has under the same name.
const SHARED: [&str; 9] = [
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "SSESpecification",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
];

/// Properties of the replica that a table has itself.
const OF_REPLICA: [&str; 5] =
    ["DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "ResourcePolicy", "TableClass", "Tags"];

/// Makes the table. `Ref` is the name.
pub(crate) async fn create_global_table(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let table = as_table(context, properties)?;
    with_id(context, resources::create_table(context, &table).await?).await
}

/// Changes the table as its own properties are changed.
pub(crate) async fn update_global_table(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["TableName", "KeySchema", "LocalSecondaryIndexes"]) {
        return Ok(Update::Replace);
    }
    let (old, new) = (as_table(context, old)?, as_table(context, new)?);
    match resources::update_table(context, physical_id, &old, &new).await? {
        Update::InPlace(made) => with_id(context, made).await.map(Update::InPlace),
        Update::Replace => Ok(Update::Replace),
    }
}

/// Removes the table and its items.
pub(crate) async fn delete_global_table(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    resources::delete_table(context, physical_id, properties).await
}

/// What the table is like now, with what belongs to its replica in it.
pub(crate) async fn read_global_table(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let table = as_table(context, declared)?;
    let Live::Properties(mut found) = live::read_table(context, physical_id, &table).await? else {
        return Ok(Live::Gone);
    };
    let of_template = replica(context, declared)?;
    let mut shown = Map::new();
    let mut own = json!({ "Region": context.region });
    for name in OF_REPLICA {
        if let Some(value) = found.get_mut(name).map(Value::take) {
            // Defaults that nobody wrote down are no difference.
            if of_template.get(name).is_some() || !matches!(name, "PointInTimeRecoverySpecification" | "TableClass") {
                own[name] = value;
            }
        }
    }
    for name in SHARED {
        if let Some(value) = found.get_mut(name).map(Value::take) {
            shown.insert(name.to_owned(), value);
        }
    }
    for index in shown.get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(members) = index.as_object_mut() {
            members.shift_remove("ProvisionedThroughput");
        }
    }
    shown.insert("Replicas".to_owned(), json!([own]));
    Ok(Live::Properties(Value::Object(shown)))
}

async fn with_id(context: &ResourceContext, mut made: Provisioned) -> Result<Provisioned, ProviderError> {
    let table = context.cloud.dynamodb.describe(&context.region, &made.physical_id).await?;
    if let Some(id) = table.get("TableId") {
        made.attributes.insert("TableId".to_owned(), id.clone());
    }
    Ok(made)
}

/// The one replica, which must be in this region.
fn replica<'a>(context: &ResourceContext, properties: &'a Value) -> Result<&'a Value, ProviderError> {
    let replicas = properties.get("Replicas").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    match replicas {
        [replica] if text(replica, "Region") == Some(&context.region) => Ok(replica),
        _ => Err(ProviderError::invalid(format!(
            "the local cloud is one region: a global table has one replica here, in `{}`",
            context.region
        ))),
    }
}

/// The properties of the table that a global table is.
fn as_table(context: &ResourceContext, properties: &Value) -> Result<Value, ProviderError> {
    let replica = replica(context, properties)?;
    if replica.get("KinesisStreamSpecification").is_some() {
        return Err(ProviderError::invalid("the local cloud does not serve `KinesisStreamSpecification` of a table"));
    }
    let mut table = json!({});
    for (from, names) in [(properties, &SHARED[..]), (replica, &OF_REPLICA[..])] {
        for name in names {
            if let Some(value) = from.get(*name) {
                table[*name] = value.clone();
            }
        }
    }
    if let Some(key) = replica.get("SSESpecification").and_then(|encryption| encryption.get("KMSMasterKeyId")) {
        table["SSESpecification"]["KMSMasterKeyId"] = key.clone();
    }
    if text(properties, "BillingMode") != Some("PAY_PER_REQUEST") {
        table["ProvisionedThroughput"] = throughput(properties, replica);
    }
    let of_replica = replica.get("GlobalSecondaryIndexes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let provisioned = table.get("ProvisionedThroughput").is_some();
    for index in table.get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut).into_iter().flatten() {
        let reads =
            of_replica.iter().find(|one| one.get("IndexName") == index.get("IndexName")).unwrap_or(&Value::Null);
        let throughput = throughput(index, reads);
        if let Some(members) = index.as_object_mut() {
            members.retain(|name, _| matches!(name.as_str(), "IndexName" | "KeySchema" | "Projection"));
            if provisioned {
                members.insert("ProvisionedThroughput".to_owned(), throughput);
            }
        }
    }
    Ok(table)
}

/// What is provisioned: a fixed capacity, or the least one where it scales.
fn throughput(writes: &Value, reads: &Value) -> Value {
    let units = |settings: &Value, kind: &str| {
        let settings = &settings[format!("{kind}ProvisionedThroughputSettings")];
        let scaling = &settings[format!("{kind}CapacityAutoScalingSettings")];
        [&settings[format!("{kind}CapacityUnits")], &scaling["SeedCapacity"], &scaling["MinCapacity"]]
            .into_iter()
            .find_map(as_integer)
            .unwrap_or(1)
    };
    json!({"ReadCapacityUnits": units(reads, "Read"), "WriteCapacityUnits": units(writes, "Write")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_fixed_or_the_least_of_what_scales() {
        let writes = json!({"WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": {"MinCapacity": 2, "MaxCapacity": 9}}});
        let reads = json!({"ReadProvisionedThroughputSettings": {"ReadCapacityUnits": "3"}});
        assert_eq!(throughput(&writes, &reads), json!({"ReadCapacityUnits": 3, "WriteCapacityUnits": 2}));
        assert_eq!(throughput(&json!({}), &Value::Null), json!({"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}));
    }
}
