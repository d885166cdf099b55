//! How CloudFormation makes tables.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Failure;
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{as_flag, as_integer, changed, tags, text};

/// Properties that are members of `CreateTable` as they are.
const MEMBERS: [&str; 8] = [
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "TableClass",
];

/// `AWS::DynamoDB::Table`. `Ref` is the name.
pub(crate) async fn create_table(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    refuse_unserved(properties)?;
    let name = text(properties, "TableName").map_or_else(|| context.generated_name(255), str::to_owned);
    let mut input = json!({ "TableName": name });
    for member in MEMBERS.into_iter().chain(["GlobalSecondaryIndexes"]) {
        if let Some(value) = properties.get(member).filter(|value| !value.is_null()) {
            input[member] = plain(value);
        }
    }
    let recorded = tags(properties, &context.tags);
    if !recorded.is_empty() {
        input["Tags"] = recorded.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    }
    if let Some(stream) = properties.get("StreamSpecification") {
        input["StreamSpecification"] = stream_specification(Some(stream));
    }
    if let Some(encryption) = properties.get("SSESpecification") {
        input["SSESpecification"] = encryption_of(encryption);
    }
    let tables = &context.cloud.dynamodb;
    tables.run("CreateTable", input).await.map_err(|failure| match failure.plain() {
        error if error.code == "ResourceInUseException" => ProviderError::new(
            "AlreadyExists",
            format!("Resource of type 'AWS::DynamoDB::Table' with identifier '{name}' already exists."),
        ),
        error => error.into(),
    })?;
    if let Err(error) = settle(context, &name, &Value::Null, properties).await {
        run(context, "DeleteTable", json!({ "TableName": name })).await?;
        return Err(error);
    }
    provisioned(context, &name)
}

/// Changes everything but the keys, local indexes and the name in place.
pub(crate) async fn update_table(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["TableName", "KeySchema", "LocalSecondaryIndexes"]) {
        return Ok(Update::Replace);
    }
    refuse_unserved(new)?;
    let mut input = json!({ "TableName": physical_id });
    for member in
        ["BillingMode", "DeletionProtectionEnabled", "OnDemandThroughput", "ProvisionedThroughput", "TableClass"]
    {
        if changed(old, new, &[member]) {
            let usual = match member {
                "BillingMode" => json!("PROVISIONED"),
                "DeletionProtectionEnabled" => json!(false),
                "TableClass" => json!("STANDARD"),
                _ => Value::Null,
            };
            input[member] = new.get(member).map_or(usual, plain);
        }
    }
    if let Some(members) = input.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    // What is provisioned for a table goes with the mode.
    if input.get("BillingMode") == Some(&json!("PROVISIONED"))
        && let Some(throughput) = new.get("ProvisionedThroughput")
    {
        input["ProvisionedThroughput"] = plain(throughput);
    }
    if input.as_object().is_some_and(|members| members.len() > 1) {
        run(context, "UpdateTable", input).await?;
    }
    if changed(old, new, &["StreamSpecification"]) {
        if old.get("StreamSpecification").is_some() {
            let off = json!({"TableName": physical_id, "StreamSpecification": stream_specification(None)});
            run(context, "UpdateTable", off).await?;
        }
        if let Some(stream) = new.get("StreamSpecification") {
            let on = json!({"TableName": physical_id, "StreamSpecification": stream_specification(Some(stream))});
            run(context, "UpdateTable", on).await?;
        }
    }
    update_indexes(context, physical_id, old, new).await?;
    if changed(old, new, &["SSESpecification"]) {
        let encryption = new.get("SSESpecification").map_or_else(|| json!({"Enabled": false}), encryption_of);
        context.cloud.dynamodb.set_encryption(physical_id, &encryption)?;
    }
    update_tags(context, physical_id, &tags(new, &context.tags)).await?;
    settle(context, physical_id, old, new).await?;
    provisioned(context, physical_id).map(Update::InPlace)
}

/// Removes the table and its items.
pub(crate) async fn delete_table(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.dynamodb.run("DeleteTable", json!({ "TableName": physical_id })).await.map_err(Failure::plain) {
        Err(error) if error.code != "ResourceNotFoundException" => Err(error.into()),
        _ => Ok(context.cloud.dynamodb.forget(physical_id)?),
    }
}

pub(super) async fn run(context: &ResourceContext, operation: &str, input: Value) -> Result<Value, ProviderError> {
    Ok(context.cloud.dynamodb.run(operation, input).await.map_err(Failure::plain)?)
}

/// What can only be set on a table that is there: expiry, recovery, policy.
async fn settle(context: &ResourceContext, name: &str, old: &Value, new: &Value) -> Result<(), ProviderError> {
    let tables = &context.cloud.dynamodb;
    if changed(old, new, &["TimeToLiveSpecification"]) {
        for (properties, enabled) in [(old, false), (new, true)] {
            let Some(specification) = properties.get("TimeToLiveSpecification") else { continue };
            let wanted = enabled && specification.get("Enabled").and_then(as_flag) == Some(true);
            let was = !enabled && specification.get("Enabled").and_then(as_flag) == Some(true);
            if !wanted && !was {
                continue;
            }
            let attribute = text(specification, "AttributeName").unwrap_or_default();
            let input = json!({
                "TableName": name,
                "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": wanted},
            });
            run(context, "UpdateTimeToLive", input).await?;
            if wanted {
                tables.sweep(&context.cloud);
            }
        }
    }
    let mut own = Vec::new();
    if changed(old, new, &["PointInTimeRecoverySpecification"]) {
        let off = json!({"PointInTimeRecoveryEnabled": false});
        let specification = new.get("PointInTimeRecoverySpecification").unwrap_or(&off);
        own.push((
            "UpdateContinuousBackups",
            json!({"TableName": name, "PointInTimeRecoverySpecification": specification}),
        ));
    }
    if changed(old, new, &["ResourcePolicy"]) {
        match new.get("ResourcePolicy").and_then(|policy| policy.get("PolicyDocument")) {
            Some(document) => {
                let policy = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
                own.push(("PutResourcePolicy", json!({"TableName": name, "Policy": policy})));
            }
            None => own.push(("DeleteResourcePolicy", json!({ "TableName": name }))),
        }
    }
    for (operation, input) in own {
        if let Some(answered) = tables.own(&context.region, operation, &input) {
            answered?;
        }
    }
    Ok(())
}

/// Removes, makes and changes global indexes one after the other.
async fn update_indexes(context: &ResourceContext, name: &str, old: &Value, new: &Value) -> Result<(), ProviderError> {
    let (before, after) = (indexes(old), indexes(new));
    let mut updates = Vec::new();
    for (index, definition) in &before {
        let same_keys =
            after.get(index).is_some_and(|wanted| !changed(definition, wanted, &["KeySchema", "Projection"]));
        if !same_keys {
            updates.push(json!({"Delete": {"IndexName": index}}));
        }
    }
    for (index, wanted) in &after {
        match before.get(index) {
            Some(definition) if !changed(definition, wanted, &["KeySchema", "Projection"]) => {
                if let Some(throughput) = wanted.get("ProvisionedThroughput")
                    && changed(definition, wanted, &["ProvisionedThroughput"])
                {
                    updates.push(json!({"Update": {"IndexName": index, "ProvisionedThroughput": plain(throughput)}}));
                }
            }
            _ => updates.push(json!({ "Create": plain(wanted) })),
        }
    }
    for update in updates {
        let mut input = json!({"TableName": name, "GlobalSecondaryIndexUpdates": [update]});
        if let Some(attributes) = new.get("AttributeDefinitions") {
            input["AttributeDefinitions"] = attributes.clone();
        }
        run(context, "UpdateTable", input).await?;
    }
    Ok(())
}

fn indexes(properties: &Value) -> BTreeMap<String, Value> {
    let list = properties.get("GlobalSecondaryIndexes").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|index| Some((text(index, "IndexName")?.to_owned(), index.clone()))).collect()
}

pub(super) async fn live_table_tags(
    context: &ResourceContext,
    arn: &str,
) -> Result<BTreeMap<String, String>, ProviderError> {
    let mut input = json!({ "ResourceArn": arn });
    super::arns::inward(&mut input, &context.region);
    let answer = run(context, "ListTagsOfResource", input).await?;
    Ok(tags(&answer, &BTreeMap::new()))
}

async fn update_tags(
    context: &ResourceContext,
    name: &str,
    wanted: &BTreeMap<String, String>,
) -> Result<(), ProviderError> {
    let arn = super::arns::table_arn(&context.region, name);
    let live = live_table_tags(context, &arn).await?;
    let gone: Vec<&String> = live.keys().filter(|key| !wanted.contains_key(*key)).collect();
    let mut requests = Vec::new();
    if !gone.is_empty() {
        requests.push(("UntagResource", json!({"ResourceArn": arn, "TagKeys": gone})));
    }
    if !wanted.is_empty() && live != *wanted {
        let list: Value = wanted.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        requests.push(("TagResource", json!({"ResourceArn": arn, "Tags": list})));
    }
    for (operation, mut input) in requests {
        super::arns::inward(&mut input, &context.region);
        run(context, operation, input).await?;
    }
    Ok(())
}

fn provisioned(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    let arn = super::arns::table_arn(&context.region, name);
    let mut attributes = Map::from_iter([("Arn".to_owned(), json!(arn))]);
    if let Some(stream) = context.cloud.dynamodb.stream_arn(&context.region, name)? {
        attributes.insert("StreamArn".to_owned(), json!(stream));
    }
    Ok(Provisioned { physical_id: name.to_owned(), attributes })
}

/// A table that exists already.
pub(crate) fn adopt_table(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    provisioned(context, name)
}

/// `StreamSpecification` of a template, which has no `StreamEnabled`.
fn stream_specification(stream: Option<&Value>) -> Value {
    match stream {
        Some(stream) => json!({"StreamEnabled": true, "StreamViewType": stream.get("StreamViewType")}),
        None => json!({"StreamEnabled": false}),
    }
}

/// `SSESpecification` of a template, in which `Enabled` has another name.
fn encryption_of(encryption: &Value) -> Value {
    let mut shown = json!({"Enabled": encryption.get("SSEEnabled").and_then(as_flag).unwrap_or(false)});
    for member in ["SSEType", "KMSMasterKeyId"] {
        if let Some(value) = encryption.get(member) {
            shown[member] = value.clone();
        }
    }
    shown
}

/// Properties that would change what a table does, and that the local cloud cannot honor.
fn refuse_unserved(properties: &Value) -> Result<(), ProviderError> {
    for name in ["ImportSourceSpecification", "KinesisStreamSpecification"] {
        if properties.get(name).is_some() {
            return Err(ProviderError::invalid(format!("the local cloud does not serve `{name}` of a table")));
        }
    }
    Ok(())
}

/// Numbers and booleans as such, where parameters made them texts.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let plain_member = |(name, value): (&String, &Value)| {
                let value = match value {
                    Value::String(_) if name.ends_with("Units") => {
                        as_integer(value).map_or_else(|| value.clone(), |number| json!(number))
                    }
                    other => plain(other),
                };
                (name.clone(), value)
            };
            Value::Object(members.iter().map(plain_member).collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::String(text) if text == "true" || text == "false" => json!(text == "true"),
        other => other.clone(),
    }
}
