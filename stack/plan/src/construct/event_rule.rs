//! `event_rules:`, rules of `EventBridge`.

use serde_json::{Value, json};

use super::target::{Target, TargetDeclaration, read_target};
use super::{Construct, Declaration, Declared, Grant, Kind};
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text, Tree};
use crate::scope::Scope;
use crate::values::{Description, EventBus, InputPath, RuleSchedule};
use crate::yaml::Node;

/// Greatest length of a rule's name.
const RULE_NAME: usize = 64;
/// Greatest number of targets of a rule.
const TARGETS: usize = 5;
/// Greatest size of an event pattern.
const PATTERN_BYTES: usize = 4096;

/// A rule as written.
#[derive(Debug, Clone)]
pub(crate) struct EventRuleDeclaration {
    place: Place,
    description: Option<Text>,
    pattern: Option<Tree>,
    schedule: Option<Text>,
    bus: Option<Text>,
    enabled: Option<Text>,
    targets: Vec<(TargetDeclaration, Option<Text>)>,
}

/// A rule with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct EventRule {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: Option<String>,
    pub(crate) pattern: Option<Value>,
    pub(crate) schedule: Option<String>,
    /// Name of a bus other than the default one.
    pub(crate) bus: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) targets: Vec<(Target, Option<String>)>,
}

impl Declaration for EventRuleDeclaration {
    type Resolved = EventRule;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let targets = fields.items("targets");
        let declaration = Self {
            place: named.place.clone(),
            description: fields.text("description"),
            pattern: fields.get("pattern").and_then(|(node, place)| read_pattern(node, &place, sink)),
            schedule: fields.text("schedule"),
            bus: fields.text("bus"),
            enabled: fields.text("enabled"),
            targets: targets.iter().filter_map(|(node, place)| read_rule_target(node, place, sink)).collect(),
        };
        fields.finish();
        if named.node.get("pattern").is_some() == named.node.get("schedule").is_some() {
            let help =
                "exactly one of `pattern: { source: [aws.s3] }` and `schedule: rate(1 hour)` says when".to_owned();
            sink.push(FaultKind::MissingKey { key: "pattern".to_owned(), help }, &named.place);
        }
        if let (Some(_), Some(bus)) = (&declaration.schedule, &declaration.bus) {
            let kind = FaultKind::BadValue {
                value: bus.raw.clone(),
                expected: "a bus of a scheduled rule".to_owned(),
                help: "rules with a schedule run on the default bus only: leave `bus` out".to_owned(),
            };
            sink.push(kind, &bus.place);
        }
        if targets.is_empty() {
            let help = "what it starts: `targets: [{ function: NAME }]`".to_owned();
            sink.push(FaultKind::MissingKey { key: "targets".to_owned(), help }, &named.place);
        }
        if targets.len() > TARGETS {
            let what = "targets of a rule".to_owned();
            let kind = FaultKind::LimitExceeded { what, value: targets.len(), limit: TARGETS };
            sink.push(kind, &declaration.place);
        }
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let name = naming.physical(name, RULE_NAME);
        let resource = match self.bus(scope) {
            Some(bus) => format!("rule/{bus}/{name}"),
            None => format!("rule/{name}"),
        };
        json!({ "arn": naming.arn("events", &resource), "name": name })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> EventRule {
        let description = self.description.as_ref().and_then(|text| scope.value::<Description>(text));
        let targets: Vec<(Target, Option<String>)> = self
            .targets
            .iter()
            .filter_map(|(target, input_path)| {
                let input_path = input_path.as_ref().and_then(|text| scope.value::<InputPath>(text));
                Some((target.resolve(scope, declared)?, input_path.map(|path| path.0)))
            })
            .collect();
        check_repetitions(&targets, scope.sink());
        EventRule {
            name: name.to_owned(),
            place: self.place.clone(),
            description: description.map(|description| description.0),
            pattern: self.pattern.as_ref().and_then(|pattern| self.resolve_pattern(pattern, scope)),
            schedule: self.schedule.as_ref().and_then(|text| scope.value::<RuleSchedule>(text)).map(|it| it.0),
            bus: self.bus(scope),
            enabled: scope.value_or(self.enabled.as_ref(), true),
            targets,
        }
    }
}

impl EventRuleDeclaration {
    /// The bus, unless it is the default one.
    fn bus(&self, scope: &Scope<'_>) -> Option<String> {
        let bus = scope.value::<EventBus>(self.bus.as_ref()?)?.0;
        (!bus.is_empty() && bus != "default").then_some(bus)
    }

    fn resolve_pattern(&self, pattern: &Tree, scope: &Scope<'_>) -> Option<Value> {
        let value = pattern.evaluate(scope)?;
        let bytes = value.to_string().len();
        if bytes > PATTERN_BYTES {
            let what = "bytes of an event pattern".to_owned();
            let kind = FaultKind::LimitExceeded { what, value: bytes, limit: PATTERN_BYTES };
            scope.sink().push(kind, &self.place);
        }
        Some(value)
    }
}

fn read_rule_target(node: &Node, place: &Place, sink: &Sink) -> Option<(TargetDeclaration, Option<Text>)> {
    let fields = Fields::open(node, place, sink)?;
    let target = read_target(&fields, node, place, sink);
    let input_path = fields.text("input_path");
    if let Some(path) = input_path.as_ref().filter(|_| target.has_input()) {
        let kind = FaultKind::BadValue {
            value: path.raw.clone(),
            expected: "a key beside `input`".to_owned(),
            help: "the target receives a part of the event by `input_path`, or a message by `input`".to_owned(),
        };
        sink.push(kind, &path.place);
    }
    fields.finish();
    Some((target, input_path))
}

/// Reads an event pattern: every leaf is a list of what may stand there.
fn read_pattern(node: &Node, place: &Place, sink: &Sink) -> Option<Tree> {
    if node.as_mapping().is_none_or(<[_]>::is_empty) {
        let kind = FaultKind::WrongType {
            expected: "an event pattern (`source: [aws.s3]`)".to_owned(),
            found: "something else".to_owned(),
        };
        sink.push(kind, place);
        return None;
    }
    check_leaves(node, place, sink);
    Tree::read(node, place, sink)
}

fn check_leaves(node: &Node, place: &Place, sink: &Sink) {
    for entry in node.as_mapping().unwrap_or_default() {
        let place = Place { key_path: format!("{}.{}", place.key_path, entry.key), span: Some(entry.key_span) };
        if entry.value.as_mapping().is_some_and(|entries| !entries.is_empty()) {
            check_leaves(&entry.value, &place, sink);
        } else if entry.value.as_sequence().is_none_or(<[_]>::is_empty) {
            let kind = FaultKind::WrongType {
                expected: format!("a list of what `{}` may be (`[value]`)", entry.key),
                found: "something else".to_owned(),
            };
            sink.push(kind, &place);
        }
    }
}

/// A target has its name from what it starts, so that taking one out does not rename the others.
fn check_repetitions(targets: &[(Target, Option<String>)], sink: &Sink) {
    for (index, (second, _)) in targets.iter().enumerate() {
        if targets[..index].iter().any(|(first, _)| first.reference == second.reference) {
            let kind = FaultKind::BadValue {
                value: second.reference.name.clone(),
                expected: "another target".to_owned(),
                help: "a rule starts the same thing once; write another rule for another message".to_owned(),
            };
            sink.push(kind, &second.place);
        }
    }
}

impl EventRule {
    /// True when a queue receives what one of its targets did not get.
    pub(crate) fn fails_to(&self, queue: &str) -> bool {
        self.targets.iter().any(|(target, _)| target.fails_to(queue))
    }
}

impl Construct for EventRule {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let arn = links.attribute(Kind::EventRule, &self.name, "arn");
        let owner = (Kind::EventRule, self.name.as_str());
        self.targets.iter().flat_map(|(target, _)| target.grants("events.amazonaws.com", owner, &arn)).collect()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        self.targets.iter().for_each(|(target, _)| target.check(links));
        json!({
            "id": Naming::id(Kind::EventRule, &self.name),
            "rule_name": links.attribute(Kind::EventRule, &self.name, "name"),
            "description": self.description,
            "pattern": self.pattern,
            "schedule": self.schedule,
            "bus": self.bus,
            "state": if self.enabled { "ENABLED" } else { "DISABLED" },
            "targets": self.targets.iter().map(|(target, input_path)| {
                let mut values = target.values(links);
                values["input_path"] = json!(input_path);
                values
            }).collect::<Vec<_>>(),
        })
    }
}
