//! `events:` of a bucket: what happens to its objects, and what is told of it.

use serde_json::{Value, json};

use super::super::{Declared, Kind, Reference};
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::BucketEvent;
use crate::yaml::Node;

/// Greatest length of a key and so of a filter.
const KEY_BYTES: usize = 1024;
/// What may be told of an event; each has a key of the same word.
const TARGETS: [Kind; 3] = [Kind::Function, Kind::Topic, Kind::Queue];

/// An event as written.
#[derive(Debug, Clone)]
pub(super) struct EventDeclaration {
    place: Place,
    on: Vec<Text>,
    prefix: Option<Text>,
    suffix: Option<Text>,
    target: Option<(Kind, Text)>,
}

/// One event of one type.
#[derive(Debug, Clone)]
pub(crate) struct EventRule {
    pub(crate) place: Place,
    pub(crate) event: BucketEvent,
    /// Nothing while the value is not known.
    pub(crate) prefix: Option<String>,
    /// Nothing while the value is not known.
    pub(crate) suffix: Option<String>,
    pub(crate) target: Reference,
}

pub(super) fn read_event(node: &Node, place: &Place, sink: &Sink) -> Option<EventDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    if node.get("on").is_none() {
        let help = "what happens: `on: \"ObjectCreated:*\"`".to_owned();
        sink.push(FaultKind::MissingKey { key: "on".to_owned(), help }, place);
    }
    let mut targets: Vec<(Kind, Text)> =
        TARGETS.into_iter().filter_map(|kind| Some((kind, fields.text(kind.word())?))).collect();
    if TARGETS.iter().filter(|kind| node.get(kind.word()).is_some()).count() != 1 {
        let forms: Vec<String> = TARGETS.iter().map(|kind| format!("`{}: NAME`", kind.word())).collect();
        let help = format!("exactly one of {} says what the event informs", forms.join(", "));
        sink.push(FaultKind::MissingKey { key: "function".to_owned(), help }, place);
        targets.clear();
    }
    let event = EventDeclaration {
        place: place.clone(),
        on: fields.texts("on"),
        prefix: fields.text("prefix"),
        suffix: fields.text("suffix"),
        target: targets.pop(),
    };
    fields.finish();
    Some(event)
}

impl EventDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Vec<EventRule> {
        let events: Vec<BucketEvent> = self.on.iter().filter_map(|text| scope.value(text)).collect();
        let prefix = key_filter(self.prefix.as_ref(), scope);
        let suffix = key_filter(self.suffix.as_ref(), scope);
        let target = self.target.as_ref().and_then(|(kind, text)| {
            Reference::read_name(&scope.literal(text)?, *kind, declared, &text.place, scope.sink())
        });
        let Some(target) = target else { return Vec::new() };
        events
            .into_iter()
            .map(|event| EventRule {
                place: self.place.clone(),
                event,
                prefix: prefix.clone(),
                suffix: suffix.clone(),
                target: target.clone(),
            })
            .collect()
    }
}

impl EventRule {
    /// Values of the rule in the bucket's template source.
    pub(super) fn values(&self, links: &Links<'_>) -> Value {
        let filter = |name: &str, value: &Option<String>| {
            value.as_ref().filter(|value| !value.is_empty()).map(|value| json!({ "name": name, "value": value }))
        };
        let filters: Vec<Value> =
            [filter("prefix", &self.prefix), filter("suffix", &self.suffix)].into_iter().flatten().collect();
        json!({
            "event": format!("s3:{}", self.event.0),
            "target": links.reference(self.target.kind, &self.target.name),
            "filters": filters,
        })
    }
}

/// A prefix or suffix of keys; empty when it is not given, nothing while it is not known.
pub(super) fn key_filter(text: Option<&Text>, scope: &Scope<'_>) -> Option<String> {
    let Some(text) = text else { return Some(String::new()) };
    check_key_filter(scope.literal(text)?, &text.place, scope.sink())
}

/// The same for a value that is known.
pub(super) fn check_key_filter(value: String, place: &Place, sink: &Sink) -> Option<String> {
    if value.len() > KEY_BYTES {
        let kind = FaultKind::LimitExceeded { what: "bytes of a key".to_owned(), value: value.len(), limit: KEY_BYTES };
        sink.push(kind, place);
        return None;
    }
    if value.contains(['*', '?']) {
        let kind = FaultKind::BadValue {
            value,
            expected: "a prefix or suffix of keys".to_owned(),
            help: "S3 has no wildcards here: write `prefix: in/` and `suffix: .jpg`".to_owned(),
        };
        sink.push(kind, place);
        return None;
    }
    Some(value)
}
