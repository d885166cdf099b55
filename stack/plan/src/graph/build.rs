//! From a template to the graph: what stands in the properties of one thing and belongs to another is a link.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use indexmap::IndexMap;
use serde_json::Value;

use super::{Edge, Graph, Node};
use crate::construct::Kind;
use crate::plan::Origin;
use crate::template::{Template, references_of};

/// Types that only let others in: the links that they serve are declared elsewhere.
const LETS_IN: [&str; 9] = [
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::KMS::Key",
    "AWS::Logs::ResourcePolicy",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::ECR::RepositoryPolicy",
    "AWS::Events::EventBusPolicy",
];

/// Parts of a path that say what a link does.
const WORDS: [(&str, &str); 18] = [
    ("LambdaConfigurations", "event"),
    ("TopicConfigurations", "event"),
    ("QueueConfigurations", "event"),
    ("Origins", "origin"),
    ("OnFailure", "on failure"),
    ("DeadLetterConfig", "on failure"),
    ("RedrivePolicy", "on failure"),
    ("EventSourceArn", "event"),
    ("Targets", "target"),
    ("Target", "target"),
    ("IntegrationUri", "route"),
    ("Integration", "route"),
    ("AuthorizerUri", "authorizer"),
    ("AlarmActions", "alarm"),
    ("OKActions", "alarm"),
    ("SubnetIds", "network"),
    ("VpcConfig", "network"),
    ("VpcId", "network"),
];

/// An `access:` link.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) verb: &'static str,
    pub(crate) target: (Kind, String),
}

/// Name of a construct in references.
pub(crate) fn node_id(kind: Kind, name: &str) -> String {
    format!("{}.{name}", kind.word())
}

/// What the graph is made from, besides the template.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    /// Ids of constructs by key path of their origin.
    constructs: IndexMap<String, Node>,
    /// Literal names and ARNs, and whose they are; nothing for those of several.
    literals: BTreeMap<String, Option<String>>,
    granted: Vec<(String, Granted)>,
}

/// Links by the ids of their ends.
pub(super) type Links = IndexMap<(String, String), Edge>;

/// Ids of nodes by the logical ids of their resources.
pub(super) type Owners<'a> = BTreeMap<&'a str, String>;

impl Builder {
    /// Adds a construct with its attributes.
    pub(crate) fn construct(&mut self, kind: Kind, name: &str, attributes: &Value) {
        let id = node_id(kind, name);
        for literal in attributes.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str()) {
            // What is short, or known to AWS only, would be found everywhere or nowhere.
            if literal.len() >= 8 && crate::deferred::is_clean(literal) {
                let owner = self.literals.entry(literal.to_owned()).or_insert_with(|| Some(id.clone()));
                if owner.as_ref() != Some(&id) {
                    *owner = None;
                }
            }
        }
        let node = Node { id, kind: kind.word().to_owned(), name: name.to_owned() };
        self.constructs.insert(format!("{}.{name}", kind.section()), node);
    }

    /// Adds what a construct may do.
    pub(crate) fn granted(&mut self, owner: &str, granted: impl IntoIterator<Item = Granted>) {
        self.granted.extend(granted.into_iter().map(|granted| (owner.to_owned(), granted)));
    }

    /// The graph of a template whose resources come from `origins`.
    pub(crate) fn build(self, template: &Template, origins: &BTreeMap<String, Origin>) -> Graph {
        let mut nodes: IndexMap<String, Node> = IndexMap::new();
        let mut owners = Owners::new();
        for (id, resource) in &template.resources {
            let construct = origins.get(id).and_then(|origin| self.constructs.get(&origin.key_path));
            let node = construct.cloned().unwrap_or_else(|| Node {
                id: format!("resource.{id}"),
                kind: resource.resource_type.clone(),
                name: id.clone(),
            });
            owners.insert(id, node.id.clone());
            nodes.entry(node.id.clone()).or_insert(node);
        }
        let mut links = Links::new();
        for (owner, granted) in &self.granted {
            let target = node_id(granted.target.0, &granted.target.1);
            link(&mut links, owner, &target, granted.verb, false);
        }
        link_resources(&mut links, template, &owners, &Literals::new(&self.literals));
        Graph { nodes: nodes.into_values().collect(), edges: links.into_values().collect() }
    }
}

/// Adds what the properties of a template's resources say to the links that are known without them.
pub(super) fn link_resources(links: &mut Links, template: &Template, owners: &Owners<'_>, literals: &Literals<'_>) {
    let access: Vec<(String, String)> = links.keys().cloned().collect();
    for (id, resource) in &template.resources {
        let Some(owner) = owners.get(id.as_str()) else { continue };
        if LETS_IN.contains(&resource.resource_type.as_str()) {
            continue;
        }
        let mut walk = Walk { literals, owners, found: Vec::new() };
        walk.value(&resource.properties, &mut Vec::new(), None);
        for Found { target, path, event } in walk.found {
            let is_policy = path.iter().any(|step| step.ends_with("PolicyDocument") || step == "ManagedPolicyArns");
            let pair = (owner.clone(), target.clone());
            if target == *owner || (is_policy && access.contains(&pair)) {
                continue;
            }
            let word = word(&resource.resource_type, &path, is_policy);
            let (from, to) = if path.last().is_some_and(|step| step == "EventSourceArn") {
                (&pair.1, &pair.0)
            } else {
                (&pair.0, &pair.1)
            };
            let label = if word == Some("event") { event.as_deref().or(word) } else { word };
            link(links, from, to, label.unwrap_or_default(), word.is_none());
        }
    }
    // Who may do something with another, or is told by it, also knows its name.
    let acts: Vec<(String, String)> =
        links.values().filter(|edge| !edge.is_mention).map(|edge| (edge.from.clone(), edge.to.clone())).collect();
    links.retain(|(from, to), edge| {
        let is_known = |one: &String, other: &String| acts.iter().any(|(from, to)| from == one && to == other);
        !edge.is_mention || !is_known(to, from)
    });
}

pub(super) fn link(links: &mut Links, from: &str, to: &str, label: &str, is_mention: bool) {
    let edge = links.entry((from.to_owned(), to.to_owned())).or_insert_with(|| Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        labels: Vec::new(),
        is_mention: true,
    });
    edge.is_mention &= is_mention;
    if !label.is_empty() && !edge.labels.iter().any(|known| known == label) {
        edge.labels.push(label.to_owned());
    }
}

/// What a link does, by the place where it stands.
fn word(resource_type: &str, path: &[String], is_policy: bool) -> Option<&'static str> {
    if is_policy {
        return Some("access");
    }
    if resource_type == "AWS::SNS::Subscription" {
        return Some("subscription");
    }
    if resource_type == "AWS::Lambda::EventSourceMapping" {
        return Some("event");
    }
    path.iter().find_map(|step| WORDS.iter().find(|(part, _)| part == step).map(|(_, word)| *word))
}

struct Found {
    target: String,
    path: Vec<String>,
    event: Option<String>,
}

/// Literal names and ARNs of one owner each, all looked for at once: a text is read once, however many there are.
pub(super) struct Literals<'a> {
    all: Vec<(&'a str, &'a str)>,
    /// Nothing without literals, and where there are more than it can hold.
    search: Option<AhoCorasick>,
}

impl<'a> Literals<'a> {
    pub(super) fn new(literals: &'a BTreeMap<String, Option<String>>) -> Self {
        let of_one = |(literal, owner): (&'a String, &'a Option<String>)| Some((literal.as_str(), owner.as_deref()?));
        let all: Vec<(&str, &str)> = literals.iter().filter_map(of_one).collect();
        let search = AhoCorasick::new(all.iter().map(|(literal, _)| literal)).ok().filter(|_| !all.is_empty());
        Self { all, search }
    }

    /// Literals that stand alone in a text, and whose they are, in the order of the literals.
    fn in_text(&self, text: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
        let matches = self.search.iter().flat_map(|search| search.find_overlapping_iter(text));
        let alone = matches
            .filter(|found| !text[..found.start()].ends_with(is_name) && !text[found.end()..].starts_with(is_name));
        let indexes: BTreeSet<usize> = alone.map(|found| found.pattern().as_usize()).collect();
        indexes.into_iter().filter_map(|index| self.all.get(index).copied())
    }
}

struct Walk<'a> {
    literals: &'a Literals<'a>,
    owners: &'a Owners<'a>,
    found: Vec<Found>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, path: &mut Vec<String>, event: Option<&str>) {
        match value {
            Value::String(text) => self.text(text, path, event),
            Value::Array(items) => items.iter().for_each(|item| self.value(item, path, event)),
            Value::Object(fields) => {
                for reference in references_of_function(value) {
                    if let Some(target) = self.owners.get(reference.as_str()) {
                        self.push(target.clone(), path, event);
                    }
                }
                let here = fields.get("Event").and_then(Value::as_str).map(|event| event.trim_start_matches("s3:"));
                for (key, field) in fields {
                    path.push(key.clone());
                    self.value(field, path, here.or(event));
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, path: &[String], event: Option<&str>) {
        for (literal, owner) in self.literals.in_text(text) {
            // A bare name may be that of many things; inside an ARN of another service it is.
            if literal.starts_with("arn:") || !text.starts_with("arn:") {
                self.push(owner.to_owned(), path, event);
            }
        }
    }

    fn push(&mut self, target: String, path: &[String], event: Option<&str>) {
        let path = path.iter().filter(|step| *step != "Ref" && !step.starts_with("Fn::")).cloned().collect();
        self.found.push(Found { target, path, event: event.map(str::to_owned) });
    }
}

/// Logical ids that a function refers to itself, without the functions inside it.
fn references_of_function(value: &Value) -> Vec<String> {
    let is_function = value.as_object().is_some_and(|fields| crate::template::function_of(fields).is_some());
    if !is_function {
        return Vec::new();
    }
    references_of(value, "")
        .into_iter()
        .filter_map(|reference| reference.target.logical_id().map(str::to_owned))
        .collect()
}
