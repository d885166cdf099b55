//! The wire format of S3.

use std::sync::Arc;

use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::wire::{Protocol, ServiceError};

/// Answers one request.
pub(crate) async fn handle(_cloud: &Arc<Cloud>, request: Request) -> Response {
    Protocol::RestXml.render_error(&ServiceError::unknown_operation("S3", request.uri().path()))
}
