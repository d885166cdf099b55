//! Why an object was not read or written.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use clients::failure_text;
use thiserror::Error;

/// Why an object was not read or written. Another attempt may go well.
#[derive(Debug, Error)]
pub enum StorageError {
    /// S3 refused or did not answer.
    #[error("{operation} failed: {reason}")]
    Failed {
        /// Operation of S3.
        operation: &'static str,
        /// Error code, message and request id, as far as S3 told.
        reason: String,
    },
    /// Others wrote the same object again and again.
    #[error("`{key}` was written by others {rounds} times while it was made anew")]
    Contended {
        /// Key of the object.
        key: String,
        /// How often it was tried.
        rounds: usize,
    },
}

impl StorageError {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "storage-failed",
            Self::Contended { .. } => "contended",
        }
    }

    /// The failure of a call, in the words of S3.
    pub(crate) fn of<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self::Failed { operation, reason: failure_text(error) }
    }
}

/// Whether there is no such object, version or entity tag any more.
pub(crate) fn is_gone<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(code(error), Some("NoSuchKey" | "NoSuchVersion"))
}

/// Whether something else stands there, or is being written at the same moment.
pub(crate) fn is_overtaken<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(code(error), Some("PreconditionFailed" | "ConditionalRequestConflict"))
        || error.raw_response().is_some_and(|response| response.status().as_u16() == 412)
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}
