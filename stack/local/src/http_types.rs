//! The HTTP types that every service speaks.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};

/// Any error below a body.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body of a request or a response: bytes at hand or a stream.
pub(crate) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// A request. Bodies of S3 requests stream; those of the other services were read to check the signature.
pub(crate) type Request = http::Request<Body>;

/// A response.
pub(crate) type Response = http::Response<Body>;

/// Where a request came from; the server puts it into the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) std::net::IpAddr);

/// A body of bytes that are at hand.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A response of a status, a content type and bytes. A header value that HTTP does not allow is left out.
pub(crate) fn respond(status: http::StatusCode, content_type: &'static str, bytes: impl Into<Bytes>) -> Response {
    let mut response = http::Response::new(full(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}
