//! What the journal remembers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::blob::Segment;

/// Layout of a store directory that this program reads and writes.
pub(in crate::s3) const LAYOUT: &str = "s3-1";

/// A checksum that a client sent, or the one that S3 computes when none was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) struct Checksum {
    /// `CRC32`, `CRC32C`, `CRC64NVME`, `SHA1` or `SHA256`.
    pub(in crate::s3) algorithm: String,
    /// Base64, with `-<parts>` when it is composed of the parts' checksums.
    pub(in crate::s3) value: String,
    /// `FULL_OBJECT` or `COMPOSITE`.
    pub(in crate::s3) kind: String,
}

/// Headers and metadata that a client gives with an object and gets back with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) struct Headers {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) cache_control: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) content_disposition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) content_encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) content_language: Option<String>,
    /// HTTP date in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) expires: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) website_redirect: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) storage_class: Option<String>,
    /// `x-amz-meta-*`, names in lower case without the prefix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::s3) metadata: BTreeMap<String, String>,
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) struct Version {
    /// `null` in a bucket without versioning.
    pub(in crate::s3) id: String,
    /// Milliseconds since 1970.
    pub(in crate::s3) modified: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::s3) delete_marker: bool,
    /// Without quotes; empty for a delete marker.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(in crate::s3) etag: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::s3) segments: Vec<Segment>,
    /// Length of each part in bytes, for an object that was uploaded in parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::s3) parts: Vec<u64>,
    #[serde(default)]
    pub(in crate::s3) headers: Headers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) checksum: Option<Checksum>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::s3) tags: BTreeMap<String, String>,
}

impl Version {
    /// Length in bytes.
    pub(in crate::s3) fn size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }
}

/// A part of an upload that has not been completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) struct Part {
    /// Without quotes.
    pub(in crate::s3) etag: String,
    pub(in crate::s3) segments: Vec<Segment>,
    /// Milliseconds since 1970.
    pub(in crate::s3) modified: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) checksum: Option<Checksum>,
}

impl Part {
    /// Length in bytes.
    pub(in crate::s3) fn size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }
}

/// A multipart upload in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) struct Upload {
    pub(in crate::s3) key: String,
    /// Milliseconds since 1970.
    pub(in crate::s3) initiated: i64,
    pub(in crate::s3) headers: Headers,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::s3) tags: BTreeMap<String, String>,
    /// Checksum algorithm and type that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::s3) checksum: Option<(String, String)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::s3) parts: BTreeMap<i32, Part>,
}

/// The configurations of a bucket that are kept as the protocol has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::s3) enum Kind {
    Cors,
    Encryption,
    Lifecycle,
    Notification,
    Ownership,
    Policy,
    PublicAccessBlock,
    Tagging,
    Versioning,
    Website,
}

/// One change of the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(in crate::s3) enum Record {
    Layout {
        version: String,
    },
    BucketCreated {
        bucket: String,
        region: String,
        created: i64,
    },
    BucketDeleted {
        bucket: String,
    },
    Configured {
        bucket: String,
        kind: Kind,
        value: Option<Value>,
    },
    /// A new version, in place of the one with the same id. `upload` names the upload that it completes.
    Put {
        bucket: String,
        key: String,
        version: Version,
        #[serde(default)]
        upload: Option<String>,
    },
    VersionDeleted {
        bucket: String,
        key: String,
        id: String,
    },
    Tagged {
        bucket: String,
        key: String,
        id: String,
        tags: BTreeMap<String, String>,
    },
    UploadStarted {
        bucket: String,
        id: String,
        upload: Upload,
    },
    PartPut {
        bucket: String,
        upload: String,
        number: i32,
        part: Part,
    },
    UploadAborted {
        bucket: String,
        upload: String,
    },
}
