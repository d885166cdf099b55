//! The graph as SVG. A library finds the places (Sugiyama's layers); what is drawn there is ours.

use std::fmt::Write as _;

use rust_sugiyama::configure::Config;
use rust_sugiyama::from_vertices_and_edges;

use super::{Edge, Graph, Node};

/// Width of a character of a name, in pixels; the fonts below are not wider.
const CHARACTER: f64 = 8.0;
/// Height of a box.
const BOX_HEIGHT: f64 = 44.0;
/// Height of a label.
const LABEL_HEIGHT: f64 = 16.0;
/// Space between things of one layer, and between layers.
const SPACING: f64 = 28.0;
/// Space around the drawing and between parts that are not linked.
const MARGIN: f64 = 20.0;
/// Longest name that is shown whole, in characters.
const LONGEST: usize = 40;
/// Fill colors of boxes; the kind chooses.
const FILLS: [&str; 8] = ["#e8f1fd", "#e9f7ee", "#fdf1e3", "#f5ebfb", "#fdeaea", "#e6f6f8", "#fbf7df", "#f0f0f0"];

const STYLE: &str = "text{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;fill:#1c2733;\
text-anchor:middle}.kind{font-size:11px;fill:#5b6b7b}.label{font-size:11px;fill:#3d4d5c}\
.box{stroke:#7a8a99}.link{stroke:#5b6b7b;stroke-width:1.2;fill:none}.mention{stroke-dasharray:4 4}";

const HEAD: &str = "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#5b6b7b\"/></marker></defs>";

/// A rectangle by its center.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Graph {
    /// The graph as a picture.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let links: Vec<(usize, usize, &Edge)> = self.edges.iter().filter_map(|edge| self.ends(edge)).collect();
        let areas = self.areas(&links);
        let mut text = String::new();
        for (index, (from, to, edge)) in links.iter().enumerate() {
            draw_link(&mut text, areas[*from], areas[self.nodes.len() + index], areas[*to], edge);
        }
        for (node, area) in self.nodes.iter().zip(&areas) {
            draw_node(&mut text, node, *area);
        }
        let reach = |far: fn(&Area) -> f64| areas.iter().map(far).fold(0.0, f64::max) + MARGIN;
        let width = pixels(reach(|area| area.x + area.width / 2.0));
        let height = pixels(reach(|area| area.y + area.height / 2.0));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
             {height}\">\n<style>{STYLE}</style>\n{HEAD}\n<rect width=\"{width}\" height=\"{height}\" \
             fill=\"#fff\"/>\n{text}</svg>\n"
        )
    }

    /// Positions of an edge's nodes. A link of a node to itself is not drawn: there is no room for it between layers.
    fn ends<'a>(&self, edge: &'a Edge) -> Option<(usize, usize, &'a Edge)> {
        let at = |id: &str| self.nodes.iter().position(|node| node.id == id);
        let (from, to) = (at(&edge.from)?, at(&edge.to)?);
        (from != to).then_some((from, to, edge))
    }

    /// Where everything is: the nodes, then the labels of the links.
    fn areas(&self, links: &[(usize, usize, &Edge)]) -> Vec<Area> {
        let boxes = self.nodes.iter().map(|node| {
            let characters = length(&cut(&node.kind)).max(length(&cut(&node.name)));
            Area { width: characters * CHARACTER + 24.0, height: BOX_HEIGHT, ..Area::default() }
        });
        let labels = links.iter().map(|(.., edge)| Area {
            width: length(&cut(&edge.label())) * CHARACTER,
            height: LABEL_HEIGHT,
            ..Area::default()
        });
        let mut areas: Vec<Area> = boxes.chain(labels).collect();
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        // The library's layers lie one below the other; ours stand side by side.
        let vertices: Vec<(u32, (f64, f64))> =
            areas.iter().enumerate().map(|(index, area)| (number(index), (area.height, area.width))).collect();
        let through = links.iter().enumerate().flat_map(|(index, (from, to, _))| {
            let label = number(self.nodes.len() + index);
            // Two that link to each other stay side by side, with both labels between them.
            let is_way_back =
                links[..index].iter().any(|(other_from, other_to, _)| (other_from, other_to) == (to, from));
            let (first, last) = if is_way_back { (to, from) } else { (from, to) };
            [(number(*first), label), (label, number(*last))]
        });
        let config = Config { vertex_spacing: SPACING, ..Config::default() };
        let mut top = MARGIN;
        // In the order of the first node of each, so that the picture is the same each time.
        let mut parts = from_vertices_and_edges(&vertices, &through.collect::<Vec<_>>(), &config);
        for (places, ..) in &mut parts {
            places.sort_by_key(|(index, _)| *index);
        }
        parts.sort_by_key(|(places, ..)| places.first().map(|(index, _)| *index));
        for (places, ..) in parts {
            let least =
                |coordinate: fn(&Area) -> f64, placed: &[Area]| placed.iter().map(coordinate).fold(f64::MAX, f64::min);
            let mut placed: Vec<Area> =
                places.iter().map(|(index, (x, y))| Area { x: *y, y: *x, ..areas[*index] }).collect();
            let left = least(|area| area.x - area.width / 2.0, &placed);
            let upper = least(|area| area.y - area.height / 2.0, &placed);
            for area in &mut placed {
                area.x += MARGIN - left;
                area.y += top - upper;
            }
            top = placed.iter().map(|area| area.y + area.height / 2.0).fold(top, f64::max) + MARGIN;
            for ((index, _), area) in places.iter().zip(placed) {
                areas[*index] = area;
            }
        }
        areas
    }
}

/// A curve from box to label to box, and the label.
fn draw_link(text: &mut String, from: Area, label: Area, to: Area, edge: &Edge) {
    let towards = |one: Area, other: Area| if other.x >= one.x { 0.5 } else { -0.5 };
    let (out, inward) = (towards(from, label), towards(label, to));
    let (start, end) = (from.x + out * from.width, to.x - inward * to.width);
    let (before, after) = (label.x - out * label.width, label.x + inward * label.width);
    let (bend_out, bend_in) = (out * SPACING, inward * SPACING);
    let point = |x: f64, y: f64| format!("{} {}", pixels(x), pixels(y));
    let _ = writeln!(
        text,
        "<path class=\"{}\" d=\"M{}C{},{},{}\"/><path class=\"{0}\" marker-end=\"url(#head)\" d=\"M{}C{},{},{}\"/>",
        if edge.is_mention { "link mention" } else { "link" },
        point(start, from.y),
        point(start + bend_out, from.y),
        point(before - bend_out, label.y),
        point(before, label.y),
        point(after, label.y),
        point(after + bend_in, label.y),
        point(end - bend_in, to.y),
        point(end, to.y),
    );
    draw_text(text, "label", (label.x, label.y + 4.0), &edge.label());
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

/// Text without control characters, cut where it is long.
fn cut(text: &str) -> String {
    let clean: String =
        text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect();
    if clean.chars().count() <= LONGEST { clean } else { clean.chars().take(LONGEST - 1).chain(['…']).collect() }
}

#[expect(clippy::cast_precision_loss, reason = "a text that was cut has at most forty characters")]
fn length(text: &str) -> f64 {
    text.chars().count() as f64
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A number of pixels, to a tenth.
fn pixels(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_do_not_overlap() {
        let node =
            |index: usize| Node { id: format!("n{index}"), kind: "kind".into(), name: "x".repeat(index * 3 % 40) };
        for seed in 1..60_usize {
            let count = 2 + seed % 14;
            let edges = (0..seed * 7 % 30).map(|index| Edge {
                from: format!("n{}", index * seed % count),
                to: format!("n{}", (index * index + seed) % count),
                labels: vec!["label".to_owned()],
                is_mention: false,
            });
            let mut unique: Vec<Edge> = Vec::new();
            for edge in edges {
                if !unique.iter().any(|known| known.from == edge.from && known.to == edge.to) {
                    unique.push(edge);
                }
            }
            let graph = Graph { nodes: (0..count).map(node).collect(), edges: unique };
            let links: Vec<_> = graph.edges.iter().filter_map(|edge| graph.ends(edge)).collect();
            let areas = graph.areas(&links);
            for (index, one) in areas.iter().enumerate().take(count) {
                for other in &areas[index + 1..] {
                    let apart = (one.x - other.x).abs() >= f64::midpoint(one.width, other.width) - 0.1
                        || (one.y - other.y).abs() >= f64::midpoint(one.height, other.height) - 0.1;
                    assert!(apart, "{seed}: {one:?} {other:?}");
                }
            }
        }
    }
}
