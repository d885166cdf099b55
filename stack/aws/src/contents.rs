//! Bucket contents: files of the project become objects, after the stack has its buckets.

use serde::Serialize;

/// What happened to the objects of a deployment's buckets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ContentsChanges {
    /// Objects written because they were missing or different.
    pub uploaded: u64,
    /// Objects left alone because they were the same.
    pub unchanged: u64,
    /// Objects deleted because their file is gone.
    pub deleted: u64,
}
