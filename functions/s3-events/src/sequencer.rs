//! Order of the events of one key.

use std::cmp::Ordering;

/// What S3 puts into the events of a key so that their order can be told: a hexadecimal number, whose shorter form
/// counts as if zeros followed on its right. It says nothing about events of different keys.
///
/// Source: S3 User Guide, "Event message structure".
#[derive(Debug, Clone)]
pub struct Sequencer(String);

impl Sequencer {
    /// Takes hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hexadecimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hexadecimal.then(|| Self(text.to_ascii_uppercase()))
    }

    /// The digits, in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Digits that order as the sequencers do when compared as text of a database: zeros on the right are dropped.
    #[must_use]
    pub fn sort_key(&self) -> &str {
        self.0.trim_end_matches('0')
    }
}

impl Ord for Sequencer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sort_key().cmp(other.sort_key())
    }
}

impl PartialOrd for Sequencer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sequencer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sequencer {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_ones_count_as_filled_with_zeros_on_the_right() {
        let sequencer = |text| Sequencer::parse(text).unwrap();
        assert!(sequencer("0055AED6DCD90281E5") > sequencer("0055AED6DCD90281E4FF"));
        assert!(sequencer("0055AED6DCD90281E5") < sequencer("0055AED6DCD90281E501"));
        assert!(sequencer("0A") < sequencer("0b"));
        assert_eq!(sequencer("00ab"), sequencer("00AB000"));
        assert_eq!(sequencer("00ab000").sort_key(), "00AB");
        assert_eq!(sequencer("00ab0").as_str(), "00AB0");
    }

    #[test]
    fn anything_but_hexadecimal_digits_is_none() {
        for text in ["", "0x1", "G", "\u{661}"] {
            assert_eq!(Sequencer::parse(text), None, "{text:?}");
        }
    }
}
