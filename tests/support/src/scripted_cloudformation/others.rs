//! As much of Lambda and of CloudWatch Logs as commands ask: they answer what the test says.

use http::request::Parts;
use serde_json::json;

use super::answer::Answer;
use super::world::World;

/// Name of the operation, where a request is for one of them.
pub(super) fn operation_name(head: &Parts) -> Option<&'static str> {
    if head.uri.path().starts_with("/2015-03-31/functions/") {
        return Some("Invoke");
    }
    let target = head.headers.get("x-amz-target")?;
    target.as_bytes().ends_with(b".FilterLogEvents").then_some("FilterLogEvents")
}

pub(super) fn answer(world: &World, operation: &str) -> Answer {
    let absent = |status| {
        Answer::new(status, json!({ "__type": "ResourceNotFoundException", "message": "there is none" }).to_string())
            .header("x-amzn-errortype", "ResourceNotFoundException")
            .header("content-type", "application/x-amz-json-1.1")
    };
    match (operation, &world.invocation) {
        ("Invoke", None) => absent(404),
        ("Invoke", Some([error, log, payload])) => {
            let answer = Answer::new(200, payload.clone()).header("x-amz-executed-version", "$LATEST");
            let answer = if log.is_empty() { answer } else { answer.header("x-amz-log-result", log) };
            if error.is_empty() { answer } else { answer.header("x-amz-function-error", error) }
        }
        _ if world.log_lines.is_empty() => absent(400),
        _ => {
            let events = world.log_lines.iter().enumerate().map(|(number, (time, line))| {
                json!({ "eventId": number.to_string(), "logStreamName": "stream", "timestamp": time, "message": line })
            });
            let body = json!({ "events": events.collect::<Vec<_>>(), "searchedLogStreams": [] });
            Answer::new(200, body.to_string()).header("content-type", "application/x-amz-json-1.1")
        }
    }
}
