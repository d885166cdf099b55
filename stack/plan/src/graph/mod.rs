//! The architecture of a plan, or of a deployed template, as a graph: what there is, and how it is linked.

mod build;
mod deployed;
mod dot;
mod layout;
mod mermaid;
mod parts;
mod svg;

use serde::Serialize;

pub(crate) use build::{Builder, Granted, node_id};
pub use layout::{Area, BoxSize, Layout, Line, cut};

/// Things that a project declares, and the links between them, both in the order of the template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Graph {
    /// Constructs, and resources that the project writes or includes.
    pub nodes: Vec<Node>,
    /// Links.
    pub edges: Vec<Edge>,
}

/// A thing that a project declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Name in references (`bucket.uploads`, `resource.Audit`).
    pub id: String,
    /// Kind of construct (`bucket`), or the type of a resource (`AWS::SQS::Queue`).
    pub kind: String,
    /// Its own name (`uploads`).
    pub name: String,
}

/// A link from the one that acts to the one that it acts upon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Id of the node that acts.
    pub from: String,
    /// Id of the node that it acts upon.
    pub to: String,
    /// What it does, one word or a few: verbs of access, event types, `subscription`, `origin`.
    pub labels: Vec<String>,
    /// True when it only knows the other: a name in an environment variable, a tag.
    pub is_mention: bool,
}

impl Edge {
    /// The labels in one text, as drawings show them.
    #[must_use]
    pub fn label(&self) -> String {
        self.labels.join(", ")
    }
}
