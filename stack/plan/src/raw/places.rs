//! Where every value of the template was written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::fault::{Place, SourceFile};
use crate::template::{Positions, span_at};
use crate::yaml::Node;

/// A place, and the file that it is in when that is not the project file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct At {
    pub(crate) place: Place,
    pub(crate) file: Option<SourceFile>,
}

impl At {
    pub(crate) fn of(place: Place) -> Self {
        Self { place, file: None }
    }
}

/// Where a part of the template was written.
#[derive(Debug, Clone)]
enum Origin {
    /// All of it at one place: a template source made it.
    Whole(Place),
    /// Value by value in the project file.
    Node(Place, Node),
    /// Value by value in an included file.
    File(SourceFile, Positions),
}

/// Places of the values of a template, by their path (`/Resources/Uploads/Properties/BucketName`).
#[derive(Debug, Default)]
pub(crate) struct Places {
    parts: BTreeMap<String, Origin>,
    /// Values that overrides brought, later ones last.
    overrides: Vec<(String, Place, Node)>,
}

impl Places {
    /// A part (`/Resources/Uploads`) that was made as a whole.
    pub(crate) fn insert_whole(&mut self, path: String, place: Place) {
        self.parts.insert(path, Origin::Whole(place));
    }

    /// A part that stands in the project file as it is.
    pub(crate) fn insert_node(&mut self, path: String, place: Place, node: Node) {
        self.parts.insert(path, Origin::Node(place, node));
    }

    /// A part of an included file.
    pub(crate) fn insert_file(&mut self, path: String, file: SourceFile, positions: Positions) {
        self.parts.insert(path, Origin::File(file, positions));
    }

    /// Follows a part that has another path from now on.
    pub(crate) fn rename(&mut self, old: &str, new: String) {
        for (path, ..) in &mut self.overrides {
            if let Some(rest) = path.strip_prefix(old).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                *path = format!("{new}{rest}");
            }
        }
        if let Some(origin) = self.parts.remove(old) {
            self.parts.insert(new, origin);
        }
    }

    /// A value that an override put at `path`.
    pub(crate) fn insert_override(&mut self, path: String, place: Place, node: Node) {
        self.overrides.push((path, place, node));
    }

    /// Place of the value at `path`, or of the nearest value around it; nothing for what no file declares.
    pub(crate) fn find(&self, path: &str) -> Option<At> {
        let overridden = self.overrides.iter().rev().find_map(|(at, place, node)| {
            let rest = path.strip_prefix(at.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
            Some(At::of(inside(place, node, rest)))
        });
        overridden.or_else(|| {
            let end = path.match_indices('/').nth(2).map_or(path.len(), |(end, _)| end);
            let (part, rest) = path.split_at(end);
            Some(match self.parts.get(part)? {
                Origin::Whole(place) => At::of(place.clone()),
                Origin::Node(place, node) => At::of(inside(place, node, rest)),
                Origin::File(file, positions) => {
                    let place = Place { key_path: dotted("", path), span: positions.find_span(path) };
                    At { place, file: Some(file.clone()) }
                }
            })
        })
    }
}

/// Place of a value below a node that stands at `place`.
fn inside(place: &Place, node: &Node, path: &str) -> Place {
    if path.is_empty() {
        return place.clone();
    }
    Place { key_path: dotted(&place.key_path, path), span: Some(span_at(node, path)) }
}

/// A path as the project file writes it: `Properties.Tags[0].Key`.
fn dotted(base: &str, path: &str) -> String {
    path.split('/').skip(1).fold(base.to_owned(), |mut dotted, step| {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            let _ = write!(dotted, "[{step}]");
        } else {
            if !dotted.is_empty() {
                dotted.push('.');
            }
            dotted.push_str(&step.replace("~1", "/").replace("~0", "~"));
        }
        dotted
    })
}
