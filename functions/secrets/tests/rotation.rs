//! Secrets that change, and a Secrets Manager that fails, over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::{Arc, Mutex};

use clients::{CloudSettings, sdk_config};
use function_testing::{ManualClock, Service};
use secrets::{KeptSecret, SecretError};
use serde_json::json;

type Answer = Arc<Mutex<(u16, String)>>;

struct World {
    service: Service,
    answer: Answer,
    clock: Arc<ManualClock>,
    secret: KeptSecret,
}

impl World {
    async fn new() -> Self {
        let answer: Answer = Arc::new(Mutex::new((200, json!({ "SecretString": "one" }).to_string())));
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
        let clock = Arc::new(ManualClock::at(1_795_832_645));
        let client = aws_sdk_secretsmanager::Client::from_conf(config.build());
        let secret = KeptSecret::new(client, "an-arn", Arc::clone(&clock) as Arc<dyn wiring::Clock>);
        Self { service, answer, clock, secret }
    }

    fn say(&self, status: u16, body: &serde_json::Value) {
        *self.answer.lock().unwrap() = (status, body.to_string());
    }
}

#[tokio::test]
async fn a_secret_is_read_once_and_again_after_minutes() {
    let world = World::new().await;
    for _ in 0..3 {
        assert_eq!(&*world.secret.text().await.unwrap(), "one");
    }
    assert_eq!(world.service.operations(), ["GetSecretValue"]);
    assert_eq!(world.service.calls()[0].json()["SecretId"], "an-arn");

    world.say(200, &json!({ "SecretString": "two" }));
    world.clock.advance(9);
    assert_eq!(&*world.secret.text_after_mismatch().await.unwrap(), "one", "not read again so soon");
    world.clock.advance(1);
    assert_eq!(&*world.secret.text().await.unwrap(), "one");
    assert_eq!(&*world.secret.text_after_mismatch().await.unwrap(), "two");
    world.clock.advance(299);
    assert_eq!(&*world.secret.text().await.unwrap(), "two");
    assert_eq!(world.service.calls().len(), 2);
    world.clock.advance(1);
    world.secret.text().await.unwrap();
    assert_eq!(world.service.calls().len(), 3);
}

#[tokio::test]
async fn a_known_secret_serves_while_there_is_no_other() {
    let world = World::new().await;
    world.say(500, &json!({ "__type": "InternalServiceError", "message": "no" }));
    let error = world.secret.text().await.unwrap_err();
    assert_eq!(error, SecretError::Unavailable("InternalServiceError (HTTP 500, request R1): no".into()));
    world.say(200, &json!({ "SecretBinary": "AAAA" }));
    assert_eq!(world.secret.text().await.unwrap_err(), SecretError::NoText);
    world.say(200, &json!({ "SecretString": "one" }));
    assert_eq!(&*world.secret.text().await.unwrap(), "one");
    world.say(500, &json!({}));
    world.clock.advance(3600);
    assert_eq!(&*world.secret.text().await.unwrap(), "one");
    assert_eq!(format!("{:?}", world.secret), "KeptSecret { id: \"an-arn\", .. }");
}
