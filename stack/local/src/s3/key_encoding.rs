//! Keys as events and listings carry them.

use std::fmt::Write as _;

/// A key form-encoded as S3 does it: a space is `+`, `/` stays, other bytes outside `A-Z a-z 0-9 - _ . *` are
/// percent-encoded in upper case.
pub(in crate::s3) fn form_encode(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            // Writing to a String cannot fail.
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

/// Decodes `%XX`, and `+` where `plus` says that it stands for a space. `None` when the bytes are not UTF-8.
pub(crate) fn percent_decode(text: &str, plus: bool) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let escaped = (bytes[index] == b'%')
            .then(|| bytes.get(index + 1..index + 3))
            .flatten()
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = escaped {
            decoded.push(byte);
            index += 3;
        } else {
            decoded.push(if plus && bytes[index] == b'+' { b' ' } else { bytes[index] });
            index += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_as_real_events_have_them() {
        for (key, encoded) in [
            ("avatars/photo.jpg", "avatars/photo.jpg"),
            ("my photo+1.jpg", "my+photo%2B1.jpg"),
            ("a%2Fb//..", "a%252Fb//.."),
            ("\u{e9}\u{1f600}=&?#~", "%C3%A9%F0%9F%98%80%3D%26%3F%23%7E"),
            ("\u{202e}x\n", "%E2%80%AEx%0A"),
        ] {
            assert_eq!(form_encode(key), encoded);
            assert_eq!(percent_decode(encoded, true).as_deref(), Some(key));
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(percent_decode("100%", true).as_deref(), Some("100%"));
        assert_eq!(percent_decode("%+1%zz", false).as_deref(), Some("%+1%zz"));
        assert_eq!(percent_decode("%FF", true), None);
    }
}
