//! The wire format of SNS.

use std::sync::Arc;

use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::wire::{Protocol, ServiceError};

/// Answers one request.
pub(crate) async fn handle(_cloud: &Arc<Cloud>, request: Request) -> Response {
    Protocol::Query.render_error(&ServiceError::unknown_operation("SNS", request.uri().path()))
}

/// Whether a request needs no signature: the links in messages, and the certificate that messages are checked with.
pub(crate) fn is_public(request: &Request) -> bool {
    let uri = request.uri();
    let link = |pair: &str| matches!(pair, "Action=ConfirmSubscription" | "Action=Unsubscribe");
    uri.path().starts_with("/_stack/sns/")
        || (request.method() == http::Method::GET
            && uri.path() == "/"
            && !request.headers().contains_key(http::header::AUTHORIZATION)
            && uri.query().is_some_and(|query| query.split('&').any(link)))
}
