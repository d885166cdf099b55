//! CloudFormation: stacks, change sets, events.

use std::path::Path;

use crate::error::LocalError;

pub(crate) mod api;
pub(crate) mod provider;

/// State of the service.
#[derive(Debug, Default)]
pub(crate) struct CloudFormation {}

impl CloudFormation {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(_data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self::default())
    }
}
