//! Physical names: literal, unique within their limits, known before anything exists.

use sha2::{Digest, Sha256};

/// Greatest length of a stack name.
pub(crate) const STACK_NAME: usize = 128;
/// Greatest length of a suffix: leaves room for the rest of a bucket name.
pub(crate) const SUFFIX: usize = 20;
/// Greatest length of a project's name.
pub(crate) const PROJECT_NAME: usize = 40;
/// Greatest length of a construct's name.
pub(crate) const CONSTRUCT_NAME: usize = 64;

/// Digits of a hash that stand for what cannot be said in full.
pub(crate) const HASH_DIGITS: usize = 8;

/// Joins the parts that are not empty with `-`.
pub(crate) fn join(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("-")
}

/// `base`, or `base-tail`, cut to `max` characters: the cut part of the base is replaced by eight digits of the whole
/// name's hash, so that two long names never become one. Both are ASCII.
pub(crate) fn physical(base: &str, tail: &str, max: usize) -> String {
    let whole = join(&[base, tail]);
    if whole.len() <= max {
        return whole;
    }
    let tail_length = if tail.is_empty() { 0 } else { tail.len() + 1 };
    let room = max.saturating_sub(tail_length + HASH_DIGITS + 1);
    let kept = base.get(..room).unwrap_or(base).trim_end_matches('-');
    join(&[kept, &hash(&whole, HASH_DIGITS), tail])
}

/// The first `digits` hexadecimal digits of a text's SHA-256.
pub(crate) fn hash(text: &str, digits: usize) -> String {
    let mut hexadecimal = hex::encode(Sha256::digest(text.as_bytes()));
    hexadecimal.truncate(digits);
    hexadecimal
}

/// A logical id from a construct's name and what the resource is: `process-image` and `Role` give `ProcessImageRole`.
pub(crate) fn logical_id(name: &str, what: &str) -> String {
    let mut id: String = name
        .split(['-', '_'])
        .flat_map(|word| {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters)
        })
        .collect();
    id.push_str(what);
    id
}

/// True for lower-case words of letters and digits joined by single `-`, beginning with a letter.
pub(crate) fn is_kebab(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// Why `suffix` is none, if it is not: it becomes part of bucket names, the strictest of all.
pub(crate) fn is_suffix(text: &str) -> bool {
    let words = text
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    words && text.len() <= SUFFIX
}

/// A login name as part of a name: lower case, and where characters had to be replaced or cut, four digits of a hash,
/// so that `j.doe` and `j-doe` stay two people.
pub(crate) fn user_word(login: &str) -> String {
    let lower = login.to_lowercase();
    let replaced: String = lower
        .chars()
        .map(|character| if character.is_ascii_lowercase() || character.is_ascii_digit() { character } else { '-' })
        .collect();
    let word = replaced.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if word == lower && word.len() <= SUFFIX {
        return word;
    }
    let kept = word.get(..SUFFIX - 5).unwrap_or(&word).trim_end_matches('-');
    join(&[kept, &hash(&lower, 4)])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const BUCKET_NAME: usize = 63;
    const FUNCTION_NAME: usize = 64;

    #[test]
    fn short_names_are_as_written() {
        assert_eq!(
            physical("avatars-alice-assets", "111122223333-us-east-1", BUCKET_NAME),
            "avatars-alice-assets-111122223333-us-east-1"
        );
        assert_eq!(physical("avatars-process-image", "", FUNCTION_NAME), "avatars-process-image");
    }

    #[test]
    fn cut_names_fit_keep_their_tail_and_never_meet() {
        let mut seen = BTreeSet::new();
        for length in 1..200 {
            for last in ["a", "b"] {
                let base = format!("p{}{last}", "x-".repeat(length / 2));
                for (tail, max) in [("111122223333-ap-southeast-1", BUCKET_NAME), ("", FUNCTION_NAME), ("", STACK_NAME)]
                {
                    let name = physical(&base, tail, max);
                    assert!(name.len() <= max, "{name}");
                    assert!(name.ends_with(tail), "{name}");
                    assert!(!name.ends_with('-') && !name.starts_with('-'), "{name}");
                    if length % 2 == 0 {
                        assert!(seen.insert((name, tail, max)), "{base} {tail} {max}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_cut_name_has_the_hash_of_the_whole() {
        let base = "a".repeat(80);
        let name = physical(&base, "tail", 30);
        assert_eq!(name, format!("{}-{}-tail", "a".repeat(16), hash(&format!("{base}-tail"), 8)));
    }

    #[test]
    fn logical_ids_are_alphanumeric() {
        assert_eq!(logical_id("process-image", "Function"), "ProcessImageFunction");
        assert_eq!(logical_id("a1-2b", ""), "A12b");
    }

    #[test]
    fn logins_become_words_that_stay_apart() {
        assert_eq!(user_word("alice"), "alice");
        assert_eq!(user_word("Alice"), "alice");
        let logins = [
            "j.doe",
            "j-doe",
            "j_doe",
            "DOMAIN\\j.doe",
            "jürgen",
            "jurgen",
            "",
            "...",
            "名前",
            "averyveryverylongloginname1",
            "averyveryverylongloginname2",
        ];
        let words: BTreeSet<String> = logins.iter().map(|login| user_word(login)).collect();
        assert_eq!(words.len(), logins.len(), "{words:?}");
        for word in words.iter().filter(|word| !word.is_empty()) {
            assert!(is_suffix(word), "{word}");
        }
    }

    #[test]
    fn suffixes_and_names_have_their_characters() {
        for right in ["alice", "pr-12", "1"] {
            assert!(is_suffix(right), "{right}");
        }
        for wrong in ["", "Alice", "a--b", "-a", "a-", "a.b", "a_b", "abcdefghijklmnopqrstu", "é"] {
            assert!(!is_suffix(wrong), "{wrong}");
        }
        assert!(is_kebab("process-image2") && !is_kebab("2x") && !is_kebab("a--b") && !is_kebab("") && !is_kebab("aB"));
    }
}
