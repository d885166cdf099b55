//! Names of files, made safe for keys.

use http_events::Problem;
use uuid::Uuid;

/// Endings of files and what they stand for.
pub const VIDEO_TYPES: [(&str, &str); 4] =
    [("mp4", "video/mp4"), ("m4v", "video/x-m4v"), ("mov", "video/quicktime"), ("webm", "video/webm")];

/// Longest stem of a key, in letters.
const LONGEST_STEM: usize = 80;

/// Longest name that is read, in bytes.
const LONGEST_NAME: usize = 1024;

/// Name of a video file, made safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Letters, digits, `-` and `_` of the name; never empty.
    pub stem: String,
    /// One of [`VIDEO_TYPES`].
    pub extension: &'static str,
    /// Its content type.
    pub content_type: &'static str,
}

impl Name {
    /// Reads the name of a file. Folders before it are dropped, other letters become `-`.
    ///
    /// # Errors
    ///
    /// A [`Problem`] `extension-refused` for what is no video by its name.
    pub fn read(given: &str) -> Result<Self, Problem> {
        let refused = || {
            let message = "`object_name` must end with one of .mp4, .m4v, .mov, .webm, and have something before it";
            Problem::new(400, "extension-refused", message)
        };
        if given.len() > LONGEST_NAME {
            let message = format!("`object_name` has more than {LONGEST_NAME} bytes");
            return Err(Problem::new(400, "object-name-refused", message));
        }
        let file = given.rsplit(['/', '\\']).next().unwrap_or(given).trim();
        let (stem, ending) = file.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).ok_or_else(refused)?;
        let known = VIDEO_TYPES.iter().find(|(extension, _)| ending.eq_ignore_ascii_case(extension));
        let (extension, content_type) = *known.ok_or_else(refused)?;
        let mut safe = String::new();
        for letter in stem.chars() {
            let letter = if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' };
            if !(letter == '-' && safe.ends_with('-')) {
                safe.push(letter);
            }
            if safe.len() == LONGEST_STEM {
                break;
            }
        }
        let safe = safe.trim_matches('-');
        let stem = if safe.is_empty() { "video".to_owned() } else { safe.to_owned() };
        Ok(Self { stem, extension, content_type })
    }

    /// A key below a prefix that nobody has had before.
    #[must_use]
    pub fn unique_key(&self, prefix: &str) -> String {
        format!("{prefix}{}-{}.{}", self.stem, Uuid::new_v4().simple(), self.extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe_and_keep_their_extension_last() {
        for (given, stem, extension) in [
            ("lesson.mp4", "lesson", "mp4"),
            ("My lesson + notes (1).MP4", "My-lesson-notes-1", "mp4"),
            ("../../etc/passwd.mov", "passwd", "mov"),
            ("C:\\videos\\a.b.c.WebM", "a-b-c", "webm"),
            ("\u{2603}.m4v", "video", "m4v"),
            ("x<script>.mp4", "x-script", "mp4"),
            ("a?b#c%2F&d.mp4", "a-b-c-2F-d", "mp4"),
        ] {
            let name = Name::read(given).unwrap();
            assert_eq!((name.stem.as_str(), name.extension), (stem, extension), "{given}");
        }
        let long = Name::read(&format!("{}.mp4", "x".repeat(900))).unwrap();
        assert_eq!(long.stem.len(), LONGEST_STEM);
        for given in ["lesson", "lesson.exe", ".mp4", "a.mp4/", "mp4", "a.mp4.txt", "a.", "a/.mp4", &"x".repeat(2000)] {
            assert_eq!(Name::read(given).unwrap_err().status, 400, "{given}");
        }
    }

    #[test]
    fn keys_are_unique() {
        let name = Name::read("a.mp4").unwrap();
        let (one, other) = (name.unique_key("videos/"), name.unique_key("videos/"));
        assert!(
            one.starts_with("videos/a-")
                && one.strip_suffix(".mp4").is_some()
                && one.len() == "videos/a-.mp4".len() + 32,
            "{one}"
        );
        assert_ne!(one, other);
    }
}
