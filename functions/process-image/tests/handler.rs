//! The handler with the real S3 client, against an S3 that answers over HTTP what a test tells it to.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig};
use bytes::Bytes;
use fetch::Address;
use function_testing::{Facts, ManualClock, Service, Storage, StoredObject};
use process_image::{Dependencies, Distribution, HandlerError, Outcome, Settings, handle};
use serde_json::{Value, json};
use wiring::Environment;

struct World {
    storage: Storage,
    facts: Facts,
    dependencies: Dependencies,
}

impl World {
    async fn new() -> Self {
        let (storage, facts) = (Storage::start().await, Facts::default());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("AKIDCANARY", "SECRETCANARY", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(storage.url())
            .force_path_style(true);
        let variable = |name: &str| (name == "DEST_BUCKET").then(|| "assets".to_owned());
        let settings = Settings::read(&mut Environment::new(&variable));
        let s3 = Client::from_conf(config.build());
        let (clock, log) = (Arc::new(ManualClock::at(1_795_832_645)), Box::new(facts.clone()));
        Self { storage, facts, dependencies: Dependencies { s3, distribution: None, settings, clock, log } }
    }

    fn put(&self, path: &str, bytes: impl Into<Bytes>) {
        self.storage.put(path, bytes);
    }

    fn get(&self, path: &str) -> StoredObject {
        self.storage.get(path).unwrap_or_default()
    }

    async fn handle(&self, keys: &[&str]) -> Result<Outcome, HandlerError> {
        handle(event(keys), &self.dependencies).await
    }
}

/// An event with keys as S3 encodes them.
fn event(keys: &[&str]) -> Value {
    let records = keys.iter().map(|key| {
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1",
            "eventTime": "2026-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": "uploads", "arn": "arn:aws:s3:::uploads" }, "object": { "key": key, "size": 1 } }
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

fn photo() -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels: Vec<u8> = (0..80u8).flat_map(|y| (0..120u8).flat_map(move |x| [x, y, 99])).collect();
    jpeg_encoder::Encoder::new(&mut bytes, 90).encode(&pixels, 120, 80, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

/// Width and height in the frame header of a JPEG.
fn size(jpeg: &[u8]) -> (u16, u16) {
    let frame = jpeg.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    let short = |at: usize| u16::from_be_bytes([jpeg[frame + at], jpeg[frame + at + 1]]);
    (short(7), short(5))
}

#[tokio::test]
async fn a_photo_becomes_an_avatar() {
    let world = World::new().await;
    world.put("/uploads/in/alice.png", photo());
    let outcome = world.handle(&["in/alice.png"]).await.unwrap();
    assert_eq!(outcome, Outcome { written: vec!["avatars/alice.jpg".into()], ..Outcome::default() });
    let avatar = world.get("/assets/avatars/alice.jpg");
    assert_eq!((avatar.content_type.as_str(), avatar.cache_control.as_str()), ("image/jpeg", "public, max-age=60"));
    assert_eq!(size(&avatar.bytes), (512, 512));

    // S3 delivers at least once: the same event again changes nothing.
    world.handle(&["in/alice.png"]).await.unwrap();
    assert_eq!(world.get("/assets/avatars/alice.jpg"), avatar);
}

#[tokio::test]
async fn keys_arrive_byte_by_byte() {
    let world = World::new().await;
    world.put("/uploads/a%20b%2Bc%20%E2%98%83.jpeg", photo());
    let outcome = world.handle(&["a+b%2Bc+%E2%98%83.jpeg"]).await.unwrap();
    assert_eq!(outcome.written, ["avatars/a b+c \u{2603}.jpg"]);
    assert_eq!(size(&world.get("/assets/avatars/a%20b%2Bc%20%E2%98%83.jpg").bytes), (512, 512));
}

#[tokio::test]
async fn a_poison_record_does_not_stop_the_rest() {
    let world = World::new().await;
    world.put("/uploads/one.jpg", photo());
    world.put("/uploads/empty.jpg", Bytes::new());
    world.put("/uploads/page.jpg", "<!doctype html><p>not a photo");
    world.put("/uploads/cut.jpg", photo()[..900].to_vec());
    world.put("/uploads/two.jpg", photo());
    let keys = ["one.jpg", "empty.jpg", "page.jpg", "gone.jpg", "cut.jpg", "folder/", "two.jpg"];
    let outcome = world.handle(&keys).await.unwrap();
    assert_eq!(outcome.written, ["avatars/one.jpg", "avatars/two.jpg"]);
    let rejected: Vec<_> = outcome.rejected.iter().map(|rejected| (rejected.key.as_str(), rejected.code)).collect();
    let expected = [
        ("empty.jpg", "empty"),
        ("page.jpg", "not-an-image"),
        ("gone.jpg", "missing-object"),
        ("cut.jpg", "truncated-image"),
        ("folder/", "key-names-a-folder"),
    ];
    assert_eq!(rejected, expected);
    let codes = world.facts.codes();
    assert_eq!(codes.iter().filter(|code| *code == "not-an-image").count(), 1, "{codes:?}");
}

#[tokio::test]
async fn a_fault_of_s3_fails_the_invocation_after_the_other_records() {
    let world = World::new().await;
    world.put("/uploads/one.jpg", photo());
    world.put("/uploads/two.jpg", photo());
    world.storage.break_paths(&["/uploads/one.jpg"]);
    let error = world.handle(&["one.jpg", "two.jpg"]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 of 2 records failed and may succeed when tried again; the first: GetObject failed: \
         SlowDown (HTTP 503, request R1): SlowDown it is."
    );
    assert_eq!(size(&world.get("/assets/avatars/two.jpg").bytes), (512, 512));

    world.storage.break_paths(&[]);
    let outcome = world.handle(&["one.jpg", "two.jpg"]).await.unwrap();
    assert_eq!(outcome.written, ["avatars/one.jpg", "avatars/two.jpg"]);
}

#[tokio::test]
async fn a_refused_write_fails_the_invocation_and_tells_no_secret() {
    let world = World::new().await;
    world.put("/uploads/one.jpg", photo());
    world.storage.break_paths(&["/assets/avatars/one.jpg"]);
    let error = world.handle(&["one.jpg"]).await.unwrap_err();
    assert!(error.to_string().contains("PutObject failed: SlowDown"), "{error}");
    let told = format!("{error:?} {:?}", world.facts.all());
    assert!(!told.contains("CANARY"), "{told}");
}

#[tokio::test]
async fn the_distribution_forgets_the_one_picture_that_was_replaced() {
    let keys = || wiring::Credentials {
        access_key: "AKID".into(),
        secret_key: "SECRETCANARY".into(),
        session_token: Some("TOKEN".into()),
    };
    let cloudfront = Service::start(|_| (201, "<Invalidation><Id>I1</Id></Invalidation>".into())).await;
    let endpoint = Address::parse(cloudfront.url()).unwrap();
    let mut world = World::new().await;
    world.dependencies.distribution = Some(Distribution::new("E1", "eu-central-1", keys(), Some(&endpoint)));
    world.put("/uploads/a%26b.png", photo());
    world.put("/uploads/page.jpg", "<!doctype html><p>not a photo");
    world.handle(&["a%26b.png", "page.jpg", "gone.jpg"]).await.unwrap();
    let calls = cloudfront.calls();
    assert_eq!(calls.len(), 1, "what was not written is not invalidated");
    assert_eq!(calls[0].line, "POST /2020-05-31/distribution/E1/invalidation");
    assert_eq!(
        String::from_utf8(calls[0].body.clone()).unwrap(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Paths><Quantity>1</Quantity>\
         <Items><Path>/avatars/a&amp;b.jpg</Path></Items></Paths><CallerReference>1795832645000000000-</CallerReference>\
         </InvalidationBatch>"
    );
    let signature = &calls[0].headers["authorization"];
    assert!(signature.contains("Credential=AKID/20261128/us-east-1/cloudfront/aws4_request"), "{signature}");
    assert_eq!(calls[0].headers["x-amz-security-token"], "TOKEN");
    assert_eq!(world.facts.codes()[..2], ["image-written", "image-invalidated"]);

    // The picture is written whether the distribution hears of it or not.
    let busy = "<ErrorResponse><Error><Code>TooManyInvalidationsInProgress</Code><Message>Wait.</Message></Error></ErrorResponse>";
    let busy = Service::start(move |_| (400, busy.into())).await;
    for (endpoint, reason) in [
        (busy.url(), "CreateInvalidation failed: TooManyInvalidationsInProgress (HTTP 400): Wait."),
        ("http://127.0.0.1:1", "CreateInvalidation failed: no answer"),
    ] {
        let endpoint = Address::parse(endpoint).unwrap();
        world.dependencies.distribution = Some(Distribution::new("E1", "us-east-1", keys(), Some(&endpoint)));
        let outcome = world.handle(&["a%26b.png"]).await.unwrap();
        assert_eq!(outcome.written, ["avatars/a&b.jpg"]);
        let facts = world.facts.all();
        let fact = facts.last().unwrap();
        assert_eq!((&fact["code"], &fact["level"]), (&json!("invalidation-failed"), &json!("ERROR")));
        assert!(fact["message"].as_str().unwrap().starts_with(reason), "{fact}");
        assert!(!format!("{facts:?}").contains("CANARY"));
    }
}

#[tokio::test]
async fn other_events_are_refused_and_the_test_event_is_answered() {
    let world = World::new().await;
    let error = handle(json!({ "Records": [{ "eventSource": "aws:sqs" }] }), &world.dependencies).await.unwrap_err();
    let diagnostic = lambda_runtime::Diagnostic::from(error);
    assert_eq!(diagnostic.error_type, "unsupported-event");
    assert_eq!(diagnostic.error_message, "the payload is not an S3 event: record 0 comes from `aws:sqs`");

    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads" });
    assert_eq!(handle(test, &world.dependencies).await.unwrap(), Outcome::default());
}
