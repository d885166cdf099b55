//! Health and the console page.

use std::sync::Arc;

use http::Method;

use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::wire::{Protocol, ServiceError};

mod health;

/// Answers one request.
pub(crate) async fn handle(_cloud: &Arc<Cloud>, request: Request) -> Response {
    if request.method() == Method::GET && request.uri().path() == "/_stack/health" {
        return health::health();
    }
    Protocol::Query.render_error(&ServiceError::unknown_operation("console", request.uri().path()))
}
