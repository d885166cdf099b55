//! Twins in YAML and JSON: a template that is printed in one and read again is the same, and so is its print.

use std::collections::BTreeMap;
use std::path::PathBuf;

use stack_plan::Template;

#[derive(Default)]
pub(super) struct Twins {
    /// Templates that can be read at all.
    pub(super) parsed: usize,
    pub(super) faults: Vec<String>,
}

pub(super) fn check(texts: &BTreeMap<PathBuf, String>) -> Twins {
    let mut twins = Twins::default();
    for (file, text) in texts {
        let Ok(template) = Template::parse(text) else { continue };
        twins.parsed += 1;
        for (kind, print) in [("YAML", template.to_yaml()), ("JSON", template.to_json())] {
            match Template::parse(&print) {
                Ok(again) if again == template => {
                    let second = if kind == "YAML" { again.to_yaml() } else { again.to_json() };
                    if second != print {
                        twins.faults.push(format!("{}: printed as {kind} twice, it differs", file.display()));
                    }
                }
                Ok(_) => twins.faults.push(format!("{}: read again from {kind}, it differs", file.display())),
                Err(error) => twins.faults.push(format!("{}: its {kind} cannot be read: {error}", file.display())),
            }
        }
    }
    twins
}
