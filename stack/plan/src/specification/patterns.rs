//! Compiled patterns, kept for the next check.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex::Regex;

/// Bytes that a compiled pattern may take.
const LIMIT: usize = 1 << 23;

/// Patterns by their text; `None` for one that cannot be read.
#[derive(Default)]
pub(super) struct Patterns(Mutex<HashMap<String, Option<Arc<Regex>>>>);

impl Patterns {
    pub(super) fn is_match(&self, pattern: &str, text: &str) -> bool {
        // Many schemas say that anything may stand there.
        if matches!(pattern, "" | ".*" | "^.*$") && !text.contains('\n') {
            return true;
        }
        let compiled = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(compiled) = known.get(pattern) {
                compiled.clone()
            } else {
                let compiled = regex::RegexBuilder::new(pattern).size_limit(LIMIT).build().ok().map(Arc::new);
                known.insert(pattern.to_owned(), compiled.clone());
                compiled
            }
        };
        compiled.is_none_or(|compiled| compiled.is_match(text))
    }
}
