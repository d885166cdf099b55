//! Patterns of the schemas in the dialect of the `regex` crate.
//!
//! The schemas are written for engines with look-around. What stands at an edge of a pattern can be said by several
//! patterns without it: `^(?!aws:)[a-z]+$` is `^[a-z]+$` and not `^aws:`. What cannot is kept as text only and counted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What became of the patterns, each distinct one counted once.
#[derive(Default)]
pub(super) struct Counts {
    outcomes: BTreeMap<String, Outcome>,
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Kept,
    Translated,
    Unchecked,
}

impl Counts {
    pub(super) fn total(&self) -> usize {
        self.outcomes.len()
    }

    pub(super) fn translated(&self) -> usize {
        self.outcomes.values().filter(|outcome| **outcome == Outcome::Translated).count()
    }

    /// The patterns that nothing checks.
    pub(super) fn unchecked(&self) -> Vec<&str> {
        let unchecked = self.outcomes.iter().filter(|(_, outcome)| **outcome == Outcome::Unchecked);
        unchecked.map(|(pattern, _)| pattern.as_str()).collect()
    }
}

/// The value of the keyword `pattern`: the same string where it can be used as it is, otherwise
/// `{"text": original, "all": [...], "none": [...], "least": 1, "most": 9}`; without `all` nothing is checked.
pub(super) fn translate(pattern: &str, counts: &mut Counts) -> Value {
    let spelled = plain(pattern);
    if counted(&spelled).is_none() && compiles(&spelled) {
        let outcome = if spelled == pattern { Outcome::Kept } else { Outcome::Translated };
        counts.outcomes.insert(pattern.to_owned(), outcome);
        return json!(spelled);
    }
    let Some(parts) = Parts::of(pattern).filter(Parts::compile) else {
        counts.outcomes.insert(pattern.to_owned(), Outcome::Unchecked);
        return json!({"text": pattern});
    };
    counts.outcomes.insert(pattern.to_owned(), Outcome::Translated);
    let mut value = json!({"text": pattern, "all": parts.all});
    if let Value::Object(fields) = &mut value {
        if !parts.none.is_empty() {
            fields.insert("none".to_owned(), json!(parts.none));
        }
        if let Some((least, most)) = parts.length {
            fields.insert("least".to_owned(), json!(least));
            if let Some(most) = most {
                fields.insert("most".to_owned(), json!(most));
            }
        }
    }
    value
}

/// A pattern that is a key of `patternProperties`; one that cannot be said matches every name.
pub(super) fn translate_name(pattern: &str, counts: &mut Counts) -> String {
    let plain = plain(pattern);
    if compiles(&plain) {
        counts.outcomes.insert(pattern.to_owned(), if plain == pattern { Outcome::Kept } else { Outcome::Translated });
        return plain;
    }
    match Parts::of(pattern).filter(Parts::compile) {
        Some(parts) if parts.all.len() == 1 => {
            counts.outcomes.insert(pattern.to_owned(), Outcome::Translated);
            parts.all.into_iter().next().unwrap_or_default()
        }
        _ => {
            counts.outcomes.insert(pattern.to_owned(), Outcome::Unchecked);
            String::new()
        }
    }
}

fn compiles(pattern: &str) -> bool {
    regex::RegexBuilder::new(pattern).size_limit(1 << 22).build().is_ok()
}

#[derive(Default)]
struct Parts {
    all: Vec<String>,
    none: Vec<String>,
    length: Option<(usize, Option<usize>)>,
}

impl Parts {
    fn of(pattern: &str) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = plain(pattern);
        // `^(LOOK REST)$` is `^LOOK(REST)$`.
        if let Some(anchored) = rest.strip_prefix("\\A") {
            rest = format!("^{anchored}");
        }
        if rest.starts_with("^((?!") && rest.ends_with(")$") && group_end(&rest[1..])? == rest.len() - 3 {
            rest = format!("^{}$", &rest[2..rest.len() - 2]);
        }
        loop {
            let anchored = rest.starts_with('^');
            let start = usize::from(anchored);
            let body = &rest[start..];
            let negative = body.starts_with("(?!");
            if !negative && !body.starts_with("(?=") {
                break;
            }
            let end = group_end(body)?;
            let look = &body[3..end];
            // Without an anchor the look would be repeated at every place.
            if !anchored && !look.starts_with('^') && !matches!(look, "\\s*$") {
                return None;
            }
            let look = if look.starts_with('^') { look.to_owned() } else { format!("^(?:{look})") };
            if negative {
                parts.none.push(look);
            } else {
                parts.all.push(look);
            }
            rest = format!("{}{}", if anchored { "^" } else { "" }, &body[end + 1..]);
            if has_top_level_alternative(&rest) {
                return None;
            }
        }
        if let Some(before) = rest.strip_suffix(")$")
            && let Some(start) = before.rfind("(?<!")
            && group_end(&rest[start..])? == rest.len() - 1 - start - 1
        {
            parts.none.push(format!("(?:{})$", &before[start + 4..]));
            rest = format!("{}$", &rest[..start]);
            if has_top_level_alternative(&rest) {
                return None;
            }
        }
        if let Some((uncounted, least, most)) = counted(&rest) {
            parts.length = Some((least, most));
            rest = uncounted;
        }
        parts.all.push(rest);
        Some(parts)
    }

    fn compile(&self) -> bool {
        self.all.iter().chain(&self.none).all(|pattern| compiles(pattern))
    }
}

/// `^[class]{least,most}$` as `^[class]*$` and the length.
fn counted(pattern: &str) -> Option<(String, usize, Option<usize>)> {
    let body = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let (open, close) = match (body.strip_prefix("(["), body.strip_suffix(')')) {
        (Some(_), Some(_)) => (1, 1),
        _ => (0, 0),
    };
    let inner = &body[open..body.len() - close];
    let (class, count) = if let Some(count) = inner.strip_prefix('.') {
        (".", count)
    } else {
        let end = class_end(inner)?;
        inner.split_at(end + 1)
    };
    let (least, most) = match count.strip_prefix('{')?.strip_suffix('}')?.split_once(',') {
        Some((least, "")) => (least.parse().ok()?, None),
        Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        None => return None,
    };
    if most.unwrap_or(least) < 16 {
        return None;
    }
    Some((format!("^{class}*$"), least, most))
}

/// Index of the `]` that ends the class that `text` begins with.
fn class_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'[') {
        return None;
    }
    let mut index = 1;
    while index < bytes.len() {
        match bytes[index] {
            b'\\' => index += 1,
            b']' if index > 1 => return Some(index),
            _ => {}
        }
        index += 1;
    }
    None
}

/// Index of the `)` that ends the group that `text` begins with.
fn group_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut index, mut in_class) = (0_usize, 0, false);
    while index < bytes.len() {
        match bytes[index] {
            b'\\' => index += 1,
            b'[' if !in_class => in_class = true,
            b']' if in_class => in_class = false,
            b'(' if !in_class => depth += 1,
            b')' if !in_class => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
        index += 1;
    }
    None
}

fn has_top_level_alternative(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let (mut depth, mut index, mut in_class) = (0_usize, 0, false);
    while index < bytes.len() {
        match bytes[index] {
            b'\\' => index += 1,
            b'[' if !in_class => in_class = true,
            b']' if in_class => in_class = false,
            b'(' if !in_class => depth += 1,
            b')' if !in_class => depth = depth.saturating_sub(1),
            b'|' if !in_class && depth == 0 => return true,
            _ => {}
        }
        index += 1;
    }
    false
}

/// The same pattern in the other spelling: what has another meaning inside a class, ends, classes of characters.
fn plain(pattern: &str) -> String {
    let mut text = pattern.to_owned();
    for (from, to) in [
        ("(?![\\s\\S])", "\\z"),
        ("\\Z", "\\z"),
        ("\\p{Print}", "[[:print:]]"),
        ("\\p{Graph}", "[[:graph:]]"),
        ("\\p{ASCII}", "[[:ascii:]]"),
        ("\\p{Alnum}", "[[:alnum:]]"),
        ("\\p{Alpha}", "[[:alpha:]]"),
        ("\\p{Digit}", "[[:digit:]]"),
        ("\\p{Upper}", "[[:upper:]]"),
        ("\\p{Lower}", "[[:lower:]]"),
        ("\\p{Space}", "\\s"),
        ("\\p{Blank}", "[ \\t]"),
        ("\\p{IsAlphabetic}", "\\p{L}"),
        ("\\p{IsLetter}", "\\p{L}"),
        ("\\p{IsDigit}", "\\p{Nd}"),
        ("\\p{IsLatin}", "\\p{Latin}"),
        ("\\p{IsPunctuation}", "\\p{P}"),
        ("\\uD800\\uDBFF-\\uDC00\\uDFFF", "\\u{10000}-\\u{10FFFF}"),
        ("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\u{10000}-\\u{10FFFF}"),
        ("\\ud800\\udc00-\\udbff\\udfff", "\\u{10000}-\\u{10FFFF}"),
        ("\\u10000-\\u10FFFF", "\\u{10000}-\\u{10FFFF}"),
    ] {
        text = text.replace(from, to);
    }
    let bytes: Vec<char> = text.chars().collect();
    let mut plain = String::with_capacity(text.len());
    let (mut index, mut class_start) = (0, None::<usize>);
    while index < bytes.len() {
        let (letter, next) = (bytes[index], bytes.get(index + 1).copied());
        match letter {
            '\\' => {
                // What is a digit or a letter of a word is decided by ASCII, as the services do: and a class of all
                // scripts, counted, takes milliseconds to compile.
                let ascii = match next {
                    Some('w') => Some("0-9A-Za-z_"),
                    Some('d') => Some("0-9"),
                    _ => None,
                };
                if let Some(ascii) = ascii {
                    if class_start.is_some() {
                        plain.push_str(ascii);
                        if bytes.get(index + 2) == Some(&'-') && bytes.get(index + 3) != Some(&']') {
                            plain.push('\\');
                        }
                    } else {
                        plain.push('[');
                        plain.push_str(ascii);
                        plain.push(']');
                    }
                    index += 2;
                    continue;
                }
                // An escaped letter that has no meaning is the letter.
                let meaningless = next.is_some_and(|next| "_:;'\"@,=!%<> ikghmoqyjlec`".contains(next));
                if !meaningless {
                    plain.push('\\');
                }
                if let Some(next) = next {
                    plain.push(next);
                }
                index += 1;
            }
            '[' if class_start.is_none() => {
                class_start = Some(plain.len());
                plain.push('[');
                if next == Some('^') {
                    plain.push('^');
                    index += 1;
                }
            }
            // POSIX classes from above stay; another bracket is itself.
            '[' if next == Some(':') && text.contains("[[:") => {
                let end = bytes[index..].iter().position(|letter| *letter == ']').map_or(index, |end| index + end);
                plain.extend(&bytes[index..=end]);
                index = end;
            }
            '[' => plain.push_str("\\["),
            ']' if class_start.is_some_and(|start| plain.len() == start + 1) => plain.push_str("\\]"),
            ']' => {
                class_start = None;
                plain.push(']');
            }
            '&' | '~' if class_start.is_some() && next == Some(letter) => {
                plain.push('\\');
                plain.push(letter);
            }
            '-' if class_start.is_some() && next == Some('-') => plain.push_str("\\-"),
            '{' if class_start.is_none() && !is_count(&bytes[index..]) => plain.push_str("\\{"),
            _ => plain.push(letter),
        }
        index += 1;
    }
    // Inside `\p{...}` and `\u{...}` the brace belongs to the escape.
    ["p", "P", "u", "x"]
        .iter()
        .fold(plain, |text, letter| text.replace(&format!("\\{letter}\\{{"), &format!("\\{letter}{{")))
}

/// True for `{2}`, `{2,}` and `{2,5}`.
fn is_count(text: &[char]) -> bool {
    let inside: String = text.iter().skip(1).take_while(|letter| **letter != '}').collect();
    let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    text.len() > inside.len() + 1 && !least.is_empty() && is_number(least) && is_number(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(pattern: &str) -> Value {
        translate(pattern, &mut Counts::default())
    }

    #[test]
    fn looks_at_the_edges_become_patterns_of_their_own() {
        assert_eq!(translated("^[a-z]+$"), json!("^[a-z]+$"));
        assert_eq!(
            translated("^(?!aws:)[a-z]+$"),
            json!({"text": "^(?!aws:)[a-z]+$", "all": ["^[a-z]+$"], "none": ["^(?:aws:)"]})
        );
        assert_eq!(
            translated("^((?!aws:)[a-z]+)$"),
            json!({"text": "^((?!aws:)[a-z]+)$", "all": ["^[a-z]+$"], "none": ["^(?:aws:)"]})
        );
        assert_eq!(
            translated("^[0-9a-z]*(?<!\\.)$"),
            json!({"text": "^[0-9a-z]*(?<!\\.)$", "all": ["^[0-9a-z]*$"], "none": ["(?:\\.)$"]})
        );
        assert_eq!(
            translated("^[a-z-]{1,512}$"),
            json!({"text": "^[a-z-]{1,512}$", "all": ["^[a-z-]*$"], "least": 1, "most": 512})
        );
        assert_eq!(translated("(?!^a)b(?=c)d"), json!({"text": "(?!^a)b(?=c)d"}));
    }

    #[test]
    fn other_spellings_are_understood() {
        assert_eq!(translated("^[a-z]+\\Z"), json!("^[a-z]+\\z"));
        assert_eq!(translated("^[\\w-.]\\d$"), json!("^[0-9A-Za-z_\\-.][0-9]$"));
        assert!(compiles(&plain("^[[a]$")) && compiles(&plain("^${x}$")) && compiles(&plain("[a--z&&]")));
    }
}
