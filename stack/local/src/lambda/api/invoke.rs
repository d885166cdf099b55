//! `Invoke`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use super::answers::{no_content, request_id};
use super::functions::version;
use crate::cloud::Cloud;
use crate::http_types::{Response, respond};
use crate::lambda::Reference;
use crate::lambda::function::invalid;
use crate::lambda::payload::{REQUEST_LIMIT, check_payload};
use crate::lambda::trace::Trace;
use crate::wire::ServiceError;

pub(super) async fn invoke(
    cloud: &Arc<Cloud>,
    reference: Reference,
    headers: &http::HeaderMap,
    body: Bytes,
) -> Result<Response, ServiceError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = header("x-amz-invocation-type").unwrap_or("RequestResponse");
    let trace = Trace::continue_from(header("x-amzn-trace-id"))?;
    let configuration = version(cloud, &reference)?;
    match kind {
        "DryRun" => return Ok(no_content()),
        "Event" => {
            let id = cloud.lambda.accept_event(cloud, &reference, body, trace)?;
            let mut response = respond(StatusCode::ACCEPTED, "application/json", Bytes::new());
            request_id(&mut response, &id);
            return Ok(response);
        }
        "RequestResponse" => {}
        other => {
            return Err(invalid(format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            )));
        }
    }
    let payload = check_payload(body, REQUEST_LIMIT, kind)?;
    let id = uuid::Uuid::new_v4().to_string();
    let (worker, request) = (Arc::clone(cloud), id.clone());
    // A task of its own: the function runs to its end even when the caller hangs up.
    let running =
        tokio::spawn(async move { worker.lambda.run(&worker, &configuration, payload, &request, &trace).await });
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
