//! The graph in the language of Graphviz.

use std::fmt::Write as _;

use super::Graph;

impl Graph {
    /// The graph in DOT, the language of Graphviz.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = "digraph stack {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n".to_owned();
        for node in &self.nodes {
            let label = format!("{}\\n{}", escaped(&node.kind), escaped(&node.name));
            let _ = writeln!(text, "  \"{}\" [label=\"{label}\"];", escaped(&node.id));
        }
        for edge in &self.edges {
            let style = if edge.is_mention { ", style=dashed" } else { "" };
            let (from, to, label) = (escaped(&edge.from), escaped(&edge.to), escaped(&edge.label()));
            let _ = writeln!(text, "  \"{from}\" -> \"{to}\" [label=\"{label}\"{style}];");
        }
        text + "}\n"
    }
}

/// Text between quotes. A control character is no text.
fn escaped(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}").replace('\\', "\\\\").replace('"', "\\\"")
}
