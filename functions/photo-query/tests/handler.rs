//! The whole handler: requests and direct invocations in, answers out; the database is a real one of this machine.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use clients::{CloudSettings, sdk_config};
use database::{Database, MySql, Secret, Session};
use function_testing::{DatabaseServer, Facts, Reply, Server, lambda_events, wrong_types};
use lambda_runtime::Diagnostic;
use photo_query::{Dependencies, HandlerError, cors, handle};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use wiring::{Credentials, Environment};

/// The migration of the example whose function this is.
const TABLE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/photo-catalog/migrations/0001_file_upload_catalog.up.sql");

struct World {
    facts: Facts,
    dependencies: Dependencies,
    _secrets: Server,
}

impl World {
    /// `database`: where the secret leads to, nowhere without one.
    async fn new(database: Option<&DatabaseServer>) -> Self {
        let secret = database.map(|server| server.secret_answer(DatabaseServer::PASSWORD));
        let gone = Reply::Body(400, br#"{"__type":"ResourceNotFoundException","message":"CANARY"}"#.to_vec());
        let secrets = Server::start(secret.map_or(gone, |secret| Reply::Body(200, secret))).await;
        let credentials = Credentials { access_key: "AKID".into(), secret_key: "CANARY".into(), session_token: None };
        let (region, endpoint) = ("us-east-1".to_owned(), Some(secrets.url().to_owned()));
        let cloud = CloudSettings { region, credentials, endpoint, storage_endpoint: None };
        let session = Session::new(Secret::new(Client::new(&sdk_config(&cloud)), "database"), None);
        let facts = Facts::default();
        let cors = cors(&mut Environment::new(&|_| None)).unwrap();
        let database = Database::<MySql>::new(session);
        Self {
            facts: facts.clone(),
            dependencies: Dependencies { database, cors, log: Arc::new(facts) },
            _secrets: secrets,
        }
    }

    async fn get(&self, query: &Value) -> (u64, Value) {
        let answer = handle(event("GET", "/smallest", query), &self.dependencies).await.unwrap();
        assert_eq!(answer["headers"]["access-control-allow-origin"], "*", "{answer}");
        (answer["statusCode"].as_u64().unwrap(), serde_json::from_str(answer["body"].as_str().unwrap()).unwrap())
    }

    /// Status and code of a refusal.
    async fn refusal(&self, query: &Value) -> (u64, String) {
        let (status, body) = self.get(query).await;
        (status, body["error"]["code"].as_str().unwrap().to_owned())
    }
}

fn event(method: &str, path: &str, query: &Value) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "queryStringParameters": query, "headers": {},
        "requestContext": { "http": { "method": method } }
    })
}

fn sizes(body: &Value) -> Vec<i64> {
    body["photos"].as_array().unwrap().iter().map(|photo| photo["thumbnail_size"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn the_smallest_come_first_in_the_order_of_numbers() {
    let Some(server) = DatabaseServer::mysql() else { return };
    let world = World::new(Some(&server)).await;
    assert_eq!(world.refusal(&json!(null)).await, (503, "catalog-unavailable".into()), "there is no table yet");
    {
        let mut connection = world.dependencies.database.connection().await.unwrap();
        let table = std::fs::read_to_string(TABLE).unwrap();
        sqlx::raw_sql(AssertSqlSafe(table)).execute(&mut *connection).await.unwrap();
        let sizes = [54_639, 3_942, 28_256, 11_376, 52_987, 17_737, 5_000_000_000_i64];
        for (index, size) in sizes.into_iter().enumerate() {
            let row = format!(
                "INSERT INTO file_upload_catalog VALUES (NULL, UNHEX(SHA2('{index}', 256)), '2026-01-02', '03:04:05.678', \
                 '{index} \u{2603}.jpg', 9000000000, {size}, 1, 1, '')"
            );
            sqlx::raw_sql(AssertSqlSafe(row)).execute(&mut *connection).await.unwrap();
        }
    }
    let (status, body) = world.get(&json!(null)).await;
    assert_eq!((status, sizes(&body)), (200, vec![3_942, 11_376, 17_737, 28_256, 52_987]));
    let first = json!({
        "file_upload_date": "2026-01-02", "file_upload_time": "03:04:05.678Z", "file_name": "1 \u{2603}.jpg",
        "original_file_size": 9_000_000_000_i64, "thumbnail_size": 3_942
    });
    assert_eq!(body["photos"][0], first);
    assert_eq!(sizes(&world.get(&json!({ "limit": "2" })).await.1), [3_942, 11_376]);
    assert_eq!(sizes(&world.get(&json!({ "limit": "100" })).await.1).last(), Some(&5_000_000_000));

    // A direct invocation gets what HTTP gets.
    let told = handle(json!({ "limit": 2 }), &world.dependencies).await.unwrap();
    assert_eq!(sizes(&told), [3_942, 11_376]);
    assert_eq!(handle(json!({}), &world.dependencies).await.unwrap(), body);
}

#[tokio::test]
async fn limits_paths_and_methods_that_do_not_fit_are_refused() {
    let world = World::new(None).await;
    for limit in ["0", "101", "-1", "five", "", "5,5", "99999999999999999999", "1; DROP TABLE file_upload_catalog"] {
        assert_eq!(world.refusal(&json!({ "limit": limit })).await, (400, "limit-refused".into()), "{limit}");
    }
    assert_eq!(world.refusal(&json!({})).await, (503, "catalog-unavailable".into()));
    for (method, path, status) in [("GET", "/", 404), ("POST", "/smallest", 405), ("OPTIONS", "/any", 200)] {
        let answer = handle(event(method, path, &Value::Null), &world.dependencies).await.unwrap();
        assert_eq!(answer["statusCode"], status, "{method} {path}");
    }
    let refused = handle(json!({ "limit": 101 }), &world.dependencies).await.unwrap_err();
    assert!(matches!(refused, HandlerError::Refused { code: "limit-refused", .. }), "{refused}");
    assert!(world.facts.codes().contains(&"secret-unavailable".to_owned()));
}

#[tokio::test]
async fn events_of_every_service_are_answered_or_refused() {
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    let world = World::new(None).await;
    for (name, event) in events {
        match handle(event, &world.dependencies).await {
            Ok(answer) => assert!(answer["statusCode"].is_u64(), "{name}: {answer}"),
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}"),
        }
    }
    let events = wrong_types(&event("GET", "/smallest", &json!({ "limit": "0" })));
    for event in events.into_iter().chain(wrong_types(&json!({ "limit": 0 }))) {
        match handle(event.clone(), &world.dependencies).await {
            Ok(answer) => assert!(answer["statusCode"].is_u64(), "{event}"),
            Err(error) => {
                let told = Diagnostic::from(error).error_type;
                let known = ["unsupported-event", "limit-refused", "catalog-unavailable"];
                assert!(known.contains(&told.as_str()), "{told}: {event}");
            }
        }
    }
}
