//! Error codes are uniform: each is its variant's name in kebab case, and no two errors share one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::paths;

/// Every code with the name that it must come from: of `code("...")` in a `#[diagnostic]`, the item below it; of a match
/// (`Self::Name { .. } => "..."` in a `fn code` or `fn stable_code`), the variant beside it.
fn codes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    let mut in_match = false;
    for line in text.lines() {
        let line = line.trim();
        if let Some((_, rest)) = line.split_once("code(")
            && !line.starts_with("fn ")
            && (line.starts_with("#[diagnostic") || line.starts_with("code("))
        {
            open = rest.split([')', ',']).next().map(|code| code.trim_matches('"').to_owned());
            continue;
        }
        let item = line.strip_prefix("pub struct ").unwrap_or(line);
        if item.starts_with(|first: char| first.is_ascii_uppercase())
            && let Some(code) = open.take()
        {
            let end = item.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(item.len());
            found.push((code, item[..end].to_owned()));
        }
        in_match |= line.starts_with("pub fn code(") || line.starts_with("fn stable_code(");
        in_match &= line != "}";
        if in_match && let Some((variant, code)) = line.strip_prefix("Self::").and_then(|arm| arm.split_once(" => \""))
        {
            let end = variant.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(variant.len());
            found.push((code.trim_end_matches(['"', ',']).to_owned(), variant[..end].to_owned()));
        }
    }
    found
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_code_is_the_name_of_its_variant_and_is_used_once() {
    let mut files = Vec::new();
    // Functions are programs of their own, whose codes are part of their answers.
    for package in std::fs::read_dir(paths::root().join("stack")).unwrap().map(Result::unwrap) {
        sources(&package.path().join("src"), &mut files);
    }
    let mut seen: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in files {
        for (code, name) in codes(&std::fs::read_to_string(&file).unwrap()) {
            assert_eq!(code, kebab(&name), "the code of `{name}` in {}", file.display());
            if let Some(other) = seen.insert(code.clone(), file.clone()) {
                panic!("`{code}` is a code of {} and of {}", other.display(), file.display());
            }
        }
    }
    // Were the form of the sources to change, nothing would be found and nothing proved.
    assert!(seen.len() > 100, "only {} codes were found", seen.len());
}

#[test]
fn codes_of_both_forms_are_found() {
    let text = "#[diagnostic(code(\"a-b\"), help(\"x\"))]\n    AaBb {\n#[diagnostic(\n code(\"c\"),\n help(\"Y\")\n)]\nC(\n\
                pub fn code(&self) -> &'static str {\n Self::DdEe { .. } => \"dd-ee\",\n }\n}\nSelf::F => \"no\",\n";
    let pairs = [("a-b", "AaBb"), ("c", "C"), ("dd-ee", "DdEe")];
    assert_eq!(codes(text), pairs.map(|(code, name)| (code.to_owned(), name.to_owned())));
}
