//! `events:` of a function: queues and streams of tables that Lambda reads for it (event source mappings).

use serde_json::{Value, json};

use super::super::{Declared, Kind, Reference};
use super::destination::Destination;
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Text, Tree};
use crate::role::Role;
use crate::scope::Scope;
use crate::values::{
    BatchSize, BatchWindow, MaxConcurrency, Parallelization, RecordAge, RecordRetries, StartingPosition,
};
use crate::yaml::Node;

/// What may be read; each has a key of the same word.
const SOURCES: [Kind; 2] = [Kind::Queue, Kind::Table];
/// Greatest number of filters of one source.
const FILTERS: usize = 10;
/// Greatest length of a filter as JSON.
const FILTER_CHARACTERS: usize = 4096;
/// Greatest batch that is not gathered first.
const UNGATHERED: u32 = 10;

/// A source as written.
#[derive(Debug, Clone)]
pub(super) struct SourceDeclaration {
    place: Place,
    target: Option<(Kind, Text)>,
    batch: Option<Text>,
    window: Option<Text>,
    partial_failures: Option<Text>,
    filters: Vec<Tree>,
    max_concurrency: Option<Text>,
    from: Option<Text>,
    retries: Option<Text>,
    max_age: Option<Text>,
    bisect: Option<Text>,
    parallelization: Option<Text>,
    on_failure: Option<Text>,
}

/// A source with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) place: Place,
    pub(crate) target: Reference,
    pub(crate) batch: BatchSize,
    pub(crate) window: BatchWindow,
    partial_failures: bool,
    /// Patterns as JSON; may hold marks of values that only AWS knows.
    filters: Vec<String>,
    /// True also while the values of its filters are not known.
    pub(crate) is_filtered: bool,
    max_concurrency: Option<MaxConcurrency>,
    from: StartingPosition,
    retries: RecordRetries,
    /// Nothing: as old as the stream keeps records.
    max_age: Option<RecordAge>,
    bisect: bool,
    parallelization: Parallelization,
    pub(crate) on_failure: Option<Destination>,
}

pub(super) fn read_source(node: &Node, place: &Place, sink: &Sink) -> Option<SourceDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    let mut targets: Vec<(Kind, Text)> =
        SOURCES.into_iter().filter_map(|kind| Some((kind, fields.text(kind.word())?))).collect();
    let given: Vec<Kind> = SOURCES.into_iter().filter(|kind| node.get(kind.word()).is_some()).collect();
    if given.len() != 1 {
        let help = "exactly one of `queue: NAME` and `table: NAME` says what is read".to_owned();
        sink.push(FaultKind::MissingKey { key: "queue".to_owned(), help }, place);
        targets.clear();
    }
    // Keys of the other kind are unknown here, and reported as such; without a kind all are known.
    let of_queue = |key| if given == [Kind::Table] { None } else { fields.text(key) };
    let of_table = |key| if given == [Kind::Queue] { None } else { fields.text(key) };
    let filters = fields.items("filters");
    let source = SourceDeclaration {
        place: place.clone(),
        target: targets.pop(),
        batch: fields.text("batch"),
        window: fields.text("window"),
        partial_failures: fields.text("partial_failures"),
        filters: filters.iter().filter_map(|(node, place)| read_filter(node, place, sink)).collect(),
        max_concurrency: of_queue("max_concurrency"),
        from: of_table("from"),
        retries: of_table("retries"),
        max_age: of_table("max_age"),
        bisect: of_table("bisect"),
        parallelization: of_table("parallelization"),
        on_failure: of_table("on_failure"),
    };
    fields.finish();
    Some(source)
}

fn read_filter(node: &Node, place: &Place, sink: &Sink) -> Option<Tree> {
    let pattern = Tree::read(node, place, sink)?;
    if pattern.entries().is_some() {
        return Some(pattern);
    }
    let kind = FaultKind::WrongType {
        expected: "a mapping (`body: { kind: [photo] }`)".to_owned(),
        found: "something else".to_owned(),
    };
    sink.push(kind, place);
    None
}

impl SourceDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Source> {
        let target = self.target.as_ref().and_then(|(kind, text)| {
            Reference::read_name(&scope.literal(text)?, *kind, declared, &text.place, scope.sink())
        });
        let default_batch = if target.as_ref().is_some_and(|target| target.kind == Kind::Table) { 100 } else { 10 };
        let batch = scope.value_or(self.batch.as_ref(), BatchSize(default_batch));
        let gathered = target.as_ref().is_some_and(|target| target.kind == Kind::Queue) && batch.0 > UNGATHERED;
        let window = scope.value_or(self.window.as_ref(), BatchWindow(u32::from(gathered)));
        if let (Some(text), true, 0) = (&self.window, gathered, window.0) {
            let kind = FaultKind::BadValue {
                value: text.raw.clone(),
                expected: "a window for so large a batch".to_owned(),
                help: format!("more than {UNGATHERED} messages are gathered first: at least `1s`"),
            };
            scope.sink().push(kind, &text.place);
        }
        Some(Source {
            place: self.place.clone(),
            batch,
            window,
            partial_failures: scope.value_or(self.partial_failures.as_ref(), true),
            filters: self.filters(scope),
            is_filtered: !self.filters.is_empty(),
            max_concurrency: self.max_concurrency.as_ref().and_then(|text| scope.value(text)),
            from: scope.value_or(self.from.as_ref(), StartingPosition("TRIM_HORIZON")),
            retries: scope.value_or(self.retries.as_ref(), RecordRetries(5)),
            max_age: self.max_age.as_ref().and_then(|text| scope.value(text)),
            bisect: scope.value_or(self.bisect.as_ref(), true),
            parallelization: scope.value_or(self.parallelization.as_ref(), Parallelization(1)),
            on_failure: Destination::read(self.on_failure.as_ref(), scope, declared),
            target: target?,
        })
    }

    fn filters(&self, scope: &Scope<'_>) -> Vec<String> {
        let limit = |what: &str, value: usize, limit: usize, place: &Place| {
            if value > limit {
                scope.sink().push(FaultKind::LimitExceeded { what: what.to_owned(), value, limit }, place);
            }
        };
        limit("filters of an event source", self.filters.len(), FILTERS, &self.place);
        let patterns = self.filters.iter().filter_map(|filter| {
            let pattern = deferred::json_text(&filter.data(scope)?);
            limit("characters of a filter", pattern.chars().count(), FILTER_CHARACTERS, filter.place());
            Some(pattern)
        });
        patterns.collect()
    }
}

impl Source {
    pub(crate) fn reads(&self, kind: Kind, name: &str) -> bool {
        self.target.kind == kind && self.target.name == name
    }

    /// Seconds for which a batch is gathered.
    pub(crate) fn window_seconds(&self) -> u32 {
        self.window.0
    }

    /// Lets the function read its source, and tell of what it could not process.
    pub(super) fn grant(&self, role: &mut Role<'_>, links: &Links<'_>) {
        let target = links.target(self.target.kind, &self.target.name);
        let source = if self.target.kind == Kind::Queue { "queue-consume" } else { "table-stream" };
        // That a table has no stream is told already.
        if self.target.kind == Kind::Queue || !target["stream_arn"].is_null() {
            role.grant(source, &target, &self.place, links);
        }
        if let Some(destination) = &self.on_failure {
            destination.grant(role, links);
        }
    }

    /// Values of the mapping in the function's template source.
    pub(super) fn values(&self, function: &str) -> Value {
        let is_stream = self.target.kind == Kind::Table;
        let word = logical_id(self.target.kind.word(), "");
        json!({
            "id": format!("{}{}", Naming::id(Kind::Function, function), logical_id(&self.target.name, &format!("{word}Source"))),
            "source_id": Naming::id(self.target.kind, &self.target.name),
            "source_attribute": if is_stream { "StreamArn" } else { "Arn" },
            "batch": self.batch.0,
            "window": self.window.0,
            "partial_failures": self.partial_failures,
            "filters": self.filters,
            "max_concurrency": self.max_concurrency.map(|concurrency| concurrency.0),
            "is_stream": is_stream,
            "from": self.from.0,
            "retries": self.retries.0,
            "max_age": self.max_age.map(|age| age.0),
            "bisect": self.bisect,
            "parallelization": self.parallelization.0,
            "on_failure": self.on_failure.as_ref().map(Destination::values),
        })
    }
}
