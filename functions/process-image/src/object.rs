//! One object in, one object out.

use media::MediaError;
use objects::{LARGEST_OBJECT, LONGEST_KEY, StorageError};
use thiserror::Error;

use crate::Settings;

/// Why no picture was made of an object.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// The object is no picture that can be rendered.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// There is no object any more.
    #[error("the object does not exist (any more)")]
    MissingObject,
    /// The object is larger than an upload may be.
    #[error("the object has {size} bytes, and at most {LARGEST_OBJECT} are read")]
    ObjectTooLarge {
        /// Its size in bytes; at least so many, where S3 does not tell.
        size: usize,
    },
    /// The key has no last segment to name the picture after.
    #[error("the key names a folder")]
    KeyNamesAFolder,
    /// The picture's key would be longer than S3 allows.
    #[error("the picture's key would have {length} bytes, and S3 stores at most {LONGEST_KEY}")]
    KeyTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The source is where pictures are written, so that each picture would call the function again.
    #[error("the object lies where the pictures are written (bucket `{bucket}`, prefix `{prefix}`)")]
    RecursiveEvent {
        /// Bucket of both.
        bucket: String,
        /// Prefix of the pictures.
        prefix: String,
    },
    /// S3 refused or did not answer, or others wrote the same picture again and again.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ObjectError {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Media(error) => error.code(),
            Self::MissingObject => "missing-object",
            Self::ObjectTooLarge { .. } => "object-too-large",
            Self::KeyNamesAFolder => "key-names-a-folder",
            Self::KeyTooLong { .. } => "key-too-long",
            Self::RecursiveEvent { .. } => "recursive-event",
            Self::Storage(error) => error.code(),
        }
    }

    /// True when the same record may go well another time.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Storage(_))
    }
}

/// Where the picture of an object goes: prefix, last segment of the key without its extension, `.jpg`.
///
/// Two uploads whose keys differ in folder or extension only share a picture: that of the greater sequencer stays.
pub(crate) fn destination_key(settings: &Settings, bucket: &str, key: &str) -> Result<String, ObjectError> {
    let prefix = &settings.destination_prefix;
    if bucket == settings.destination_bucket && key.starts_with(prefix.as_str()) {
        return Err(ObjectError::RecursiveEvent { bucket: bucket.into(), prefix: prefix.clone() });
    }
    let name = key.rsplit('/').next().unwrap_or_default();
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    if stem.is_empty() {
        return Err(ObjectError::KeyNamesAFolder);
    }
    let destination = format!("{prefix}{stem}.jpg");
    if destination.len() > LONGEST_KEY {
        return Err(ObjectError::KeyTooLong { length: destination.len() });
    }
    Ok(destination)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wiring::Environment;

    fn settings(prefix: &str) -> Settings {
        let variable = |name: &str| match name {
            "DEST_BUCKET" => Some("assets".to_owned()),
            "DEST_PREFIX" => Some(prefix.to_owned()),
            _ => None,
        };
        Settings::read(&mut Environment::new(&variable))
    }

    #[test]
    fn pictures_are_named_after_the_last_segment() {
        let settings = settings("avatars/");
        for (key, destination) in [
            ("alice.png", "avatars/alice.jpg"),
            ("in/deep/a b+c.tar.gz", "avatars/a b+c.tar.jpg"),
            ("no-extension", "avatars/no-extension.jpg"),
            (".hidden", "avatars/.hidden.jpg"),
            ("../..", "avatars/..jpg"),
            ("\u{1f4f7}.jpeg", "avatars/\u{1f4f7}.jpg"),
        ] {
            assert_eq!(destination_key(&settings, "uploads", key).unwrap(), destination, "{key}");
        }
    }

    #[test]
    fn keys_that_lead_nowhere_are_refused() {
        let code = |prefix, bucket, key: &str| destination_key(&settings(prefix), bucket, key).unwrap_err().code();
        assert_eq!(code("avatars/", "uploads", "folder/"), "key-names-a-folder");
        assert_eq!(code("avatars/", "uploads", &"x".repeat(1024)), "key-too-long");
        assert_eq!(code("avatars/", "assets", "avatars/a.jpg"), "recursive-event");
        assert!(destination_key(&settings("avatars/"), "assets", "uploads/a.jpg").is_ok());
    }
}
