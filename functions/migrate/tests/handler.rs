//! The whole handler: commands in, reports out. S3 is a server of the test, the databases are real ones of this machine.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use aws_sdk_s3::{Client, config};
use clients::{CloudSettings, sdk_config};
use database::{Secret, Session};
use function_testing::{DatabaseServer, Facts, Reply, Server, Storage, lambda_events, wrong_types};
use lambda_runtime::Diagnostic;
use migrate::{Dependencies, Settings, handle};
use serde_json::{Value, json};
use wiring::Credentials;

struct World {
    storage: Storage,
    facts: Facts,
    dependencies: Dependencies,
    _secrets: Server,
}

impl World {
    /// `database`: where the secret leads to, nowhere without one.
    async fn new(database: Option<&DatabaseServer>) -> Self {
        let (storage, facts) = (Storage::start().await, Facts::default());
        let secret = database.map(|server| server.secret_answer(DatabaseServer::PASSWORD));
        let gone = Reply::Body(400, br#"{"__type":"ResourceNotFoundException","message":"gone"}"#.to_vec());
        let secrets = Server::start(secret.map_or(gone, |secret| Reply::Body(200, secret))).await;
        let credentials = Credentials { access_key: "AKID".into(), secret_key: "CANARY".into(), session_token: None };
        let (region, endpoint) = ("us-east-1".to_owned(), Some(secrets.url().to_owned()));
        let sdk = sdk_config(&CloudSettings { region, credentials, endpoint, storage_endpoint: None });
        let mut client = config::Builder::from(&sdk);
        client.set_endpoint_url(Some(storage.url().to_owned()));
        client.set_force_path_style(Some(true));
        let secret = Secret::new(aws_sdk_secretsmanager::Client::new(&sdk), "database");
        let dependencies = Dependencies {
            s3: Client::from_conf(client.build()),
            session: Session::new(secret, None),
            settings: Settings { bucket: "migrations".into(), prefix: String::new() },
            log: Arc::new(facts.clone()),
        };
        Self { storage, facts, dependencies, _secrets: secrets }
    }

    /// The answer, or code and message of the error.
    async fn run(&self, command: Value) -> Result<Value, (String, String)> {
        match handle(command, &self.dependencies).await {
            Ok(report) => Ok(serde_json::to_value(report).unwrap()),
            Err(error) => {
                let Diagnostic { error_type, error_message } = error.into();
                Err((error_type, error_message))
            }
        }
    }
}

async fn forward_and_back(server: Option<DatabaseServer>) {
    let Some(server) = server else { return };
    let world = World::new(Some(&server)).await;
    let (code, message) = world.run(json!({ "command": "up" })).await.unwrap_err();
    assert_eq!(code, "no-migration-files");
    assert!(message.contains("`migrations`"), "{message}");

    world.storage.put("/migrations/0001_one.up.sql", "CREATE TABLE one (id INT)");
    world.storage.put("/migrations/0001_one.down.sql", "DROP TABLE one");
    world.storage.put("/migrations/README.md", "not SQL");
    let mut report = world.run(json!({ "command": "up" })).await.unwrap();
    assert_eq!(report["migrations"][0]["recorded_at"].take().as_str().unwrap().len(), "2026-01-02 03:04:05".len());
    let applied = json!({
        "steps": [{ "version": 1, "name": "one", "direction": "up" }],
        "migrations": [{ "version": 1, "name": "one", "state": "applied", "recorded_at": null }]
    });
    assert_eq!(report, applied);
    assert_eq!(world.run(json!({ "command": "up" })).await.unwrap()["steps"], json!([]));
    let report = world.run(json!({ "command": "down", "steps": 2 })).await.unwrap();
    assert_eq!(report["steps"], json!([{ "version": 1, "name": "one", "direction": "down" }]));
    assert_eq!(world.run(json!({ "command": "status" })).await.unwrap()["migrations"][0]["state"], "pending");

    world.storage.put("/migrations/0002_broken.up.sql", "CREATE NONSENSE");
    let (code, message) = world.run(json!({ "command": "up" })).await.unwrap_err();
    assert_eq!(code, "migration-failed");
    assert!(message.starts_with("applying migration 2 (broken) failed and left nothing behind: "), "{message}");
    assert!(message.ends_with("; done before it: [1]"), "{message}");
    world.storage.put("/migrations/two.sql", "-- a name of another form");
    assert_eq!(world.run(json!({ "command": "status" })).await.unwrap_err().0, "migration-files-invalid");
    assert!(!format!("{:?}", world.facts.all()).contains("CANARY"));
}

#[tokio::test]
async fn mysql_forward_and_back() {
    forward_and_back(DatabaseServer::mysql()).await;
}

#[tokio::test]
async fn postgres_forward_and_back() {
    forward_and_back(DatabaseServer::postgres()).await;
}

#[tokio::test]
async fn everything_but_commands_is_refused() {
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    let world = World::new(None).await;
    world.storage.put("/migrations/0001_one.up.sql", "CREATE TABLE one (id INT)");
    let commands = [json!({ "command": "up" }), json!({ "command": "resolve", "version": 1, "as": "applied" })];
    for event in events.into_iter().map(|(_, event)| event).chain([json!({}), json!({ "command": "drop" })]) {
        assert_eq!(world.run(event).await.unwrap_err().0, "unsupported-event");
    }
    for command in commands.iter().flat_map(wrong_types) {
        assert_eq!(world.run(command.clone()).await.unwrap_err().0, "unsupported-event", "{command}");
    }
    for command in &commands {
        assert_eq!(world.run(command.clone()).await.unwrap_err().0, "secret-unavailable", "{command}");
    }
    world.storage.break_paths(&["/migrations/"]);
    assert_eq!(world.run(commands[0].clone()).await.unwrap_err().0, "storage-failed");
}
