//! The wire formats of AWS, each written once: Query (form in, XML out), EC2's kind of it, JSON 1.0/1.1, REST-JSON, REST-XML,
//! smithy-rpc-v2-cbor.

mod call;
pub(crate) mod case;
mod cbor;
mod error;
mod json;
mod live_tags;
pub(crate) mod members;
mod percent;
pub(crate) mod properties;
mod query;
mod signature;
mod xml;

pub(crate) use call::{iso_milliseconds, moment, read_call, read_time, render_answer, spoken};
pub(crate) use error::{Protocol, ServiceError};
pub(crate) use json::{JsonCall, read_json, target_operation};
pub(crate) use live_tags::live_tags;
pub(crate) use percent::{form_decode, percent_decode, percent_encode};
pub(crate) use query::{Form, ec2_response, query_empty_response, query_response, read_form};
pub(crate) use signature::{authenticate, signed_region};
pub(crate) use xml::XmlWriter;

use bytes::Bytes;
use http_body_util::BodyExt as _;

use crate::http_types::Request;

/// Greatest body of a control-plane request in bytes (Lambda's direct zip upload is the largest: 50 MB and base64).
pub(crate) const CONTROL_BODY_LIMIT: usize = 70 * 1024 * 1024;

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn read_body(request: Request, limit: usize) -> Result<Bytes, ServiceError> {
    let mut body = request.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "a request body ended early");
            ServiceError::bad_request("IncompleteBody", "the request body ended early")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(ServiceError::new(
                http::StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                format!("the request body is larger than {limit} bytes"),
            ));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.into())
}
