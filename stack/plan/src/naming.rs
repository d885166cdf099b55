//! Names of everything in one environment: logical ids and physical names.

use crate::construct::Kind;
use crate::names::{self, STACK_NAME, logical_id, physical};
use crate::settings::Settings;

/// Names of one environment.
///
/// `<stack>-<suffix>-<name>` reads in one way only when the suffix is one word: the first word after the project is it. A
/// suffix of several words is told from the name by a double `-` (`avatars-pr-12--uploads`), which no word has, so no other
/// suffix and name can give the same. What remains is an environment without suffix, whose `a-b` may be the `b` of suffix
/// `a`: [`shadowed`](Self::shadowed) finds it.
pub(crate) struct Naming {
    pub(crate) stack_name: String,
    /// `<stack>-<suffix>` before every name.
    base: String,
    suffix: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) partition: &'static str,
    pub(crate) service_domain: &'static str,
}

impl Naming {
    pub(crate) fn new(project: &str, settings: &Settings) -> Self {
        let suffix = settings.environment.suffix.clone();
        let base = names::join(&[project, &suffix]);
        Self {
            stack_name: physical(&base, "", STACK_NAME),
            base,
            suffix,
            region: settings.region.clone(),
            account: settings.account.clone(),
            partition: settings.partition(),
            service_domain: settings.service_domain(),
        }
    }

    /// Logical id of a construct's main resource: `process-image` gives `ProcessImageFunction`.
    pub(crate) fn id(kind: Kind, name: &str) -> String {
        logical_id(name, kind.id_ending())
    }

    /// Template parameter with the key of a function's code.
    pub(crate) fn code_key_id(function: &str) -> String {
        logical_id(function, "CodeKey")
    }

    /// `<stack>-<suffix>-<name>` within `max` characters.
    pub(crate) fn physical(&self, name: &str, max: usize) -> String {
        physical(&self.whole(name), "", max)
    }

    /// The same for services that refuse a double `-` in names, such as RDS: eight digits of a hash tell what it would.
    pub(crate) fn plain(&self, name: &str, max: usize) -> String {
        let whole = self.whole(name);
        let plain = names::join(&[&self.base, name]);
        let tail = if plain == whole { String::new() } else { names::hash(&whole, names::HASH_DIGITS) };
        physical(&plain, &tail, max)
    }

    /// The same with the region at its end, for names that the whole account shares.
    pub(crate) fn of_account(&self, name: &str, max: usize) -> String {
        physical(&self.whole(name), &self.region, max)
    }

    /// The same with account and region at its end, for names that the whole world shares.
    pub(crate) fn of_world(&self, name: &str, max: usize) -> String {
        let tail = names::join(&[&self.account, &self.region]);
        physical(&self.whole(name), &tail, max)
    }

    fn whole(&self, name: &str) -> String {
        let joint = if self.suffix.contains('-') { "--" } else { "-" };
        format!("{}{joint}{name}", self.base)
    }

    /// The name among `others` that an environment without suffix gives the physical name that `name` has here.
    pub(crate) fn shadowed<'a>(&self, name: &str, others: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let is_word = !self.suffix.is_empty() && !self.suffix.contains('-');
        let shadow = format!("{}-{name}", self.suffix);
        others.into_iter().find(|other| is_word && *other == shadow)
    }

    /// `arn:<partition>:<service>:<region>:<account>:<resource>`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn naming(suffix: &str) -> Naming {
        Naming {
            stack_name: String::new(),
            base: names::join(&["p", suffix]),
            suffix: suffix.to_owned(),
            region: "ap-southeast-1".to_owned(),
            account: "111122223333".to_owned(),
            partition: "aws",
            service_domain: "amazonaws.com",
        }
    }

    /// All kebab names of up to three of a few words, and some that must be cut.
    fn kebab() -> Vec<String> {
        let words = ["a", "b", "ab", "1", "a1b"];
        let mut names: Vec<String> = words.iter().map(ToString::to_string).collect();
        let two: Vec<String> = names.iter().flat_map(|one| words.map(|word| format!("{one}-{word}"))).collect();
        let three: Vec<String> = two.iter().flat_map(|two| words.map(|word| format!("{two}-{word}"))).collect();
        names.extend(two);
        names.extend(three);
        names.extend(["a", "b"].map(|last| format!("{}-{last}", "a".repeat(62))));
        names.extend(["a", "b"].map(|last| format!("{}{last}", "a-".repeat(31))));
        names
    }

    /// Every way to make a name, with a limit of its kind.
    fn made(naming: &Naming, name: &str) -> [(&'static str, String, usize); 8] {
        [
            ("function", naming.physical(name, 64), 64),
            ("topic", naming.physical(name, 256), 256),
            ("queue", naming.physical(name, 75), 75),
            ("table", naming.physical(name, 255), 255),
            ("bucket", naming.of_world(name, 63), 63),
            ("access control", naming.of_account(name, 64), 64),
            ("instance", naming.plain(name, 63), 63),
            ("repository", naming.plain(name, 256), 256),
        ]
    }

    #[test]
    fn names_fit_have_their_characters_and_never_meet_unseen() {
        let names: Vec<String> = kebab().into_iter().filter(|name| names::is_kebab(name)).collect();
        let suffixes: Vec<String> = std::iter::once(String::new())
            .chain(kebab().into_iter().filter(|suffix| names::is_suffix(suffix)))
            .collect();
        assert!(names.len() > 90 && suffixes.len() > 150, "{} {}", names.len(), suffixes.len());
        let mut seen: BTreeMap<(&str, String), (String, String)> = BTreeMap::new();
        for suffix in &suffixes {
            let naming = naming(suffix);
            for name in &names {
                for (kind, made, max) in made(&naming, name) {
                    assert!((3..=max).contains(&made.len()), "{kind} {made}");
                    assert!(made.starts_with("p-") && !made.ends_with('-'), "{kind} {made}");
                    let character = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                    assert!(made.bytes().all(character), "{kind} {made}");
                    assert!(!made.contains("---"), "{kind} {made}");
                    assert!(!matches!(kind, "instance" | "repository") || !made.contains("--"), "{kind} {made}");
                    let Some((suffix_before, name_before)) = seen.get(&(kind, made.clone())) else {
                        seen.insert((kind, made), (suffix.clone(), name.clone()));
                        continue;
                    };
                    // The only names that meet are those of an environment without suffix, and they are found.
                    assert_eq!(suffix_before, "", "{kind} {made}: {suffix}, {name} and {suffix_before}, {name_before}");
                    assert_eq!(naming.shadowed(name, [name_before.as_str()]), Some(name_before.as_str()), "{made}");
                }
            }
        }
    }

    #[test]
    fn names_are_readable() {
        assert_eq!(naming("alice").physical("process-image", 64), "p-alice-process-image");
        assert_eq!(naming("").physical("process-image", 64), "p-process-image");
        assert_eq!(naming("pr-12").physical("uploads", 64), "p-pr-12--uploads");
        assert_eq!(naming("pr-12").of_world("uploads", 63), "p-pr-12--uploads-111122223333-ap-southeast-1");
        assert_eq!(naming("alice").plain("catalog", 63), "p-alice-catalog");
        assert_eq!(
            naming("pr-12").plain("catalog", 63),
            format!("p-pr-12-catalog-{}", names::hash("p-pr-12--catalog", 8))
        );
    }

    #[test]
    fn shadows_need_an_environment_without_suffix() {
        assert_eq!(naming("a").shadowed("b", ["b", "a-b"]), Some("a-b"));
        assert_eq!(naming("a").shadowed("b", ["b", "c-b"]), None);
        assert_eq!(naming("a-b").shadowed("c", ["a-b-c"]), None);
        assert_eq!(naming("").shadowed("b", ["-b", "b"]), None);
    }
}
