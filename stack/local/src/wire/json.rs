//! JSON bodies.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{CONTROL_BODY_LIMIT, ServiceError, read_body, signed_region};
use crate::cloud::Cloud;
use crate::http_types::Request;
use crate::iam::Principal;

/// A request to a service that speaks JSON.
#[derive(Debug)]
pub(crate) struct JsonCall<T = Value> {
    /// Who asks.
    pub(crate) caller: Principal,
    /// The region that the request is signed for.
    pub(crate) region: String,
    /// What is asked.
    pub(crate) operation: String,
    /// The body.
    pub(crate) input: T,
}

impl<T: DeserializeOwned> JsonCall<T> {
    /// Reads a request, its operation from `x-amz-target`.
    pub(crate) async fn read(cloud: &Cloud, request: Request) -> Result<Self, ServiceError> {
        let caller = Principal::of(&request);
        let region = signed_region(&request).unwrap_or_else(|| cloud.region.clone());
        let operation = target_operation(&request);
        Ok(Self { caller, region, operation, input: read_json(request).await? })
    }
}

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
