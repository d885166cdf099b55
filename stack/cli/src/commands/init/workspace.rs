//! A Cargo workspace of some packages of this one: the same versions, lints and profiles.
//!
//! Manifest and lock file are cut line by line: both are ours, and written one entry a line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A lock file, and the names of the packages in it.
pub(super) struct Lock {
    pub(super) text: String,
    pub(super) packages: BTreeSet<String>,
}

/// Names that a manifest inherits from its workspace (`tokio.workspace = true`).
pub(super) fn inherited(manifest: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim();
        let inherits = key.strip_suffix(".workspace").or_else(|| value.contains("workspace = true").then_some(key))?;
        Some(inherits.to_owned())
    };
    manifest.lines().filter_map(name).collect()
}

/// The manifest of a workspace that has the given members only. `packages` is what its lock file names.
pub(super) fn manifest(whole: &str, members: &[String], packages: &BTreeSet<String>) -> String {
    let used: BTreeSet<String> = members.iter().flat_map(|member| inherited(member)).collect();
    let mut text = "[workspace]\nresolver = \"3\"\nmembers = [\"functions/*\"]\n".to_owned();
    for section in whole.split("\n[").skip(1) {
        let Some((header, body)) = section.split_once("]\n") else { continue };
        let lines = body.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let key = |line: &str| line.split('=').next().unwrap_or_default().trim().trim_matches('"').to_owned();
        let kept: Vec<&str> = match header {
            "workspace.dependencies" => lines.filter(|line| used.contains(&key(line))).collect(),
            _ if header.starts_with("profile.") && header.ends_with(".package") => {
                lines.filter(|line| key(line) == "*" || packages.contains(&key(line))).collect()
            }
            _ => lines.collect(),
        };
        if !kept.is_empty() {
            let _ = write!(text, "\n[{header}]\n{}\n", kept.join("\n"));
        }
    }
    text
}

/// The part of a lock file that the given packages need.
pub(super) fn lock(whole: &str, members: &BTreeSet<String>) -> Lock {
    let blocks: Vec<&str> = whole.split("\n\n").collect();
    let head: Vec<&str> = blocks.iter().copied().take_while(|block| !block.contains("[[package]]")).collect();
    // A name stands for all versions of it: one too many does no harm, cargo takes it out.
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for block in blocks.iter().filter(|block| block.contains("[[package]]")) {
        by_name.entry(value_of(block, "name").unwrap_or_default()).or_default().push(block);
    }
    let mut packages: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = members.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for block in by_name.get(name.as_str()).into_iter().flatten() {
            if !packages.contains(&name) {
                open.extend(dependencies(block));
            }
        }
        packages.insert(name);
    }
    let kept = by_name.iter().filter(|(name, _)| packages.contains(**name)).flat_map(|(_, blocks)| blocks.iter());
    let text = head.into_iter().chain(kept.copied()).map(str::trim_end).collect::<Vec<_>>().join("\n\n");
    Lock { text: text + "\n", packages }
}

fn value_of<'a>(block: &'a str, key: &str) -> Option<&'a str> {
    block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
}

/// Names in `dependencies = [...]`; a version may follow a name.
fn dependencies(block: &str) -> Vec<String> {
    let lines = block.lines().skip_while(|line| !line.starts_with("dependencies = [")).skip(1);
    let names = lines.map_while(|line| line.trim().strip_prefix('"')?.split(['"', ' ']).next());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_workspace_keeps_what_it_needs() {
        let whole = "[workspace]\nmembers = [\"a\"]\n\n[workspace.package]\nedition = \"2024\"\n\n[workspace.dependencies]\n# why\nb = \"1\"\nc = { version = \"2\" }\nd = \"3\"\n\n[profile.dev.package]\nb = { opt-level = 3 }\nx = { opt-level = 3 }\n";
        let members = ["[package]\nname = \"a\"\nedition.workspace = true\n[dependencies]\nb.workspace = true\nc = { workspace = true, features = [] }\n".to_owned()];
        let lock = lock(
            "# head\nversion = 4\n\n[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\n \"b\",\n \"c 2.0\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"1\"\n\n[[package]]\nname = \"c\"\nversion = \"2.0\"\n\n[[package]]\nname = \"x\"\nversion = \"1\"\n",
            &BTreeSet::from(["a".to_owned()]),
        );
        assert_eq!(lock.packages, ["a", "b", "c"].map(str::to_owned).into());
        assert!(lock.text.starts_with("# head") && !lock.text.contains("\"x\"") && lock.text.ends_with("\"2.0\"\n"));
        assert_eq!(
            manifest(whole, &members, &lock.packages),
            "[workspace]\nresolver = \"3\"\nmembers = [\"functions/*\"]\n\n[workspace.package]\nedition = \"2024\"\n\n[workspace.dependencies]\nb = \"1\"\nc = { version = \"2\" }\n\n[profile.dev.package]\nb = { opt-level = 3 }\n"
        );
    }
}
