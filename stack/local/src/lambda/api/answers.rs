//! Bodies of requests and answers.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::http_types::{Response, respond};
use crate::lambda::function::invalid;
use crate::wire::ServiceError;

pub(super) fn parse(body: &[u8]) -> Result<Value, ServiceError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        ServiceError::bad_request(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        )
    })?;
    if value.is_object() {
        return Ok(value);
    }
    Err(ServiceError::bad_request("InvalidRequestContentException", "the request body must be a JSON object"))
}

pub(super) fn missing(field: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
    ))
}

pub(super) fn json_answer(status: StatusCode, value: &Value) -> Response {
    let mut response = respond(status, "application/json", value.to_string());
    request_id(&mut response, &uuid::Uuid::new_v4().to_string());
    response
}

pub(super) fn no_content() -> Response {
    let mut response = respond(StatusCode::NO_CONTENT, "application/json", Bytes::new());
    request_id(&mut response, &uuid::Uuid::new_v4().to_string());
    response
}

pub(super) fn request_id(response: &mut Response, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
}
