//! The six actions, against a DynamoDB, an S3 and a Secrets Manager over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use attendance::{Dependencies, Entries, Guard, Settings, Videos, handle};
use clients::{CloudSettings, sdk_config};
use function_testing::{Call, Facts, ManualClock, Service, lambda_events, wrong_types};
use http_events::Answer;
use lambda_runtime::Diagnostic;
use presign::{Signer, Storage};
use secrets::{Comparison, KeptSecret};
use serde_json::{Value, json};
use wiring::{Clock, Credentials, Environment};

const TIME: &str = "2026-11-28T02:24:05";

/// What the services answer: by operation, one after the other, the last one again and again.
type Answers = Arc<Mutex<BTreeMap<&'static str, Vec<(u16, Value)>>>>;

struct World {
    service: Service,
    answers: Answers,
    facts: Facts,
    dependencies: Dependencies,
}

/// `GetItem`; of S3 the method: `HEAD`, `DELETE`.
fn operation(call: &Call) -> &str {
    call.operation().split(' ').next().unwrap()
}

impl World {
    async fn new(answers: &[(&'static str, u16, Value)]) -> Self {
        let mut queues: BTreeMap<&str, Vec<(u16, Value)>> = BTreeMap::new();
        queues.insert("GetSecretValue", vec![(200, json!({ "SecretString": "CANARY" }))]);
        for (operation, status, body) in answers {
            queues.entry(*operation).or_default().push((*status, body.clone()));
        }
        let answers: Answers = Arc::new(Mutex::new(queues));
        let told = Arc::clone(&answers);
        let service = Service::start(move |call| {
            let mut told = told.lock().unwrap();
            let Some(queue) = told.get_mut(operation(call)) else { return (500, "{}".into()) };
            let (status, body) = if queue.len() > 1 { queue.remove(0) } else { queue[0].clone() };
            (status, if body.is_null() { String::new() } else { body.to_string() })
        })
        .await;
        let credentials =
            Credentials { access_key: "AKID".into(), secret_key: "KEYCANARY".into(), session_token: None };
        let cloud = CloudSettings {
            region: "ap-southeast-1".into(),
            credentials: credentials.clone(),
            endpoint: Some(service.url().to_owned()),
            storage_endpoint: None,
        };
        let variable = |name: &str| {
            let value = match name {
                "TABLE" => "submissions",
                "VIDEO_BUCKET" => "videos-bucket",
                "VIDEO_BASE" => "https://cdn.example/",
                "SHARED_SECRET_ARN" => "an-arn",
                "WEB_ORIGIN" => "https://web.example",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let mut environment = Environment::new(&variable);
        let settings = Settings::read(&mut environment);
        let settings = environment.finish(settings).unwrap();
        let config = sdk_config(&cloud)
            .into_builder()
            .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
            .build();
        let storage = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let (clock, facts) = (Arc::new(ManualClock::at(1_795_832_645)), Facts::default());
        let log = Arc::new(facts.clone());
        let dependencies = Dependencies {
            guard: Guard::SharedSecret {
                secret: Box::new(KeptSecret::new(
                    aws_sdk_secretsmanager::Client::new(&config),
                    "an-arn",
                    Arc::clone(&clock) as Arc<dyn Clock>,
                )),
                comparison: Comparison::new().unwrap(),
                log: log.clone(),
            },
            entries: Entries {
                client: aws_sdk_dynamodb::Client::new(&config),
                table: settings.table.clone(),
                date_index: settings.date_index.clone(),
            },
            videos: Videos {
                client: aws_sdk_s3::Client::from_conf(storage),
                signer: Signer { credentials, region: "ap-southeast-1".into() },
                storage: Storage::new("videos-bucket", "ap-southeast-1", None),
                bucket: "videos-bucket".into(),
            },
            settings,
            clock,
            log,
        };
        Self { service, answers, facts, dependencies }
    }

    async fn act(&self, action: &str, params: Value) -> Answer {
        let event = event(&json!({ "action": action, "params": params }).to_string());
        handle(event, &self.dependencies).await.unwrap()
    }

    /// The operations that the services were asked for, without the reading of the secret.
    fn operations(&self) -> Vec<String> {
        let operations = self.service.calls().iter().map(|call| operation(call).to_owned()).collect::<Vec<_>>();
        operations.into_iter().filter(|operation| operation != "GetSecretValue").collect()
    }

    fn sent(&self, name: &str) -> Vec<Value> {
        self.service.calls().iter().filter(|call| operation(call) == name).map(Call::json).collect()
    }
}

fn event(body: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": "/", "body": body,
        "headers": { "content-type": "application/json", "x-shared-secret": "CANARY", "origin": "https://web.example" },
        "requestContext": { "stage": "$default", "http": { "method": "POST" } }
    })
}

fn body(answer: &Answer) -> Value {
    assert_eq!(answer.headers["access-control-allow-origin"], "https://web.example");
    assert_eq!(answer.headers["content-type"], "application/json");
    serde_json::from_str(&answer.body).unwrap()
}

fn code(answer: &Answer) -> (u16, String) {
    let body = body(answer);
    assert!(!body["error"]["message"].as_str().unwrap().is_empty(), "{body}");
    (answer.status_code, body["error"]["code"].as_str().unwrap().to_owned())
}

fn key() -> Value {
    json!({ "submission_id": 7, "timestamp": TIME })
}

fn row() -> Value {
    json!({
        "submission_id": 7, "timestamp": TIME, "user_id": 1, "object_name": "videos/a-0.mp4", "title": "T",
        "description": "D"
    })
}

fn item(id: u64, object_name: &str) -> Value {
    json!({
        "submission_id": { "N": id.to_string() }, "timestamp": { "S": TIME }, "date": { "S": "2026-11-28" },
        "user_id": { "S": "1" }, "object_name": { "S": object_name }, "title": { "S": "T" }, "description": { "S": "D" }
    })
}

fn condition_failed() -> Value {
    json!({ "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "no" })
}

#[tokio::test]
async fn an_upload_gets_a_url_for_a_safe_new_key() {
    let world = World::new(&[]).await;
    let answer = world.act("upload", json!({ "object_name": "My lesson.MP4", "length": 12345 })).await;
    assert_eq!(answer.status_code, 200);
    let body = body(&answer);
    let key = body["object_name"].as_str().unwrap();
    assert!(key.starts_with("videos/My-lesson-") && key.strip_suffix(".mp4").is_some(), "{key}");
    assert_eq!(body["headers"], json!({ "content-type": "video/mp4", "if-none-match": "*" }));
    assert_eq!((&body["method"], &body["expires_in"]), (&json!("PUT"), &json!(300)));
    let url = body["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("https://videos-bucket.s3.ap-southeast-1.amazonaws.com/{key}?")), "{url}");
    assert!(url.contains("&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match&"), "{url}");

    let short = world.act("upload", json!({ "object_name": "a.webm", "expiration": 30 })).await;
    let short: Value = serde_json::from_str(&short.body).unwrap();
    assert!(short["url"].as_str().unwrap().contains("X-Amz-Expires=30&"), "{short}");
    assert_eq!(short["headers"]["content-type"], "video/webm");
    let told = format!("{:?}", world.facts.all());
    assert!(!told.contains("CANARY") && !told.contains("X-Amz-Signature"), "{told}");
}

#[tokio::test]
async fn a_row_is_written_about_an_object_that_is_there() {
    let world = World::new(&[("HEAD", 200, json!(null)), ("PutItem", 200, json!({}))]).await;
    let answer = world.act("write_to_db", row()).await;
    assert_eq!((answer.status_code, body(&answer)), (200, json!("DDB table insert success")));
    assert_eq!(world.operations(), ["HEAD", "PutItem"]);
    let put = &world.sent("PutItem")[0];
    assert_eq!(put["Item"], item(7, "videos/a-0.mp4"));
    assert_eq!(put["ConditionExpression"], "attribute_not_exists(submission_id) OR object_name = :object");

    for status in [403, 404] {
        let world = World::new(&[("HEAD", status, json!(null))]).await;
        assert_eq!(code(&world.act("write_to_db", row()).await), (404, "object-not-found".into()));
        assert_eq!(world.operations(), ["HEAD"]);
    }
    let world = World::new(&[("HEAD", 200, json!(null)), ("PutItem", 400, condition_failed())]).await;
    assert_eq!(code(&world.act("write_to_db", row()).await), (409, "entry-exists".into()));
}

#[tokio::test]
async fn a_day_is_read_by_its_index_page_by_page() {
    let first = json!({ "Items": [item(7, "videos/a b.mp4")], "Count": 1, "LastEvaluatedKey": item(7, "x") });
    let second = json!({ "Items": [item(8, "videos/c.mp4")], "Count": 1 });
    let world = World::new(&[("Query", 200, first), ("Query", 200, second)]).await;
    let answer = world.act("get_calendar", json!({ "date": "2026-11-28" })).await;
    let expected = json!([
        { "title": "T", "description": "D", "video_link": "https://cdn.example/videos/a%20b.mp4", "timestamp": TIME, "submission_id": 7 },
        { "title": "T", "description": "D", "video_link": "https://cdn.example/videos/c.mp4", "timestamp": TIME, "submission_id": 8 },
    ]);
    assert_eq!((answer.status_code, body(&answer)), (200, expected));
    let queries = world.sent("Query");
    assert_eq!(queries[0]["IndexName"], "by-date");
    assert_eq!(queries[0]["ExpressionAttributeValues"], json!({ ":date": { "S": "2026-11-28" } }));
    assert_eq!(queries[1]["ExclusiveStartKey"], item(7, "x"));
}

#[tokio::test]
async fn an_entry_is_read_changed_and_deleted_with_its_object() {
    let found = json!({ "Item": item(7, "videos/a.mp4") });
    let world = World::new(&[
        ("GetItem", 200, found),
        ("UpdateItem", 200, json!({})),
        ("DeleteItem", 200, json!({})),
        ("DELETE", 204, json!(null)),
    ])
    .await;
    let entry = body(&world.act("get_single_entry", key()).await);
    assert_eq!((&entry["object_name"], &entry["title"]), (&json!("videos/a.mp4"), &json!("T")));
    let digits = json!({ "submission_id": "7", "timestamp": TIME });
    assert_eq!(world.act("get_single_entry", digits).await.status_code, 200, "an id out of a path");

    let changes = json!({ "submission_id": 7, "timestamp": TIME, "title": "New", "description": "" });
    assert_eq!(body(&world.act("update_entry", changes).await), "Entry updated successfully");
    assert_eq!(world.sent("UpdateItem")[0]["ConditionExpression"], "attribute_exists(submission_id)");

    assert_eq!(body(&world.act("delete", key()).await), "Entry deleted successfully");
    let operations = world.operations();
    assert_eq!(operations[operations.len() - 3..], ["GetItem", "DELETE", "DeleteItem"]);
    let deleted = world.service.calls().into_iter().find(|call| call.line.starts_with("DELETE")).unwrap();
    assert!(deleted.line.starts_with("DELETE /videos-bucket/videos/a.mp4"), "{}", deleted.line);
}

#[tokio::test]
async fn the_row_stays_while_its_object_cannot_be_deleted() {
    let found = json!({ "Item": item(7, "videos/a.mp4") });
    let world = World::new(&[("GetItem", 200, found), ("DELETE", 503, json!(null))]).await;
    assert_eq!(code(&world.act("delete", key()).await), (503, "storage-unavailable".into()));
    assert_eq!(world.operations(), ["GetItem", "DELETE"]);
    // An object that is not below the prefix is not ours to delete.
    let foreign = json!({ "Item": item(7, "other/a.mp4") });
    let world = World::new(&[("GetItem", 200, foreign), ("DeleteItem", 200, json!({}))]).await;
    assert_eq!(world.act("delete", key()).await.status_code, 200);
    assert_eq!(world.operations(), ["GetItem", "DeleteItem"]);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new(&[("GetItem", 200, json!({})), ("UpdateItem", 400, condition_failed())]).await;
    let changes = json!({ "submission_id": 7, "timestamp": TIME, "title": "New", "description": "" });
    for (action, params) in [("get_single_entry", key()), ("delete", key()), ("update_entry", changes)] {
        let answer = world.act(action, params).await;
        assert_eq!(code(&answer), (404, "entry-not-found".into()), "{action}");
        assert_eq!(body(&answer)["error"]["message"], "Entry not found");
    }
}

#[tokio::test]
async fn wrong_parameters_are_refused_before_anything_is_done() {
    let world = World::new(&[]).await;
    let changed = |name: &str, value: Value| {
        let mut row = row();
        row[name] = value;
        row
    };
    for (action, params, expected) in [
        ("upload", json!({}), "parameters-missing"),
        ("upload", json!({ "object_name": " " }), "parameters-missing"),
        ("upload", json!({ "object_name": "a.exe" }), "extension-refused"),
        ("upload", json!({ "object_name": 5 }), "parameters-invalid"),
        ("upload", json!({ "object_name": "a.mp4", "expiration": 0 }), "expiration-refused"),
        ("upload", json!({ "object_name": "a.mp4", "expiration": 3601 }), "expiration-refused"),
        ("upload", json!({ "object_name": "a.mp4", "length": 0 }), "length-refused"),
        ("write_to_db", key(), "parameters-missing"),
        ("write_to_db", changed("submission_id", json!(null)), "parameters-missing"),
        ("write_to_db", changed("submission_id", json!("x")), "submission-id-refused"),
        ("write_to_db", changed("submission_id", json!(1.5)), "submission-id-refused"),
        ("write_to_db", changed("submission_id", json!(1_u64 << 53)), "submission-id-refused"),
        ("write_to_db", changed("timestamp", json!("yesterday")), "timestamp-refused"),
        ("write_to_db", changed("user_id", json!([])), "user-id-refused"),
        ("write_to_db", changed("object_name", json!("other/a.mp4")), "object-name-refused"),
        ("write_to_db", changed("title", json!("x".repeat(201))), "text-refused"),
        ("write_to_db", changed("description", json!("\u{0}")), "text-refused"),
        ("get_calendar", json!({}), "parameters-missing"),
        ("get_calendar", json!({ "date": "2026-02-30" }), "date-refused"),
        ("get_calendar", json!({ "date": "2026-02" }), "date-refused"),
        ("get_single_entry", json!({ "submission_id": 7 }), "parameters-missing"),
        ("update_entry", key(), "parameters-missing"),
        ("delete", json!({ "submission_id": -1, "timestamp": TIME }), "submission-id-refused"),
        ("coffee", json!({}), "action-unknown"),
    ] {
        assert_eq!(code(&world.act(action, params.clone()).await), (400, expected.to_owned()), "{action} {params}");
    }
    for (body, expected) in [
        ("", "body-missing"),
        ("{", "body-not-json"),
        ("[]", "body-invalid"),
        ("{\"action\":\"upload\",\"params\":[]}", "body-invalid"),
    ] {
        let answer = handle(event(body), &world.dependencies).await.unwrap();
        assert_eq!(code(&answer), (400, expected.to_owned()), "{body}");
    }
    assert!(world.operations().is_empty());
}

#[tokio::test]
async fn only_the_shared_secret_lets_in() {
    let world = World::new(&[("GetItem", 200, json!({}))]).await;
    for secret in ["", "canary", "CANARY ", "CANAR", "CANARYY"] {
        let mut event = event("{\"action\":\"delete\"}");
        event["headers"]["x-shared-secret"] = secret.into();
        let answer = handle(event, &world.dependencies).await.unwrap();
        assert_eq!(code(&answer), (401, "unauthenticated".into()), "{secret:?}");
    }
    let mut without = event("{\"action\":\"delete\"}");
    without["headers"].as_object_mut().unwrap().remove("x-shared-secret");
    assert_eq!(handle(without, &world.dependencies).await.unwrap().status_code, 401);
    assert!(world.operations().is_empty());

    let unreadable = World::new(&[]).await;
    unreadable.answers.lock().unwrap().insert("GetSecretValue", vec![(500, json!({}))]);
    assert_eq!(code(&unreadable.act("delete", key()).await), (503, "secret-unavailable".into()));

    let mut open = World::new(&[("GetItem", 200, json!({}))]).await;
    open.dependencies.guard = Guard::Iam;
    let mut unsigned = event(&json!({ "action": "get_single_entry", "params": key() }).to_string());
    unsigned["headers"]["x-shared-secret"] = "".into();
    assert_eq!(handle(unsigned, &open.dependencies).await.unwrap().status_code, 404);
}

#[tokio::test]
async fn methods_preflights_and_failing_services() {
    let world = World::new(&[("GetItem", 400, json!({ "__type": "ValidationException", "message": "INSIDE" }))]).await;
    let mut get = event("");
    get["requestContext"]["http"]["method"] = "GET".into();
    assert_eq!(code(&handle(get.clone(), &world.dependencies).await.unwrap()), (405, "method-not-allowed".into()));
    get["requestContext"]["http"]["method"] = "OPTIONS".into();
    assert_eq!(handle(get, &world.dependencies).await.unwrap().status_code, 200);
    let answer = world.act("get_single_entry", key()).await;
    assert_eq!(code(&answer), (503, "table-unavailable".into()));
    assert!(!answer.body.contains("INSIDE") && format!("{:?}", world.facts.all()).contains("INSIDE"));
}

#[tokio::test]
async fn every_event_and_every_type_is_answered_or_refused() {
    let world = World::new(&[
        ("HEAD", 200, json!(null)),
        ("PutItem", 200, json!({})),
        ("GetItem", 200, json!({})),
        ("Query", 200, json!({ "Items": [], "Count": 0 })),
        ("UpdateItem", 200, json!({})),
    ])
    .await;
    let good = json!({ "action": "write_to_db", "params": row() });
    let bodies = wrong_types(&good).into_iter().map(|body| event(&body.to_string()));
    let changed = wrong_types(&event(&good.to_string())).into_iter().chain(bodies);
    let changed = changed.map(|event| ("changed".to_owned(), event));
    for (name, event) in changed.chain(lambda_events().unwrap_or_default()) {
        match handle(event.clone(), &world.dependencies).await {
            Ok(answer) => assert!((200..500).contains(&answer.status_code), "{name}: {event}"),
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}: {event}"),
        }
    }
}
