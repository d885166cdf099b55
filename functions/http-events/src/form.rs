//! Names and values as forms and queries write them (`application/x-www-form-urlencoded`).

use std::collections::BTreeMap;

/// Names and values, decoded, in their order. `None` when what is decoded is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode_part(name)?, decode_part(value)?))
        })
        .collect()
}

/// Of several values of a name the first one.
pub(crate) fn first_of_each(pairs: Vec<(String, String)>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (name, value) in pairs {
        fields.entry(name).or_insert(value);
    }
    fields
}

fn decode_part(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (*first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                // A lone percent sign stands for itself, as in every browser.
                _ => bytes.push(b'%'),
            },
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Value of a hexadecimal digit.
fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded_once() {
        let decoded = decode("a+b=c%20d%2Be&=&x&snow=%E2%98%83&p=100%&q=%zz&r=%252F").unwrap();
        let expected =
            [("a b", "c d+e"), ("", ""), ("x", ""), ("snow", "\u{2603}"), ("p", "100%"), ("q", "%zz"), ("r", "%2F")];
        assert_eq!(decoded, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(decode("a=%ff"), None);
        assert_eq!(decode(""), Some(Vec::new()));
    }

    #[test]
    fn the_first_value_of_a_name_counts() {
        assert_eq!(
            first_of_each(decode("a=1&a=2&b=3").unwrap()),
            BTreeMap::from([("a".into(), "1".into()), ("b".into(), "3".into())])
        );
    }
}
