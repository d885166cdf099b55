//! Wildcards and policy variables.

use super::decide::Request;

/// Whether a text matches a pattern with `*` (any run of characters) and `?` (any one character).
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Token> = pattern.chars().map(Token::of).collect();
    matches(&pattern, text)
}

/// Whether an ARN matches a pattern part by part: a wildcard does not reach over the colons before the resource.
#[must_use]
pub fn arn_like(pattern: &str, arn: &str) -> bool {
    const PARTS: usize = 6;
    let (patterns, parts): (Vec<&str>, Vec<&str>) =
        (pattern.splitn(PARTS, ':').collect(), arn.splitn(PARTS, ':').collect());
    patterns.len() == parts.len() && patterns.iter().zip(parts).all(|(pattern, part)| glob(pattern, part))
}

/// A character of a pattern. What a policy variable stands for is never a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Exactly(char),
}

impl Token {
    fn of(character: char) -> Self {
        match character {
            '*' => Self::Any,
            '?' => Self::One,
            other => Self::Exactly(other),
        }
    }
}

/// A pattern whose policy variables are filled in from a request.
pub(super) struct Filled(Vec<Token>);

impl Filled {
    /// Fills in `${key}`, `${key, 'default'}`, `${*}`, `${?}` and `${$}`; nothing when a variable has no value.
    pub(super) fn new(pattern: &str, request: &Request<'_>) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut rest = pattern;
        while let Some(start) = rest.find("${") {
            let after = &rest[start + 2..];
            let Some(end) = after.find('}') else { break };
            tokens.extend(rest[..start].chars().map(Token::of));
            let value = variable(&after[..end], request)?;
            tokens.extend(value.chars().map(Token::Exactly));
            rest = &after[end + 1..];
        }
        tokens.extend(rest.chars().map(Token::of));
        Some(Self(tokens))
    }

    /// Whether the text matches, wildcards being wildcards.
    pub(super) fn matches(&self, text: &str) -> bool {
        matches(&self.0, text)
    }

    /// The text that the pattern is when wildcards are no wildcards.
    pub(super) fn literal(&self) -> String {
        let character = |token: &Token| match token {
            Token::Any => '*',
            Token::One => '?',
            Token::Exactly(character) => *character,
        };
        self.0.iter().map(character).collect()
    }
}

fn variable(name: &str, request: &Request<'_>) -> Option<String> {
    if matches!(name, "*" | "?" | "$") {
        return Some(name.to_owned());
    }
    let (key, default) = match name.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (name.trim(), None),
    };
    match (request.values(key), default) {
        (Some([only]), _) => Some(only.clone()),
        (_, Some(default)) => Some(default.to_owned()),
        // Several values are as good as none: which of them is meant cannot be said.
        _ => None,
    }
}

fn matches(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut from) = (0, 0);
    // Where to go on when a run that an asterisk took has to be longer.
    let mut retry: Option<(usize, usize)> = None;
    while from < text.len() {
        let fits = match pattern.get(at) {
            Some(Token::Any) => {
                retry = Some((at + 1, from));
                at += 1;
                continue;
            }
            Some(Token::One) => true,
            Some(Token::Exactly(character)) => *character == text[from],
            None => false,
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
