//! What goes into a function and what comes out.

use bytes::Bytes;
use serde_json::json;

use crate::wire::ServiceError;

/// Greatest payload in bytes of a synchronous invocation.
pub(super) const REQUEST_LIMIT: usize = 6_291_456;

/// Greatest payload in bytes of an asynchronous invocation.
pub(super) const EVENT_LIMIT: usize = 1_048_576;

/// Greatest answer in bytes.
pub(super) const RESPONSE_LIMIT: usize = 6_291_556;

/// A function that failed: what it answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionError {
    /// `errorType`, for example `Runtime.ExitError`.
    pub(crate) kind: String,
    /// JSON with `errorType` and `errorMessage`.
    pub(crate) payload: Bytes,
}

impl FunctionError {
    /// An error of the platform.
    pub(super) fn new(kind: &str, message: impl Into<String>) -> Self {
        let payload = json!({"errorType": kind, "errorMessage": message.into()}).to_string();
        Self { kind: kind.to_owned(), payload: payload.into() }
    }
}

/// How an invocation ended.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) request_id: String,
    pub(crate) result: Result<Bytes, FunctionError>,
    /// The last 4 KB of what was logged for this invocation.
    pub(crate) log_tail: Vec<u8>,
    /// `$LATEST` or a number.
    pub(crate) version: String,
}

/// Refuses a payload that is too large or no JSON. An empty one becomes `{}`.
pub(super) fn check_payload(payload: Bytes, limit: usize, kind: &str) -> Result<Bytes, ServiceError> {
    if payload.len() > limit {
        return Err(ServiceError::new(
            http::StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLargeException",
            format!("{} byte payload is too large for the {kind} invocation type (limit {limit} bytes)", payload.len()),
        ));
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&payload).map_err(|error| {
        ServiceError::bad_request(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        )
    })?;
    Ok(payload)
}
