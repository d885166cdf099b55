//! Percent encoding (RFC 3986) and the form encoding that builds on it, written once and read strictly: a `%` that is not
//! followed by two hexadecimal digits, or bytes that are not UTF-8, are no text.

use std::fmt::Write as _;

/// Undoes percent encoding; `+` stays. `None` for what is not well encoded.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    String::from_utf8(decode(text, false)?).ok()
}

/// Undoes form encoding: as [`percent_decode`], and `+` is a space.
pub(crate) fn form_decode(text: &str) -> Option<String> {
    String::from_utf8(decode(text, true)?).ok()
}

/// The bytes that percent encoding stands for, UTF-8 or not.
pub(super) fn percent_decode_bytes(text: &str) -> Option<Vec<u8>> {
    decode(text, false)
}

fn decode(text: &str, plus_is_space: bool) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'%' => {
                let [high, low, after @ ..] = after else { return None };
                decoded.push(hexadecimal(*high)? << 4 | hexadecimal(*low)?);
                rest = after;
            }
            b'+' if plus_is_space => decoded.push(b' '),
            other => decoded.push(*other),
        }
    }
    Some(decoded)
}

/// Value of a digit. Neither a sign nor a space is one.
fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Encodes every byte that RFC 3986 does not leave unreserved, except those in `keep`.
pub(crate) fn percent_encode(bytes: impl AsRef<[u8]>, keep: &str) -> String {
    let bytes = bytes.as_ref();
    let mut encoded = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_once_and_a_plus_is_a_space_in_forms_only() {
        for (encoded, percent, form) in [
            ("", "", ""),
            ("plain.jpg", "plain.jpg", "plain.jpg"),
            ("a+b%2Bc", "a+b+c", "a b+c"),
            ("%252F", "%2F", "%2F"),
            ("%E2%98%83%f0%9f%93%b7", "\u{2603}\u{1f4f7}", "\u{2603}\u{1f4f7}"),
            ("%00%20", "\0 ", "\0 "),
            // Not encoded although it should be; the bytes are clear.
            ("ü/=", "ü/=", "ü/="),
        ] {
            assert_eq!(percent_decode(encoded).as_deref(), Some(percent), "{encoded}");
            assert_eq!(form_decode(encoded).as_deref(), Some(form), "{encoded}");
        }
    }

    #[test]
    fn what_is_no_escape_is_refused() {
        for text in ["%", "100%", "%4", "%zz", "%+f", "% f", "%-1", "a%4", "%%41", "%ü1"] {
            assert_eq!((percent_decode(text), form_decode(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_no_text() {
        assert_eq!((percent_decode("%FF"), form_decode("a%C3")), (None, None));
        assert_eq!(percent_decode_bytes("a%FF"), Some(b"a\xff".to_vec()));
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let every: String = ('\0'..='\u{ff}').chain(['\u{202e}', '\u{1f600}']).collect();
        assert_eq!(percent_decode(&percent_encode(&every, "/:")), Some(every));
        assert_eq!(percent_encode("a b/c~\u{e9}", "/"), "a%20b/c~%C3%A9");
    }
}
