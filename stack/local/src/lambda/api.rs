//! The wire format of Lambda.

use std::sync::Arc;

use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::wire::{Protocol, ServiceError};

/// Answers one request.
pub(crate) async fn handle(_cloud: &Arc<Cloud>, request: Request) -> Response {
    Protocol::RestJson.render_error(&ServiceError::unknown_operation("Lambda", request.uri().path()))
}
