//! The record of a file that is no photo.

use objects::LONGEST_KEY;
use s3_events::ObjectEvent;
use sha2::{Digest as _, Sha256};

use crate::Unprocessable;

/// What the log says of a file that is no photo. The alarm of the catalog counts these words.
pub const PHRASE: &str = "Unprocessable Entity: input object must be a jpg or png.";

/// Key of the record: `failure-<key>.txt`. Of a key that would become too long, the end is replaced by a hash of the whole.
pub(crate) fn key(photo: &str) -> String {
    let whole = format!("failure-{photo}.txt");
    if whole.len() <= LONGEST_KEY {
        return whole;
    }
    let hash = hex::encode(Sha256::digest(photo));
    let room = LONGEST_KEY - "failure--.txt".len() - hash.len();
    let end = (0..=room).rev().find(|end| photo.is_char_boundary(*end)).unwrap_or_default();
    format!("failure-{}-{hash}.txt", &photo[..end])
}

/// Content of the record.
pub(crate) fn text(event: &ObjectEvent, reason: &Unprocessable) -> String {
    let size = event.size.map_or_else(|| "unknown".to_owned(), |size| format!("{size} bytes"));
    format!(
        "{PHRASE}\n\nreason: {reason}\ncode: {}\nbucket: {}\nkey: {}\nsize: {size}\nuploaded: {}\nsequencer: {}\n",
        reason.code(),
        event.bucket,
        event.key,
        event.time.as_deref().unwrap_or("unknown"),
        crate::place(event).unwrap_or("unknown"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_whatever_the_photo_is_called() {
        assert_eq!(key("in/a b.jpg"), "failure-in/a b.jpg.txt");
        let longest = "x".repeat(1024 - "failure-.txt".len());
        assert_eq!(key(&longest), format!("failure-{longest}.txt"));
        let (one, other) = (key(&format!("{}1", "\u{2603}".repeat(341))), key(&format!("{}2", "\u{2603}".repeat(341))));
        assert!(one != other && one.len() <= 1024 && one.starts_with("failure-\u{2603}"), "{one}");
    }
}
