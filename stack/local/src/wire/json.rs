//! JSON bodies.

use serde::de::DeserializeOwned;

use super::{CONTROL_BODY_LIMIT, ServiceError, read_body};
use crate::http_types::Request;

/// Reads a JSON body into `T`. An empty body reads as `{}`.
pub(crate) async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, ServiceError> {
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let text: &[u8] = if body.is_empty() { b"{}" } else { &body };
    serde_json::from_slice(text).map_err(|error| ServiceError::bad_request("SerializationException", error.to_string()))
}

/// The operation that `x-amz-target` names: what follows its last dot.
pub(crate) fn target_operation(request: &Request) -> String {
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}
