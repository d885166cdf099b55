//! As much of Lambda and of CloudWatch Logs as commands ask: they answer what the test says.

use http::request::Parts;
use serde_json::{Value, json};

use super::answer::Answer;
use super::world::World;

/// Name of the operation, where a request is for one of them.
pub(super) fn operation_name(head: &Parts) -> Option<&'static str> {
    if head.uri.path().starts_with("/2015-03-31/functions/") {
        return Some(match head.uri.path().rsplit('/').next() {
            Some("code") => "UpdateFunctionCode",
            Some("configuration") => "GetFunctionConfiguration",
            _ => "Invoke",
        });
    }
    let target = head.headers.get("x-amz-target")?;
    target.as_bytes().ends_with(b".FilterLogEvents").then_some("FilterLogEvents")
}

pub(super) fn answer(world: &mut World, operation: &str, head: &Parts, body: &[u8]) -> Answer {
    let absent = |status| {
        Answer::new(status, json!({ "__type": "ResourceNotFoundException", "message": "there is none" }).to_string())
            .header("x-amzn-errortype", "ResourceNotFoundException")
            .header("content-type", "application/x-amz-json-1.1")
    };
    match (operation, &world.invocation) {
        ("UpdateFunctionCode", _) => {
            let code: Value = serde_json::from_slice(body).unwrap_or_default();
            let name = head.uri.path().split('/').nth(3).unwrap_or_default().to_owned();
            world.swapped.insert(name, code["S3Key"].as_str().unwrap_or_default().to_owned());
            Answer::new(200, json!({ "LastUpdateStatus": "InProgress" }).to_string())
        }
        ("GetFunctionConfiguration", _) => Answer::new(200, json!({ "LastUpdateStatus": "Successful" }).to_string()),
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
