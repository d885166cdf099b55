//! Compiled patterns, kept for the next check.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex::{Regex, bytes};

/// Bytes that a compiled pattern may take.
const LIMIT: usize = 1 << 23;

/// Patterns by their text; nothing for one that cannot be read.
type Known<R> = Mutex<HashMap<String, Option<Arc<R>>>>;

/// Patterns that were asked for.
#[derive(Default)]
pub(super) struct Patterns {
    /// In the reading for texts of ASCII, where a dot and a class stand for single bytes: on average it takes a third of the time
    /// to make, and where a class is repeated a twentieth. A pattern that names other characters has none.
    of_ascii: Known<bytes::Regex>,
    of_text: Known<Regex>,
}

impl Patterns {
    pub(super) fn is_match(&self, pattern: &str, text: &str) -> bool {
        // Many schemas say that anything may stand there.
        if matches!(pattern, "" | ".*" | "^.*$") && !text.contains('\n') {
            return true;
        }
        if text.is_ascii()
            && let Some(compiled) = known(&self.of_ascii, pattern, ascii)
        {
            return compiled.is_match(text.as_bytes());
        }
        let unicode = |pattern: &str| regex::RegexBuilder::new(pattern).size_limit(LIMIT).build().ok();
        known(&self.of_text, pattern, unicode).is_none_or(|compiled| compiled.is_match(text))
    }
}

fn ascii(pattern: &str) -> Option<bytes::Regex> {
    bytes::RegexBuilder::new(pattern).unicode(false).size_limit(LIMIT).build().ok()
}

fn known<R>(patterns: &Known<R>, pattern: &str, compile: impl FnOnce(&str) -> Option<R>) -> Option<Arc<R>> {
    let mut patterns = patterns.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(compiled) = patterns.get(pattern) {
        return compiled.clone();
    }
    let compiled = compile(pattern).map(Arc::new);
    patterns.insert(pattern.to_owned(), compiled.clone());
    compiled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_outside_of_ascii_are_matched_by_characters() {
        let patterns = Patterns::default();
        for (pattern, text, expected) in [
            ("^.{3}$", "abc", true),
            ("^.{3}$", "äöü", true),
            ("^.{6}$", "äöü", false),
            ("^[^a]$", "ß", true),
            (r"^\p{L}+$", "abc", true),
            (r"^\p{L}+$", "ab1", false),
            ("^[a-zß]+$", "abc", true),
            ("^[a-zß]+$", "aß", true),
            ("^[a-z]+$", "aß", false),
            ("(", "a", true),
        ] {
            // The second time it is known.
            for _ in 0..2 {
                assert_eq!(patterns.is_match(pattern, text), expected, "{pattern} {text}");
            }
        }
        assert!(ascii(r"^\p{L}+$").is_none() && ascii("^[a-zß]+$").is_none() && ascii("^.{3}$").is_some());
    }
}
