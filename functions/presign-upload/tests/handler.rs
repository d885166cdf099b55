//! The whole handler: requests of all kinds of API in, answers out.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use function_testing::{Facts, ManualClock, lambda_events, wrong_types};
use http_events::Answer;
use lambda_runtime::Diagnostic;
use presign_upload::{Dependencies, Settings, handle};
use serde_json::{Value, json};

struct World {
    facts: Facts,
    dependencies: Dependencies,
}

impl World {
    fn new() -> Self {
        let settings = Settings::read(&|name| {
            let value = match name {
                "UPLOADS_BUCKET" => "uploads",
                "WEB_ORIGIN" => "https://web.example",
                "AWS_REGION" => "ap-south-1",
                "AWS_ACCESS_KEY_ID" => "AKID",
                "AWS_SECRET_ACCESS_KEY" => "CANARY",
                "AWS_SESSION_TOKEN" => "TOKENCANARY",
                _ => return None,
            };
            Some(value.to_owned())
        });
        let (facts, clock) = (Facts::default(), Arc::new(ManualClock::at(1_795_832_645)));
        let log = Arc::new(facts.clone());
        Self { facts, dependencies: Dependencies { settings: settings.unwrap(), clock, log } }
    }

    fn answer(&self, event: Value) -> Answer {
        handle(event, &self.dependencies).unwrap()
    }

    /// Status and code of a refusal of a body by a user who is signed in.
    fn refusal(&self, body: &str) -> (u16, String) {
        code(&self.answer(event("POST", "/avatars/key_upload", "a-user", body)))
    }
}

fn event(method: &str, path: &str, sub: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "body": body, "headers": { "origin": "https://web.example" },
        "requestContext": { "http": { "method": method }, "authorizer": { "lambda": { "sub": sub } } }
    })
}

/// Status and code; the shape and the headers are checked by the way.
fn code(answer: &Answer) -> (u16, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let error = body["error"].as_object().unwrap();
    assert_eq!((body.as_object().unwrap().len(), error.len()), (1, 2), "{body}");
    assert!(!error["message"].as_str().unwrap().is_empty());
    assert_eq!(answer.headers["access-control-allow-origin"], "https://web.example");
    assert_eq!(answer.headers["content-type"], "application/json");
    (answer.status_code, error["code"].as_str().unwrap().to_owned())
}

#[test]
fn a_user_gets_a_url_for_the_own_key() {
    let world = World::new();
    let sub = "11111111-2222-3333-4444-555555555555";
    let answer = world.answer(event("POST", "/avatars/key_upload", sub, r#"{"extension":"png","length":10485760}"#));
    assert_eq!(answer.status_code, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://web.example");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let mut body: Value = serde_json::from_str(&answer.body).unwrap();
    let url = body["url"].take().as_str().unwrap().to_owned();
    let (start, signature) = url.rsplit_once("&X-Amz-Signature=").unwrap();
    assert_eq!(
        start,
        "https://uploads.s3.ap-south-1.amazonaws.com/11111111-2222-3333-4444-555555555555.png\
         ?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261128%2Fap-south-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20261128T022405Z&X-Amz-Expires=300&X-Amz-Security-Token=TOKENCANARY\
         &X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost"
    );
    assert_eq!(signature.len(), 64);
    let rest = json!({
        "url": null, "method": "PUT", "headers": { "content-type": "image/png" }, "key": format!("{sub}.png"),
        "expires_in": 300
    });
    assert_eq!(body, rest);
    let told = format!("{:?}", world.facts.all());
    assert!(told.contains("upload-allowed") && !told.contains("CANARY") && !told.contains(signature), "{told}");
}

#[test]
fn every_extension_has_its_content_type() {
    let world = World::new();
    for (extension, content_type) in [
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("png", "image/png"),
        ("webp", "image/webp"),
        ("gif", "image/gif"),
    ] {
        let body = json!({ "extension": extension, "length": 1 }).to_string();
        let answer = world.answer(event("POST", "/avatars/key_upload", "user", &body));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["headers"]["content-type"], content_type);
        assert_eq!(body["key"], format!("user.{extension}"));
    }
}

#[test]
fn what_is_signed_differs_with_every_part() {
    let world = World::new();
    let signature = |sub: &str, body: &str| {
        let answer = world.answer(event("POST", "/avatars/key_upload", sub, body));
        answer.body.split("X-Amz-Signature=").nth(1).unwrap()[..64].to_owned()
    };
    let mut signatures = vec![
        signature("user", r#"{"extension":"png","length":5}"#),
        signature("user", r#"{"extension":"png","length":6}"#),
        signature("user", r#"{"extension":"gif","length":5}"#),
        signature("resu", r#"{"extension":"png","length":5}"#),
    ];
    signatures.sort();
    signatures.dedup();
    assert_eq!(signatures.len(), 4);
}

#[test]
fn a_preflight_is_answered_wherever_it_comes() {
    let answer = World::new().answer(event("OPTIONS", "/any/path", "", ""));
    assert_eq!((answer.status_code, answer.body.as_str()), (200, ""));
    assert_eq!(answer.headers["access-control-allow-methods"], "OPTIONS,POST");
    assert_eq!(answer.headers["access-control-allow-headers"], "authorization,content-type");
    assert_eq!(answer.headers["access-control-allow-origin"], "https://web.example");
}

#[test]
fn bodies_that_do_not_fit_are_refused() {
    let world = World::new();
    let refused = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(world.refusal(""), refused(400, "body-missing"));
    assert_eq!(world.refusal("{"), refused(400, "body-not-json"));
    assert_eq!(world.refusal("[]"), refused(400, "body-invalid"));
    assert_eq!(world.refusal(r#"{"extension":"png"}"#), refused(400, "body-invalid"));
    assert_eq!(world.refusal(r#"{"extension":"png","length":-1}"#), refused(400, "body-invalid"));
    assert_eq!(world.refusal(r#"{"extension":"png","length":1.5}"#), refused(400, "body-invalid"));
    assert_eq!(world.refusal(r#"{"extension":"png","length":0}"#), refused(400, "length-refused"));
    assert_eq!(world.refusal(r#"{"extension":"png","length":10485761}"#), refused(413, "upload-too-large"));
    for extension in ["svg", "PNG", "", "png/../../x", "png ", "p\u{0}ng", "exe"] {
        let body = json!({ "extension": extension, "length": 5 }).to_string();
        assert_eq!(world.refusal(&body), refused(400, "extension-refused"), "{extension}");
    }
    let long = format!("{{\"extension\":\"png\",\"length\":5}}{:4096}", "");
    assert_eq!(world.refusal(&long), refused(413, "body-too-large"));
}

#[test]
fn without_a_user_there_is_no_url() {
    let world = World::new();
    let body = r#"{"extension":"png","length":5}"#;
    let longest = "x".repeat(128);
    assert_eq!(world.answer(event("POST", "/avatars/key_upload", &longest, body)).status_code, 200);
    for sub in ["", "a/b", "..", "a.b", "a b", "\u{e9}", &format!("{longest}x")] {
        let answer = world.answer(event("POST", "/avatars/key_upload", sub, body));
        assert_eq!(code(&answer), (401, "unauthenticated".into()), "{sub}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let mut event = event("POST", "/avatars/key_upload", "x", r#"{"extension":"png","length":5,"sub":"victim"}"#);
    event["requestContext"]["authorizer"] = Value::Null;
    event["headers"]["sub"] = "victim".into();
    assert_eq!(code(&world.answer(event)), (401, "unauthenticated".into()));
}

#[test]
fn other_paths_and_methods_are_refused() {
    let world = World::new();
    assert_eq!(code(&world.answer(event("POST", "/avatars", "x", ""))), (404, "not-found".into()));
    let answer = world.answer(event("GET", "/avatars/key_upload", "x", ""));
    assert_eq!(code(&answer), (405, "method-not-allowed".into()));
    assert_eq!(answer.headers["allow"], "OPTIONS, POST");
}

#[test]
fn a_rest_api_serves_as_well() {
    let event = json!({
        "httpMethod": "POST", "path": "/avatars/key_upload", "resource": "/avatars/key_upload",
        "headers": { "origin": "https://web.example" }, "isBase64Encoded": true,
        "body": "eyJleHRlbnNpb24iOiJ3ZWJwIiwibGVuZ3RoIjo3fQ==",
        "requestContext": { "authorizer": { "principalId": "x", "sub": "user" } }
    });
    let answer = World::new().answer(event);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status_code, &body["key"]), (200, &json!("user.webp")));
}

#[test]
fn events_of_every_service_are_answered_or_refused() {
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    let world = World::new();
    let mut answered = 0;
    for (name, event) in events {
        match handle(event, &world.dependencies) {
            Ok(answer) => {
                answered += 1;
                assert!((200..500).contains(&answer.status_code), "{name}: {answer:?}");
                assert!(answer.status_code >= 400 || answer.body.is_empty(), "{name}: {answer:?}");
            }
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}"),
        }
    }
    assert!(answered >= 10, "{answered} HTTP requests are among the events");
}

#[test]
fn wrong_types_are_refused_and_never_give_another_key() {
    let world = World::new();
    let body = r#"{"extension":"png","length":5}"#;
    let rest = json!({
        "httpMethod": "POST", "path": "/avatars/key_upload", "headers": { "a": "b" }, "multiValueHeaders": { "a": ["b"] },
        "pathParameters": { "a": "b" }, "queryStringParameters": { "a": "b" }, "isBase64Encoded": false, "body": body,
        "requestContext": { "stage": "prod", "authorizer": { "claims": { "sub": "user" } } }
    });
    let bodies = wrong_types(&serde_json::from_str(body).unwrap());
    let bodies = bodies.iter().map(|body| event("POST", "/avatars/key_upload", "user", &body.to_string()));
    let events = wrong_types(&event("POST", "/avatars/key_upload", "user", body));
    for event in events.into_iter().chain(wrong_types(&rest)).chain(bodies) {
        match handle(event.clone(), &world.dependencies) {
            Ok(answer) if answer.status_code == 200 => assert!(answer.body.contains(r#""key":"user.png""#), "{event}"),
            Ok(answer) => assert!((400..500).contains(&code(&answer).0), "{event}"),
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{event}"),
        }
    }
}
