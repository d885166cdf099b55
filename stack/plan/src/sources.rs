//! The sources that are built in, for whoever wants to replace one.

use crate::construct::Kind;
use crate::render::{PERMISSION, built_in_policies};

/// Ending of a template source's file name.
const TEMPLATE: &str = ".yaml.hbs";

/// A template source or a policy source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltInSource {
    /// File name, under which a project may replace it.
    pub file_name: &'static str,
    /// What it is the source of (`bucket`); a policy source belongs to what it grants access to.
    pub owner: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Template sources, in the order of the templates.
#[must_use]
pub fn template_sources() -> Vec<BuiltInSource> {
    let sources = Kind::ALL.iter().map(|kind| kind.source()).chain([PERMISSION]);
    sources
        .map(|source| BuiltInSource {
            file_name: source.file_name,
            owner: source.file_name.trim_end_matches(TEMPLATE),
            text: source.text,
        })
        .collect()
}

/// Policy sources, sorted by name.
#[must_use]
pub fn policy_sources() -> Vec<BuiltInSource> {
    let owners: Vec<&str> = template_sources().iter().map(|source| source.owner).collect();
    let policies = built_in_policies().iter();
    policies
        .map(|&(file_name, text)| {
            let belongs = |owner: &&&str| file_name.starts_with(&format!("{}-", owner.replace('_', "-")));
            // The longest fits best: `event-rule-x` is of `event_rule`, not of `event`.
            let owner = owners.iter().filter(belongs).max_by_key(|owner| owner.len());
            BuiltInSource { file_name, owner: owner.copied().unwrap_or_default(), text }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_a_name_of_its_own_and_a_text() {
        let all: Vec<_> = template_sources().into_iter().chain(policy_sources()).collect();
        let names: std::collections::BTreeSet<_> = all.iter().map(|source| source.file_name).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().all(|source| !source.text.trim().is_empty()));
        let of_bucket = policy_sources().into_iter().filter(|source| source.owner == "bucket");
        assert!(of_bucket.map(|source| source.file_name).any(|name| name == "bucket-read.json.hbs"));
    }
}
