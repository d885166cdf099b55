//! The graph of a project, in every form.

use super::*;
use crate::graph::{Edge, Graph, Node};

const AVATARS: &str = include_str!("../../../../examples/avatars/stack.yaml");

#[test]
fn the_example_as_a_graph() {
    let graph = plan_text(AVATARS, &context()).graph;
    let edges: Vec<String> =
        graph.edges.iter().map(|edge| format!("{} -{}-> {}", edge.from, edge.labels.join("+"), edge.to)).collect();
    assert_eq!(
        edges,
        [
            "function.process-image -read+list-> bucket.uploads",
            "function.process-image -read+list+write-> bucket.assets",
            "function.process-image -invalidate-> distribution.assets",
            "bucket.uploads -ObjectCreated:*-> function.process-image",
            "bucket.assets -ObjectCreated:*-> topic.assets",
            "distribution.assets -origin-> bucket.assets",
        ]
    );
    insta::assert_snapshot!("avatars_mermaid", graph.to_mermaid());
    insta::assert_snapshot!("avatars_dot", graph.to_dot());
    insta::assert_snapshot!("avatars_svg", graph.to_svg());
}

#[test]
fn subscriptions_and_names_in_variables_are_links() {
    let text = "
stack: s
region: us-east-1
functions:
  f: { environment: { AA: '{{topic.t.arn}}', BB: 'x{{bucket.b.name}}', CC: 'https://{{bucket.b.domain}}/' } }
  g: {}
buckets: { b: {} }
topics: { t: { subscriptions: [{ lambda: function.g }] } }
resources:
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { MetricName: M, Namespace: N, ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1, Period: 60, Statistic: Sum, Threshold: 1, AlarmActions: ['{{topic.t.arn}}'] } }
";
    let graph = plan_text(text, &context()).graph;
    let edges: Vec<_> =
        graph.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str(), edge.is_mention)).collect();
    assert_eq!(
        edges,
        [
            ("function.f", "topic.t", true),
            ("function.f", "bucket.b", true),
            ("topic.t", "function.g", false),
            ("resource.Alarm", "topic.t", false),
        ]
    );
}

/// A graph with links in all directions, the same for the same seed.
fn scrambled(seed: u64) -> Graph {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % limit as u64).unwrap()
    };
    let count = 1 + next(18);
    let nodes = (0..count).map(|index| Node {
        id: format!("n{index}"),
        kind: "<kind> \"&\u{1}".to_owned(),
        name: "x".repeat(next(60)),
    });
    let nodes = nodes.collect();
    let mut edges: Vec<Edge> = Vec::new();
    for _ in 0..next(40) {
        let (from, to) = (format!("n{}", next(count)), format!("n{}", next(count)));
        if !edges.iter().any(|edge| edge.from == from && edge.to == to) {
            let labels = (0..next(3)).map(|index| format!("]]>{index}")).collect();
            edges.push(Edge { from, to, labels, is_mention: next(2) == 0 });
        }
    }
    Graph { nodes, edges }
}

#[test]
fn any_graph_becomes_a_picture_that_is_the_same_each_time() {
    for seed in 0..300 {
        let graph = scrambled(seed);
        let svg = graph.to_svg();
        assert_eq!(svg, graph.to_svg(), "{seed}");
        assert!(
            !svg.contains("NaN") && !svg.contains("inf") && !svg.contains("<kind>") && !svg.contains('\u{1}'),
            "{seed}"
        );
        let boxes = svg.matches("class=\"box\"").count();
        assert_eq!(boxes, graph.nodes.len(), "{seed}");
        assert!(!graph.to_mermaid().contains("<kind>"));
        assert!(graph.to_dot().contains("\\\"&"));
    }
    assert!(Graph::default().to_svg().ends_with("</svg>\n"));
}
