//! JSON bodies.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{CONTROL_BODY_LIMIT, ServiceError, read_body};
use crate::http_types::{Request, Response, respond};

/// Reads a JSON body into `T`. An empty body reads as `{}`.
pub(crate) async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, ServiceError> {
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let text: &[u8] = if body.is_empty() { b"{}" } else { &body };
    serde_json::from_slice(text).map_err(|error| ServiceError::bad_request("SerializationException", error.to_string()))
}

/// A JSON answer.
pub(crate) fn json_response(status: StatusCode, value: &Value) -> Response {
    respond(status, "application/x-amz-json-1.1", value.to_string())
}
