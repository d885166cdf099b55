//! Wildcards: `*` stands for any characters, `\*` and `\\` for themselves.

/// What is wrong with a wildcard, in AWS's words.
pub(super) fn fault(wildcard: &str) -> Option<String> {
    let mut before = ' ';
    let mut characters = wildcard.chars().enumerate();
    while let Some((place, character)) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some((_, '*' | '\\')) => {}
                _ => return Some(format!("Invalid escape character at pos {place}")),
            },
            '*' if before == '*' => return Some(format!("Consecutive wildcard characters at pos {}", place - 1)),
            _ => {}
        }
        // An escaped star is no wildcard.
        before = if character == '\\' { ' ' } else { character };
    }
    None
}

/// Whether a text fits: each piece between stars is found after the one before, the first and the last at the ends.
pub(crate) fn fits(wildcard: &str, text: &str) -> bool {
    let mut pieces = vec![String::new()];
    let mut characters = wildcard.chars();
    while let Some(character) = characters.next() {
        let piece = match character {
            '*' => {
                pieces.push(String::new());
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(last) = pieces.last_mut() {
            last.push(piece);
        }
    }
    let [first, middle @ .., last] = pieces.as_slice() else {
        return pieces.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some(at) = rest.find(piece.as_str()) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (wildcard, text, expected) in [
            ("*", "", true),
            ("a*", "a", true),
            ("a*b*c", "a12b34c", true),
            ("a*b*c", "acb", false),
            ("*ab", "aab", true),
            ("a*a", "a", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            (r"a\\*", r"a\b", true),
        ] {
            assert_eq!(fault(wildcard), None, "{wildcard}");
            assert_eq!(fits(wildcard, text), expected, "{wildcard} {text}");
        }
    }

    #[test]
    fn what_is_no_wildcard() {
        for wildcard in ["a**", r"a\b", r"a\"] {
            assert!(fault(wildcard).is_some(), "{wildcard}");
        }
        assert_eq!(fault(r"a\**"), None);
    }
}
