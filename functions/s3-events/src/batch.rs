//! How an invocation fails whose records are done one by one.

use lambda_runtime::Diagnostic;
use thiserror::Error;

use crate::EventError;

/// An invocation that failed as a whole. What could be done is done, and doing it again must change nothing.
#[derive(Debug, Error)]
pub enum HandlerError<E: std::error::Error + 'static> {
    /// The payload is no event that the function serves.
    #[error(transparent)]
    UnsupportedEvent(#[from] EventError),
    /// Some records failed for a reason that may pass; the others are done.
    #[error("{failed} of {records} records failed and may succeed when tried again; the first: {first}")]
    Retry {
        /// Records that failed.
        failed: usize,
        /// Records of the event.
        records: usize,
        /// The first failure.
        #[source]
        first: E,
    },
}

impl<E: std::error::Error + 'static> HandlerError<E> {
    /// Fails when a record failed.
    ///
    /// # Errors
    ///
    /// [`Self::Retry`] with the first of the failures.
    pub fn of(failures: Vec<E>, records: usize) -> Result<(), Self> {
        let failed = failures.len();
        match failures.into_iter().next() {
            Some(first) => Err(Self::Retry { failed, records, first }),
            None => Ok(()),
        }
    }
}

impl<E: std::error::Error + 'static> From<HandlerError<E>> for Diagnostic {
    fn from(error: HandlerError<E>) -> Self {
        let error_type = match &error {
            HandlerError::UnsupportedEvent(_) => "unsupported-event",
            HandlerError::Retry { .. } => "retry",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}
