//! A handler with a server that stands for SNS, a key that signs, a clock and a log.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use function_testing::{Facts, ManualClock, Reply, Server};
use http_events::Answer;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use webhook::{Dependencies, Settings, handle};

pub(crate) const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:assets";

/// 2026-11-21T02:46:05Z.
pub(crate) const NOW: u64 = 1_795_229_165;

/// What PKCS #1 puts before a digest to name its algorithm.
const SHA1_PREFIX: &[u8] = &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
const SHA256_PREFIX: &[u8] =
    &[0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// A key of 2,048 bits; making one takes a while.
pub(crate) fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap())
}

/// A certificate of a key, valid in years.
pub(crate) fn certificate(key: &RsaPrivateKey, first: i32, last: i32) -> Vec<u8> {
    let document = key.to_pkcs8_der().unwrap();
    let document = rustls_pki_types::PrivatePkcs8KeyDer::from(document.as_bytes());
    let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&document, &rcgen::PKCS_RSA_SHA256).unwrap();
    self_signed(&pair, first, last)
}

/// A certificate that says for itself.
pub(crate) fn self_signed(pair: &rcgen::KeyPair, first: i32, last: i32) -> Vec<u8> {
    let mut parameters = rcgen::CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(first, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(last, 12, 31);
    parameters.self_signed(pair).unwrap().pem().into_bytes()
}

/// A handler for a topic of a local SNS.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) facts: Facts,
    pub(crate) dependencies: Dependencies,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::start(Reply::Body(200, certificate(key(), 2020, 2030))).await;
        let url = server.url().to_owned();
        let settings = Settings::read(&|name| match name {
            "TOPIC_ARN" => Some(TOPIC.to_owned()),
            "AWS_ENDPOINT_URL" => Some(url.clone()),
            _ => None,
        });
        let (clock, facts) = (Arc::new(ManualClock::at(NOW)), Facts::default());
        let dependencies = Dependencies::new(settings.unwrap(), Arc::clone(&clock) as _, Arc::new(facts.clone()));
        Self { server, clock, facts, dependencies }
    }

    /// A notification with changes, signed after them.
    pub(crate) fn notification(&self, changes: Value) -> Value {
        let message = json!({
            "Type": "Notification", "MessageId": "0b1c", "TopicArn": TOPIC, "Message": "{\"key\":\"a.jpg\"}",
            "Timestamp": "2026-11-21T02:46:05.123Z", "SignatureVersion": "2", "SigningCertURL": self.certificate_url(),
            "UnsubscribeURL": "http://127.0.0.1:9/"
        });
        sign(merged(message, changes), key())
    }

    /// A request to subscribe with changes, signed after them.
    pub(crate) fn confirmation(&self, changes: Value) -> Value {
        let message = json!({
            "Type": "SubscriptionConfirmation", "MessageId": "0b1c", "Token": "2336412f37CANARY", "TopicArn": TOPIC,
            "Message": "You have chosen to subscribe", "SubscribeURL": "http://127.0.0.1:9/?Action=ConfirmSubscription",
            "Timestamp": "2026-11-21T02:46:05.123Z", "SignatureVersion": "1", "SigningCertURL": self.certificate_url(),
        });
        sign(merged(message, changes), key())
    }

    fn certificate_url(&self) -> String {
        format!("{}/certificate.pem", self.server.url())
    }

    /// Posts a message as SNS does through an HTTP API.
    pub(crate) async fn post(&self, message: &Value) -> Answer {
        self.send("POST", json!({ "content-type": "text/plain; charset=UTF-8" }), &message.to_string()).await
    }

    pub(crate) async fn send(&self, method: &str, headers: Value, body: &str) -> Answer {
        let event = json!({
            "version": "2.0", "rawPath": "/webhooks/avatar", "headers": headers, "body": body,
            "requestContext": { "http": { "method": method } }
        });
        handle(event, &self.dependencies).await.unwrap()
    }

    /// Status and code of a refusal.
    pub(crate) async fn refusal(&self, message: &Value) -> (u16, String) {
        refusal(&self.post(message).await)
    }
}

/// Status and code of a refusal.
pub(crate) fn refusal(answer: &Answer) -> (u16, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let code = body["error"]["code"].as_str().unwrap_or_else(|| panic!("not refused: {}", answer.body));
    (answer.status_code, code.to_owned())
}

pub(crate) fn merged(mut message: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { return message };
    for (name, value) in changes {
        if value.is_null() {
            message.as_object_mut().unwrap().remove(&name);
        } else {
            message[name] = value;
        }
    }
    message
}

/// Signs the fields that the developer guide of SNS lists for each kind of message.
pub(crate) fn sign(mut message: Value, key: &RsaPrivateKey) -> Value {
    let names: &[&str] = match message["Type"].as_str() {
        Some("Notification") => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    let lines = names.iter().filter_map(|name| Some([*name, "\n", message[*name].as_str()?, "\n"].concat()));
    let text: String = lines.collect();
    let (prefix, digest) = match message["SignatureVersion"].as_str() {
        Some("1") => (SHA1_PREFIX, Sha1::digest(&text).to_vec()),
        _ => (SHA256_PREFIX, Sha256::digest(&text).to_vec()),
    };
    let scheme = Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: prefix.into() };
    message["Signature"] = STANDARD.encode(key.sign(scheme, &digest).unwrap()).into();
    message
}
