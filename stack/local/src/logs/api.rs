//! The wire format of CloudWatch Logs.

use std::sync::Arc;

use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::wire::{Protocol, ServiceError};

/// Answers one request.
pub(crate) async fn handle(_cloud: &Arc<Cloud>, request: Request) -> Response {
    Protocol::Json.render_error(&ServiceError::unknown_operation("CloudWatch Logs", request.uri().path()))
}
