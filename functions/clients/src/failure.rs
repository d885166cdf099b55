//! Failures of SDK calls, for logs and errors.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A failure in the service's words: code, HTTP status, request id, message; or why there was no answer. Neither
/// signatures nor headers are among them.
#[must_use]
pub fn failure_text<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error.as_service_error() {
        Some(service) => {
            let code = service.code().unwrap_or("unknown error");
            let status = error.raw_response().map_or(0, |response| response.status().as_u16());
            let id = service.meta().extra("aws_request_id").unwrap_or("unknown");
            format!("{code} (HTTP {status}, request {id}): {}", service.message().unwrap_or("no message"))
        }
        None => DisplayErrorContext(error).to_string(),
    }
}
