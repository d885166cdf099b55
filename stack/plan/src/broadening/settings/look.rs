//! Values at a path, through conditions and lists.

use serde_json::Value;

use crate::broadening::reader::{Guards, Reader};
use crate::template::function_of;

/// A value that stands at a path, or that nothing does.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) value: Option<Value>,
    /// What tells the value from others.
    pub(super) key: String,
    /// Names of the list items on the way.
    pub(super) item: String,
    /// Path with the places in lists.
    pub(super) path: String,
    /// Conditions of the template under which it stands there.
    pub(super) when: Guards,
}

/// Keys that name an item of a list.
const NAMES: [&str; 4] = ["Id", "PathPattern", "Region", "DomainName"];

/// The values at `path` (`Origins/*/OriginAccessControlId`).
pub(super) fn look(reader: &Reader<'_>, properties: &Value, path: &str, when: &Guards) -> Vec<Seen> {
    let steps: Vec<&str> = path.split('/').collect();
    let mut found = Vec::new();
    let start = Seen { value: None, key: String::new(), item: String::new(), path: String::new(), when: when.clone() };
    walk(reader, Some(properties), &steps, &start, &mut found);
    found
}

fn walk(reader: &Reader<'_>, value: Option<&Value>, steps: &[&str], at: &Seen, found: &mut Vec<Seen>) {
    let absent = |at: &Seen| {
        let rest = steps.iter().filter(|step| **step != "*");
        Seen { path: rest.fold(at.path.clone(), |path, step| below(&path, step)), ..at.clone() }
    };
    if let [step, "*", rest @ ..] = steps {
        let list = value.and_then(|value| value.get(*step));
        let items = list.map(|list| reader.branches(list, &at.when)).unwrap_or_default();
        for (index, (item, when)) in items.into_iter().enumerate() {
            let name = NAMES.iter().find_map(|name| item.get(name)).map(|name| reader.key(name, 0));
            let item_name = format!("{}/{}", at.item, name.unwrap_or_else(|| index.to_string()));
            let path = format!("{}[{index}]", below(&at.path, step));
            walk(reader, Some(item), rest, &Seen { item: item_name, path, when, ..at.clone() }, found);
        }
        return;
    }
    let Some(value) = value else {
        found.push(absent(at));
        return;
    };
    let cases = reader.cases(value, &at.when);
    if cases.is_empty() {
        found.push(absent(at));
    }
    for (value, when) in cases {
        let at = Seen { when, ..at.clone() };
        let Some(value) = value else {
            found.push(absent(&at));
            continue;
        };
        let is_function = value.as_object().is_some_and(|fields| function_of(fields).is_some());
        match steps {
            [step, rest @ ..] if !is_function => {
                let next = Seen { path: below(&at.path, step), ..at };
                if rest.first() == Some(&"*") {
                    walk(reader, Some(value), steps, &Seen { path: parent(&next.path), ..next }, found);
                } else {
                    walk(reader, value.get(*step), rest, &next, found);
                }
            }
            _ => found.push(Seen { value: Some(value.clone()), key: reader.key(value, 0), ..absent(&at) }),
        }
    }
}

fn below(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

fn parent(path: &str) -> String {
    path.rsplit_once('.').map(|(parent, _)| parent.to_owned()).unwrap_or_default()
}

/// False when both cannot stand at once.
pub(super) fn is_consistent(one: &Guards, other: &Guards) -> bool {
    !one.iter().any(|(condition, outcome)| other.contains(&(condition.clone(), !outcome)))
}
