//! A template of thirty resources, and one mistake at a time in it.

mod between;
mod forms;

use std::path::{Path, PathBuf};

use super::*;

/// The template, which lies beside the repository, if it is there.
fn reference() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let shared = std::env::var_os("STACK_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let file = shared.join("spec/good30.yaml");
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        println!("skipped: there is no {}", file.display());
    }
    text
}

#[test]
fn the_reference_has_no_finding() {
    let Some(text) = reference() else { return };
    assert_eq!(findings(&text), Vec::<String>::new());
}

#[test]
fn every_mistake_is_found_on_its_line() {
    let Some(text) = reference() else { return };
    let mut missed = Vec::new();
    for (from, to, code) in forms::MUTATIONS.iter().chain(&between::MUTATIONS) {
        let Some(start) = text.find(from) else {
            missed.push(format!("not in the reference: {from}"));
            continue;
        };
        let changed = text.replacen(from, to, 1);
        // The change may begin with lines that stay as they are.
        let same = from.bytes().zip(to.bytes()).take_while(|(one, other)| one == other).count();
        let line = text[..start + same].matches('\n').count() + 1;
        let end = line + to[same..].lines().count().saturating_sub(1);
        let found = findings(&changed);
        // What is missing is missed at the object around it, a line or two before; a circle has a place of its own.
        let is_near = |found: &String| {
            let at: usize = found.split(':').next().unwrap().parse().unwrap();
            let around = matches!(
                *code,
                "missing-property" | "one-of-properties" | "contradiction" | "broken-rule" | "wrong-form"
            );
            *code == "circular-dependency" || (at <= end && at + if around { 6 } else { 0 } >= line)
        };
        if !found.iter().any(|found| found.ends_with(code) && is_near(found)) {
            missed.push(format!("line {line}, {code}: {from:?} -> {to:?}: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
