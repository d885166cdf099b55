//! Lambda: functions as child processes.

use std::path::Path;

use crate::error::LocalError;

pub(crate) mod api;

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

/// What other services ask of Lambda. Clients come through [`api`].
impl Lambda {
    /// Queues an asynchronous invocation (`function` is a name or an ARN). Returns once the payload is accepted.
    pub(crate) async fn invoke_event(
        &self,
        _cloud: &std::sync::Arc<crate::cloud::Cloud>,
        function: &str,
        _payload: bytes::Bytes,
    ) -> Result<(), crate::wire::ServiceError> {
        Err(crate::wire::ServiceError::not_found(
            "ResourceNotFoundException",
            format!("Function not found: {function}"),
        ))
    }

    /// Whether the function's resource policy lets a service principal (`s3.amazonaws.com`) invoke it for `source_arn`.
    pub(crate) fn allows_invoke(
        &self,
        _function: &str,
        _principal: &str,
        _source_arn: &str,
        _source_account: &str,
    ) -> bool {
        false
    }
}
