//! The pages of constructs: what they show plans, and they name every key.

use std::collections::BTreeSet;

use super::*;
use crate::yaml::{self, Node};

const PAGES: &[(&str, &str)] = &[
    ("databases", include_str!("../../../../docs/constructs/database.md")),
    ("functions", include_str!("../../../../docs/constructs/function.md")),
    ("networks", include_str!("../../../../docs/constructs/network.md")),
    ("queues", include_str!("../../../../docs/constructs/queue.md")),
    ("secrets", include_str!("../../../../docs/constructs/secret.md")),
    ("tables", include_str!("../../../../docs/constructs/table.md")),
];
const FIXTURES: [&str; 2] = [
    include_str!("../../../../tests/fixtures/tables-and-queues/stack.yaml"),
    include_str!("../../../../tests/fixtures/databases/stack.yaml"),
];

#[test]
fn examples_of_the_pages_plan() {
    for (section, page) in PAGES {
        let examples: Vec<&str> =
            page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!examples.is_empty(), "{section}");
        for example in examples {
            plan_text(&format!("stack: s\nregion: us-east-1\n{example}"), &context());
        }
    }
}

/// Keys of the mappings under a node, as far as they are words of the language.
fn keys(node: &Node, into: &mut BTreeSet<String>) {
    let items = node.as_sequence().into_iter().flatten();
    let entries = node.as_mapping().into_iter().flatten();
    for entry in entries.clone() {
        into.insert(entry.key.clone());
    }
    items.chain(entries.map(|entry| &entry.value)).for_each(|node| keys(node, into));
}

#[test]
fn pages_name_every_key_of_the_fixtures() {
    // What the project names itself, and keys that another page has.
    let own = ["environment", "access", "timeout", "filters", "template", "parameters", "key"];
    let manual = include_str!("../../../../docs/project-file.md");
    for (section, page) in PAGES {
        let mut used = BTreeSet::new();
        for fixture in FIXTURES {
            let root = yaml::parse(fixture).unwrap();
            for construct in root.get(section).and_then(Node::as_mapping).into_iter().flatten() {
                for entry in construct.value.as_mapping().into_iter().flatten() {
                    used.insert(entry.key.clone());
                    if entry.key != "indexes" && !own.contains(&entry.key.as_str()) {
                        keys(&entry.value, &mut used);
                    }
                }
            }
        }
        // Patterns of filters are the project's own.
        let patterns =
            ["body", "kind", "prefix", "amount", "numeric", "gift", "table", "messageAttributes", "eventName"];
        for key in used.iter().filter(|key| !patterns.contains(&key.as_str())) {
            let is_named = page.contains(key.as_str()) || (*section == "functions" && manual.contains(key.as_str()));
            assert!(is_named, "the page of `{section}` lacks `{key}`");
        }
    }
}

#[test]
fn broken_fixtures_give_faults_or_a_plan_and_never_a_panic() {
    for source in FIXTURES {
        for at in (0..source.len()).step_by(97).filter(|at| source.is_char_boundary(*at)) {
            drop(check_project("stack.yaml", &source[..at], &context()));
            for insertion in ["{", "\"", "{{", "- ", "\n", "!x "] {
                if at % 4 == 0 {
                    let text = format!("{}{insertion}{}", &source[..at], &source[at..]);
                    drop(check_project("stack.yaml", &text, &context()));
                }
            }
        }
    }
}
