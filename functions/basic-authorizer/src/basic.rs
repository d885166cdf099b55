//! Credentials of HTTP Basic (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest header that is decoded, in bytes.
const LONGEST: usize = 1024;

/// User name and password as a client sent them. They do not show themselves.
#[derive(Clone, PartialEq, Eq)]
pub struct Basic {
    /// User name; it has no colon.
    pub username: String,
    /// Password; it may have colons.
    pub password: String,
}

impl std::fmt::Debug for Basic {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Basic").finish_non_exhaustive()
    }
}

impl Basic {
    /// Reads `Basic <base64 of user:password>`, the scheme in any case of letters. `None` for anything else.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        if header.len() > LONGEST {
            return None;
        }
        let (scheme, encoded) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim_start()).ok()?).ok()?;
        let (username, password) = decoded.split_once(':')?;
        Some(Self { username: username.to_owned(), password: password.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_as_the_standard_says() {
        let basic =
            |username: &str, password: &str| Some(Basic { username: username.into(), password: password.into() });
        // The example of RFC 7617, section 2; and of section 2.1, in UTF-8.
        assert_eq!(Basic::parse("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), basic("Aladdin", "open sesame"));
        assert_eq!(Basic::parse("basic dGVzdDoxMjPCow=="), basic("test", "123\u{a3}"));
        assert_eq!(Basic::parse("BASIC  YTpiOmM="), basic("a", "b:c"));
        assert_eq!(Basic::parse("Basic Og=="), basic("", ""));
        let long = format!("Basic {}", "QUFB".repeat(300));
        for header in [
            "",
            "Basic",
            "Basic ",
            "Bearer YTpi",
            "YTpi",
            "Basic YTpi YTpi",
            "Basic a:b",
            "Basic YWI=",
            "Basic /zpi",
            &long,
        ] {
            assert_eq!(Basic::parse(header), None, "{header}");
        }
        assert_eq!(format!("{:?}", basic("CANARY", "CANARY").unwrap()), "Basic { .. }");
    }
}
