//! Where the parts of a drawn graph are. A library finds the places (Sugiyama's layers).

use rust_sugiyama::configure::Config;
use rust_sugiyama::from_vertices_and_edges;

use super::{Edge, Graph};

/// Width of a character of a name, in pixels; the fonts that are used are not wider.
const CHARACTER: f64 = 8.0;
/// Space at both ends of a line in a box, together.
const PADDING: f64 = 24.0;
/// Height of a label.
const LABEL_HEIGHT: f64 = 16.0;
/// Space between things of one layer, and between layers.
const SPACING: f64 = 28.0;
/// Space around the drawing and between parts that are not linked.
const MARGIN: f64 = 20.0;
/// Longest name that is shown whole, in characters.
const LONGEST: usize = 40;

/// Size of the boxes of nodes, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoxSize {
    /// Width that no box falls below; names make them wider.
    pub least_width: f64,
    /// Height of all boxes.
    pub height: f64,
}

/// A rectangle by its center, in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Area {
    /// Center from the left.
    pub x: f64,
    /// Center from the top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A link in a drawing: a curve from box to label, one from label to box.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Index of the edge.
    pub edge: usize,
    /// Where the label is.
    pub label: Area,
    /// The curves as data of SVG paths; the second one ends at the box that is acted upon.
    pub paths: [String; 2],
}

/// Where everything is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    /// Width of the whole, in pixels.
    pub width: f64,
    /// Height of the whole, in pixels.
    pub height: f64,
    /// The boxes, in the order of the nodes.
    pub boxes: Vec<Area>,
    /// The links that are drawn. One of a node to itself is not: there is no room for it between layers.
    pub lines: Vec<Line>,
}

impl Graph {
    /// Finds a place for everything, from left to right. Same graph, same places.
    #[must_use]
    pub fn layout(&self, size: BoxSize) -> Layout {
        let links: Vec<(usize, usize, &Edge)> = self.edges.iter().filter_map(|edge| self.ends(edge)).collect();
        let areas = self.areas(&links, size);
        let reach = |far: fn(&Area) -> f64| areas.iter().map(far).fold(0.0, f64::max) + MARGIN;
        let (boxes, labels) = areas.split_at(self.nodes.len());
        let drawn = links.iter().zip(labels).map(|((from, to, edge), label)| Line {
            edge: self.edges.iter().position(|other| std::ptr::eq(other, *edge)).unwrap_or_default(),
            label: *label,
            paths: curves(boxes[*from], *label, boxes[*to]),
        });
        Layout {
            width: reach(|area| area.x + area.width / 2.0),
            height: reach(|area| area.y + area.height / 2.0),
            lines: drawn.collect(),
            boxes: boxes.to_vec(),
        }
    }

    /// Positions of an edge's nodes. Nothing for a link of a node to itself.
    fn ends<'a>(&self, edge: &'a Edge) -> Option<(usize, usize, &'a Edge)> {
        let at = |id: &str| self.nodes.iter().position(|node| node.id == id);
        let (from, to) = (at(&edge.from)?, at(&edge.to)?);
        (from != to).then_some((from, to, edge))
    }

    /// Where everything is: the nodes, then the labels of the links.
    fn areas(&self, links: &[(usize, usize, &Edge)], size: BoxSize) -> Vec<Area> {
        let boxes = self.nodes.iter().map(|node| {
            let characters = length(&cut(&node.kind)).max(length(&cut(&node.name)));
            let width = (characters * CHARACTER + PADDING).max(size.least_width);
            Area { width, height: size.height, ..Area::default() }
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

/// Curves from box to label to box.
fn curves(from: Area, label: Area, to: Area) -> [String; 2] {
    let towards = |one: Area, other: Area| if other.x >= one.x { 0.5 } else { -0.5 };
    let (out, inward) = (towards(from, label), towards(label, to));
    let (start, end) = (from.x + out * from.width, to.x - inward * to.width);
    let (before, after) = (label.x - out * label.width, label.x + inward * label.width);
    // Long ways swing out further, so that they stay one line where there is no label.
    let bend = |side: f64, from: f64, to: f64| side * (to - from).abs().clamp(SPACING, 5.0 * SPACING);
    let (bend_out, bend_in) = (bend(out, start, before), bend(inward, after, end));
    let point = |x: f64, y: f64| format!("{} {}", pixels(x), pixels(y));
    let curve = |points: [String; 4]| format!("M{}C{},{},{}", points[0], points[1], points[2], points[3]);
    [
        curve([
            point(start, from.y),
            point(start + bend_out, from.y),
            point(before - bend_out, label.y),
            point(before, label.y),
        ]),
        curve([point(after, label.y), point(after + bend_in, label.y), point(end - bend_in, to.y), point(end, to.y)]),
    ]
}

/// Text without control characters, cut where it is longer than the boxes and labels of a [`Layout`] have room for.
#[must_use]
pub fn cut(text: &str) -> String {
    let clean: String =
        text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect();
    if clean.chars().count() <= LONGEST { clean } else { clean.chars().take(LONGEST - 1).chain(['…']).collect() }
}

#[expect(clippy::cast_precision_loss, reason = "a text that was cut has at most forty characters")]
fn length(text: &str) -> f64 {
    text.chars().count() as f64
}

/// A number of pixels, to a tenth.
pub(super) fn pixels(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::Node;
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
            let layout = graph.layout(BoxSize { least_width: 0.0, height: 44.0 });
            let labels = layout.lines.iter().map(|line| line.label);
            let areas: Vec<Area> = layout.boxes.iter().copied().chain(labels).collect();
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
