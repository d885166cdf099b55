//! The whole handler: requests in, answers out; the database is a real one of this machine.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use clients::{CloudSettings, sdk_config};
use database::{Command, Database, Postgres, Secret, Session, migrate, parse_migrations};
use function_testing::{DatabaseServer, Facts, Reply, Server, lambda_events, wrong_types};
use http_events::Answer;
use lambda_runtime::Diagnostic;
use profile::{Dependencies, cors, handle};
use serde_json::{Value, json};
use wiring::{Credentials, Environment};

/// The migrations of the system whose function this is.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/avatars-whole/migrations");

struct World {
    facts: Facts,
    dependencies: Dependencies,
    session: Session,
    _secrets: Server,
}

impl World {
    /// `database`: where the secret leads to, nowhere without one.
    async fn new(database: Option<&DatabaseServer>) -> Self {
        let secret = database.map(|server| server.secret_answer(DatabaseServer::PASSWORD));
        let gone = Reply::Body(400, br#"{"__type":"ResourceNotFoundException","message":"gone"}"#.to_vec());
        let secrets = Server::start(secret.map_or(gone, |secret| Reply::Body(200, secret))).await;
        let credentials = Credentials { access_key: "AKID".into(), secret_key: "CANARY".into(), session_token: None };
        let (region, endpoint) = ("us-east-1".to_owned(), Some(secrets.url().to_owned()));
        let sdk = sdk_config(&CloudSettings { region, credentials, endpoint, storage_endpoint: None });
        let session = || Session::new(Secret::new(Client::new(&sdk), "database"), None);
        let facts = Facts::default();
        let origin = |name: &str| (name == "WEB_ORIGIN").then(|| "https://web.example".to_owned());
        let cors = cors(&mut Environment::new(&origin)).unwrap();
        let dependencies =
            Dependencies { database: Database::<Postgres>::new(session()), cors, log: Arc::new(facts.clone()) };
        Self { facts, dependencies, session: session(), _secrets: secrets }
    }

    async fn run(&self, command: &str) {
        let files = std::fs::read_dir(Path::new(MIGRATIONS)).unwrap().map(Result::unwrap);
        let files = files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()));
        migrate(&self.session, &parse_migrations(files).unwrap(), serde_json::from_str::<Command>(command).unwrap())
            .await
            .unwrap();
    }

    async fn answer(&self, event: Value) -> Answer {
        let answer = handle(event, &self.dependencies).await.unwrap();
        assert_eq!(answer.headers["access-control-allow-origin"], "https://web.example");
        answer
    }

    async fn update(&self, sub: &str, body: &Value) -> (u16, Value) {
        told(&self.answer(event("POST", "/api/profile/update", sub, &body.to_string())).await)
    }

    async fn show(&self, handle: &str) -> (u16, Value) {
        told(&self.answer(event("GET", &format!("/api/profile/{handle}"), "", "")).await)
    }
}

/// Status, and the profile or the code of the problem.
fn told(answer: &Answer) -> (u16, Value) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let told = if answer.status_code == 200 { &body["profile"] } else { &body["error"]["code"] };
    (answer.status_code, told.clone())
}

fn event(method: &str, path: &str, sub: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "body": body, "headers": { "origin": "https://web.example" },
        "requestContext": {
            "http": { "method": method }, "authorizer": { "lambda": { "sub": sub, "username": "Alice" } }
        }
    })
}

#[tokio::test]
async fn profiles_are_written_by_their_owners_and_shown_to_anybody() {
    let Some(server) = DatabaseServer::postgres() else { return };
    let world = World::new(Some(&server)).await;
    assert_eq!(world.show("alice").await, (503, json!("profiles-unavailable")), "there is no table yet");
    world.run(r#"{"command":"up"}"#).await;
    assert_eq!(world.show("alice").await, (404, json!("profile-not-found")));

    let (status, made) = world.update("sub-1", &json!({ "display_name": " Alice L. ", "bio": "\u{2603}\n" })).await;
    assert_eq!(status, 200, "{made}");
    let shown = json!({
        "uuid": made["uuid"], "cognito_user_id": "sub-1", "handle": "alice", "display_name": "Alice L.", "bio": "\u{2603}"
    });
    assert_eq!((made["uuid"].as_str().unwrap().len(), &made), (36, &shown));
    assert_eq!(world.show("alice").await, (200, shown.clone()));

    // What is not named stays as it is; it is the same profile.
    let (_, changed) = world.update("sub-1", &json!({ "display_name": "A", "handle": "a.l" })).await;
    assert_eq!((&changed["uuid"], &changed["bio"], &changed["handle"]), (&shown["uuid"], &shown["bio"], &json!("a.l")));
    assert_eq!(world.show("alice").await.0, 404);

    // A handle belongs to one user.
    assert_eq!(
        world.update("sub-2", &json!({ "display_name": "B", "handle": "a.l" })).await,
        (409, json!("handle-taken"))
    );
    assert_eq!(world.update("sub-2", &json!({ "display_name": "B" })).await.1["handle"], "alice");
    assert_eq!(world.update("sub-3", &json!({ "display_name": "C" })).await, (409, json!("handle-taken")));
    assert_eq!(world.show("a.l").await.1["display_name"], "A");

    // Back and forward again: the descriptions are gone, the people are not.
    world.run(r#"{"command":"down"}"#).await;
    assert_eq!(world.show("a.l").await, (503, json!("profiles-unavailable")));
    world.run(r#"{"command":"up"}"#).await;
    assert_eq!(world.show("a.l").await.1["bio"], "");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_the_database_is_asked() {
    let world = World::new(None).await;
    let long = "x".repeat(2001);
    for (body, refused) in [
        (json!({}), (422, "display-name-blank")),
        (json!({ "display_name": " \t" }), (422, "display-name-blank")),
        (json!({ "display_name": "a\nb" }), (422, "display-name-refused")),
        (json!({ "display_name": &long[..101] }), (422, "display-name-refused")),
        (json!({ "display_name": "A", "bio": long }), (422, "bio-refused")),
        (json!({ "display_name": "A", "bio": "a\u{0}" }), (422, "bio-refused")),
        (json!({ "display_name": "A", "handle": "update" }), (422, "handle-refused")),
        (json!({ "display_name": "A", "handle": "a/b" }), (422, "handle-refused")),
        (json!({ "display_name": 5 }), (400, "body-invalid")),
        (json!([]), (400, "body-invalid")),
        (json!({ "display_name": "A" }), (503, "profiles-unavailable")),
    ] {
        let (status, code) = world.update("sub", &body).await;
        assert_eq!((status, code.as_str().unwrap()), refused, "{body}");
    }
    for sub in ["", "a b", "a/b", &"x".repeat(65)] {
        let answer = world.answer(event("POST", "/api/profile/update", sub, r#"{"display_name":"A"}"#)).await;
        assert_eq!(
            (answer.headers["www-authenticate"].as_str(), told(&answer)),
            ("Bearer", (401, json!("unauthenticated")))
        );
    }
    for (method, path, status, code) in [
        ("GET", "/api/profile/update", 405, "method-not-allowed"),
        ("POST", "/api/profile/alice", 405, "method-not-allowed"),
        ("GET", "/api/profile/", 404, "not-found"),
        ("GET", "/api/profile/a/b", 404, "not-found"),
        ("GET", "/", 404, "not-found"),
    ] {
        assert_eq!(told(&world.answer(event(method, path, "sub", "")).await), (status, json!(code)), "{method} {path}");
    }
    assert_eq!(world.answer(event("OPTIONS", "/any", "", "")).await.status_code, 200);
    assert!(!format!("{:?}", world.facts.all()).contains("CANARY"));
}

#[tokio::test]
async fn events_of_every_service_are_answered_or_refused() {
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    let world = World::new(None).await;
    let update = event("POST", "/api/profile/update", "sub", r#"{"display_name":""}"#);
    let bodies = wrong_types(&json!({ "display_name": "", "bio": "b", "handle": "h" }));
    let bodies = bodies.into_iter().map(|body| event("POST", "/api/profile/update", "sub", &body.to_string()));
    let events = events.into_iter().map(|(_, event)| event).chain(wrong_types(&update)).chain(bodies);
    for event in events {
        match handle(event.clone(), &world.dependencies).await {
            Ok(answer) => assert!((200..=503).contains(&answer.status_code) && answer.status_code != 500, "{event}"),
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{event}"),
        }
    }
}
