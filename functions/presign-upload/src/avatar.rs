//! What a user asks to upload.

use http_events::{Problem, Request};
use serde::Deserialize;

/// Largest upload in bytes: 10 MiB.
pub const LARGEST_UPLOAD: u64 = 10 << 20;

/// Longest body of a request in bytes.
const LONGEST_BODY: usize = 4 << 10;

/// Longest user id.
const LONGEST_SUBJECT: usize = 128;

/// Extensions and what they stand for.
const EXTENSIONS: [(&str, &str); 5] =
    [("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp"), ("gif", "image/gif")];

/// An upload that is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    /// `<sub>.<extension>`.
    pub key: String,
    /// Content type of the extension.
    pub content_type: &'static str,
    /// Size in bytes.
    pub length: u64,
}

#[derive(Deserialize)]
struct Body {
    extension: String,
    length: u64,
}

impl Avatar {
    /// Reads a request whose user the authorizer vouches for.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: `unauthenticated`, those of [`Request::json`], `extension-refused`, `length-refused`,
    /// `upload-too-large`.
    pub fn read(request: &Request) -> Result<Self, Problem> {
        let subject = request.vouched("sub").filter(|subject| is_name(subject)).ok_or_else(|| {
            Problem::new(401, "unauthenticated", "no authorizer vouches for a user: sign in, and send the access token")
                .with_header("www-authenticate", "Bearer")
        })?;
        let Body { extension, length } = request.json(LONGEST_BODY)?;
        let Some((_, content_type)) = EXTENSIONS.iter().find(|(name, _)| *name == extension) else {
            let message = "`extension` must be one of jpg, jpeg, png, webp, gif";
            return Err(Problem::new(400, "extension-refused", message));
        };
        if length == 0 {
            return Err(Problem::new(400, "length-refused", "`length` is 0, and an empty file is no picture"));
        }
        if length > LARGEST_UPLOAD {
            let message = format!("`length` is {length} bytes, and at most {LARGEST_UPLOAD} may be uploaded");
            return Err(Problem::new(413, "upload-too-large", message));
        }
        Ok(Self { key: format!("{subject}.{extension}"), content_type, length })
    }
}

/// Whether a user id can stand in a key as it is: letters, digits, `-` and `_`. Those of Cognito are UUIDs.
fn is_name(subject: &str) -> bool {
    let of_name = |other: char| other.is_ascii_alphanumeric() || matches!(other, '-' | '_');
    (1..=LONGEST_SUBJECT).contains(&subject.len()) && subject.chars().all(of_name)
}
