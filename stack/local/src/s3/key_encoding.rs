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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::form_decode;

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
            assert_eq!(form_decode(encoded).as_deref(), Some(key));
        }
    }
}
