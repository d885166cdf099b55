//! Tables by the operations of their clients.

use serde_json::json;

use super::*;

async fn run(tables: &DynamoDb, operation: &str, input: Value) -> Value {
    tables.run(operation, input).await.map_err(Failure::plain).unwrap()
}

fn table(name: &str) -> Value {
    json!({
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    })
}

#[tokio::test]
async fn items_are_kept_on_disk_and_writes_reach_the_stream() {
    let directory = tempfile::tempdir().unwrap();
    let tables = DynamoDb::open(Some(directory.path())).unwrap();
    run(&tables, "CreateTable", table("things")).await;
    let stream = tables.stream_arn("us-east-1", "things").unwrap().unwrap();
    let iterator = tables.iterator("us-east-1", &stream, &streams::Position::Oldest).await.unwrap();
    run(&tables, "PutItem", json!({"TableName": "things", "Item": {"id": {"S": "a"}}})).await;
    let wait = std::time::Duration::ZERO;
    let (records, next) = tables.records("us-east-1", &iterator, 10, wait).await.unwrap();
    assert_eq!(
        (records.len(), &records[0]["eventName"], &records[0]["awsRegion"]),
        (1, &json!("INSERT"), &json!("us-east-1"))
    );
    let (records, _) = tables.records("us-east-1", &next, 10, wait).await.unwrap();
    assert_eq!(records.len(), 0);
    drop(tables);
    let again = DynamoDb::open(Some(directory.path())).unwrap();
    let found = run(&again, "GetItem", json!({"TableName": "things", "Key": {"id": {"S": "a"}}})).await;
    assert_eq!(found["Item"], json!({"id": {"S": "a"}}));
    let gone =
        again.iterator("us-east-1", "arn:aws:dynamodb:us-east-1:0:table/things/stream/x", &streams::Position::Latest);
    assert_eq!(gone.await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn refusals_have_the_names_of_dynamodb() {
    let tables = DynamoDb::open(None).unwrap();
    for (operation, input, code) in [
        ("GetItem", json!({"TableName": "missing", "Key": {"id": {"S": "a"}}}), "ResourceNotFoundException"),
        ("CreateTable", json!({"TableName": "things"}), "ValidationException"),
        ("PutItem", json!({"TableName": 1}), "SerializationException"),
    ] {
        let error = tables.run(operation, input).await.unwrap_err().plain();
        assert_eq!(error.code, code, "{operation}: {}", error.message);
        assert!(!error.message.contains("at line"), "{}", error.message);
    }
}

#[tokio::test]
async fn recovery_and_policies_belong_to_tables_that_are_there() {
    let tables = DynamoDb::open(None).unwrap();
    let on = json!({"TableName": "things", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    let own = |operation: &str, input: &Value| tables.own("us-east-1", operation, input).unwrap();
    assert_eq!(own("UpdateContinuousBackups", &on).unwrap_err().code, "TableNotFoundException");
    run(&tables, "CreateTable", table("things")).await;
    let shown = own("UpdateContinuousBackups", &on).unwrap();
    let recovery = &shown["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    assert_eq!(
        (&recovery["PointInTimeRecoveryStatus"], &recovery["RecoveryPeriodInDays"]),
        (&json!("ENABLED"), &json!(35))
    );
    let arn = arns::table_arn("us-east-1", "things");
    assert_eq!(own("GetResourcePolicy", &json!({"ResourceArn": arn})).unwrap_err().code, "PolicyNotFoundException");
    let statement = json!({"Effect": "Deny", "Principal": "*", "Action": "dynamodb:DeleteItem", "Resource": arn});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    own("PutResourcePolicy", &json!({"ResourceArn": arn, "Policy": policy})).unwrap();
    assert_eq!(own("GetResourcePolicy", &json!({"ResourceArn": arn})).unwrap()["Policy"], json!(policy));
    assert!(tables.own("us-east-1", "PutItem", &json!({})).is_none());
}
