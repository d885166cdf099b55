//! S3: buckets and objects.

use std::path::Path;

use crate::error::LocalError;

pub(crate) mod api;

/// State of the service.
#[derive(Debug, Default)]
pub(crate) struct S3 {}

impl S3 {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(_data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self::default())
    }
}

/// An object in full.
#[derive(Debug, Clone)]
pub(crate) struct StoredObject {
    pub(crate) key: String,
    pub(crate) bytes: bytes::Bytes,
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    /// With its quotes.
    pub(crate) etag: String,
    pub(crate) last_modified: time::OffsetDateTime,
}

/// What other services ask of S3. Clients come through [`api`].
impl S3 {
    /// An object, or `None` when the bucket or the key does not exist.
    pub(crate) async fn object(
        &self,
        _bucket: &str,
        _key: &str,
    ) -> Result<Option<StoredObject>, crate::wire::ServiceError> {
        Ok(None)
    }
}
