//! From a template alone to the graph: what a stack is made of, when no project file tells which resources belong together.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::build::{Links, Literals, Owners, link, link_resources};
use super::parts::{HELPERS, NAMES, PARTS};
use super::{Graph, Node};
use crate::template::{Resource, Template, references_of};

impl Graph {
    /// The graph of a deployed template, and to which node each resource belongs. A node is named after its main resource:
    /// small things (permissions, routes, a function's own role) are part of what they serve.
    #[must_use]
    pub fn of_template(template: &Template, region: &str, account: &str) -> (Self, BTreeMap<String, String>) {
        let literals = literals(template, region, account);
        let owners = Belonging::new(template, &literals).owners();
        let nodes = template
            .resources
            .iter()
            .filter(|(id, _)| owners.get(id.as_str()).is_some_and(|owner| owner == *id))
            .map(|(id, resource)| Node { id: id.clone(), kind: resource.resource_type.clone(), name: id.clone() });
        let mut links = Links::new();
        link_resources(&mut links, template, &owners, &Literals::new(&literals));
        for (id, resource) in &template.resources {
            for earlier in &resource.depends_on {
                let (Some(from), Some(to)) = (owners.get(id.as_str()), owners.get(earlier.as_str())) else { continue };
                let is_known = |one: &String, other: &String| links.contains_key(&(one.clone(), other.clone()));
                if from != to && !is_known(from, to) && !is_known(to, from) {
                    link(&mut links, from, to, "after", true);
                }
            }
        }
        let graph = Self { nodes: nodes.collect(), edges: links.into_values().collect() };
        (graph, owners.into_iter().map(|(id, owner)| (id.to_owned(), owner)).collect())
    }
}

/// What is written down literally, and whose name it is.
fn literals(template: &Template, region: &str, account: &str) -> BTreeMap<String, Option<String>> {
    let mut literals: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (id, resource) in &template.resources {
        let Some((_, property, forms)) = NAMES.iter().find(|(kind, ..)| *kind == resource.resource_type) else {
            continue;
        };
        let Some(name) = resource.properties.get(property).and_then(serde_json::Value::as_str) else { continue };
        for form in *forms {
            let at = format!("{region}:{account}");
            let literal = form.replace("{at}", &at).replace("{region}", region).replace("{}", name);
            // What is short would be found everywhere.
            if literal.len() >= 8 {
                let owner = literals.entry(literal).or_insert_with(|| Some(id.clone()));
                if owner.as_ref() != Some(id) {
                    *owner = None;
                }
            }
        }
    }
    literals
}

/// Which resource is part of which other one, step by step.
struct Belonging<'a> {
    template: &'a Template,
    whole: IndexMap<&'a str, &'a str>,
}

impl<'a> Belonging<'a> {
    fn new(template: &'a Template, literals: &'a BTreeMap<String, Option<String>>) -> Self {
        let mut belonging = Self { template, whole: IndexMap::new() };
        for (id, resource) in &template.resources {
            let named = PARTS
                .iter()
                .find(|(kind, _)| *kind == resource.resource_type)
                .and_then(|(_, property)| belonging.named(resource, property, literals));
            if let Some(whole) = named {
                belonging.join(id, whole);
            }
        }
        let users = users(template);
        // A log group may belong to a role that belongs to a function: as long as something is found.
        loop {
            let before = belonging.whole.len();
            for (id, resource) in &template.resources {
                if HELPERS.contains(&resource.resource_type.as_str()) && !belonging.whole.contains_key(id.as_str()) {
                    let users = users.get(id.as_str()).into_iter().flatten();
                    let users: BTreeSet<&str> =
                        users.map(|user| belonging.root(user)).filter(|user| user != id).collect();
                    if let (Some(only), 1) = (users.first(), users.len()) {
                        belonging.join(id, only);
                    }
                }
            }
            if belonging.whole.len() == before {
                return belonging;
            }
        }
    }

    /// The resource that a property names first.
    fn named(
        &self,
        resource: &'a Resource,
        property: &str,
        literals: &'a BTreeMap<String, Option<String>>,
    ) -> Option<&'a str> {
        let value = resource.properties.get(property)?;
        let referred = references_of(value, "").into_iter().find_map(|reference| {
            let id = reference.target.logical_id()?;
            self.template.resources.get_key_value(id).map(|(id, _)| id.as_str())
        });
        referred.or_else(|| literals.get(value.as_str()?)?.as_deref())
    }

    /// Notes that one is part of another, unless that is the other way round already.
    fn join(&mut self, part: &'a str, whole: &'a str) {
        if self.root(whole) != part {
            self.whole.insert(part, whole);
        }
    }

    /// The resource that something is part of in the end.
    fn root(&self, id: &'a str) -> &'a str {
        let mut root = id;
        while let Some(whole) = self.whole.get(root) {
            root = whole;
        }
        root
    }

    fn owners(&self) -> Owners<'a> {
        self.template.resources.keys().map(|id| (id.as_str(), self.root(id).to_owned())).collect()
    }
}

/// Who refers to each resource.
fn users(template: &Template) -> BTreeMap<&str, Vec<&str>> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (user, resource) in &template.resources {
        for reference in references_of(&resource.properties, "") {
            let target = reference.target.logical_id().and_then(|id| template.resources.get_key_value(id));
            if let Some((used, _)) = target {
                users.entry(used).or_default().push(user);
            }
        }
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"
Resources:
  Logs: { Type: "AWS::Logs::LogGroup" }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
      - PolicyDocument: { Statement: [{ Action: "s3:GetObject", Resource: "arn:aws:s3:::my-uploads/*" }, { Resource: !GetAtt Logs.Arn }] }
  Resize:
    Type: AWS::Lambda::Function
    DependsOn: Audit
    Properties:
      Role: !GetAtt Role.Arn
      LoggingConfig: { LogGroup: !Ref Logs }
      Environment: { Variables: { TABLE: !Ref Pictures } }
  Allow: { Type: "AWS::Lambda::Permission", Properties: { FunctionName: !GetAtt Resize.Arn, SourceArn: "arn:aws:s3:::my-uploads" } }
  Uploads:
    Type: AWS::S3::Bucket
    DependsOn: Allow
    Properties:
      BucketName: my-uploads
      NotificationConfiguration: { LambdaConfigurations: [{ Event: "s3:ObjectCreated:*", Function: !GetAtt Resize.Arn }] }
  UploadsPolicy: { Type: "AWS::S3::BucketPolicy", Properties: { Bucket: my-uploads } }
  Pictures: { Type: "AWS::DynamoDB::Table", Properties: { TableName: pictures } }
  Follow:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: !Ref Resize, EventSourceArn: !GetAtt Pictures.StreamArn }
  Shared: { Type: "AWS::IAM::Role" }
  Audit: { Type: "AWS::SQS::Queue" }
  One: { Type: "AWS::Lambda::Function", Properties: { Role: !GetAtt Shared.Arn } }
  Two: { Type: "AWS::Lambda::Function", Properties: { Role: !GetAtt Shared.Arn } }
"#;

    #[test]
    fn small_things_are_part_of_what_they_serve() {
        let template = Template::parse(TEMPLATE).unwrap();
        let (graph, owners) = Graph::of_template(&template, "us-east-1", "000000000000");
        let nodes: Vec<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
        assert_eq!(nodes, ["Resize", "Uploads", "Pictures", "Shared", "Audit", "One", "Two"]);
        for (part, whole) in [
            ("Role", "Resize"),
            ("Logs", "Resize"),
            ("Allow", "Resize"),
            ("Follow", "Resize"),
            ("UploadsPolicy", "Uploads"),
            ("Shared", "Shared"),
        ] {
            assert_eq!(owners[part], whole, "{part}");
        }
        let edges: Vec<String> = graph
            .edges
            .iter()
            .map(|edge| format!("{} {} {} {}", edge.from, edge.label(), edge.to, edge.is_mention))
            .collect();
        assert_eq!(
            edges,
            [
                "Resize access Uploads false",
                "Uploads ObjectCreated:* Resize false",
                "Pictures event Resize false",
                "One  Shared true",
                "Two  Shared true",
                "Resize after Audit true",
            ]
        );
    }

    #[test]
    fn parts_of_each_other_stay_apart() {
        let text = r#"{"Resources": {
            "A": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "B"}}},
            "B": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "A"}}}
        }}"#;
        let (graph, owners) = Graph::of_template(&Template::parse(text).unwrap(), "us-east-1", "000000000000");
        assert_eq!((graph.nodes.len(), owners["A"].as_str(), owners["B"].as_str()), (1, "B", "B"));
    }
}
