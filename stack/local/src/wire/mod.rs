//! The wire formats of AWS, each written once: Query (form in, XML out), JSON 1.0/1.1, REST-JSON, REST-XML.

mod error;
mod json;
mod query;
mod xml;

pub(crate) use error::{Protocol, ServiceError};
pub(crate) use json::{json_response, read_json};
pub(crate) use query::{Form, query_response, read_form};
pub(crate) use xml::XmlWriter;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};

use crate::http_types::Request;

/// Greatest body of a control-plane request in bytes (Lambda's direct zip upload is the largest: 50 MB and base64).
pub(crate) const CONTROL_BODY_LIMIT: usize = 70 * 1024 * 1024;

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn read_body(request: Request, limit: usize) -> Result<Bytes, ServiceError> {
    Limited::new(request.into_body(), limit).collect().await.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.downcast_ref::<http_body_util::LengthLimitError>().is_some() {
            ServiceError::new(
                http::StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                format!("the request body is larger than {limit} bytes"),
            )
        } else {
            ServiceError::bad_request("IncompleteBody", "the request body ended early")
        }
    })
}
