//! Names close to a mistyped one.

/// Names within reach of a typing error, best first, at most three.
pub(crate) fn nearest<'a>(name: &str, known: &'a [String]) -> Vec<&'a str> {
    let reach = (name.chars().count() / 3).clamp(1, 4);
    let lower = name.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate.as_str()))
        .filter(|(distance, _)| *distance <= reach)
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// `did you mean ...?`, when something is near.
pub(crate) fn did_you_mean(name: &str, known: &[String]) -> Option<String> {
    let near: Vec<String> = nearest(name, known).into_iter().map(|candidate| format!("`{candidate}`")).collect();
    let (last, before) = near.split_last()?;
    Some(if before.is_empty() {
        format!("did you mean {last}?")
    } else {
        format!("did you mean {} or {last}?", before.join(", "))
    })
}

/// `what: a, b, c`, or that there are none.
pub(crate) fn list_known(what: &str, known: &[String]) -> String {
    const SHOWN: usize = 20;
    match known.len() {
        0 => format!("{what}: none"),
        count if count > SHOWN => format!("{what}: {} and {} more", known[..SHOWN].join(", "), count - SHOWN),
        _ => format!("{what}: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_within_reach_and_other_words_are_not() {
        let known: Vec<String> =
            ["memory", "timeout", "environment", "access"].iter().map(ToString::to_string).collect();
        assert_eq!(did_you_mean("memmory", &known).as_deref(), Some("did you mean `memory`?"));
        assert_eq!(did_you_mean("Timeuot", &known).as_deref(), Some("did you mean `timeout`?"));
        assert_eq!(did_you_mean("layers", &known), None);
    }

    #[test]
    fn the_nearest_comes_first() {
        let known: Vec<String> = ["assets", "asset", "basset"].iter().map(ToString::to_string).collect();
        assert_eq!(nearest("assts", &known), ["assets"]);
        assert_eq!(did_you_mean("assett", &known).as_deref(), Some("did you mean `asset`, `assets` or `basset`?"));
    }
}
