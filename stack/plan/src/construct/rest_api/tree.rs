//! The tree of resources that the paths of a REST API make.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::construct::api::RouteKey;
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::names::hash;

/// Reports parts of paths that differ in the name of their parameter alone: below one resource there is one parameter.
pub(super) fn check<'a>(routes: impl Iterator<Item = (&'a RouteKey, &'a Place)>, sink: &Sink) {
    let mut parameter_of: BTreeMap<String, &str> = BTreeMap::new();
    for (key, place) in routes {
        let mut parent = String::new();
        for part in key.path.split('/').filter(|part| !part.is_empty()) {
            if part.starts_with('{') {
                let first = *parameter_of.entry(parent.clone()).or_insert(part);
                if first != part {
                    let kind = FaultKind::BadValue {
                        value: part.to_owned(),
                        expected: format!("the parameter that follows `{parent}/` in other routes"),
                        help: format!("a REST API has one parameter there: write `{first}`"),
                    };
                    sink.push(kind, place);
                    // What follows is below another resource then.
                    break;
                }
            }
            parent = format!("{parent}/{part}");
        }
    }
}

/// Values of all resources below the root, parents first, in the order in which routes need them.
pub(super) fn resources<'a>(api_id: &str, keys: impl Iterator<Item = &'a RouteKey>) -> Vec<Value> {
    let mut seen: Vec<String> = Vec::new();
    let mut values = Vec::new();
    for key in keys {
        let mut parent = String::new();
        for part in key.path.split('/').filter(|part| !part.is_empty()) {
            let path = format!("{parent}/{part}");
            if !seen.contains(&path) {
                values.push(json!({
                    "id": resource_id(api_id, &path),
                    "parent": resource(api_id, &parent),
                    "part": part,
                }));
                seen.push(path.clone());
            }
            parent = path;
        }
    }
    values
}

/// The resource of a path, for properties.
pub(super) fn resource(api_id: &str, path: &str) -> String {
    if path.is_empty() || path == "/" {
        deferred::attribute(api_id, "RootResourceId")
    } else {
        deferred::reference(&resource_id(api_id, path))
    }
}

/// Readable, and made of the path alone, so that no other path changes it.
fn resource_id(api_id: &str, path: &str) -> String {
    const READABLE: usize = 80;
    let mut words: String = path
        .split(|character: char| !character.is_ascii_alphanumeric())
        .flat_map(|word| {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters)
        })
        .collect();
    words.truncate(READABLE);
    format!("{api_id}Resource{words}{}", hash(path, 8))
}
