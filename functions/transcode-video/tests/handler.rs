//! Uploads in, jobs and updates of rows out, against a DynamoDB and a MediaConvert over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use clients::{CloudSettings, sdk_config};
use fetch::Address;
use function_testing::{Call, Facts, ManualClock, Service, lambda_events, wrong_types};
use lambda_runtime::Diagnostic;
use responses::Rows;
use serde_json::{Value, json};
use transcode_video::{Dependencies, HandlerError, MediaConvert, Outcome, Settings, handle};
use wiring::{Credentials, Environment};

const VIDEO: &str = "alba/3/e78b913d3d3d5eb5162a.webm";

/// What the services answer.
#[derive(Debug, Clone)]
struct Answers {
    has_row: bool,
    is_new: bool,
    job: (u16, Value),
    table_fails: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self { has_row: true, is_new: true, job: (201, json!({ "job": { "id": "1-a" } })), table_fails: false }
    }
}

struct World {
    service: Service,
    answers: Arc<Mutex<Answers>>,
    facts: Facts,
    dependencies: Dependencies,
}

fn answer(call: &Call, answers: &Answers) -> (u16, String) {
    let (status, body) = match call.operation() {
        _ if answers.table_fails && call.headers.contains_key("x-amz-target") => {
            (500, json!({ "__type": "InternalServerError" }))
        }
        "Query" if answers.has_row => {
            let row =
                json!({ "ProjectStep": { "S": "alba-3" }, "Mail": { "S": "a@b.example" }, "video": { "S": VIDEO } });
            (200, json!({ "Items": [row], "Count": 1 }))
        }
        "Query" => (200, json!({ "Items": [], "Count": 0 })),
        "UpdateItem" if !answers.is_new => {
            (400, json!({ "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException" }))
        }
        "UpdateItem" => (200, json!({})),
        _ => answers.job.clone(),
    };
    (status, body.to_string())
}

impl World {
    async fn new(answers: Answers) -> Self {
        let answers = Arc::new(Mutex::new(answers));
        let told = Arc::clone(&answers);
        let service = Service::start(move |call| answer(call, &told.lock().unwrap())).await;
        let credentials = Credentials {
            access_key: "AKID".into(),
            secret_key: "CANARY".into(),
            session_token: Some("TOKENCANARY".into()),
        };
        let cloud = CloudSettings {
            region: "eu-west-1".into(),
            credentials: credentials.clone(),
            endpoint: Some(service.url().to_owned()),
            storage_endpoint: None,
        };
        let variable = |name: &str| {
            let value = match name {
                "TABLE" => "responses",
                "OUTPUT_BUCKET" => "output",
                "QUEUE" => "arn:queue",
                "JOB_TEMPLATE" => "web",
                "ROLE_ARN" => "arn:role",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&cloud)).retry_config(RetryConfig::disabled());
        let endpoint = Address::parse(service.url()).unwrap();
        let facts = Facts::default();
        let dependencies = Dependencies {
            settings: Settings::read(&mut Environment::new(&variable)),
            rows: Rows::new(aws_sdk_dynamodb::Client::from_conf(config.build()), "responses"),
            mediaconvert: MediaConvert::new("eu-west-1".into(), credentials, Some(&endpoint)),
            clock: Arc::new(ManualClock::at(1_795_832_645)),
            log: Arc::new(facts.clone()),
        };
        Self { service, answers, facts, dependencies }
    }

    async fn handle(&self, event: Value) -> Result<Outcome, HandlerError> {
        handle(event, &self.dependencies).await
    }

    fn jobs(&self) -> Vec<Call> {
        let jobs = self.service.calls().into_iter().filter(|call| call.line == "POST /2017-08-29/jobs");
        jobs.collect()
    }
}

fn record(key: &str, etag: &str) -> Value {
    json!({
        "eventSource": "aws:s3", "eventName": "ObjectCreated:Post",
        "s3": {
            "bucket": { "name": "videos" },
            "object": { "key": key, "size": 5, "eTag": etag, "sequencer": "0055AED6DCD90281E500" }
        }
    })
}

fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

#[tokio::test]
async fn an_upload_becomes_a_job_and_its_row_says_so() {
    let world = World::new(Answers::default()).await;
    let outcome = world.handle(event(&[record(VIDEO, "e1")])).await.unwrap();
    assert_eq!(outcome, Outcome { submitted: vec!["1-a".into()], ..Outcome::default() });
    // The row knows of the upload before there is a job that could end.
    assert_eq!(world.service.operations(), ["Query", "UpdateItem", "POST /2017-08-29/jobs", "UpdateItem"]);

    let calls = world.service.calls();
    let query = calls[0].json();
    assert_eq!(query["ExpressionAttributeValues"], json!({ ":step": { "S": "alba-3" }, ":video": { "S": VIDEO } }));
    let begin = calls[1].json();
    assert_eq!(begin["ExpressionAttributeValues"][":submitted"]["S"], "submitted");
    assert_eq!(begin["ExpressionAttributeValues"][":sequencer"]["S"], "0055AED6DCD90281E5");
    let token = begin["ExpressionAttributeValues"][":upload"]["S"].as_str().unwrap().to_owned();

    let expected = json!({
        "clientRequestToken": token,
        "jobTemplate": "web",
        "queue": "arn:queue",
        "role": "arn:role",
        "settings": {
            "inputs": [{ "fileInput": format!("s3://videos/{VIDEO}") }],
            "outputGroups": [{ "outputGroupSettings": {
                "type": "FILE_GROUP_SETTINGS",
                "fileGroupSettings": { "destination": "s3://output/output/web/alba/3/" }
            } }]
        },
        "userMetadata": { "ProjectStep": "alba-3", "Mail": "a@b.example", "upload": token }
    });
    assert_eq!(calls[2].json(), expected);
    let authorization = &calls[2].headers["authorization"];
    assert!(
        authorization.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKID/20261128/eu-west-1/mediaconvert/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="
        ),
        "{authorization}"
    );
    assert_eq!(calls[2].headers["x-amz-security-token"], "TOKENCANARY");

    assert_eq!(calls[3].json()["ExpressionAttributeValues"][":job"]["S"], "1-a");
    assert_eq!(world.facts.codes(), ["job-submitted"]);
    assert!(!format!("{:?}", world.facts.all()).contains("CANARY"));
}

#[tokio::test]
async fn one_upload_has_one_token_and_another_one_has_another() {
    let world = World::new(Answers::default()).await;
    for etag in ["e1", "e1", "e2"] {
        world.handle(event(&[record(VIDEO, etag)])).await.unwrap();
    }
    let tokens: Vec<Value> = world.jobs().iter().map(|job| job.json()["clientRequestToken"].clone()).collect();
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[1], tokens[2]);
}

#[tokio::test]
async fn what_is_no_video_is_ignored_and_logged() {
    let world = World::new(Answers::default()).await;
    let mut empty = record(VIDEO, "e1");
    empty["s3"]["object"]["size"] = 0.into();
    let outcome = world.handle(event(&[record("a.jpg", "e"), record("b", "e"), empty])).await.unwrap();
    assert_eq!(outcome.ignored, ["a.jpg", "b", VIDEO]);
    assert_eq!(world.facts.codes(), ["not-a-video", "not-a-video", "empty-object"]);
    assert!(world.service.calls().is_empty());
}

#[tokio::test]
async fn keys_are_decoded_and_folders_kept() {
    let world = World::new(Answers { has_row: false, ..Answers::default() }).await;
    world.handle(event(&[record("a+b/c%2Bd/My+Film.MOV", "e")])).await.unwrap();
    let job = world.jobs()[0].json();
    assert_eq!(job["settings"]["inputs"][0]["fileInput"], "s3://videos/a b/c+d/My Film.MOV");
    let group = &job["settings"]["outputGroups"][0]["outputGroupSettings"]["fileGroupSettings"];
    assert_eq!(group["destination"], "s3://output/output/web/a b/c+d/");
    assert_eq!(job.get("userMetadata"), None);
    assert_eq!(world.facts.codes(), ["row-missing", "job-submitted"]);
}

#[tokio::test]
async fn an_upload_that_is_done_or_older_is_left_alone() {
    let world = World::new(Answers { is_new: false, ..Answers::default() }).await;
    let outcome = world.handle(event(&[record(VIDEO, "e1")])).await.unwrap();
    assert_eq!(outcome.ignored, [VIDEO]);
    assert_eq!(world.facts.codes(), ["nothing-to-do"]);
    assert!(world.jobs().is_empty());
}

#[tokio::test]
async fn a_refused_job_goes_into_the_row_and_is_not_tried_again() {
    let job = (400, json!({ "message": "/inputs: Should have at least one input" }));
    let world = World::new(Answers { job, ..Answers::default() }).await;
    let outcome = world.handle(event(&[record(VIDEO, "e1")])).await.unwrap();
    assert_eq!(outcome.refused, [VIDEO]);
    let values = world.service.calls()[3].json()["ExpressionAttributeValues"].clone();
    assert_eq!(values[":status"]["S"], "error");
    assert!(values[":value"]["S"].as_str().unwrap().contains("Should have at least one input"), "{values}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_after_the_other_records() {
    for status in [403, 429, 500, 503] {
        let job = (status, json!({ "message": "later" }));
        let world = World::new(Answers { job, ..Answers::default() }).await;
        let error = world.handle(event(&[record(VIDEO, "e1"), record("a.txt", "e")])).await.unwrap_err();
        assert_eq!(world.facts.codes(), ["record-failed", "not-a-video"], "{status}");
        assert_eq!(Diagnostic::from(error).error_type, "retry");
        world.answers.lock().unwrap().job = Answers::default().job;
        assert_eq!(world.handle(event(&[record(VIDEO, "e1")])).await.unwrap().submitted, ["1-a"]);
    }
    let world = World::new(Answers { table_fails: true, ..Answers::default() }).await;
    let error = world.handle(event(&[record(VIDEO, "e1")])).await.unwrap_err();
    assert!(error.to_string().starts_with("1 of 1 records failed and may succeed when tried again"), "{error}");
}

#[tokio::test]
async fn other_events_and_wrong_types_are_refused() {
    let world = World::new(Answers::default()).await;
    let changed = wrong_types(&event(&[record(VIDEO, "e1")])).into_iter().map(|event| ("changed".to_owned(), event));
    for (name, event) in changed.chain(lambda_events().unwrap_or_default()) {
        if let Err(error) = world.handle(event.clone()).await {
            assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}: {event}");
        }
    }
}
