//! Why a change did not take place.

use http_events::Problem;
use media::MediaError;
use thiserror::Error;

/// How long a client should wait before it tries again, in seconds.
const RETRY_AFTER: &str = "5";

/// A change that did not take place.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// The bytes are no image that is kept. The failure is recorded; what the name meant before it still means.
    #[error(transparent)]
    Refused(#[from] MediaError),
    /// Somebody else changes the name, or deletes the object, and is not done yet.
    #[error("{what} is being changed by another request; try again")]
    Busy {
        /// `name` or `image`, and which.
        what: String,
    },
    /// This change took so long that another one took over.
    #[error("the change of `{name}` took too long, and another one took over; try again")]
    Overtaken {
        /// Name of the image.
        name: String,
    },
    /// S3 or DynamoDB refused or did not answer.
    #[error("{operation} failed: {reason}")]
    StorageFailed {
        /// Operation of the service.
        operation: &'static str,
        /// Error code, message and request id, as far as the service told.
        reason: String,
    },
}

impl LibraryError {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::Busy { .. } => "busy",
            Self::Overtaken { .. } => "overtaken",
            Self::StorageFailed { .. } => "storage-failed",
        }
    }

    /// True when the same change may go well another time.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

impl From<LibraryError> for Problem {
    fn from(error: LibraryError) -> Self {
        let status = if error.may_pass() { 503 } else { 400 };
        let problem = Self::new(status, error.code(), error.to_string());
        if error.may_pass() { problem.with_header("retry-after", RETRY_AFTER) } else { problem }
    }
}
