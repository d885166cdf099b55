//! Patterns of plain text: terms.

/// Terms: every required term, at least one of the optional ones (`?term`), none of the excluded ones (`-term`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::logs) struct Terms {
    required: Vec<String>,
    optional: Vec<String>,
    excluded: Vec<String>,
}

impl Terms {
    /// Reads words and `"quoted phrases"`.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        let mut rest = pattern;
        while !rest.is_empty() {
            let (kind, body) = match rest.strip_prefix('?') {
                Some(body) => ('?', body),
                None => rest.strip_prefix('-').map_or((' ', rest), |body| ('-', body)),
            };
            let (term, after) = if let Some(quoted) = body.strip_prefix('"') {
                let end = closing_quote(quoted).ok_or("a quote is not closed")?;
                (quoted[..end].replace("\\\"", "\""), &quoted[end + 1..])
            } else {
                let end = body.find(char::is_whitespace).unwrap_or(body.len());
                (body[..end].to_owned(), &body[end..])
            };
            match kind {
                '?' => filter.optional.push(term),
                '-' => filter.excluded.push(term),
                _ => filter.required.push(term),
            }
            rest = after.trim_start();
        }
        Ok(filter)
    }

    /// Whether a message matches. Case matters, as in CloudWatch.
    pub(super) fn matches(&self, message: &str) -> bool {
        let contains = |term: &String| message.contains(term.as_str());
        self.required.iter().all(contains)
            && (self.optional.is_empty() || self.optional.iter().any(contains))
            && !self.excluded.iter().any(contains)
    }
}

/// Where a quoted text ends, after its first quote.
pub(super) fn closing_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|index| bytes[*index] == b'"' && (*index == 0 || bytes[*index - 1] != b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_match_as_cloudwatch_says() {
        for (pattern, message, expected) in [
            ("", "anything", true),
            ("ERROR", "an ERROR here", true),
            ("ERROR", "an error here", false),
            ("ERROR disk", "disk: ERROR", true),
            ("ERROR disk", "ERROR", false),
            ("\"disk full\"", "the disk full stop", true),
            ("\"disk full\"", "full disk", false),
            ("\"a \\\"quoted\\\" word\"", "say a \"quoted\" word", true),
            ("?WARN ?ERROR", "WARN", true),
            ("?WARN ?ERROR", "INFO", false),
            ("ERROR -timeout", "ERROR timeout", false),
            ("ERROR -timeout", "ERROR crash", true),
        ] {
            assert_eq!(Terms::parse(pattern).unwrap().matches(message), expected, "{pattern} / {message}");
        }
    }

    #[test]
    fn an_open_quote_is_refused() {
        assert!(Terms::parse("a \"open").is_err());
    }
}
