//! The distribution that serves the pictures: it forgets a picture that was replaced.

use std::fmt::Write as _;
use std::time::Duration;

use clients::{SignatureError, Signer};
use fetch::{Address, AddressError, Client, FetchError};
use thiserror::Error;

/// How long the call may take: the picture is written already, and is served anew after a minute at the latest.
const TIME_OUT: Duration = Duration::from_secs(5);

/// Most bytes of an answer: an invalidation of one path.
const LARGEST_ANSWER: usize = 64 << 10;

/// Characters that stand for themselves in the path of an invalidation, beside letters and digits: those that RFC 1738 calls
/// safe or reserved, but the question mark, where a path ends. CloudFront tells others from the path only when they are encoded.
const PLAIN: &[u8] = b"-_.!*'()$+,;/:@=&";

/// A distribution of CloudFront.
#[derive(Debug)]
pub struct Distribution {
    client: Client,
    url: String,
    signer: Signer,
}

/// Why a path was not invalidated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidationError {
    /// The address of the distribution is none: its id is wrong.
    #[error("the address of the distribution {0}")]
    Address(#[from] AddressError),
    /// The request could not be signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// CloudFront did not answer.
    #[error("CreateInvalidation failed: {0}")]
    Unreachable(#[from] FetchError),
    /// CloudFront refused.
    #[error("CreateInvalidation failed: {code} (HTTP {status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// `TooManyInvalidationsInProgress`.
        code: String,
        /// Its words.
        message: String,
    },
}

impl Distribution {
    /// A distribution by its id; `region` is that of the function, and decides on the partition. `endpoint` answers in the place of
    /// CloudFront.
    #[must_use]
    pub fn new(id: &str, region: &str, credentials: wiring::Credentials, endpoint: Option<&Address>) -> Self {
        let (origin, region) = if region.starts_with("cn-") {
            ("https://cloudfront.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1")
        } else {
            ("https://cloudfront.amazonaws.com", "us-east-1")
        };
        let origin = endpoint.map_or_else(|| origin.to_owned(), Address::origin);
        let url = format!("{origin}/2020-05-31/distribution/{id}/invalidation");
        let signer = Signer { service: "cloudfront", region: region.to_owned(), credentials };
        Self { client: Client::new(TIME_OUT, LARGEST_ANSWER), url, signer }
    }

    /// Invalidates the path of one key, and no other. The same reference again is the same invalidation, not another one.
    ///
    /// # Errors
    ///
    /// [`InvalidationError`].
    pub async fn invalidate(&self, key: &str, reference: &str, now: Duration) -> Result<(), InvalidationError> {
        let path = escape(&path(key));
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
             <Paths><Quantity>1</Quantity><Items><Path>{path}</Path></Items></Paths>\
             <CallerReference>{}</CallerReference></InvalidationBatch>",
            escape(reference)
        );
        let headers = self.signer.post(&self.url, "application/xml", body.as_bytes(), now)?;
        let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let answer = self.client.post(&Address::parse(&self.url)?, &headers, body.into_bytes()).await?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&answer.body);
        let element = |name: &str| between(&said, &format!("<{name}>"), &format!("</{name}>")).unwrap_or("none told");
        let (code, message) = (element("Code").to_owned(), element("Message").to_owned());
        Err(InvalidationError::Refused { status: answer.status, code, message })
    }
}

/// Path of a key, as browsers ask for it.
fn path(key: &str) -> String {
    key.bytes().fold("/".to_owned(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing into a text does not fail.
            let _written = write!(path, "%{byte:02X}");
        }
        path
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let text = &text[text.find(start)? + start.len()..];
    Some(&text[..text.find(end)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_browsers_ask_for() {
        assert_eq!(path("avatars/alice.jpg"), "/avatars/alice.jpg");
        assert_eq!(path("avatars/a b+c \u{2603}?x=%25&y#~.jpg"), "/avatars/a%20b+c%20%E2%98%83%3Fx=%2525&y%23%7E.jpg");
        assert_eq!(escape(&path("a&b")), "/a&amp;b");
    }
}
