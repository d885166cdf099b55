//! Decoding of keys.

/// Undoes S3's form encoding of keys, once: `+` is a space, `%2B` a plus. `None` when the bytes are not UTF-8.
pub(crate) fn decode_key(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (*first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest = after;
            }
            // A lone percent sign is no encoding of S3's; it is kept as it is.
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Value of an ASCII hexadecimal digit.
fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_lowercase() - b'a' + 10,
    }
}
