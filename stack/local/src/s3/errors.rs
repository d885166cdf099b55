//! The refusals of S3, with the words of AWS.

use s3s::{S3Error, S3ErrorCode};

use super::store::StoreError;

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the S3 store failed");
        let message = match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Self::with_message(S3ErrorCode::InternalError, message)
    }
}

/// An error of a code that the protocol library does not list.
pub(in crate::s3) fn custom(status: http::StatusCode, code: &'static str, message: impl Into<String>) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message.into());
    error.set_status_code(status);
    error
}

pub(in crate::s3) fn no_such_bucket() -> S3Error {
    S3Error::with_message(S3ErrorCode::NoSuchBucket, "The specified bucket does not exist")
}

pub(in crate::s3) fn no_such_key() -> S3Error {
    S3Error::with_message(S3ErrorCode::NoSuchKey, "The specified key does not exist.")
}

pub(in crate::s3) fn no_such_version() -> S3Error {
    S3Error::with_message(S3ErrorCode::NoSuchVersion, "The specified version does not exist.")
}

pub(in crate::s3) fn no_such_upload() -> S3Error {
    S3Error::with_message(
        S3ErrorCode::NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    )
}

pub(in crate::s3) fn precondition_failed() -> S3Error {
    S3Error::with_message(
        S3ErrorCode::PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold",
    )
}

pub(in crate::s3) fn invalid_argument(message: impl Into<String>) -> S3Error {
    S3Error::with_message(S3ErrorCode::InvalidArgument, message.into())
}

pub(in crate::s3) fn invalid_request(message: impl Into<String>) -> S3Error {
    S3Error::with_message(S3ErrorCode::InvalidRequest, message.into())
}

pub(in crate::s3) fn invalid_tag(message: impl Into<String>) -> S3Error {
    custom(http::StatusCode::BAD_REQUEST, "InvalidTag", message)
}

/// What was asked for is a part of S3 that the local cloud does not serve.
pub(in crate::s3) fn not_served(what: &str) -> S3Error {
    S3Error::with_message(S3ErrorCode::NotImplemented, format!("the local cloud does not serve {what}"))
}
