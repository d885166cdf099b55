//! YAML 1.2 text as a tree in which every node knows its place.
//!
//! Nothing is decided about types here: a scalar keeps its text, and the reader asks for what it expects
//! ([`Scalar::text`] for a string, [`Scalar::resolve`] for the core schema's idea). So `no`, `010` and `1e3` cannot
//! become something that the author did not write. Tags (`!Ref`) stay on the node for the reader to understand.

mod build;
mod error;
mod scalar;
#[cfg(test)]
mod tests;

pub use build::{parse, parse_document};
pub use error::YamlError;
pub use scalar::{Resolved, Scalar};

/// Greatest text that is parsed, in bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// Greatest depth of nested sequences and mappings.
pub const MAX_DEPTH: usize = 64;
/// Greatest number of nodes, aliases expanded.
pub const MAX_NODES: usize = 200_000;

/// A place in a text: byte range, and line and column of its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte, from 0.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte in characters, from 1.
    pub column: usize,
}

/// A value with its tag and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Local tag as written, with its `!` (`!GetAtt`); tags of the core schema (`!!str`) are resolved and gone.
    pub tag: Option<String>,
    /// Where it is.
    pub span: Span,
}

/// The three kinds of YAML node.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Scalar(Scalar),
    /// Items in order.
    Sequence(Vec<Node>),
    /// Entries in the order of the text; keys are unique.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Text of the key.
    pub key: String,
    /// Where the key is.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A parsed text and the keys in it that repeat an earlier key of their mapping (the later entry is left out).
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The root; a null scalar for an empty text.
    pub root: Node,
    /// Repeated keys, in order.
    pub duplicates: Vec<Duplicate>,
}

/// A key that its mapping already has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Text of the key.
    pub key: String,
    /// Where it is repeated.
    pub span: Span,
    /// Where it stands first.
    pub first: Span,
}

impl Node {
    /// The scalar, if it is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        if let Value::Scalar(scalar) = &self.value { Some(scalar) } else { None }
    }

    /// The items, if it is a sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        if let Value::Sequence(items) = &self.value { Some(items) } else { None }
    }

    /// The entries, if it is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        if let Value::Mapping(entries) = &self.value { Some(entries) } else { None }
    }

    /// The value under `key`, if it is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// True for a null scalar (nothing, `~`, `null`) without a tag.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.tag.is_none() && self.as_scalar().is_some_and(|scalar| scalar.resolve() == Resolved::Null)
    }
}
