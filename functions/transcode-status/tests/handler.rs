//! Ends of jobs in, updates of rows out, against a DynamoDB over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use clients::{CloudSettings, sdk_config};
use function_testing::{Facts, Service, lambda_events, wrong_types};
use lambda_runtime::Diagnostic;
use responses::Rows;
use serde_json::{Value, json};
use transcode_status::{Dependencies, Outcome, handle};

struct World {
    service: Service,
    facts: Facts,
    dependencies: Dependencies,
}

impl World {
    async fn new(status: u16, body: Value) -> Self {
        let service = Service::start(move |_| (status, body.to_string())).await;
        let cloud = CloudSettings {
            region: "eu-west-1".into(),
            credentials: wiring::Credentials { access_key: "AKID".into(), ..wiring::Credentials::default() },
            endpoint: Some(service.url().to_owned()),
            storage_endpoint: None,
        };
        let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&cloud)).retry_config(RetryConfig::disabled());
        let rows = Rows::new(aws_sdk_dynamodb::Client::from_conf(config.build()), "responses");
        let facts = Facts::default();
        Self { service, dependencies: Dependencies { rows, log: Arc::new(facts.clone()) }, facts }
    }
}

fn complete() -> Value {
    json!({
        "version": "0", "source": "aws.mediaconvert", "detail-type": "MediaConvert Job State Change",
        "detail": {
            "timestamp": 1, "queue": "arn:q", "jobId": "1-a", "status": "COMPLETE",
            "userMetadata": { "ProjectStep": "alba-3", "Mail": "a@b.example", "upload": "token" },
            "outputGroupDetails": [{
                "outputDetails": [{ "outputFilePaths": ["s3://output/output/web/alba/3/x.mp4"], "durationInMs": 5 }],
                "type": "FILE_GROUP"
            }]
        }
    })
}

fn failed() -> Value {
    let mut event = complete();
    event["detail"]["status"] = "ERROR".into();
    event["detail"]["errorCode"] = 1404.into();
    event["detail"]["errorMessage"] = "Unable to open input file".into();
    event["detail"].as_object_mut().unwrap().remove("outputGroupDetails");
    event
}

#[tokio::test]
async fn a_result_goes_into_the_row_of_its_upload() {
    let world = World::new(200, json!({})).await;
    assert_eq!(handle(complete(), &world.dependencies).await.unwrap(), Outcome::Recorded);
    let update = world.service.calls()[0].json();
    assert_eq!(update["Key"], json!({ "ProjectStep": { "S": "alba-3" }, "Mail": { "S": "a@b.example" } }));
    assert_eq!(update["TableName"], "responses");
    assert_eq!(update["UpdateExpression"], "SET #status = :status, #set = :value REMOVE #removed");
    assert_eq!(update["ConditionExpression"], "upload = :upload");
    let values = json!({
        ":status": { "S": "complete" }, ":value": { "S": "output/web/alba/3/x.mp4" }, ":upload": { "S": "token" }
    });
    assert_eq!(update["ExpressionAttributeValues"], values);
    assert_eq!(world.facts.codes(), ["job-complete"]);
}

#[tokio::test]
async fn a_failure_goes_there_with_its_reason() {
    let world = World::new(200, json!({})).await;
    assert_eq!(handle(failed(), &world.dependencies).await.unwrap(), Outcome::Recorded);
    let values = &world.service.calls()[0].json()["ExpressionAttributeValues"];
    assert_eq!(values[":status"]["S"], "error");
    assert_eq!(values[":value"]["S"], "1404: Unable to open input file");
    assert_eq!(world.facts.codes(), ["job-failed"]);
}

#[tokio::test]
async fn jobs_of_others_and_of_earlier_uploads_change_nothing() {
    let refused =
        json!({ "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "x" });
    let world = World::new(400, refused).await;
    assert_eq!(handle(complete(), &world.dependencies).await.unwrap(), Outcome::Ignored);
    let mut foreign = complete();
    foreign["detail"]["userMetadata"] = json!({});
    assert_eq!(handle(foreign, &world.dependencies).await.unwrap(), Outcome::Ignored);
    assert_eq!(world.facts.codes(), ["row-moved-on", "job-without-row"]);
    assert_eq!(world.service.calls().len(), 1);
}

#[tokio::test]
async fn a_table_that_fails_is_tried_again() {
    let world = World::new(500, json!({ "__type": "InternalServerError" })).await;
    let error = handle(complete(), &world.dependencies).await.unwrap_err();
    assert_eq!(Diagnostic::from(error).error_type, "retry");
}

#[tokio::test]
async fn other_events_and_wrong_types_are_refused() {
    let world = World::new(200, json!({})).await;
    let events =
        wrong_types(&complete()).into_iter().chain(wrong_types(&failed())).map(|event| ("changed".to_owned(), event));
    for (name, event) in events.chain(lambda_events().unwrap_or_default()) {
        if let Err(error) = handle(event.clone(), &world.dependencies).await {
            assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}: {event}");
        }
    }
    let mut running = complete();
    running["detail"]["status"] = "PROGRESSING".into();
    let error = handle(running, &world.dependencies).await.unwrap_err();
    assert!(error.to_string().contains("PROGRESSING"), "{error}");
}
