//! The graph as a Mermaid flowchart.

use std::fmt::Write as _;

use super::Graph;

impl Graph {
    /// The graph as a Mermaid flowchart, for Markdown.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (index, node) in self.nodes.iter().enumerate() {
            let _ = writeln!(text, "  n{index}[\"{}<br/><b>{}</b>\"]", escaped(&node.kind), escaped(&node.name));
        }
        for edge in &self.edges {
            let at = |id: &str| self.nodes.iter().position(|node| node.id == id);
            let (Some(from), Some(to)) = (at(&edge.from), at(&edge.to)) else { continue };
            let arrow = if edge.is_mention { "-.->" } else { "-->" };
            let label =
                if edge.labels.is_empty() { String::new() } else { format!("|\"{}\"|", escaped(&edge.label())) };
            let _ = writeln!(text, "  n{from} {arrow}{label} n{to}");
        }
        text
    }
}

/// Text in the entities that Mermaid knows, so that nothing in it is syntax.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        if character.is_alphanumeric() || matches!(character, ' ' | '-' | '_' | '.' | ',' | '/' | ':') {
            escaped.push(character);
        } else {
            let _ = write!(escaped, "#{};", u32::from(character));
        }
        escaped
    })
}
