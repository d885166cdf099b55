//! Drift of queues, tables, secrets, parameters and keys.

use std::collections::BTreeMap;

use serde_json::json;

use super::drift::found;
use super::*;

const TEMPLATE: &str = r"
Resources:
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead, SqsManagedSseEnabled: true}}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: 45
      DelaySeconds: '5'
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
      Tags: [{Key: team, Value: a}]
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: 'sqs:SendMessage', Resource: '*'}]}}}
  Inline: {Type: AWS::SQS::QueueInlinePolicy, Properties: {Queue: !Ref Dead, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Deny, Principal: '*', Action: 'sqs:DeleteQueue', Resource: '*'}]}}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: day, AttributeType: S}, {AttributeName: kind, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      GlobalSecondaryIndexes:
        - {IndexName: by-kind, KeySchema: [{AttributeName: kind, KeyType: HASH}], Projection: {ProjectionType: KEYS_ONLY}}
        - {IndexName: by-day, KeySchema: [{AttributeName: day, KeyType: HASH}], Projection: {ProjectionType: ALL}}
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      TimeToLiveSpecification: {AttributeName: until, Enabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      SSESpecification: {SSEEnabled: true, SSEType: KMS}
      DeletionProtectionEnabled: false
      Tags: [{Key: b, Value: '1'}, {Key: a, Value: '2'}]
  Provisioned:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: provisioned
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: '6'}
  Global:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      TableName: global
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      Replicas: [{Region: eu-central-1, DeletionProtectionEnabled: false, Tags: [{Key: team, Value: a}]}]
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: secret, Description: of the stack, GenerateSecretString: {PasswordLength: 20}}}
  SecretPolicy: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: !Ref Secret, ResourcePolicy: {Version: '2012-10-17', Statement: [{Effect: Deny, Principal: '*', Action: 'secretsmanager:DeleteSecret', Resource: '*'}]}}}
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Name: /app/a, Type: String, Value: one, Tags: {team: a}}}
  Key: {Type: AWS::KMS::Key, Properties: {Description: k, EnableKeyRotation: true, KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: '*'}, Action: 'kms:*', Resource: '*'}]}}}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/app, TargetKeyId: !GetAtt Key.Arn}}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_just_made_is_in_sync_and_what_services_change_is_seen() {
    let world = World::new();
    let fields = [
        ("StackName", "s"),
        ("TemplateBody", TEMPLATE),
        ("Tags.member.1.Key", "of-the-stack"),
        ("Tags.member.1.Value", "x"),
    ];
    world.ok("CreateStack", &fields).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:#?}", world.events());
    let lines = found(&world, "s").await;
    assert_eq!(lines[0], "IN_SYNC 0", "{lines:#?}");
    assert_eq!(lines.len(), 13, "one for every resource, and the stack: {lines:#?}");

    let old = json!({"QueueName": "jobs", "VisibilityTimeout": 45, "RedrivePolicy": {}});
    let new = json!({"QueueName": "jobs", "VisibilityTimeout": 46, "Tags": [{"Key": "team", "Value": "b"}]});
    let url = format!("{}/000000000000/jobs", world.cloud.url);
    world.put_by_service("AWS::SQS::Queue", &url, &old, &new).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]});
    let other = json!({"Queues": ["dead"], "PolicyDocument": policy});
    world.put_by_service("AWS::SQS::QueuePolicy", "p", &json!({"Queues": ["jobs"]}), &other).await;

    let keys = json!({
        "TableName": "orders", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "day", "AttributeType": "S"}],
    });
    let (mut old, mut new) = (keys.clone(), keys);
    old["GlobalSecondaryIndexes"] = json!([{"IndexName": "by-kind"}]);
    old["TimeToLiveSpecification"] = json!({"AttributeName": "until", "Enabled": true});
    new["PointInTimeRecoverySpecification"] = json!({"PointInTimeRecoveryEnabled": false});
    new["DeletionProtectionEnabled"] = json!(true);
    world.put_by_service("AWS::DynamoDB::Table", "orders", &old, &new).await;

    world.put_by_service("AWS::SSM::Parameter", "/app/a", &json!({}), &json!({"Type": "String", "Value": "two"})).await;
    let described = json!({"Name": "secret", "Description": "of somebody else"});
    world.put_by_service("AWS::SecretsManager::Secret", "secret", &json!({"Name": "secret"}), &described).await;
    let key = world.cloud.kms.create("eu-central-1", "other", None, BTreeMap::new()).unwrap();
    let target = |id: &str| json!({"AliasName": "alias/app", "TargetKeyId": id});
    world.put_by_service("AWS::KMS::Alias", "alias/app", &target(""), &target(&key.arn())).await;
    let lines = found(&world, "s").await.join("\n").replace(&key.arn(), "KEY").replace(&key.id, "KEY");
    insta::with_settings!({filters => [(r"key/[0-9a-f-]{36}", "key/ID")]}, { insta::assert_snapshot!(lines) });
}
