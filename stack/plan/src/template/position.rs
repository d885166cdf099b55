//! Where a value of a template stands in its text.

use std::fmt;

use serde::Serialize;

use super::function::long_name;
use crate::yaml::{Node, Span, Value as Tree};

/// A place in a text, both numbers from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl From<Span> for Position {
    fn from(span: Span) -> Self {
        Self { line: span.line, column: span.column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// Positions of the values of one template, by path (`/Resources/Uploads/Properties/BucketName`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Positions(Option<Node>);

impl Positions {
    pub(super) fn new(root: Node) -> Self {
        Self(Some(root))
    }

    /// Position of the value at `path` (a JSON pointer into the long form), or of the nearest value around it. `None`
    /// when the text is not known.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Position> {
        self.find_span(path).map(Position::from)
    }

    /// Path of the first key or item that begins on a line, the outermost of them; empty when none does.
    pub(crate) fn path_of_line(&self, line: usize) -> Vec<String> {
        let mut path = Vec::new();
        if let Some(root) = &self.0 {
            path_of_line(root, line, &mut path);
        }
        path.reverse();
        path
    }

    /// As [`find`](Self::find), as a place in the text.
    pub(crate) fn find_span(&self, path: &str) -> Option<Span> {
        self.0.as_ref().map(|root| span_at(root, path))
    }
}

/// True when one is found, whose path has then been added, last step first.
fn path_of_line(node: &Node, line: usize, path: &mut Vec<String>) -> bool {
    let mut is_at =
        |span: Span, value: &Node| span.line == line || (span.line < line && path_of_line(value, line, path));
    let step = match &node.value {
        Tree::Scalar(_) => None,
        Tree::Sequence(items) => items.iter().position(|item| is_at(item.span, item)).map(|index| index.to_string()),
        Tree::Mapping(entries) => {
            entries.iter().find(|entry| is_at(entry.key_span, &entry.value)).map(|entry| entry.key.clone())
        }
    };
    let is_found = step.is_some();
    path.extend(step);
    is_found
}

/// Place of the value at `path` (a JSON pointer into the long form) below a node, or of the nearest value around it.
pub(crate) fn span_at(root: &Node, path: &str) -> Span {
    let mut node = root;
    let mut span = node.span;
    for step in path.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if node.tag.as_deref().and_then(long_name).is_some_and(|name| name == step) {
            continue;
        }
        let next = match &node.value {
            Tree::Scalar(_) => None,
            Tree::Sequence(items) => {
                step.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (item, item.span))
            }
            Tree::Mapping(entries) => {
                entries.iter().find(|entry| entry.key == step).map(|entry| (&entry.value, entry.key_span))
            }
        };
        let Some((child, place)) = next else { break };
        node = child;
        span = place;
    }
    span
}

/// `parent` and one more step, escaped as a JSON pointer is.
pub(crate) fn child_path(parent: &str, key: &str) -> String {
    if key.contains(['/', '~']) {
        format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{parent}/{key}")
    }
}
