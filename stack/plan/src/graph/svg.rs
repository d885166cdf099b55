//! The graph as SVG.

use std::fmt::Write as _;

use super::layout::{Area, BoxSize, Line, cut, pixels};
use super::{Edge, Graph, Node};

/// Boxes of two lines, as wide as these are.
const BOXES: BoxSize = BoxSize { least_width: 0.0, height: 44.0 };
/// Fill colors of boxes; the kind chooses.
const FILLS: [&str; 8] = ["#e8f1fd", "#e9f7ee", "#fdf1e3", "#f5ebfb", "#fdeaea", "#e6f6f8", "#fbf7df", "#f0f0f0"];

const STYLE: &str = "text{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;fill:#1c2733;\
text-anchor:middle}.kind{font-size:11px;fill:#5b6b7b}.label{font-size:11px;fill:#3d4d5c}\
.box{stroke:#7a8a99}.link{stroke:#5b6b7b;stroke-width:1.2;fill:none}.mention{stroke-dasharray:4 4}";

const HEAD: &str = "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#5b6b7b\"/></marker></defs>";

impl Graph {
    /// The graph as a picture.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let layout = self.layout(BOXES);
        let mut text = String::new();
        for line in &layout.lines {
            draw_link(&mut text, line, &self.edges[line.edge]);
        }
        for (node, area) in self.nodes.iter().zip(&layout.boxes) {
            draw_node(&mut text, node, *area);
        }
        let (width, height) = (pixels(layout.width), pixels(layout.height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
             {height}\">\n<style>{STYLE}</style>\n{HEAD}\n<rect width=\"{width}\" height=\"{height}\" \
             fill=\"#fff\"/>\n{text}</svg>\n"
        )
    }
}

/// The curves of a link, and its label.
fn draw_link(text: &mut String, line: &Line, edge: &Edge) {
    let class = if edge.is_mention { "link mention" } else { "link" };
    let [before, after] = &line.paths;
    let _ = writeln!(
        text,
        "<path class=\"{class}\" d=\"{before}\"/><path class=\"{class}\" marker-end=\"url(#head)\" d=\"{after}\"/>"
    );
    draw_text(text, "label", (line.label.x, line.label.y + 4.0), &edge.label());
}

fn draw_node(text: &mut String, node: &Node, area: Area) {
    let sum: usize = node.kind.bytes().map(usize::from).sum();
    let _ = writeln!(
        text,
        "<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{}\"/>",
        pixels(area.x - area.width / 2.0),
        pixels(area.y - area.height / 2.0),
        pixels(area.width),
        pixels(area.height),
        FILLS[sum % FILLS.len()]
    );
    draw_text(text, "kind", (area.x, area.y - 5.0), &node.kind);
    draw_text(text, "name", (area.x, area.y + 13.0), &node.name);
}

fn draw_text(text: &mut String, class: &str, (x, y): (f64, f64), words: &str) {
    if !words.is_empty() {
        let words = escaped(&cut(words));
        let _ = writeln!(text, "<text class=\"{class}\" x=\"{}\" y=\"{}\">{words}</text>", pixels(x), pixels(y));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
