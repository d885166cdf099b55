//! Percent-encoding as Signature Version 4 wants it.

use std::fmt::Write as _;

/// Encodes all bytes but unreserved characters (RFC 3986, section 2.3) and those in `kept`.
#[must_use]
pub fn percent_encode(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(letter) || kept.contains(letter) {
            encoded.push(letter);
        } else {
            // Writing into a string cannot fail.
            let _ok = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_encoded() {
        assert_eq!(percent_encode("a b+c/\u{2603}~-._%", "/"), "a%20b%2Bc/%E2%98%83~-._%25");
        assert_eq!(percent_encode("a/b", ""), "a%2Fb");
        assert_eq!(percent_encode("\u{e9}", "\u{e9}"), "%C3%A9");
    }
}
