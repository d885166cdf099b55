//! Events of every service: answered or refused, never more.

use function_testing::{lambda_events, wrong_types};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use webhook::handle;

use crate::world::World;

#[tokio::test]
async fn http_requests_are_refused_with_4xx_and_other_events_with_an_error() {
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    let world = World::new().await;
    let mut answered = 0;
    for (name, event) in events {
        match handle(event, &world.dependencies).await {
            Ok(answer) => {
                answered += 1;
                assert!((400..500).contains(&answer.status_code), "{name}: {answer:?}");
            }
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}"),
        }
    }
    assert!(answered >= 10, "{answered} HTTP requests are among the events");
    assert_eq!(world.server.requests(), [] as [&str; 0]);
}

#[tokio::test]
async fn wrong_types_are_refused_and_never_believed() {
    let world = World::new().await;
    let message = world.notification(json!({ "Subject": "true" }));
    let event = |body: &Value| {
        json!({
            "version": "2.0", "rawPath": "/webhooks/avatar", "headers": { "x-amz-sns-message-type": "Notification" },
            "body": body.to_string(), "requestContext": { "stage": "$default", "http": { "method": "POST" } }
        })
    };
    let bodies = wrong_types(&message);
    for event in wrong_types(&event(&message)).into_iter().chain(bodies.iter().map(event)) {
        match handle(event.clone(), &world.dependencies).await {
            Ok(answer) => assert!(answer.status_code == 200 || (400..500).contains(&answer.status_code), "{event}"),
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{event}"),
        }
    }
    // What was taken is what was signed.
    let told = json!({
        "topic": message["TopicArn"], "message_id": "0b1c", "timestamp": message["Timestamp"], "subject": "true",
        "message": { "key": "a.jpg" }
    });
    let facts = world.facts.all();
    let believed: Vec<&Value> = facts.iter().filter(|fact| fact["code"] == "notification").collect();
    assert!(!believed.is_empty());
    assert!(believed.iter().all(|fact| fact["object"] == told), "{believed:?}");
}
