//! Large images: a bucket, a queue, a batch.

use serde_json::{Value, json};

use crate::world::{INCOMING, Object, World, png, request};

/// A version of an object in the incoming bucket.
pub(crate) fn store(world: &World, key: &str, version: &str, bytes: Vec<u8>) {
    let object = Object { content_type: String::new(), cache_control: String::new(), bytes };
    let place = (INCOMING.to_owned(), key.to_owned(), version.to_owned());
    world.state.lock().unwrap().objects.insert(place, object);
}

/// Versions in the incoming bucket.
pub(crate) fn left(world: &World) -> Vec<String> {
    let state = world.state.lock().unwrap();
    let left = state.objects.keys().filter(|(bucket, ..)| bucket == INCOMING);
    left.map(|(_, key, version)| format!("{key} {version}")).collect()
}

/// A message about a version: its encoded key, the version, the sequencer, the second of the event.
pub(crate) fn message(key: &str, version: &str, sequencer: &str, time: &str) -> Value {
    let event = json!({ "Records": [{
        "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": time,
        "s3": { "bucket": { "name": INCOMING }, "object": { "key": key, "versionId": version, "sequencer": sequencer } }
    }]});
    json!({ "messageId": format!("{key}@{version}"), "eventSource": "aws:sqs", "body": event.to_string() })
}

const TIME: &str = "2026-11-28T03:04:05.678Z";

async fn ingest(world: &World, messages: &[Value]) -> Vec<String> {
    let failures = image_insert::ingest(json!({ "Records": messages }), &world.inserting()).await.unwrap();
    let answer = serde_json::to_value(failures).unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn images_of_a_batch_are_taken_in_and_taken_out_of_the_bucket() {
    let world = World::new();
    store(&world, "images/Big One+1.png", "v1", png(30, 30, 1));
    store(&world, "images/other.png", "v1", png(30, 30, 2));
    let messages = [message("images/Big+One%2B1.png", "v1", "01", TIME), message("images/other.png", "v1", "01", TIME)];
    assert_eq!(ingest(&world, &messages).await, [""; 0]);
    assert!(left(&world).is_empty());
    assert_eq!(world.keys().len(), 8);
    assert!(world.rows().keys().any(|id| id.starts_with("raw/Big One+1.png/")), "{:?}", world.rows());
    // Delivered again: done already.
    assert_eq!(ingest(&world, &messages).await, [""; 0]);
    assert_eq!((world.keys().len(), world.rows().len()), (8, 8));
    assert!(world.facts.codes().contains(&"image-received-before".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_poison_message_does_not_stop_the_rest() {
    let world = World::new();
    store(&world, "images/text.png", "v1", b"just text".to_vec());
    store(&world, "images/good.png", "v1", png(5, 5, 1));
    let mut not_s3 = message("images/x.png", "v1", "01", TIME);
    not_s3["body"] = json!("{\"hello\": 1}");
    not_s3["messageId"] = json!("not-s3");
    let mut unversioned = message("images/x.png", "v1", "01", TIME);
    unversioned["body"] = json!(unversioned["body"].as_str().unwrap().replace("versionId", "v"));
    unversioned["messageId"] = json!("unversioned");
    let batch = [
        message("images/text.png", "v1", "01", TIME),
        not_s3,
        message("elsewhere/x.png", "v1", "01", TIME),
        message("images/notes.txt", "v1", "01", TIME),
        unversioned,
        message("images/good.png", "v1", "01", TIME),
    ];
    let failures = ["not-s3", "elsewhere/x.png@v1", "images/notes.txt@v1", "unversioned"];
    assert_eq!(ingest(&world, &batch).await, failures);
    // The refused image is done: its rows say so, once.
    assert!(left(&world).is_empty());
    assert_eq!(world.keys().len(), 4);
    assert_eq!(world.rows().values().filter(|status| *status == "failed").count(), 4);
    let codes = world.facts.codes();
    assert_eq!(codes.iter().filter(|code| *code == "not-an-image").count(), 1, "{codes:?}");

    // A fault that may pass fails its message alone, and the object stays for the next delivery.
    store(&world, "images/later.png", "v1", png(5, 5, 9));
    store(&world, "images/same.png", "v1", png(5, 5, 1));
    world.state.lock().unwrap().broken = vec!["PutObject".into()];
    let batch = [message("images/later.png", "v1", "01", TIME), message("images/same.png", "v1", "01", TIME)];
    assert_eq!(ingest(&world, &batch).await, ["images/later.png@v1"]);
    assert_eq!(left(&world), ["images/later.png v1"]);
    world.state.lock().unwrap().broken.clear();
    assert_eq!(ingest(&world, &batch).await, [""; 0]);
    assert!(left(&world).is_empty());
}

#[tokio::test]
async fn late_events_change_nothing() {
    let world = World::new();
    let put = async |version: &str, sequencer: &str, shade: u8, time: &str| {
        store(&world, "images/a.png", version, png(5, 5, shade));
        assert_eq!(ingest(&world, &[message("images/a.png", version, sequencer, time)]).await, [""; 0]);
        world.keys().iter().find_map(|key| key.strip_prefix("raw/").map(str::to_owned))
    };
    // Sequencers are filled with zeros on the right: 0A1 comes after 0A05.
    let newest = put("v2", "0A1", 2, TIME).await;
    assert_eq!(put("v1", "0A05", 1, TIME).await, newest, "an older version");
    assert_eq!(put("v2", "0A10", 2, TIME).await, newest, "the same once more");
    let answer = image_delete::handle(request("DELETE", "/images/raw/a.png", b""), &world.deleting()).await.unwrap();
    assert_eq!(answer.status_code, 200);
    assert_eq!(put("v3", "0A2", 3, "2026-11-28T02:24:04.999Z").await, None, "older than the deletion");
    assert!(put("v4", "0A3", 4, "2026-11-28T02:24:05.001Z").await.is_some(), "newer than the deletion");
    assert!(left(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_second_delivery_that_was_cut_off_leaves_nothing() {
    let world = World::new();
    let broken = || b"no image".to_vec();
    let message = [message("images/a.png", "v1", "01", TIME)];
    store(&world, "images/a.png", "v1", broken());
    assert_eq!(ingest(&world, &message).await, [""; 0]);
    let (items, rows) = (world.items(), world.rows());
    assert_eq!(rows.values().filter(|status| *status == "failed").count(), 4);

    // The second delivery had read the version before the first took it out, and got as far as its claim.
    store(&world, "images/a.png", "v1", broken());
    world.state.lock().unwrap().broken = vec!["TransactWriteItems".into()];
    assert_eq!(ingest(&world, &message).await, ["images/a.png@v1"]);
    assert_ne!(world.items(), items, "the claim of an object");
    world.state.lock().unwrap().objects.clear();
    world.state.lock().unwrap().broken.clear();
    assert_eq!(ingest(&world, &message).await, [""; 0]);
    assert_eq!((world.items(), world.rows()), (items, rows));
}
