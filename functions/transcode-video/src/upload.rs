//! What is transcoded.

use responses::Upload;
use ring::digest::{SHA256, digest};
use s3_events::ObjectEvent;

/// Endings of keys that are videos, in lower case.
const EXTENSIONS: [&str; 4] = ["webm", "mp4", "mov", "m4v"];

/// Hexadecimal digits of a token.
const TOKEN_LENGTH: usize = 40;

/// A video in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// `s3://bucket/key`.
    pub address: String,
    /// Folders of the key with a slash behind them; empty at the top.
    pub folder: String,
    /// Which upload it is.
    pub upload: Upload,
}

impl Video {
    /// The video of a record; `None` when its key does not end as a video's.
    #[must_use]
    pub fn read(record: &ObjectEvent) -> Option<Self> {
        let key = &record.key;
        let (_, name) = key.rsplit_once('/').unwrap_or(("", key));
        let (stem, extension) = name.rsplit_once('.')?;
        let is_video = EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known));
        if stem.is_empty() || !is_video {
            return None;
        }
        let folder = key.strip_suffix(name).unwrap_or_default().to_owned();
        let sequencer = record.sequencer.as_ref().map(|sequencer| sequencer.sort_key().to_owned()).unwrap_or_default();
        // An object without an entity tag is told apart by when it came.
        let state = record.etag.as_deref().unwrap_or(&sequencer);
        let identity = format!("{}\0{key}\0{state}", record.bucket);
        let mut token = hex::encode(digest(&SHA256, identity.as_bytes()));
        token.truncate(TOKEN_LENGTH);
        Some(Self { address: format!("s3://{}/{key}", record.bucket), folder, upload: Upload { token, sequencer } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, etag: &str) -> ObjectEvent {
        ObjectEvent {
            bucket: "videos".into(),
            key: key.into(),
            size: Some(5),
            etag: Some(etag.into()),
            version: None,
            sequencer: None,
            time: None,
        }
    }

    #[test]
    fn videos_are_known_by_their_endings() {
        for key in ["a.webm", "a/b.MP4", "a/b/c.Mov", "a b.c.m4V"] {
            assert!(Video::read(&record(key, "e")).is_some(), "{key}");
        }
        for key in ["a", "webm", "a.webm.txt", "a.jpg", "a.webm/", ".webm", "a/.mp4", "a.mp4/b", "mp4/a"] {
            assert_eq!(Video::read(&record(key, "e")), None, "{key}");
        }
    }

    #[test]
    fn an_upload_is_told_by_key_and_entity_tag() {
        let video = |key, etag| Video::read(&record(key, etag)).unwrap();
        let one = video("alba/3/x.webm", "e1");
        assert_eq!((one.folder.as_str(), one.address.as_str()), ("alba/3/", "s3://videos/alba/3/x.webm"));
        assert_eq!(video("x.webm", "e1").folder, "");
        assert_eq!(one.upload.token.len(), TOKEN_LENGTH);
        assert_eq!(one, video("alba/3/x.webm", "e1"));
        assert_ne!(one.upload, video("alba/3/x.webm", "e2").upload);
        assert_ne!(one.upload, video("alba/4/x.webm", "e1").upload);
    }
}
