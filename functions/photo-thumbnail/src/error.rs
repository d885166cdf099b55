//! Why a record gave no thumbnail.

use database::DatabaseError;
use media::MediaError;
use objects::{LARGEST_OBJECT, LONGEST_KEY, StorageError};
use thiserror::Error;

/// An object that no thumbnail can be made of, however often it is tried.
#[derive(Debug, Error)]
pub enum Unprocessable {
    /// It is no picture that can be rendered.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// It is larger than a photo may be.
    #[error("the object has {size} bytes, and at most {} are read", LARGEST_OBJECT)]
    ObjectTooLarge {
        /// Its size in bytes; at least so many, where S3 does not tell.
        size: usize,
    },
    /// The thumbnail's key would be longer than S3 allows.
    #[error("the thumbnail's key would have {length} bytes, and S3 stores at most {}", LONGEST_KEY)]
    KeyTooLong {
        /// Its length in bytes.
        length: usize,
    },
}

impl Unprocessable {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Media(error) => error.code(),
            Self::ObjectTooLarge { .. } => "object-too-large",
            Self::KeyTooLong { .. } => "key-too-long",
        }
    }
}

/// What may go well another time.
#[derive(Debug, Error)]
pub enum Trouble {
    /// S3 refused or did not answer, or others wrote the same object again and again.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The catalog could not be written or read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Trouble {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Storage(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }
}

/// An invocation that failed as a whole.
pub type HandlerError = s3_events::HandlerError<Trouble>;
