//! The architecture of a stack, laid out: the page draws it and colors it by the states that it gets with everything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use stack_plan::graph::{BoxSize, Graph, cut};

use crate::cloud::Cloud;
use crate::wire::{Form, ServiceError};

/// Boxes have room for a kind, a name and a state.
const BOXES: BoxSize = BoxSize { least_width: 190.0, height: 70.0 };

/// Nodes beyond which a drawing shows nothing any more, and takes long to lay out.
const NODES: usize = 250;

/// The graph of the stack whose id the query names.
pub(super) async fn graph(cloud: &Arc<Cloud>, query: &Form) -> Result<Value, ServiceError> {
    let id = query.require("stack")?;
    let (graph, owners) = cloud
        .cloudformation
        .graph(&cloud.account, id)
        .ok_or_else(|| ServiceError::not_found("NoSuchStack", format!("there is no stack `{id}`")))?;
    if graph.nodes.len() > NODES {
        return Ok(json!({"width": 0, "height": 0, "nodes": [], "links": [], "left_out": graph.nodes.len()}));
    }
    tokio::task::spawn_blocking(move || show(graph, &owners))
        .await
        .map_err(|error| ServiceError::internal(format!("the graph was not laid out: {error}")))
}

fn show(mut graph: Graph, owners: &BTreeMap<String, String>) -> Value {
    for node in &mut graph.nodes {
        node.kind = plain_kind(&node.kind);
    }
    let layout = graph.layout(BOXES);
    let nodes = graph.nodes.iter().zip(&layout.boxes).map(|(node, area)| {
        let members = owners.iter().filter(|(_, owner)| **owner == node.id).map(|(id, _)| id);
        json!({
            "id": node.id,
            "kind": cut(&node.kind),
            "name": cut(&node.name),
            "resources": members.collect::<Vec<_>>(),
            "x": rounded(area.x - area.width / 2.0),
            "y": rounded(area.y - area.height / 2.0),
            "width": rounded(area.width),
            "height": rounded(area.height),
        })
    });
    let links = layout.lines.iter().filter_map(|line| {
        let edge = graph.edges.get(line.edge)?;
        Some(json!({
            "from": edge.from,
            "to": edge.to,
            "label": cut(&edge.label()),
            "mention": edge.is_mention,
            "x": rounded(line.label.x),
            "y": rounded(line.label.y),
            "paths": line.paths,
        }))
    });
    json!({
        "width": rounded(layout.width),
        "height": rounded(layout.height),
        "nodes": nodes.collect::<Vec<_>>(),
        "links": links.collect::<Vec<_>>(),
        "left_out": 0,
    })
}

/// `AWS::DynamoDB::Table` as people say it: `DynamoDB Table`.
fn plain_kind(kind: &str) -> String {
    kind.strip_prefix("AWS::").unwrap_or(kind).replace("::", " ")
}

/// A number of pixels, to a tenth.
fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use stack_plan::Template;

    use super::*;

    #[test]
    fn a_graph_names_what_each_node_holds() {
        let text = r#"{"Resources": {
            "Role": {"Type": "AWS::IAM::Role"},
            "Resize": {"Type": "AWS::Lambda::Function", "Properties": {
                "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": {"Variables": {"TABLE": {"Ref": "Pictures"}}}}},
            "Pictures": {"Type": "AWS::DynamoDB::Table"}
        }}"#;
        let (graph, owners) = Graph::of_template(&Template::parse(text).unwrap(), "us-east-1", "000000000000");
        let shown = show(graph, &owners);
        assert_eq!(
            shown["nodes"][0],
            json!({"id": "Resize", "kind": "Lambda Function", "name": "Resize", "resources": ["Resize", "Role"],
                   "x": 20.0, "y": 20.0, "width": 190.0, "height": 70.0})
        );
        let link = &shown["links"][0];
        assert_eq!(
            (&link["from"], &link["to"], &link["mention"]),
            (&json!("Resize"), &json!("Pictures"), &json!(true))
        );
        assert!(link["paths"][1].as_str().unwrap().starts_with('M'), "{link}");
        assert!(shown["width"].as_f64().unwrap() > 400.0, "{shown}");
    }
}
