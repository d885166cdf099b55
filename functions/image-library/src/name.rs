//! Names of images: paths in a repository, byte by byte.

use http_events::{Problem, Request};
use thiserror::Error;

/// What comes before a name in the path of a request.
const ROUTE: &str = "/images/raw/";

/// Extensions that a name may have, in any case.
const EXTENSIONS: [&str; 6] = ["jpg", "jpeg", "png", "gif", "webp", "bmp"];

/// Longest name in bytes, so that the id of a row (`<type>/<name>/<hashed>`) stays within the 1,024 bytes of a sort key.
const LONGEST: usize = 900;

/// The name of an image: a path in a repository, kept as it is (spaces, case, every script, folders).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName(String);

/// A text that names no image.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing.
    #[error("the path ends where the name of the image should be")]
    Missing,
    /// Percent-encoded bytes that are not UTF-8.
    #[error("the name is not percent-encoded UTF-8")]
    Encoding,
    /// Longer than the table can hold.
    #[error("the name has {length} bytes, and may have {LONGEST}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Not an image, or not one that is kept.
    #[error(
        "`{extension}` is not an extension that is kept; kept are jpg, jpeg, png, gif, webp, bmp{}",
        svg_hint(extension)
    )]
    Extension {
        /// What follows the last dot; empty when there is none.
        extension: String,
    },
}

/// Why one wanted extension is not among them.
fn svg_hint(extension: &str) -> &'static str {
    if extension.eq_ignore_ascii_case("svg") {
        " (SVG is a document that may hold scripts, and scales by itself: serve it with your pages)"
    } else {
        ""
    }
}

impl NameError {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "name-missing",
            Self::Encoding => "name-encoding",
            Self::TooLong { .. } => "name-too-long",
            Self::Extension { .. } => "extension-refused",
        }
    }
}

impl From<NameError> for Problem {
    fn from(error: NameError) -> Self {
        let status = if matches!(error, NameError::Extension { .. }) { 415 } else { 400 };
        Self::new(status, error.code(), error.to_string())
    }
}

impl ImageName {
    /// Takes a name as it is.
    ///
    /// # Errors
    ///
    /// [`NameError`], when it is empty, too long, or has an extension that is not kept.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Missing);
        }
        if name.len() > LONGEST {
            return Err(NameError::TooLong { length: name.len() });
        }
        let name = Self(name.to_owned());
        let extension = name.extension();
        if !EXTENSIONS.contains(&extension.as_str()) {
            return Err(NameError::Extension { extension });
        }
        Ok(name)
    }

    /// The name in the path of a request, `/images/raw/<name>`, percent-encoded there. The path and not its parameter: that is
    /// encoded or not, as the kind of API has it, and a percent sign in a name would be lost.
    ///
    /// # Errors
    ///
    /// [`Problem`]: `not-found` for another path, and those of [`NameError`].
    pub fn of_request(request: &Request) -> Result<Self, Problem> {
        let (_, encoded) = request.path.split_once(ROUTE).ok_or_else(|| Problem::not_found(&request.path))?;
        let name = decode(encoded).ok_or(NameError::Encoding)?;
        Ok(Self::parse(&name)?)
    }

    /// The name as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last dot of the last segment, in lower case.
    pub(crate) fn extension(&self) -> String {
        let file = self.0.rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
    }
}

/// Undoes the percent-encoding of a path; `+` stays a plus. `None` when the bytes are not UTF-8.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let value = pair.filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if let Some(byte) = value.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| *first == b'%') {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of_path(path: &str) -> Result<String, &'static str> {
        let event = json!({ "httpMethod": "PUT", "path": path, "requestContext": {} });
        let request = http_events::parse_request(event).unwrap();
        ImageName::of_request(&request).map(|name| name.as_str().to_owned()).map_err(|problem| problem.code)
    }

    #[test]
    fn names_are_kept_byte_by_byte() {
        for (path, name) in [
            ("/images/raw/a.png", "a.png"),
            ("/v1/images/raw/Deep/Er/A%20b.JPG", "Deep/Er/A b.JPG"),
            ("/images/raw/images/raw/x.gif", "images/raw/x.gif"),
            ("/images/raw/100%25%20a%2520b+c.bmp", "100% a%20b+c.bmp"),
            ("/images/raw/%e2%98%83/%F0%9F%93%B7.webp", "\u{2603}/\u{1f4f7}.webp"),
            ("/images/raw/50%.jpeg", "50%.jpeg"),
            ("/images/raw//..//x.jpg", "/..//x.jpg"),
        ] {
            assert_eq!(of_path(path), Ok(name.to_owned()));
        }
    }

    #[test]
    fn what_names_no_image_is_refused() {
        for (path, code) in [
            ("/images/sg/a.png", "not-found"),
            ("/images/raw/", "name-missing"),
            ("/images/raw/%ff.png", "name-encoding"),
            ("/images/raw/a.svg", "extension-refused"),
            ("/images/raw/notes-about-jpg", "extension-refused"),
            ("/images/raw/a.png/readme", "extension-refused"),
        ] {
            assert_eq!(of_path(path), Err(code), "{path}");
        }
        assert_eq!(of_path(&format!("/images/raw/{}.png", "x".repeat(896))).map(|name| name.len()), Ok(900));
        assert_eq!(of_path(&format!("/images/raw/{}.png", "x".repeat(897))), Err("name-too-long"));
        let message = NameError::Extension { extension: "svg".into() }.to_string();
        assert!(message.contains("may hold scripts"), "{message}");
    }
}
