//! Bodies of requests and answers.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::http_types::{Response, respond};
use crate::wire::{Protocol, ServiceError};

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

/// A refusal as Lambda writes it. One for too many calls says which limit was hit.
pub(super) fn render_error(error: &ServiceError) -> Response {
    if error.code != "TooManyRequestsException" {
        return Protocol::RestJson.render_error(error);
    }
    let body = json!({
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": error.message,
    });
    let mut response = json_answer(error.status, &body);
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static("TooManyRequestsException"));
    response
}

pub(super) fn ok(value: &Value) -> Response {
    json_answer(StatusCode::OK, value)
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

/// The page of a list that follows `marker`: entries by key, at most `limit`, with the marker of the next page.
pub(super) fn page<T>(
    entries: impl IntoIterator<Item = (String, T)>,
    marker: Option<&str>,
    limit: usize,
    name: &str,
    shown: impl Fn(T) -> Value,
) -> Value {
    let mut rest =
        entries.into_iter().skip_while(|(key, _)| marker.is_some_and(|marker| key.as_str() != marker)).peekable();
    if marker.is_some() {
        rest.next();
    }
    let mut list = Vec::new();
    let mut previous = String::new();
    while let Some((key, entry)) = rest.next_if(|_| list.len() < limit) {
        list.push(shown(entry));
        previous = key;
    }
    let mut page = json!({ name: list });
    if rest.peek().is_some() {
        page["NextMarker"] = json!(previous);
    }
    page
}
