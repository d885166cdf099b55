//! A service's refusal, and how each protocol writes it.

use http::StatusCode;

use super::xml::XmlWriter;
use crate::http_types::{Response, respond};

/// An error answer of a service: AWS's code, a message, the HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) status: StatusCode,
    /// AWS's code, for example `ValidationError`.
    pub(crate) code: String,
    pub(crate) message: String,
}

impl ServiceError {
    pub(crate) fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// Status 400.
    pub(crate) fn bad_request(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Status 404.
    pub(crate) fn not_found(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// Status 500.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", message)
    }

    /// The operation is not one that the local cloud serves.
    pub(crate) fn unknown_operation(service: &str, operation: &str) -> Self {
        Self::bad_request(
            "InvalidAction",
            format!("the local cloud does not serve the operation `{operation}` of {service}"),
        )
    }
}

/// The protocols that errors are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AWS Query: `CloudFormation`, IAM, RDS, SNS, STS.
    Query,
    /// EC2's kind of Query.
    Ec2,
    /// JSON 1.1 with `__type`: `CloudWatch` Logs and most services with an `x-amz-target`.
    Json,
    /// JSON 1.0: `DynamoDB`, SQS.
    Json10,
    /// REST-JSON: Lambda.
    RestJson,
    /// REST-XML as CloudFront writes it.
    RestXml,
    /// smithy-rpc-v2-cbor: CloudWatch.
    Cbor,
}

impl Protocol {
    /// A JSON answer with the content type of this protocol.
    pub(crate) fn json_response(self, status: StatusCode, value: &serde_json::Value) -> Response {
        let content_type = match self {
            Self::Json10 => "application/x-amz-json-1.0",
            Self::RestJson => "application/json",
            Self::Json | Self::Query | Self::Ec2 | Self::RestXml | Self::Cbor => "application/x-amz-json-1.1",
        };
        respond(status, content_type, value.to_string())
    }

    /// The outcome of an operation as this protocol writes it.
    pub(crate) fn json_answer(self, answered: Result<serde_json::Value, ServiceError>) -> Response {
        match answered {
            Ok(value) => self.json_response(StatusCode::OK, &value),
            Err(error) => self.render_error(&error),
        }
    }

    /// The error as this protocol writes it, with a fresh request id.
    pub(crate) fn render_error(self, error: &ServiceError) -> Response {
        let request_id = uuid::Uuid::new_v4().to_string();
        let json = matches!(self, Self::Json | Self::Json10 | Self::RestJson | Self::Cbor);
        // IAM's refusal is the one error that every service has, under two names.
        let code = if json && error.code == "AccessDenied" { "AccessDeniedException" } else { &error.code };
        let kind = if error.status.is_server_error() { "Receiver" } else { "Sender" };
        let mut response = match self {
            Self::Query | Self::RestXml => {
                let mut xml = XmlWriter::document();
                xml.element("ErrorResponse", |xml| {
                    xml.element("Error", |xml| {
                        xml.text("Type", kind);
                        xml.text("Code", code);
                        xml.text("Message", &error.message);
                    });
                    xml.text("RequestId", &request_id);
                });
                respond(error.status, "text/xml", xml.finish())
            }
            Self::Ec2 => {
                // EC2 has names of its own for what every service refuses.
                let code = match code {
                    "AccessDenied" => "UnauthorizedOperation",
                    "InvalidClientTokenId" | "SignatureDoesNotMatch" => "AuthFailure",
                    other => other,
                };
                let mut xml = XmlWriter::document();
                xml.element("Response", |xml| {
                    xml.element("Errors", |xml| {
                        xml.element("Error", |xml| {
                            xml.text("Code", code);
                            xml.text("Message", &error.message);
                        });
                    });
                    xml.text("RequestID", &request_id);
                });
                respond(error.status, "text/xml", xml.finish())
            }
            Self::Json | Self::Json10 => {
                self.json_response(error.status, &serde_json::json!({"__type": code, "message": error.message}))
            }
            Self::Cbor => {
                let body = super::cbor::encode(&serde_json::json!({"__type": code, "message": error.message}));
                let mut response = respond(error.status, "application/cbor", body);
                response.headers_mut().insert("smithy-protocol", http::HeaderValue::from_static("rpc-v2-cbor"));
                // Clients of services that spoke Query before want its codes.
                if let Ok(query_error) = http::HeaderValue::from_str(&format!("{};{kind}", error.code)) {
                    response.headers_mut().insert("x-amzn-query-error", query_error);
                }
                response
            }
            Self::RestJson => {
                let mut response = self.json_response(
                    error.status,
                    &serde_json::json!({"Type": if kind == "Sender" { "User" } else { "Service" }, "Message": error.message, "message": error.message}),
                );
                if let Ok(code) = http::HeaderValue::from_str(code) {
                    response.headers_mut().insert("x-amzn-errortype", code);
                }
                response
            }
        };
        if let Ok(request_id) = http::HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("x-amzn-requestid", request_id);
        }
        response
    }
}
