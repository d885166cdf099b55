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
pub(super) const TARGETS: [(Kind, Verb); 3] =
    [(Kind::Function, Verb::Invoke), (Kind::Topic, Verb::Publish), (Kind::Queue, Verb::Send)];
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
    /// The queue that receives what cannot be delivered.
    pub(crate) dead_letter: Option<DeadLetter>,
}

/// A queue that receives what cannot be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeadLetter {
    /// A queue of the project.
    Queue(Reference),
    /// By its ARN; may hold marks of values that only AWS knows.
    Arn(String),
}

/// Reads the keys of a target; the caller finishes the fields.
pub(super) fn read_target(fields: &Fields<'_>, node: &Node, place: &Place, sink: &Sink) -> TargetDeclaration {
    let mut targets: Vec<(Kind, Text)> =
        TARGETS.into_iter().filter_map(|(kind, _)| Some((kind, fields.text(kind.word())?))).collect();
    if TARGETS.iter().filter(|(kind, _)| node.get(kind.word()).is_some()).count() != 1 {
        let forms: Vec<String> = TARGETS.iter().map(|(kind, _)| format!("`{}: NAME`", kind.word())).collect();
        let help = format!("exactly one of {} says what is started", forms.join(", "));
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
        let dead_letter = self.dead_letter.as_ref().and_then(|text| dead_letter(text, scope, declared));
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

/// `queue.NAME`, or the ARN of a queue; nothing for an empty value.
fn dead_letter(text: &Text, scope: &Scope<'_>, declared: &Declared) -> Option<DeadLetter> {
    let value = scope.evaluate(text)?;
    if value.is_empty() {
        return None;
    }
    if value.starts_with("queue.") {
        let queue = Reference::read_whole(&value, &[Kind::Queue], declared, &text.place, scope.sink())?;
        return Some(DeadLetter::Queue(queue));
    }
    if deferred::is_clean(&value) && Arn::parse(&value).is_none_or(|arn| !arn.0.contains(":sqs:")) {
        let (expected, help) = ("a queue".to_owned(), "`queue.NAME`, or the ARN of a queue".to_owned());
        scope.sink().push(FaultKind::BadValue { value, expected, help }, &text.place);
        return None;
    }
    Some(DeadLetter::Arn(value))
}

impl Target {
    /// What lets a service start it in the name of `owner`, whose ARN is known offline, and put aside what it cannot
    /// deliver.
    pub(super) fn grants(&self, service: &'static str, owner: (Kind, &str), source_arn: &str) -> Vec<Grant> {
        let grant = |target: &Reference| Grant {
            service,
            target: (target.kind, target.name.clone()),
            permission_id: format!("{}{}", Naming::id(owner.0, owner.1), logical_id(&target.name, "Permission")),
            source_arn: source_arn.to_owned(),
            names_account: false,
            is_asynchronous: true,
        };
        std::iter::once(&self.reference).chain(self.dead_letter_queue()).map(grant).collect()
    }

    /// True when a queue receives what it could not deliver.
    pub(super) fn fails_to(&self, queue: &str) -> bool {
        self.dead_letter_queue().is_some_and(|reference| reference.name == queue)
    }

    fn dead_letter_queue(&self) -> Option<&Reference> {
        match &self.dead_letter {
            Some(DeadLetter::Queue(queue)) => Some(queue),
            _ => None,
        }
    }

    /// Reports queues that keep an order: an event has none.
    pub(super) fn check(&self, links: &Links<'_>) {
        for reference in std::iter::once(&self.reference).chain(self.dead_letter_queue()) {
            let is_it = |name: &str| reference.kind == Kind::Queue && reference.name == name;
            if links.constructs.queues.iter().any(|queue| queue.fifo && is_it(&queue.name)) {
                let kind = FaultKind::BadValue {
                    value: reference.name.clone(),
                    expected: "a standard queue".to_owned(),
                    help: "events come in no order: leave `fifo` of the queue out".to_owned(),
                };
                links.sink.push(kind, &self.place);
            }
        }
    }

    /// What a role must be allowed that starts it and puts aside what it cannot deliver.
    pub(super) fn access(&self) -> Vec<Access> {
        let verb =
            TARGETS.iter().find(|(kind, _)| *kind == self.reference.kind).map_or(Verb::Invoke, |(_, verb)| *verb);
        let access = |verb, target: &Reference| Access { verb, target: target.clone(), place: self.place.clone() };
        let dead_letter = self.dead_letter_queue().map(|queue| access(Verb::Send, queue));
        std::iter::once(access(verb, &self.reference)).chain(dead_letter).collect()
    }

    /// Values that rules and schedules have in common.
    pub(super) fn values(&self, links: &Links<'_>) -> Value {
        json!({
            "id": format!("{}-{}", self.reference.kind.word(), self.reference.name),
            "arn": links.reference(self.reference.kind, &self.reference.name),
            "input": self.input,
            "retries": self.retries,
            "max_event_age": self.max_event_age,
            "dead_letter": self.dead_letter.as_ref().map(|dead_letter| match dead_letter {
                DeadLetter::Queue(queue) => links.reference(queue.kind, &queue.name),
                DeadLetter::Arn(arn) => arn.clone(),
            }),
        })
    }
}
