//! Tables and their items, for looking into.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::wire::{Form, ServiceError};

/// Items of one answer.
const PAGE: usize = 100;

/// Columns that the page shows: beyond, a table is no help. Keys come first, so they are always among them.
const COLUMNS: usize = 40;

/// Characters of a value that are shown.
const LONGEST: usize = 400;

/// All tables with their keys, indexes and counts.
pub(super) async fn tables(cloud: &Arc<Cloud>) -> Result<Value, ServiceError> {
    let mut tables = Vec::new();
    for name in cloud.dynamodb.table_names().await? {
        match cloud.dynamodb.describe(&cloud.region, &name).await {
            Ok(table) => tables.push(show_table(&table)),
            // Deleted between the two questions.
            Err(error) if error.code == "ResourceNotFoundException" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(json!({"tables": tables}))
}

fn show_table(table: &Value) -> Value {
    let types = &table["AttributeDefinitions"];
    let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"].into_iter().flat_map(|member| {
        let scope = if member.starts_with('G') { "global" } else { "local" };
        table[member].as_array().into_iter().flatten().map(move |index| (scope, index))
    });
    json!({
        "name": table["TableName"],
        "status": table["TableStatus"],
        "items": table["ItemCount"],
        "bytes": table["TableSizeBytes"],
        "keys": show_keys(&table["KeySchema"], types),
        "indexes": indexes.map(|(scope, index)| json!({
            "name": index["IndexName"],
            "scope": scope,
            "keys": show_keys(&index["KeySchema"], types),
            "projection": index["Projection"]["ProjectionType"],
        })).collect::<Vec<_>>(),
        "stream": table["StreamSpecification"]["StreamViewType"],
    })
}

/// Key attributes with what they are for and their type.
fn show_keys(schema: &Value, types: &Value) -> Vec<Value> {
    let type_of = |name: &Value| {
        let mut types = types.as_array().into_iter().flatten();
        types.find(|attribute| attribute["AttributeName"] == *name).map(|attribute| attribute["AttributeType"].clone())
    };
    let keys = schema.as_array().into_iter().flatten();
    keys.map(|key| {
        let role = if key["KeyType"] == "HASH" { "partition" } else { "sort" };
        json!({"name": key["AttributeName"], "role": role, "type": type_of(&key["AttributeName"])})
    })
    .collect()
}

/// Items of a table from a key on, as rows of text, and the key to go on from.
pub(super) async fn items(cloud: &Arc<Cloud>, query: &Form) -> Result<Value, ServiceError> {
    let name = query.require("table")?;
    let after = query.get("after").filter(|after| !after.is_empty()).map(|after| {
        let wrong = |_| ServiceError::bad_request("ValidationException", "`after` is no key in JSON");
        serde_json::from_str::<Value>(after).map_err(wrong)
    });
    let table = cloud.dynamodb.describe(&cloud.region, name).await?;
    let page = cloud.dynamodb.scan(name, PAGE, after.transpose()?).await?;
    let keys = table["KeySchema"].as_array().into_iter().flatten().filter_map(|key| key["AttributeName"].as_str());
    Ok(show_items(&keys.collect::<Vec<_>>(), &page))
}

fn show_items(keys: &[&str], page: &Value) -> Value {
    let items: Vec<&Value> = page["Items"].as_array().into_iter().flatten().collect();
    let named = items.iter().flat_map(|item| item.as_object().into_iter().flatten()).map(|(name, _)| name.as_str());
    let others: BTreeSet<&str> = named.filter(|name| !keys.contains(name)).collect();
    let hidden = (keys.len() + others.len()).saturating_sub(COLUMNS);
    let columns: Vec<&str> = keys.iter().copied().chain(others).take(COLUMNS).collect();
    let row = |item: &Value| -> Value {
        columns.iter().map(|column| item.get(column).map_or(Value::Null, |value| json!(cut(&text_of(value))))).collect()
    };
    json!({
        "columns": columns,
        "rows": items.into_iter().map(row).collect::<Vec<_>>(),
        "hiddenColumns": hidden,
        "next": page.get("LastEvaluatedKey"),
    })
}

/// A value of an item as people read it: without the letters of its types, which are told by its form.
fn text_of(value: &Value) -> String {
    let Some((kind, inner)) = value.as_object().and_then(|fields| fields.iter().next()) else {
        return value.to_string();
    };
    let texts = || inner.as_array().into_iter().flatten().map(|item| item.as_str().unwrap_or_default());
    match kind.as_str() {
        "S" | "N" => inner.as_str().unwrap_or_default().to_owned(),
        "B" => binary(inner.as_str().unwrap_or_default()),
        "SS" => format!("{{{}}}", texts().map(|text| json!(text).to_string()).collect::<Vec<_>>().join(", ")),
        "NS" => format!("{{{}}}", texts().collect::<Vec<_>>().join(", ")),
        "BS" => format!("{{{}}}", texts().map(binary).collect::<Vec<_>>().join(", ")),
        _ => nested(value),
    }
}

/// A value inside a list or a map, in the manner of JSON.
fn nested(value: &Value) -> String {
    let Some((kind, inner)) = value.as_object().and_then(|fields| fields.iter().next()) else {
        return value.to_string();
    };
    match kind.as_str() {
        "S" | "BOOL" => inner.to_string(),
        "NULL" => "null".to_owned(),
        "L" => {
            let items = inner.as_array().into_iter().flatten().map(nested);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        "M" => {
            // The database keeps no order of them.
            let fields: BTreeMap<&String, &Value> = inner.as_object().into_iter().flatten().collect();
            let fields = fields.into_iter().map(|(name, field)| format!("{}: {}", json!(name), nested(field)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        _ => text_of(value),
    }
}

/// `3 bytes AQID`: how much it is, and its base64.
fn binary(base64: &str) -> String {
    let padding = base64.bytes().rev().take_while(|byte| *byte == b'=').count();
    let bytes = (base64.len() / 4 * 3).saturating_sub(padding);
    format!("{bytes} {} {base64}", if bytes == 1 { "byte" } else { "bytes" })
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cloud, read, request};

    async fn run(cloud: &Arc<Cloud>, operation: &str, input: Value) {
        let target = format!("DynamoDB_20120810.{operation}");
        let request = request("dynamodb", "POST", "/", &[("x-amz-target", &target)], &input.to_string());
        let (status, body) = read(crate::dynamodb::api::handle(cloud, request).await).await;
        assert_eq!(status, 200, "{body}");
    }

    #[test]
    fn values_are_shown_as_people_read_them() {
        for (value, expected) in [
            (json!({"S": "plain \"text\""}), "plain \"text\""),
            (json!({"N": "12.50"}), "12.50"),
            (json!({"BOOL": true}), "true"),
            (json!({"NULL": true}), "null"),
            (json!({"B": "AQID"}), "3 bytes AQID"),
            (json!({"B": "AQ=="}), "1 byte AQ=="),
            (json!({"SS": ["a", "b"]}), "{\"a\", \"b\"}"),
            (json!({"NS": ["1", "2"]}), "{1, 2}"),
            (json!({"BS": ["AQ=="]}), "{1 byte AQ==}"),
            (
                json!({"M": {"tags": {"L": [{"S": "x"}, {"N": "1"}, {"SS": ["y"]}]}, "on": {"BOOL": false}}}),
                "{\"on\": false, \"tags\": [\"x\", 1, {\"y\"}]}",
            ),
        ] {
            assert_eq!(text_of(&value), expected, "{value}");
        }
    }

    #[test]
    fn keys_come_first_and_what_is_long_is_cut() {
        let page = json!({"Items": [{"a": {"S": "x".repeat(500)}, "id": {"S": "1"}}, {"id": {"S": "2"}, "b": {"N": "3"}}],
                          "LastEvaluatedKey": {"id": {"S": "2"}}});
        let shown = show_items(&["id"], &page);
        assert_eq!(shown["columns"], json!(["id", "a", "b"]));
        assert_eq!(shown["rows"][0][1].as_str().unwrap().chars().count(), LONGEST + 1);
        assert_eq!(shown["rows"][1], json!(["2", null, "3"]));
        assert_eq!(shown["next"], json!({"id": {"S": "2"}}));
    }

    #[tokio::test]
    async fn items_come_in_pages() {
        let cloud = cloud();
        assert_eq!(tables(&cloud).await.unwrap(), json!({"tables": []}));
        let key = |name: &str| json!([{"AttributeName": name, "KeyType": "HASH"}]);
        let index =
            json!([{"IndexName": "by-owner", "KeySchema": key("owner"), "Projection": {"ProjectionType": "ALL"}}]);
        let types = ["id", "owner"].map(|name| json!({"AttributeName": name, "AttributeType": "S"}));
        let input = json!({"TableName": "pictures", "KeySchema": key("id"), "AttributeDefinitions": types,
                           "BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": index});
        run(&cloud, "CreateTable", input).await;
        for batch in 0..10 {
            let puts =
                (0..25).map(|number| json!({"PutRequest": {"Item": {"id": {"S": format!("{batch}-{number}")}}}}));
            run(&cloud, "BatchWriteItem", json!({"RequestItems": {"pictures": puts.collect::<Vec<_>>()}})).await;
        }
        let listed = tables(&cloud).await.unwrap();
        let table = &listed["tables"][0];
        assert_eq!((&table["name"], &table["items"]), (&json!("pictures"), &json!(250)));
        assert_eq!(table["keys"], json!([{"name": "id", "role": "partition", "type": "S"}]));
        assert_eq!(
            table["indexes"],
            json!([{"name": "by-owner", "scope": "global", "projection": "ALL",
                    "keys": [{"name": "owner", "role": "partition", "type": "S"}]}])
        );
        let mut query = "table=pictures".to_owned();
        let mut seen = 0;
        for expected in [100, 100, 50] {
            let page = items(&cloud, &Form::parse(&query).unwrap()).await.unwrap();
            assert_eq!(page["rows"].as_array().unwrap().len(), expected);
            seen += expected;
            let next = page["next"].to_string();
            query = format!("table=pictures&after={}", crate::wire::percent_encode(&next, ""));
            assert_eq!(page["next"].is_null(), seen == 250);
        }
        let missing = items(&cloud, &Form::parse("table=none").unwrap()).await.unwrap_err();
        assert_eq!(missing.code, "ResourceNotFoundException");
    }
}
