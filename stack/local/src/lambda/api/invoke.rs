//! `Invoke`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use super::Call;
use super::answers::{no_content, request_id};
use super::functions::version;
use crate::http_types::{Response, respond};
use crate::lambda::function::{invalid, validation};
use crate::lambda::invoke::Invocation;
use crate::lambda::payload::{REQUEST_LIMIT, check_payload};
use crate::lambda::trace::Trace;
use crate::wire::ServiceError;

pub(super) async fn invoke(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, reference) = (call.cloud, call.reference()?);
    let header = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok());
    let kind = header("x-amz-invocation-type").unwrap_or("RequestResponse");
    let configuration = version(cloud, &reference)?;
    let function = cloud.lambda.function(cloud, &reference.name)?;
    let trace = Trace::continue_from(header("x-amzn-trace-id").filter(|_| !function.allows_recursion))?;
    match kind {
        "DryRun" => return Ok(no_content()),
        "Event" => {
            let id = cloud.lambda.accept_event(cloud, &reference, call.body.clone(), trace)?;
            let mut response = respond(StatusCode::ACCEPTED, "application/json", Bytes::new());
            request_id(&mut response, &id);
            return Ok(response);
        }
        "RequestResponse" => {}
        other => {
            let wrong = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]";
            return Err(validation(other, "invocationType", wrong));
        }
    }
    let invocation = Invocation {
        payload: check_payload(call.body.clone(), REQUEST_LIMIT, kind)?,
        request_id: uuid::Uuid::new_v4().to_string(),
        trace,
        invoked_arn: function.arn(reference.qualifier.as_deref()),
        client_context: header("x-amz-client-context").map(client_context).transpose()?,
    };
    let worker = Arc::clone(cloud);
    // A task of its own: the function runs to its end even when the caller hangs up.
    let running = tokio::spawn(async move { worker.lambda.run_invocation(&worker, &configuration, &invocation).await });
    let outcome =
        running.await.map_err(|error| ServiceError::internal(format!("the invocation was lost: {error}")))??;
    let (payload, failed) = match outcome.result {
        Ok(payload) => (payload, false),
        Err(error) => (error.payload, true),
    };
    let mut response = respond(StatusCode::OK, "application/json", payload);
    request_id(&mut response, &outcome.request_id);
    if failed {
        response.headers_mut().insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    if let Ok(version) = HeaderValue::from_str(&outcome.version) {
        response.headers_mut().insert("x-amz-executed-version", version);
    }
    if header("x-amz-log-type") == Some("Tail")
        && let Ok(tail) = HeaderValue::from_str(&STANDARD.encode(outcome.log_tail))
    {
        response.headers_mut().insert("x-amz-log-result", tail);
    }
    Ok(response)
}

/// What a mobile client tells of itself, in one line as a header needs it.
fn client_context(encoded: &str) -> Result<String, ServiceError> {
    let refuse = || invalid("Client context must be a valid Base64-encoded JSON object.");
    let bytes = STANDARD.decode(encoded).map_err(|_| refuse())?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| refuse())?;
    value.is_object().then(|| value.to_string()).ok_or_else(refuse)
}
