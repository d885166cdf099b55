//! Asynchronous invocations: accepted at once, run in the background, retried, and told about at their end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Lambda;
use super::destinations::{self, DeadLetter};
use super::function::{Configuration, EventInvokeConfig};
use super::payload::Outcome;
use super::trace::Trace;
use crate::cloud::Cloud;
use crate::wire::ServiceError;

/// Accepted invocations that may wait; more are refused.
const QUEUE_LIMIT: usize = 10_000;

/// Waits before the second and the third attempt. AWS waits one and two minutes, too long for somebody who looks on.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// Wait after a refusal because too many invocations run.
const THROTTLE_DELAY: Duration = Duration::from_millis(200);

/// An accepted invocation.
struct Queued {
    configuration: Configuration,
    settings: EventInvokeConfig,
    payload: Bytes,
    request_id: String,
    trace: Trace,
}

impl Lambda {
    /// Queues an invocation and returns its request id.
    pub(super) fn enqueue(
        &self,
        cloud: &Arc<Cloud>,
        configuration: Configuration,
        settings: EventInvokeConfig,
        payload: Bytes,
        trace: Trace,
    ) -> Result<String, ServiceError> {
        if self.queued.fetch_add(1, Ordering::Relaxed) >= QUEUE_LIMIT {
            self.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(ServiceError::new(
                http::StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                format!("{QUEUE_LIMIT} asynchronous invocations wait already"),
            ));
        }
        let request_id = uuid::Uuid::new_v4().to_string();
        let queued = Queued { configuration, settings, payload, request_id: request_id.clone(), trace };
        let cloud = Arc::clone(cloud);
        tokio::spawn(async move {
            work_off(&cloud, &queued).await;
            cloud.lambda.queued.fetch_sub(1, Ordering::Relaxed);
        });
        Ok(request_id)
    }
}

async fn work_off(cloud: &Arc<Cloud>, queued: &Queued) {
    let begun = tokio::time::Instant::now();
    let mut stopped = cloud.lambda.stopped.subscribe();
    let age_limit = Duration::from_secs(queued.settings.maximum_event_age.unwrap_or(21_600).into());
    let retries = queued.settings.maximum_retry_attempts.unwrap_or(2) as usize;
    let mut attempts = 0;
    let mut last = None;
    loop {
        // Code that was replaced in the meantime runs in its new form, as on AWS.
        let configuration = cloud
            .lambda
            .configuration(&queued.configuration.name, Some(&queued.configuration.version))
            .unwrap_or_else(|| queued.configuration.clone());
        let ran =
            cloud.lambda.run(cloud, &configuration, queued.payload.clone(), &queued.request_id, &queued.trace).await;
        let delay = match ran {
            Ok(outcome) => {
                attempts += 1;
                if outcome.result.is_ok() {
                    tell(cloud, queued, "Success", attempts, Some(&outcome)).await;
                    return;
                }
                last = Some(outcome);
                if attempts > retries {
                    tell(cloud, queued, "RetriesExhausted", attempts, last.as_ref()).await;
                    return;
                }
                RETRY_DELAYS[(attempts - 1).min(RETRY_DELAYS.len() - 1)]
            }
            Err(error) if error.status == http::StatusCode::TOO_MANY_REQUESTS => THROTTLE_DELAY,
            Err(error) => {
                log(cloud, queued, &format!("the asynchronous invocation was given up: {}", error.message));
                return;
            }
        };
        if begun.elapsed() + delay > age_limit {
            tell(cloud, queued, "EventAgeExceeded", attempts, last.as_ref()).await;
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            // A stop waits for what runs, not for what waits to be tried again.
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
    }
}

/// Sends the result to the function's destination, and a failed payload to its dead-letter topic or queue.
async fn tell(cloud: &Arc<Cloud>, queued: &Queued, condition: &str, attempts: usize, outcome: Option<&Outcome>) {
    let succeeded = condition == "Success";
    let settings = &queued.settings;
    let destination = if succeeded { &settings.on_success } else { &settings.on_failure };
    if let Some(destination) = destination {
        let message = record(queued, condition, attempts, outcome).to_string();
        let sent = destinations::tell(cloud, &queued.configuration, destination, &message).await;
        report(cloud, queued, destination, sent);
    }
    if let (false, Some(target)) = (succeeded, &queued.configuration.dead_letter_target) {
        let letter = DeadLetter {
            payload: &queued.payload,
            request_id: &queued.request_id,
            error: outcome.and_then(|outcome| outcome.result.as_ref().err()),
        };
        let sent = destinations::bury(cloud, &queued.configuration, target, &letter).await;
        report(cloud, queued, target, sent);
    }
}

fn report(cloud: &Cloud, queued: &Queued, destination: &str, sent: Result<(), ServiceError>) {
    if let Err(error) = sent {
        log(cloud, queued, &format!("undeliverable to `{destination}`: {}", error.message));
    }
}

/// What a destination is told.
fn record(queued: &Queued, condition: &str, attempts: usize, outcome: Option<&Outcome>) -> Value {
    let as_json =
        |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(bytes)));
    let mut record = json!({
        "version": "1.0",
        "timestamp": OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        "requestContext": {
            "requestId": queued.request_id,
            "functionArn": queued.configuration.qualified_arn(),
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": as_json(&queued.payload),
    });
    if let Some(outcome) = outcome {
        record["responseContext"] = json!({"statusCode": 200, "executedVersion": outcome.version});
        record["responsePayload"] = match &outcome.result {
            Ok(payload) => as_json(payload),
            Err(error) => {
                record["responseContext"]["functionError"] = json!("Unhandled");
                as_json(&error.payload)
            }
        };
    }
    record
}

/// Leaves a line where the developer looks: in the function's log group.
fn log(cloud: &Cloud, queued: &Queued, line: &str) {
    let line = format!("{} {line}", queued.request_id);
    cloud.logs.append(&queued.configuration.log_group, "asynchronous-invocations", vec![(crate::logs::now(), line)]);
}
