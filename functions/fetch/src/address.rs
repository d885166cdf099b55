//! Addresses that a function may fetch from.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use thiserror::Error;

/// A URL with `https`, or with plain `http` on the loopback interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    uri: Uri,
}

/// A text that is no such URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// No URL at all.
    #[error("is `{text}`, and must be a URL")]
    NotUrl {
        /// The text.
        text: String,
    },
    /// Plain text over a network.
    #[error("is `{text}`, and must begin with https:// (plain http:// is for this machine only)")]
    NotEncrypted {
        /// The text.
        text: String,
    },
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for anything but `https`, and `http` on `localhost`, 127.0.0.0/8 and `[::1]`; and for URLs with a user
    /// name, whose true host is easily overlooked.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let not_url = || AddressError::NotUrl { text: text.to_owned() };
        let uri: Uri = text.parse().map_err(|_| not_url())?;
        let authority = uri.authority().ok_or_else(not_url)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(not_url());
        }
        match uri.scheme_str() {
            Some("https") => Ok(Self { uri }),
            Some("http") if is_loopback(authority.host()) => Ok(Self { uri }),
            None => Err(not_url()),
            _ => Err(AddressError::NotEncrypted { text: text.to_owned() }),
        }
    }

    /// Scheme, host and port: `http://127.0.0.1:4566`.
    #[must_use]
    pub fn origin(&self) -> String {
        let authority = self.uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        format!("{}://{authority}", self.uri.scheme_str().unwrap_or_default())
    }

    /// Whether it is on this machine, unencrypted.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.uri.scheme_str() == Some("http")
    }

    pub(crate) fn uri(&self) -> Uri {
        self.uri.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(formatter)
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_asked_in_the_clear() {
        for text in ["https://example.com/a?b=c", "http://127.0.0.1:4566/x", "http://localhost/x", "http://[::1]:80/"] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
        for text in ["http://example.com/", "http://127.0.0.1.example.com/", "http://10.0.0.1/", "ftp://localhost/"] {
            assert_eq!(Address::parse(text), Err(AddressError::NotEncrypted { text: text.into() }));
        }
        for text in ["", "/path", "example.com", "https://", "http://localhost@example.com/", "https://a@example.com/"]
        {
            assert_eq!(Address::parse(text), Err(AddressError::NotUrl { text: text.into() }));
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        let address = Address::parse("http://127.0.0.1:4566/a/b?c").unwrap();
        assert_eq!((address.origin().as_str(), address.is_plain()), ("http://127.0.0.1:4566", true));
        let address = Address::parse("https://example.com/a").unwrap();
        assert_eq!((address.origin().as_str(), address.is_plain()), ("https://example.com", false));
    }
}
