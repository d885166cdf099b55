//! Payloads of every kind: nothing but what a function serves, and never a panic.

use function_testing::{lambda_events, wrong_types};
use lambda_runtime::Diagnostic;
use serde_json::json;

use crate::world::{World, png, request};

#[tokio::test]
async fn public_events_are_answered_or_refused_by_name() {
    let Some(events) = lambda_events() else { return };
    let world = World::new();
    let (inserting, deleting) = (world.inserting(), world.deleting());
    let (mut answered, mut refused) = (0, 0);
    for (file, event) in events {
        let results = [
            image_insert::handle(event.clone(), &inserting).await.map(|answer| answer.status_code),
            image_delete::handle(event.clone(), &deleting).await.map(|answer| answer.status_code),
        ];
        for result in results {
            match result {
                Ok(status) => {
                    assert!(status < 500, "{file}: {status}");
                    answered += 1;
                }
                Err(error) => {
                    assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{file}");
                    refused += 1;
                }
            }
        }
        if let Err(error) = image_insert::ingest(event, &inserting).await {
            assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{file}");
        }
    }
    assert!(answered > 0 && refused > answered, "{answered} answered, {refused} refused");
    assert!(world.items().is_empty() && world.keys().is_empty());
}

#[tokio::test]
async fn values_of_wrong_types_are_answered_or_refused() {
    let world = World::new();
    let (inserting, deleting) = (world.inserting(), world.deleting());
    for event in wrong_types(&request("PUT", "/images/raw/a.png", &png(2, 2, 1))) {
        if let Ok(answer) = image_insert::handle(event.clone(), &inserting).await {
            assert!(answer.status_code < 500, "{event}");
        }
        if let Ok(answer) = image_delete::handle(event.clone(), &deleting).await {
            assert!(answer.status_code < 500, "{event}");
        }
    }
    let body = json!({ "Records": [{
        "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-01-02T03:04:05.678Z",
        "s3": { "bucket": { "name": "incoming" }, "object": { "key": "images/a.png", "versionId": "v1", "sequencer": "00AB" } }
    }]});
    for body in wrong_types(&body) {
        let message = json!({ "messageId": "m", "eventSource": "aws:sqs", "body": body.to_string() });
        image_insert::ingest(json!({ "Records": [message] }), &inserting).await.unwrap();
    }
    let message = json!({ "Records": [{ "messageId": "m", "eventSource": "aws:sqs", "body": body.to_string() }] });
    for event in wrong_types(&message) {
        if let Err(error) = image_insert::ingest(event, &inserting).await {
            assert_eq!(Diagnostic::from(error).error_type, "unsupported-event");
        }
    }
}
