//! The four routes, against a DynamoDB over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use clients::{CloudSettings, sdk_config};
use function_testing::{Facts, ManualClock, Service, lambda_events, wrong_types};
use http_events::Answer;
use lambda_runtime::Diagnostic;
use responses::Rows;
use serde_json::{Value, json};
use video_api::{Dependencies, Settings, handle};
use wiring::{Credentials, Environment};

const MAIL: &str = "eduard@orkei.com";

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
            credentials: Credentials { access_key: "AKID".into(), ..Credentials::default() },
            endpoint: Some(service.url().to_owned()),
            storage_endpoint: None,
        };
        let variable = |name: &str| {
            let value = match name {
                "TABLE" => "responses",
                "MAIL_INDEX" => "by-mail",
                "MEDIA_BUCKET" => "videos",
                "WEB_ORIGIN" => "https://web.example",
                "AWS_REGION" => "eu-west-1",
                "AWS_ACCESS_KEY_ID" => "AKID",
                "AWS_SECRET_ACCESS_KEY" => "CANARY",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let mut environment = Environment::new(&variable);
        let settings = Settings::read(&mut environment);
        let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&cloud)).retry_config(RetryConfig::disabled());
        let facts = Facts::default();
        let dependencies = Dependencies {
            settings: environment.finish(settings).unwrap(),
            rows: Rows::new(aws_sdk_dynamodb::Client::from_conf(config.build()), "responses"),
            clock: Arc::new(ManualClock::at(1_795_832_645)),
            log: Arc::new(facts.clone()),
        };
        Self { service, facts, dependencies }
    }

    async fn ask(&self, path: &str, query: Value, authorizer: Value) -> Answer {
        handle(event("GET", path, &query, &authorizer), &self.dependencies).await.unwrap()
    }
}

fn event(method: &str, path: &str, query: &Value, authorizer: &Value) -> Value {
    json!({
        "resource": path, "path": path, "httpMethod": method, "headers": { "origin": "https://web.example" },
        "queryStringParameters": query, "requestContext": { "stage": "api", "authorizer": authorizer }, "body": null
    })
}

fn admin() -> Value {
    json!({ "principalId": "responses", "is_admin": "true" })
}

fn body(answer: &Answer) -> Value {
    assert_eq!(answer.headers["access-control-allow-origin"], "https://web.example");
    serde_json::from_str(&answer.body).unwrap()
}

fn code(answer: &Answer) -> (u16, String) {
    let body = body(answer);
    assert!(!body["error"]["message"].as_str().unwrap().is_empty(), "{body}");
    (answer.status_code, body["error"]["code"].as_str().unwrap().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn the_greetings_say_who_asks() {
    let world = World::new(200, json!({})).await;
    assert_eq!(body(&world.ask("/", json!(null), json!(null)).await), json!({ "hello": "world" }));
    let hello = world.ask("/hello", json!(null), admin()).await;
    assert_eq!(body(&hello), json!({ "hello": "responses", "context": admin() }));
    for path in ["/hello", "/videos"] {
        assert_eq!(code(&world.ask(path, json!({ "mail": MAIL }), json!(null)).await), refused(401, "unauthenticated"));
    }
}

#[tokio::test]
async fn a_form_is_handed_out_after_its_row_is_written() {
    let world = World::new(200, json!({})).await;
    let answer = world.ask("/presignedurl/alba/3", json!({ "mail": MAIL }), json!(null)).await;
    assert_eq!(answer.status_code, 200);
    let body = body(&answer);
    assert_eq!(body["url"], "https://videos.s3.eu-west-1.amazonaws.com/");
    let fields = body["fields"].as_object().unwrap();
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let expected =
        ["Content-Type", "key", "policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"];
    assert_eq!(names, expected, "no acl, no session token");
    assert_eq!(fields["key"], "alba/3/e78b913d3d3d5eb5162a.webm");
    assert_eq!(fields["Content-Type"], "video/webm");

    let update = world.service.calls()[0].json();
    assert_eq!(update["Key"], json!({ "ProjectStep": { "S": "alba-3" }, "Mail": { "S": MAIL } }));
    assert_eq!(update["UpdateExpression"], "SET video = :video, requested = :requested");
    let values = json!({
        ":video": { "S": "alba/3/e78b913d3d3d5eb5162a.webm" }, ":requested": { "S": "2026-11-28T02:24:05Z" }
    });
    assert_eq!(update["ExpressionAttributeValues"], values);
    let told = format!("{:?}", world.facts.all());
    assert!(told.contains("upload-allowed") && !told.contains("CANARY") && !told.contains(MAIL), "{told}");
}

#[tokio::test]
async fn a_step_that_is_no_number_counts_as_0() {
    let world = World::new(200, json!({})).await;
    let answer = world.ask("/presignedurl/alba/x", json!({ "mail": MAIL }), json!(null)).await;
    assert_eq!(body(&answer)["fields"]["key"], "alba/0/e78b913d3d3d5eb5162a.webm");
}

#[tokio::test]
async fn wrong_questions_are_refused_and_write_nothing() {
    let world = World::new(200, json!({})).await;
    for (path, query, expected) in [
        ("/presignedurl/alba/3", json!(null), refused(404, "mail-missing")),
        ("/presignedurl/alba/3", json!({ "mail": "" }), refused(404, "mail-missing")),
        ("/presignedurl/alba/3", json!({ "mail": "x" }), refused(400, "mail-refused")),
        ("/presignedurl/../3", json!({ "mail": MAIL }), refused(400, "project-refused")),
        ("/presignedurl/alba", json!({ "mail": MAIL }), refused(404, "not-found")),
        ("/nothing", json!(null), refused(404, "not-found")),
        ("/videos", json!(null), refused(404, "mail-missing")),
        ("/videos", json!({ "mail": "" }), refused(404, "mail-missing")),
        ("/videos", json!({ "mail": "x" }), refused(400, "mail-refused")),
        ("/videos", json!({ "project_step": "alba" }), refused(400, "project-step-refused")),
    ] {
        assert_eq!(code(&world.ask(path, query, admin()).await), expected, "{path}");
    }
    let post = handle(event("POST", "/videos", &json!(null), &admin()), &world.dependencies).await.unwrap();
    assert_eq!(code(&post), refused(405, "method-not-allowed"));
    assert!(world.service.calls().is_empty());
    let preflight = handle(event("OPTIONS", "/videos", &json!(null), &json!(null)), &world.dependencies).await.unwrap();
    assert_eq!((preflight.status_code, preflight.body.as_str()), (200, ""));
}

#[tokio::test]
async fn rows_are_found_by_mail_and_by_step() {
    let item = json!({ "ProjectStep": { "S": "alba-3" }, "Mail": { "S": MAIL }, "video": { "S": "v" }, "status": { "S": "complete" } });
    let world = World::new(200, json!({ "Items": [item], "Count": 1 })).await;
    let expected = json!([{ "Mail": MAIL, "ProjectStep": "alba-3", "status": "complete", "video": "v" }]);
    for query in [
        json!({ "mail": MAIL }),
        json!({ "project_step": "alba-3" }),
        json!({ "project_step": "alba-3", "mail": MAIL }),
    ] {
        assert_eq!(body(&world.ask("/videos", query, admin()).await), expected);
    }
    let calls: Vec<Value> = world.service.calls().iter().map(function_testing::Call::json).collect();
    assert_eq!(
        (&calls[0]["IndexName"], &calls[0]["KeyConditionExpression"]),
        (&json!("by-mail"), &json!("Mail = :mail"))
    );
    assert_eq!((calls[1].get("IndexName"), &calls[1]["KeyConditionExpression"]), (None, &json!("ProjectStep = :step")));
    assert_eq!(calls[2]["KeyConditionExpression"], "ProjectStep = :step AND Mail = :mail");
}

#[tokio::test]
async fn a_table_that_fails_is_told_as_such_and_its_words_are_kept() {
    let world = World::new(500, json!({ "__type": "InternalServerError", "message": "INSIDE" })).await;
    for (path, query) in [("/presignedurl/alba/3", json!({ "mail": MAIL })), ("/videos", json!({ "mail": MAIL }))] {
        let answer = world.ask(path, query, admin()).await;
        assert_eq!(code(&answer), refused(503, "table-unavailable"), "{path}");
        assert_eq!(answer.headers["retry-after"], "5");
        assert!(!answer.body.contains("INSIDE"));
    }
    assert!(format!("{:?}", world.facts.all()).contains("INSIDE"));
}

#[tokio::test]
async fn every_event_and_every_type_is_answered_or_refused() {
    let world = World::new(200, json!({})).await;
    let good = event("GET", "/presignedurl/alba/3", &json!({ "mail": MAIL }), &admin());
    let changed = wrong_types(&good).into_iter().map(|event| ("changed".to_owned(), event));
    for (name, event) in changed.chain(lambda_events().unwrap_or_default()) {
        match handle(event.clone(), &world.dependencies).await {
            Ok(answer) => assert!((200..500).contains(&answer.status_code), "{name}: {event}"),
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}: {event}"),
        }
    }
}
