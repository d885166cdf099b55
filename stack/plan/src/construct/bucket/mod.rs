//! `buckets:`.

mod contents;
mod lifecycle;

use contents::{ContentsDeclaration, ContentsRule, read_contents};
use lifecycle::{LifecycleDeclaration, LifecycleRule, read_lifecycle};

use super::{Declared, Kind};
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{BucketEvent, CorsMethod, CorsOrigin, HeaderName, MaxAge};
use crate::yaml::Node;

/// Greatest number of CORS rules of a bucket.
const CORS_RULES: usize = 100;
/// Greatest length of a key and so of a filter.
const KEY_BYTES: usize = 1024;

/// A bucket as written.
#[derive(Debug, Clone)]
pub(crate) struct BucketDeclaration {
    place: Place,
    cors: Vec<CorsDeclaration>,
    cors_place: Place,
    events: Vec<EventDeclaration>,
    contents: Vec<ContentsDeclaration>,
    lifecycle: Vec<LifecycleDeclaration>,
    versioning: Option<Text>,
}

#[derive(Debug, Clone)]
struct CorsDeclaration {
    origins: Vec<Text>,
    methods: Vec<Text>,
    headers: Vec<Text>,
    expose: Vec<Text>,
    max_age: Option<Text>,
}

#[derive(Debug, Clone)]
struct EventDeclaration {
    place: Place,
    on: Vec<Text>,
    prefix: Option<Text>,
    suffix: Option<Text>,
    function: Option<Text>,
    topic: Option<Text>,
}

/// A bucket with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) cors: Vec<CorsRule>,
    pub(crate) events: Vec<EventRule>,
    pub(crate) contents: Vec<ContentsRule>,
    pub(crate) lifecycle: Vec<LifecycleRule>,
    pub(crate) versioning: bool,
}

/// Who may call from a browser.
#[derive(Debug, Clone)]
pub(crate) struct CorsRule {
    pub(crate) origins: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age: Option<u32>,
}

/// What an event informs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventTarget {
    Function(String),
    Topic(String),
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
    pub(crate) target: EventTarget,
}

impl BucketDeclaration {
    pub(crate) fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            cors: fields.items("cors").iter().filter_map(|(node, place)| read_cors(node, place, sink)).collect(),
            cors_place: fields.place_of("cors"),
            events: fields.items("events").iter().filter_map(|(node, place)| read_event(node, place, sink)).collect(),
            contents: fields.get("contents").map_or_else(Vec::new, |(node, place)| read_contents(node, &place, sink)),
            lifecycle: fields
                .items("lifecycle")
                .iter()
                .filter_map(|(node, place)| read_lifecycle(node, place, sink))
                .collect(),
            versioning: fields.text("versioning"),
        };
        fields.finish();
        Some(declaration)
    }

    pub(crate) fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Bucket {
        if self.cors.len() > CORS_RULES {
            let kind = FaultKind::LimitExceeded {
                what: "CORS rules of a bucket".to_owned(),
                value: self.cors.len(),
                limit: CORS_RULES,
            };
            scope.sink().push(kind, &self.cors_place);
        }
        Bucket {
            name: name.to_owned(),
            place: self.place.clone(),
            cors: self.cors.iter().map(|rule| rule.resolve(scope)).collect(),
            events: self.events.iter().flat_map(|event| event.resolve(scope, declared)).collect(),
            contents: self.contents.iter().filter_map(|contents| contents.resolve(scope)).collect(),
            lifecycle: self.lifecycle.iter().map(|rule| rule.resolve(scope)).collect(),
            versioning: scope.value_or(self.versioning.as_ref(), false),
        }
    }
}

fn read_cors(node: &Node, place: &Place, sink: &Sink) -> Option<CorsDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    for (key, help) in [
        ("origins", "who may call: `origins: [\"https://example.com\"]`"),
        ("methods", "which methods: `methods: [GET, PUT]`"),
    ] {
        if node.get(key).is_none() {
            sink.push(FaultKind::MissingKey { key: key.to_owned(), help: help.to_owned() }, place);
        }
    }
    let rule = CorsDeclaration {
        origins: fields.texts("origins"),
        methods: fields.texts("methods"),
        headers: fields.texts("headers"),
        expose: fields.texts("expose"),
        max_age: fields.text("max_age"),
    };
    fields.finish();
    Some(rule)
}

impl CorsDeclaration {
    fn resolve(&self, scope: &Scope<'_>) -> CorsRule {
        let headers = |texts: &[Text]| {
            texts.iter().filter_map(|text| scope.value::<HeaderName>(text)).map(|name| name.0).collect()
        };
        CorsRule {
            origins: self
                .origins
                .iter()
                .filter_map(|text| scope.value::<CorsOrigin>(text))
                .map(|origin| origin.0)
                .collect(),
            methods: self
                .methods
                .iter()
                .filter_map(|text| scope.value::<CorsMethod>(text))
                .map(|method| method.0)
                .collect(),
            headers: headers(&self.headers),
            expose: headers(&self.expose),
            max_age: self.max_age.as_ref().and_then(|text| scope.value::<MaxAge>(text)).map(|age| age.0),
        }
    }
}

fn read_event(node: &Node, place: &Place, sink: &Sink) -> Option<EventDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    if node.get("on").is_none() {
        let help = "what happens: `on: \"ObjectCreated:*\"`".to_owned();
        sink.push(FaultKind::MissingKey { key: "on".to_owned(), help }, place);
    }
    let event = EventDeclaration {
        place: place.clone(),
        on: fields.texts("on"),
        prefix: fields.text("prefix"),
        suffix: fields.text("suffix"),
        function: fields.text("function"),
        topic: fields.text("topic"),
    };
    let targets = usize::from(node.get("function").is_some()) + usize::from(node.get("topic").is_some());
    if targets != 1 {
        let help = "exactly one of `function: NAME` and `topic: NAME` says what the event informs".to_owned();
        sink.push(FaultKind::MissingKey { key: "function".to_owned(), help }, place);
    }
    fields.finish();
    Some(event)
}

impl EventDeclaration {
    fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Vec<EventRule> {
        let target = |text: &Text, kind: Kind| {
            let name = scope.literal(text)?;
            let name = name.strip_prefix(&format!("{}.", kind.word())).unwrap_or(&name).to_owned();
            declared.check(kind, &name, &text.place, scope.sink()).then_some(name)
        };
        let events: Vec<BucketEvent> = self.on.iter().filter_map(|text| scope.value(text)).collect();
        let prefix = key_filter(self.prefix.as_ref(), scope);
        let suffix = key_filter(self.suffix.as_ref(), scope);
        let target = match (&self.function, &self.topic) {
            (Some(text), None) => target(text, Kind::Function).map(EventTarget::Function),
            (None, Some(text)) => target(text, Kind::Topic).map(EventTarget::Topic),
            _ => None,
        };
        let Some(target) = target else { return Vec::new() };
        let place = &self.place;
        events
            .into_iter()
            .map(|event| EventRule {
                place: place.clone(),
                event,
                prefix: prefix.clone(),
                suffix: suffix.clone(),
                target: target.clone(),
            })
            .collect()
    }
}

/// A prefix or suffix of keys; empty when it is not given, nothing while it is not known.
fn key_filter(text: Option<&Text>, scope: &Scope<'_>) -> Option<String> {
    let Some(text) = text else { return Some(String::new()) };
    let value = scope.literal(text)?;
    if value.len() > KEY_BYTES {
        let kind = FaultKind::LimitExceeded { what: "bytes of a key".to_owned(), value: value.len(), limit: KEY_BYTES };
        scope.sink().push(kind, &text.place);
        return None;
    }
    if value.contains(['*', '?']) {
        let kind = FaultKind::BadValue {
            value,
            expected: "a prefix or suffix of keys".to_owned(),
            help: "S3 has no wildcards here: write `prefix: in/` and `suffix: .jpg`".to_owned(),
        };
        scope.sink().push(kind, &text.place);
        return None;
    }
    Some(value)
}
