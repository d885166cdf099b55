//! Comparison that takes as long for a nearly right text as for a wrong one.

use ring::error::Unspecified;
use ring::rand::SystemRandom;
use ring::{digest, hmac};

/// Compares secrets through their keyed hashes, whose comparison is constant in time and tells no lengths. The key is random
/// for each process, so that nobody can prepare texts with similar hashes.
#[derive(Debug)]
pub struct Comparison(hmac::Key);

impl Comparison {
    /// A comparison with a key of its own. `None` when the machine has no random numbers.
    #[must_use]
    pub fn new() -> Option<Self> {
        let key: Result<_, Unspecified> = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        key.ok().map(Self)
    }

    /// Whether the texts are the same.
    #[must_use]
    pub fn is_same(&self, given: &str, expected: &str) -> bool {
        let tag = hmac::sign(&self.0, expected.as_bytes());
        hmac::verify(&self.0, given.as_bytes(), tag.as_ref()).is_ok()
    }

    /// Whether both pairs are the same; the second is compared whatever the first gives.
    #[must_use]
    pub fn are_same(&self, first: (&str, &str), second: (&str, &str)) -> bool {
        let hashed = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
        let joined = |one: &str, other: &str| [hashed(one).as_ref(), hashed(other).as_ref()].concat();
        let tag = hmac::sign(&self.0, &joined(first.1, second.1));
        hmac::verify(&self.0, &joined(first.0, second.0), tag.as_ref()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_texts_are_the_same() {
        let comparison = Comparison::new().unwrap();
        assert!(comparison.is_same("a secret", "a secret"));
        for wrong in ["", "a secre", "a secret ", "A secret", "a secret\0"] {
            assert!(!comparison.is_same(wrong, "a secret"), "{wrong:?}");
        }
        assert!(comparison.are_same(("user", "user"), ("password", "password")));
        for (user, password) in [("user", "x"), ("x", "password"), ("userp", "assword"), ("", ""), ("password", "user")]
        {
            assert!(!comparison.are_same((user, "user"), (password, "password")), "{user}:{password}");
        }
    }
}
