//! The files of SQL, as the deployment put them into the bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use clients::failure_text;
use thiserror::Error;

use crate::Settings;

/// Most files that are read.
const MOST_FILES: usize = 2000;

/// Largest file, in bytes.
const LARGEST_FILE: i64 = 1 << 20;

/// Why the files could not be read.
#[derive(Debug, Error)]
pub enum FilesError {
    /// S3 refused or did not answer.
    #[error("{operation} failed: {reason}")]
    StorageFailed {
        /// Operation of S3.
        operation: &'static str,
        /// In the words of S3.
        reason: String,
    },
    /// More, or larger, than migrations are.
    #[error("`{bucket}` holds what cannot be migrations: {reason}")]
    TooLarge {
        /// Bucket of the files.
        bucket: String,
        /// What is too large.
        reason: String,
    },
    /// There is none.
    #[error(
        "there are no files like 0001_name.up.sql in `{bucket}` below `{prefix}`: deploy the project, which puts them there"
    )]
    NoFiles {
        /// Bucket that was looked into.
        bucket: String,
        /// What the keys would start with.
        prefix: String,
    },
}

impl FilesError {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::StorageFailed { .. } => "storage-failed",
            Self::TooLarge { .. } => "migration-files-too-large",
            Self::NoFiles { .. } => "no-migration-files",
        }
    }
}

/// Name and content of every `.sql` file directly below the prefix.
pub(crate) async fn read(s3: &Client, settings: &Settings) -> Result<Vec<(String, Vec<u8>)>, FilesError> {
    let Settings { bucket, prefix } = settings;
    let too_large = |reason: String| FilesError::TooLarge { bucket: bucket.clone(), reason };
    let mut names = Vec::new();
    let listing = s3.list_objects_v2().bucket(bucket).prefix(prefix).delimiter("/");
    let mut pages = listing.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failed("ListObjectsV2", &error))?;
        for object in page.contents() {
            let name = object.key().unwrap_or_default().strip_prefix(prefix).unwrap_or_default();
            if std::path::Path::new(name).extension().is_none_or(|end| end != "sql") {
                continue;
            }
            if object.size().unwrap_or_default() > LARGEST_FILE {
                return Err(too_large(format!("`{name}` has more than {LARGEST_FILE} bytes")));
            }
            names.push(name.to_owned());
        }
        if names.len() > MOST_FILES {
            return Err(too_large(format!("there are more than {MOST_FILES} files")));
        }
    }
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        let get = s3.get_object().bucket(bucket).key(format!("{prefix}{name}")).send().await;
        let body = get.map_err(|error| failed("GetObject", &error))?.body.collect().await;
        let body = body.map_err(|error| FilesError::StorageFailed {
            operation: "GetObject",
            reason: DisplayErrorContext(&error).to_string(),
        })?;
        files.push((name, body.to_vec()));
    }
    Ok(files)
}

fn failed<E>(operation: &'static str, error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> FilesError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    FilesError::StorageFailed { operation, reason: failure_text(error) }
}
