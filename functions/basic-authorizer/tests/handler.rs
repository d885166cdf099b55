//! Questions in, policies out, against a Secrets Manager over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::{Arc, Mutex};

use basic_authorizer::{Dependencies, HandlerError, handle};
use clients::{CloudSettings, sdk_config};
use function_testing::{Facts, ManualClock, Service, lambda_events, wrong_types};
use lambda_runtime::Diagnostic;
use secrets::{Comparison, KeptSecret};
use serde_json::{Value, json};
use wiring::Clock;

const METHOD: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc/api/GET/hello";
const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc/api/*";

/// `responses:CANARY`.
const RIGHT: &str = "Basic cmVzcG9uc2VzOkNBTkFSWQ==";

struct World {
    answer: Arc<Mutex<(u16, String)>>,
    clock: Arc<ManualClock>,
    facts: Facts,
    dependencies: Dependencies,
    _service: Service,
}

fn secret(username: &str, password: &str) -> (u16, String) {
    let secret = json!({ "username": username, "password": password }).to_string();
    (200, json!({ "SecretString": secret }).to_string())
}

impl World {
    async fn new() -> Self {
        let answer = Arc::new(Mutex::new(secret("responses", "CANARY")));
        let told = Arc::clone(&answer);
        let service = Service::start(move |_| told.lock().unwrap().clone()).await;
        let cloud = CloudSettings {
            region: "eu-west-1".into(),
            credentials: wiring::Credentials { access_key: "AKID".into(), ..wiring::Credentials::default() },
            endpoint: Some(service.url().to_owned()),
            storage_endpoint: None,
        };
        let config = aws_sdk_secretsmanager::config::Builder::from(&sdk_config(&cloud))
            .retry_config(aws_sdk_secretsmanager::config::retry::RetryConfig::disabled());
        let client = aws_sdk_secretsmanager::Client::from_conf(config.build());
        let (clock, facts) = (Arc::new(ManualClock::at(1_795_832_645)), Facts::default());
        let dependencies = Dependencies {
            credentials: KeptSecret::new(client, "an-arn", Arc::clone(&clock) as Arc<dyn Clock>),
            comparison: Comparison::new().unwrap(),
            log: Arc::new(facts.clone()),
        };
        Self { answer, clock, facts, dependencies, _service: service }
    }

    async fn ask(&self, token: &str) -> Result<Value, HandlerError> {
        handle(question(token), &self.dependencies).await
    }

    /// `Allow` or `Deny`.
    async fn effect(&self, token: &str) -> String {
        let answer = self.ask(token).await.unwrap();
        answer["policyDocument"]["Statement"][0]["Effect"].as_str().unwrap().to_owned()
    }
}

fn question(token: &str) -> Value {
    json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": METHOD })
}

#[tokio::test]
async fn the_credentials_of_the_secret_open_the_stage() {
    let world = World::new().await;
    let expected = json!({
        "principalId": "responses",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": STAGE }]
        },
        "context": { "is_admin": true }
    });
    assert_eq!(world.ask(RIGHT).await.unwrap(), expected);
}

#[tokio::test]
async fn everything_else_is_denied_and_nothing_secret_is_logged() {
    let world = World::new().await;
    // A user name as its own password, as the original wanted it; a wrong user; a wrong password; nothing; no Basic.
    for token in [
        "Basic cmVzcG9uc2VzOnJlc3BvbnNlcw==",
        "Basic eDpDQU5BUlk=",
        "Basic cmVzcG9uc2VzOngK",
        "Basic Og==",
        "Basic",
        "",
        "Bearer CANARY",
        "Basic !",
    ] {
        let answer = world.ask(token).await.unwrap();
        assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Deny", "{token}");
        assert_eq!((&answer["principalId"], answer.get("context")), (&json!("anonymous"), None), "{token}");
    }
    let told = format!("{:?}", world.facts.all());
    assert!(told.contains("credentials-refused") && told.contains("credentials-missing"), "{told}");
    assert!(!told.contains("CANARY") && !told.contains("Og=="), "{told}");
}

#[tokio::test]
async fn a_rotated_secret_counts_soon() {
    let world = World::new().await;
    assert_eq!(world.effect(RIGHT).await, "Allow");
    *world.answer.lock().unwrap() = secret("responses", "new");
    assert_eq!(world.effect("Basic cmVzcG9uc2VzOm5ldw==").await, "Deny");
    world.clock.advance(10);
    assert_eq!(world.effect("Basic cmVzcG9uc2VzOm5ldw==").await, "Allow");
    assert_eq!(world.effect(RIGHT).await, "Deny");
}

#[tokio::test]
async fn without_credentials_to_compare_with_nobody_is_let_in() {
    for answer in [
        (500, "{}".to_owned()),
        (200, json!({ "SecretString": "responses:CANARY" }).to_string()),
        (200, json!({ "SecretString": "{\"username\": \"responses\"}" }).to_string()),
    ] {
        let world = World::new().await;
        *world.answer.lock().unwrap() = answer;
        let error = world.ask(RIGHT).await.unwrap_err();
        assert_eq!(Diagnostic::from(error).error_type, "no-credentials");
        assert_eq!(world.facts.codes(), ["credentials-unreadable"]);
    }
    // Empty credentials are none.
    let world = World::new().await;
    *world.answer.lock().unwrap() = secret("", "");
    assert_eq!(world.effect("Basic Og==").await, "Deny");
}

#[tokio::test]
async fn payloads_that_ask_nothing_are_refused() {
    let world = World::new().await;
    for event in wrong_types(&question(RIGHT)) {
        match handle(event.clone(), &world.dependencies).await {
            Ok(answer) => {
                let statement = &answer["policyDocument"]["Statement"][0];
                let is_right = event["authorizationToken"] == RIGHT;
                assert_eq!(statement["Effect"], if is_right { "Allow" } else { "Deny" }, "{event}");
                assert_eq!(statement["Resource"], STAGE, "{event}");
            }
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{event}"),
        }
    }
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    for (name, event) in events {
        match handle(event, &world.dependencies).await {
            Ok(answer) => assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Deny", "{name}"),
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}"),
        }
    }
}
