//! S3: buckets and objects.
//!
//! The library `s3s` reads requests and checks signatures; [`operations`] says what each operation does to the [`store`].

use std::path::Path;
use std::sync::Arc;

use time::OffsetDateTime;
use time::macros::format_description;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::wire::ServiceError;

mod access;
mod actions;
pub(crate) mod api;
mod body;
mod cors;
mod errors;
mod host;
mod key_encoding;
mod lifecycle;
mod listing;
mod notification;
mod operations;
mod policy;
pub(crate) mod resources;
mod store;
pub(crate) mod website;

pub(crate) use api::RequestOf;
pub(crate) use host::bucket_of_host;

use store::Store;

/// Greatest object in bytes that another service can ask for at once.
const WHOLE_OBJECT_LIMIT: u64 = 300 * 1024 * 1024;

/// State of the service.
#[derive(Debug)]
pub(crate) struct S3 {
    store: Store,
    sweeper: lifecycle::Sweeper,
}

impl S3 {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        let store = match data_directory {
            Some(directory) => Store::in_directory(directory)?,
            None => Store::in_memory(),
        };
        Ok(Self { store, sweeper: lifecycle::Sweeper::default() })
    }

    /// Goes on with lifecycle rules that were kept.
    pub(crate) fn resume(&self, cloud: &Arc<Cloud>) {
        self.sweeper.start(cloud);
    }
}

/// An object in full.
#[derive(Debug, Clone)]
pub(crate) struct StoredObject {
    pub(crate) bytes: bytes::Bytes,
    pub(crate) content_type: Option<String>,
}

/// A line of a bucket's listing, for the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectView {
    pub(crate) key: String,
    /// In bytes.
    pub(crate) size: u64,
    /// With its quotes.
    pub(crate) etag: String,
    pub(crate) content_type: Option<String>,
    pub(crate) last_modified: OffsetDateTime,
}

/// What other services ask of S3. Clients come through [`api`].
impl S3 {
    /// An object, or `None` when the bucket or the key does not exist.
    ///
    /// # Errors
    /// When the object is larger than 300 MiB, or cannot be read.
    pub(crate) async fn object(&self, bucket: &str, key: &str) -> Result<Option<StoredObject>, ServiceError> {
        let found = self.store.read(|state| {
            let version = state.buckets.get(bucket)?.current(key)?;
            Some((version.clone(), state.blobs.content(&version.segments)?))
        });
        let Some((version, content)) = found else { return Ok(None) };
        let bytes =
            content.collect(WHOLE_OBJECT_LIMIT).await.map_err(|error| ServiceError::internal(error.to_string()))?;
        Ok(Some(StoredObject { bytes, content_type: version.headers.content_type }))
    }

    /// The names of all buckets.
    pub(crate) fn list_bucket_names(&self) -> Vec<String> {
        self.store.read(|state| state.buckets.keys().cloned().collect())
    }

    /// The first `limit` objects whose keys begin with `prefix`; `None` when the bucket does not exist.
    pub(crate) fn list_objects_view(&self, bucket: &str, prefix: &str, limit: usize) -> Option<Vec<ObjectView>> {
        let query = listing::Query { prefix: prefix.to_owned(), limit, ..listing::Query::default() };
        self.store.read(|state| {
            let objects = &state.buckets.get(bucket)?.objects;
            let page = listing::page(objects, &query, |versions| versions.last().is_some_and(|one| !one.delete_marker));
            Some(
                page.entries
                    .iter()
                    .filter_map(|entry| match entry {
                        listing::Entry::Key(key, versions) => Some((key, versions.last()?)),
                        listing::Entry::CommonPrefix(_) => None,
                    })
                    .map(|(key, version)| ObjectView {
                        key: (*key).to_owned(),
                        size: version.size(),
                        etag: format!("\"{}\"", version.etag),
                        content_type: version.headers.content_type.clone(),
                        last_modified: time_of(version.modified),
                    })
                    .collect(),
            )
        })
    }

    /// Stores an object as `PutObject` does, notifications included.
    pub(crate) async fn put_object(
        &self,
        cloud: &Arc<Cloud>,
        bucket: &str,
        key: &str,
        content_type: Option<&str>,
        bytes: bytes::Bytes,
    ) -> Result<(), ServiceError> {
        operations::put_bytes(cloud, bucket, key, content_type, bytes).await.map_err(|error| service_error(&error))
    }
}

/// A refusal of S3 as other services have it.
fn service_error(error: &s3s::S3Error) -> ServiceError {
    let status = error.status_code().unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    ServiceError::new(status, error.code().as_str(), error.message().unwrap_or_default())
}

/// Milliseconds since 1970 as a time.
fn time_of(milliseconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Milliseconds since 1970 as HTTP writes a date.
fn http_date(milliseconds: i64) -> Option<String> {
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    time_of(milliseconds).format(format).ok()
}
