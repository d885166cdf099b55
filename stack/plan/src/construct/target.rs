//! What an event rule or a schedule starts, and what becomes of what cannot be delivered.

use serde_json::{Value, json};

use super::access::{Access, Verb};
use super::{Declared, Grant, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Text, Tree};
use crate::scope::Scope;
use crate::values::{Arn, DeliveryAge, DeliveryRetries, SettingValue};
use crate::yaml::Node;

/// What may be started, with what that takes; each has a key of the same word.
pub(super) const TARGETS: [(Kind, Verb); 2] = [(Kind::Function, Verb::Invoke), (Kind::Topic, Verb::Publish)];
/// Greatest size of a message.
const INPUT_BYTES: usize = 8192;

/// A target as written.
#[derive(Debug, Clone)]
pub(super) struct TargetDeclaration {
    place: Place,
    target: Option<(Kind, Text)>,
    input: Option<Tree>,
    retries: Option<Text>,
    max_event_age: Option<Text>,
    dead_letter: Option<Text>,
}

/// What is started.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) reference: Reference,
    /// JSON text that it receives instead of the event.
    pub(crate) input: Option<String>,
    pub(crate) retries: u32,
    /// Seconds.
    pub(crate) max_event_age: u32,
    /// ARN of the queue that receives what cannot be delivered.
    pub(crate) dead_letter: Option<String>,
}

/// Reads the keys of a target; the caller finishes the fields.
pub(super) fn read_target(fields: &Fields<'_>, node: &Node, place: &Place, sink: &Sink) -> TargetDeclaration {
    let mut targets: Vec<(Kind, Text)> =
        TARGETS.into_iter().filter_map(|(kind, _)| Some((kind, fields.text(kind.word())?))).collect();
    if TARGETS.iter().filter(|(kind, _)| node.get(kind.word()).is_some()).count() != 1 {
        let forms: Vec<String> = TARGETS.iter().map(|(kind, _)| format!("`{}: NAME`", kind.word())).collect();
        let help = format!("exactly one of {} says what is started", forms.join(" and "));
        sink.push(FaultKind::MissingKey { key: "function".to_owned(), help }, place);
        targets.clear();
    }
    TargetDeclaration {
        place: place.clone(),
        target: targets.pop(),
        input: fields.get("input").and_then(|(node, place)| Tree::read(node, &place, sink)),
        retries: fields.text("retries"),
        max_event_age: fields.text("max_event_age"),
        dead_letter: fields.text("dead_letter"),
    }
}

impl TargetDeclaration {
    /// True when it receives a message of the project's own.
    pub(super) fn has_input(&self) -> bool {
        self.input.is_some()
    }

    /// Nothing when it has a fault.
    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Target> {
        let input = self.input.as_ref().and_then(|input| message(input, scope));
        let retries = scope.value_or(self.retries.as_ref(), DeliveryRetries(185)).0;
        let max_event_age = scope.value_or(self.max_event_age.as_ref(), DeliveryAge(86_400)).0;
        let dead_letter = self.dead_letter.as_ref().and_then(|text| dead_letter(text, scope));
        let (kind, text) = self.target.as_ref()?;
        let reference = Reference::read_name(&scope.literal(text)?, *kind, declared, &text.place, scope.sink())?;
        Some(Target { place: self.place.clone(), reference, input, retries, max_event_age, dead_letter })
    }
}

/// The message as JSON text.
fn message(input: &Tree, scope: &Scope<'_>) -> Option<String> {
    let text = input.literal(scope)?.to_string();
    if text.len() > INPUT_BYTES {
        let what = "bytes of a message".to_owned();
        scope.sink().push(FaultKind::LimitExceeded { what, value: text.len(), limit: INPUT_BYTES }, input.place());
    }
    Some(text)
}

/// The ARN of a queue; nothing for an empty value.
fn dead_letter(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let value = scope.evaluate(text)?;
    if value.is_empty() {
        return None;
    }
    if deferred::is_clean(&value) && Arn::parse(&value).is_none_or(|arn| !arn.0.contains(":sqs:")) {
        let expected = "the ARN of a queue".to_owned();
        scope.sink().push(FaultKind::BadValue { value, expected, help: Arn::HELP.to_owned() }, &text.place);
        return None;
    }
    Some(value)
}

impl Target {
    /// What lets a service start it in the name of `owner`, whose ARN is known offline.
    pub(super) fn grant(&self, service: &'static str, owner: (Kind, &str), source_arn: &str) -> Grant {
        let target = &self.reference.name;
        Grant {
            service,
            target: (self.reference.kind, target.clone()),
            permission_id: format!("{}{}", Naming::id(owner.0, owner.1), logical_id(target, "Permission")),
            source_arn: source_arn.to_owned(),
            names_account: false,
            is_asynchronous: true,
        }
    }

    /// What a role must be allowed that starts it.
    pub(super) fn access(&self) -> Access {
        let verb =
            TARGETS.iter().find(|(kind, _)| *kind == self.reference.kind).map_or(Verb::Invoke, |(_, verb)| *verb);
        Access { verb, target: self.reference.clone(), place: self.place.clone() }
    }

    /// Values that rules and schedules have in common.
    pub(super) fn values(&self, links: &Links<'_>) -> Value {
        json!({
            "id": format!("{}-{}", self.reference.kind.word(), self.reference.name),
            "arn": links.reference(self.reference.kind, &self.reference.name),
            "input": self.input,
            "retries": self.retries,
            "max_event_age": self.max_event_age,
            "dead_letter": self.dead_letter,
        })
    }
}
