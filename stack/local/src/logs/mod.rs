//! CloudWatch Logs: groups, streams, events.

use std::path::Path;

use crate::error::LocalError;

pub(crate) mod api;

/// State of the service.
#[derive(Debug, Default)]
pub(crate) struct Logs {}

impl Logs {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(_data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self::default())
    }
}

/// What other services ask of CloudWatch Logs. Clients come through [`api`].
impl Logs {
    /// Appends lines to a stream; group and stream are made when they are missing. Times are milliseconds since 1970.
    pub(crate) fn append(&self, _group: &str, _stream: &str, _events: Vec<(i64, String)>) {}
}
