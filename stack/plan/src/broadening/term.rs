//! Texts with wildcards and with parts that only the deployment knows.

/// A character of a spelling, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// `*`: any run of characters.
    Any,
    /// `?`: any one character.
    One,
    /// A character that stands for itself.
    Exactly(char),
    /// A value that only the deployment, or a request, knows. Two are the same when their keys are.
    Known {
        /// What tells it from others.
        key: String,
        /// What a reader is shown.
        shown: String,
    },
}

/// One way to spell a text.
pub(super) type Spelling = Vec<Token>;

/// A text, in every way of spelling it that is known (`${Files.Arn}` is `arn:aws:s3:::${Files}` as well).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    spellings: Vec<Spelling>,
    /// What is shown instead of the first spelling.
    label: Option<String>,
}

impl Term {
    /// A term of several spellings, of which the first is shown.
    pub(super) fn new(spellings: impl IntoIterator<Item = Spelling>) -> Self {
        let mut all: Vec<Spelling> = Vec::new();
        for spelling in spellings.into_iter().map(plain) {
            if !all.contains(&spelling) {
                all.push(spelling);
            }
        }
        Self { spellings: all, label: None }
    }

    pub(super) fn literal(text: &str) -> Self {
        Self::new([tokens_of(text)])
    }

    /// Something of which only its equal is known to be the same.
    pub(super) fn opaque(key: impl Into<String>, shown: impl Into<String>) -> Self {
        Self::new([vec![Token::Known { key: key.into(), shown: shown.into() }]])
    }

    /// The same with each spelling rewritten.
    pub(super) fn map(&self, rewrite: impl Fn(&[Token]) -> Spelling) -> Self {
        Self::new(self.spellings.iter().map(|spelling| rewrite(spelling)))
    }

    /// The same, shown as `label`.
    pub(super) fn labeled(self, label: String) -> Self {
        Self { label: Some(label), ..self }
    }

    pub(super) fn spellings(&self) -> &[Spelling] {
        &self.spellings
    }

    /// True for `*`, which everything is.
    pub(super) fn is_everything(&self) -> bool {
        self.spellings.iter().any(|spelling| spelling.as_slice() == [Token::Any])
    }

    /// True when a spelling has a wildcard.
    pub(super) fn has_wildcard(&self) -> bool {
        self.spellings.iter().flatten().any(|token| matches!(token, Token::Any | Token::One))
    }

    /// The text when all of it stands in the template.
    pub(super) fn text(&self) -> Option<String> {
        self.spellings.iter().find_map(|spelling| {
            let is_known = spelling.iter().any(|token| matches!(token, Token::Known { .. }));
            (!is_known).then(|| shown(spelling))
        })
    }

    /// What a reader is shown.
    pub(super) fn shown(&self) -> String {
        self.label.clone().or_else(|| self.spellings.first().map(|spelling| shown(spelling))).unwrap_or_default()
    }

    /// True when every text that `other` stands for is one of those that `self` stands for.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.spellings.iter().any(|pattern| other.spellings.iter().any(|spelling| covers(pattern, spelling)))
    }

    /// False when no text is both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        // Each spelling says the same thing: one pair that shows them apart is enough.
        self.spellings.iter().all(|one| other.spellings.iter().all(|spelling| overlaps(one, spelling)))
    }

    /// True when both stand for the same, letter by letter: wildcards are letters.
    pub(super) fn is_spelled_as(&self, other: &Self) -> bool {
        self.spellings.iter().any(|spelling| other.spellings.contains(spelling))
    }
}

/// Tokens of a literal. `${*}`, `${?}` and `${$}` are how a policy writes the characters themselves; any other `${...}` is
/// a variable, which only a request gives a value.
pub(super) fn tokens_of(text: &str) -> Spelling {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let escaped =
            [("${*}", '*'), ("${?}", '?'), ("${$}", '$')].into_iter().find(|(form, _)| rest.starts_with(form));
        if let Some((form, character)) = escaped {
            tokens.push(Token::Exactly(character));
            rest = &rest[form.len()..];
            continue;
        }
        if let Some((name, after)) = rest.strip_prefix("${").and_then(|inside| inside.split_once('}')) {
            tokens.push(Token::Known { key: format!("${{{}}}", name.to_ascii_lowercase()), shown: name.to_owned() });
            rest = after;
            continue;
        }
        tokens.push(match character {
            '*' => Token::Any,
            '?' => Token::One,
            other => Token::Exactly(other),
        });
        rest = &rest[character.len_utf8()..];
    }
    tokens
}

/// `**` is `*`, and `*?` is `?*`: of the spellings that mean the same, one.
fn plain(spelling: Spelling) -> Spelling {
    let mut tokens: Spelling = Vec::with_capacity(spelling.len());
    for token in spelling {
        match (&token, tokens.last()) {
            (Token::Any, Some(Token::Any)) => {}
            (Token::One, Some(Token::Any)) => {
                tokens.insert(tokens.len() - 1, token);
            }
            _ => tokens.push(token),
        }
    }
    tokens
}

pub(super) fn shown(spelling: &[Token]) -> String {
    let mut text = String::new();
    for token in spelling {
        match token {
            Token::Any => text.push('*'),
            Token::One => text.push('?'),
            Token::Exactly(character) => text.push(*character),
            Token::Known { shown, .. } => {
                text.push_str("${");
                text.push_str(shown);
                text.push('}');
            }
        }
    }
    text
}

/// Whether the pattern takes every text that the other pattern takes. A wildcard of the other is taken by `*` only, and
/// what is known at deployment by itself or by `*`: it may be of any length.
fn covers(pattern: &[Token], other: &[Token]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while from < other.len() {
        let fits = match (pattern.get(at), &other[from]) {
            (Some(Token::Any), _) => {
                retry = Some((at + 1, from));
                at += 1;
                continue;
            }
            (Some(Token::One), token) => matches!(token, Token::One | Token::Exactly(_)),
            (Some(Token::Exactly(character)), token) => *token == Token::Exactly(*character),
            (Some(Token::Known { key, .. }), token) => matches!(token, Token::Known { key: other, .. } if key == other),
            (None, _) => false,
        };
        if fits {
            at += 1;
            from += 1;
        } else if let Some((after_any, taken)) = retry {
            at = after_any;
            from = taken + 1;
            retry = Some((after_any, taken + 1));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|token| *token == Token::Any)
}

/// Whether some text may be taken by both. What is known at deployment may be anything.
fn overlaps(one: &[Token], other: &[Token]) -> bool {
    let is_open = |token: &Token| matches!(token, Token::Any | Token::Known { .. });
    // `row[j]`: whether what is left of `one` and `other[j..]` overlap; filled from the end.
    let mut row: Vec<bool> = (0..=other.len()).map(|from| other[from..].iter().all(is_open)).collect();
    for at in (0..one.len()).rev() {
        let mut next = vec![false; other.len() + 1];
        next[other.len()] = one[at..].iter().all(is_open);
        for from in (0..other.len()).rev() {
            let (left, right) = (&one[at], &other[from]);
            next[from] = if is_open(left) || is_open(right) {
                row[from] || next[from + 1] || row[from + 1]
            } else {
                let fits = matches!(left, Token::One) || matches!(right, Token::One) || left == right;
                fits && row[from + 1]
            };
        }
        row = next;
    }
    row.first().copied().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pattern_covers_another() {
        for (pattern, other, expected) in [
            ("*", "s3:Get*", true),
            ("s3:Get*", "*", false),
            ("s3:*", "s3:GetObject", true),
            ("s3:Get*", "s3:GetObject*", true),
            ("s3:GetObject*", "s3:Get*", false),
            ("a?c", "abc", true),
            ("a?c", "a*c", false),
            ("a*c", "a?c", true),
            ("a**", "a*", true),
            ("a*", "a**", true),
            ("?*", "*?", true),
            ("*?", "?*", true),
            ("*a*b*", "xaybz", true),
            ("*a*b*", "*b*a*", false),
            ("${*}", "*", false),
            ("*", "${*}", true),
        ] {
            assert_eq!(Term::literal(pattern).covers(&Term::literal(other)), expected, "{pattern} {other}");
        }
        let known = |before: &str, key: &str, after: &str| {
            let mut tokens = tokens_of(before);
            tokens.push(Token::Known { key: key.to_owned(), shown: key.to_owned() });
            tokens.extend(tokens_of(after));
            Term::new([tokens])
        };
        assert!(known("a:", "X", "/*").covers(&known("a:", "X", "/b/*")));
        assert!(!known("a:", "X", "/*").covers(&known("a:", "Y", "/b")));
        assert!(Term::literal("a:*").covers(&known("a:", "X", "/b")));
        assert!(!Term::literal("a:?/b").covers(&known("a:", "X", "/b")));
    }

    #[test]
    fn patterns_that_share_no_text_do_not_overlap() {
        for (one, other, expected) in [
            ("iam:*", "s3:GetObject", false),
            ("iam:*", "*", true),
            ("s3:Get*", "s3:*Object", true),
            ("a?", "ab", true),
            ("a?", "abc", false),
            ("*a", "*b", false),
            ("", "*", true),
        ] {
            assert_eq!(Term::literal(one).overlaps(&Term::literal(other)), expected, "{one} {other}");
            assert_eq!(Term::literal(other).overlaps(&Term::literal(one)), expected, "{other} {one}");
        }
        assert!(Term::opaque("X", "X").overlaps(&Term::literal("s3:GetObject")));
    }
}
