//! Files in the bucket.

use aws_sdk_s3::primitives::ByteStream;
use futures::future::try_join_all;

use crate::LibraryError;
use crate::library::{Library, failed};
use crate::picture::File;

/// A key names its bytes, so what it says never changes.
const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

impl Library {
    /// Stores files, all at once.
    pub(crate) async fn store(&self, files: Vec<File>) -> Result<(), LibraryError> {
        let puts = files.into_iter().map(|file| async move {
            let put = self
                .s3
                .put_object()
                .bucket(&self.settings.bucket)
                .key(file.key)
                .content_type(file.content_type)
                .cache_control(CACHE_CONTROL)
                .body(ByteStream::from(file.bytes));
            put.send().await.map_err(|error| failed("PutObject", &error))
        });
        try_join_all(puts).await.map(|_| ())
    }

    /// Deletes files, all at once. One that is not there is no failure.
    pub(crate) async fn discard(&self, keys: &[String]) -> Result<(), LibraryError> {
        let deletes = keys.iter().map(|key| async move {
            let delete = self.s3.delete_object().bucket(&self.settings.bucket).key(key);
            delete.send().await.map_err(|error| failed("DeleteObject", &error))
        });
        try_join_all(deletes).await.map(|_| ())
    }
}
