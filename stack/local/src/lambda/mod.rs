//! Lambda: functions as child processes.

use std::path::Path;

use crate::error::LocalError;

pub(crate) mod api;
pub(crate) mod runtime_api;

/// State of the service.
#[derive(Debug, Default)]
pub(crate) struct Lambda {}

impl Lambda {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(_data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self::default())
    }
}

impl Lambda {
    /// Ends every running function.
    #[expect(clippy::unused_async, reason = "the shape of the stop; filled by the runtime")]
    pub(crate) async fn stop(&self) {}
}
