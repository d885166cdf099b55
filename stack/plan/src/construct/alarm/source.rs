//! What an alarm watches.

use serde_json::{Value, json};

use super::{Declared, Kind, Reference};
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{FilterPattern, LogGroupName, MetricName, MetricValue, Number};

/// Greatest number of dimensions of a metric.
const DIMENSIONS: usize = 30;
/// Greatest length of a metric filter's name.
const FILTER_NAME: usize = 512;

/// Keys that say what an alarm watches.
const SOURCES: [&str; 4] = ["metric", "log_filter", "errors_of", "depth_of"];

/// What is watched, as written.
#[derive(Debug, Clone)]
pub(super) enum SourceDeclaration {
    Metric { namespace: Option<Text>, name: Option<Text>, dimensions: Vec<(String, Text)> },
    LogFilter(Box<LogFilterDeclaration>),
    ErrorsOf(Text),
    DepthOf(Text),
}

/// A metric filter as written.
#[derive(Debug, Clone)]
pub(super) struct LogFilterDeclaration {
    function: Option<Text>,
    log_group: Option<Text>,
    pattern: Option<Text>,
    namespace: Option<Text>,
    metric: Option<Text>,
    value: Option<Text>,
    default: Option<Text>,
}

/// What is watched.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A metric of AWS or of the project's code.
    Metric { namespace: String, name: String, dimensions: Vec<(String, String)> },
    /// Log events that match a pattern.
    LogFilter(LogFilter),
    /// Failed invocations of a function.
    ErrorsOf(String),
    /// Messages that wait in a queue.
    DepthOf(String),
}

/// A metric that is made from log events.
#[derive(Debug, Clone)]
pub(crate) struct LogFilter {
    pub(crate) log_group: LogGroup,
    pub(crate) pattern: String,
    /// The name of the stack, where the file has none.
    pub(crate) namespace: Option<String>,
    /// The name of the alarm, where the file has none.
    pub(crate) metric: Option<String>,
    pub(crate) value: String,
    /// Value of a period without a match.
    pub(crate) default: serde_json::Number,
}

/// Whose events are filtered.
#[derive(Debug, Clone)]
pub(crate) enum LogGroup {
    OfFunction(String),
    Named(String),
}

/// Reads the one key of [`SOURCES`] that is there.
pub(super) fn read_source(fields: &Fields<'_>, named: &Named<'_>, sink: &Sink) -> Option<SourceDeclaration> {
    let metric = fields.get("metric");
    let log_filter = fields.get("log_filter");
    let errors_of = fields.text("errors_of");
    let depth_of = fields.text("depth_of");
    if SOURCES.iter().filter(|key| named.node.get(key).is_some()).count() != 1 {
        let help = format!("exactly one of {} says what is watched", SOURCES.map(|key| format!("`{key}`")).join(", "));
        sink.push(FaultKind::MissingKey { key: "metric".to_owned(), help }, &named.place);
        return None;
    }
    if let Some((node, place)) = metric {
        let fields = Fields::open(node, &place, sink)?;
        let dimensions = fields.text_section("dimensions");
        if dimensions.len() > DIMENSIONS {
            let what = "dimensions of a metric".to_owned();
            let kind = FaultKind::LimitExceeded { what, value: dimensions.len(), limit: DIMENSIONS };
            sink.push(kind, &fields.place_of("dimensions"));
        }
        let source = SourceDeclaration::Metric {
            namespace: fields.required("namespace", "whose metric it is: `namespace: AWS/Lambda`"),
            name: fields.required("name", "the name of the metric: `name: Errors`"),
            dimensions,
        };
        fields.finish();
        return Some(source);
    }
    if let Some((node, place)) = log_filter {
        let filter = read_log_filter(&Named { name: named.name, place, node }, sink)?;
        return Some(SourceDeclaration::LogFilter(Box::new(filter)));
    }
    errors_of.map(SourceDeclaration::ErrorsOf).or(depth_of.map(SourceDeclaration::DepthOf))
}

fn read_log_filter(named: &Named<'_>, sink: &Sink) -> Option<LogFilterDeclaration> {
    let fields = Fields::open(named.node, &named.place, sink)?;
    if named.node.get("function").is_some() == named.node.get("log_group").is_some() {
        let help = "exactly one of `function: NAME` and `log_group: NAME` says whose log is filtered".to_owned();
        sink.push(FaultKind::MissingKey { key: "function".to_owned(), help }, &named.place);
    }
    let filter = LogFilterDeclaration {
        function: fields.text("function"),
        log_group: fields.text("log_group"),
        pattern: fields.required("pattern", "which log events count: `pattern: '\"out of stock\"'`"),
        namespace: fields.text("namespace"),
        metric: fields.text("metric"),
        value: fields.text("value"),
        default: fields.text("default"),
    };
    fields.finish();
    Some(filter)
}

impl SourceDeclaration {
    /// True when the number that raises the alarm follows from what is watched: more than none.
    pub(super) fn counts_failures(&self) -> bool {
        !matches!(self, Self::Metric { .. })
    }

    /// How the data of a period become one number, unless the file says it.
    pub(super) fn statistic(&self) -> &'static str {
        match self {
            Self::Metric { .. } => "Average",
            Self::LogFilter(_) | Self::ErrorsOf(_) => "Sum",
            Self::DepthOf(_) => "Maximum",
        }
    }

    /// Nothing when it has a fault.
    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Source> {
        match self {
            Self::Metric { namespace, name, dimensions } => {
                let namespace = namespace.as_ref().and_then(|text| scope.value::<MetricName>(text));
                let name = name.as_ref().and_then(|text| scope.value::<MetricName>(text));
                let dimensions = dimensions
                    .iter()
                    .filter_map(|(name, text)| Some((name.clone(), dimension_value(text, scope)?)))
                    .collect();
                Some(Source::Metric { namespace: namespace?.0, name: name?.0, dimensions })
            }
            Self::LogFilter(filter) => filter.resolve(scope, declared).map(Source::LogFilter),
            Self::ErrorsOf(text) => named(text, Kind::Function, scope, declared).map(Source::ErrorsOf),
            Self::DepthOf(text) => named(text, Kind::Queue, scope, declared).map(Source::DepthOf),
        }
    }
}

impl LogFilterDeclaration {
    fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<LogFilter> {
        let name = |text: Option<&Text>| text.and_then(|text| scope.value::<MetricName>(text)).map(|name| name.0);
        let zero = || Number(serde_json::Number::from(0));
        let pattern = self.pattern.as_ref().and_then(|text| scope.value::<FilterPattern>(text));
        let filter = (
            name(self.namespace.as_ref()),
            name(self.metric.as_ref()),
            scope.value_or(self.value.as_ref(), MetricValue("1".to_owned())).0,
            scope.value_or(self.default.as_ref(), zero()).0,
        );
        let log_group = match (&self.function, &self.log_group) {
            (Some(text), _) => named(text, Kind::Function, scope, declared).map(LogGroup::OfFunction),
            (None, Some(text)) => scope.value::<LogGroupName>(text).map(|name| LogGroup::Named(name.0)),
            (None, None) => None,
        };
        let (namespace, metric, value, default) = filter;
        Some(LogFilter { log_group: log_group?, pattern: pattern?.0, namespace, metric, value, default })
    }
}

fn named(text: &Text, kind: Kind, scope: &Scope<'_>, declared: &Declared) -> Option<String> {
    let literal = scope.literal(text)?;
    Some(Reference::read_name(&literal, kind, declared, &text.place, scope.sink())?.name)
}

/// May hold marks of values that only AWS knows.
fn dimension_value(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let value = scope.evaluate(text)?;
    if value.is_empty() || value.len() > 1024 {
        let expected = "the value of a dimension, 1 to 1024 characters".to_owned();
        scope.sink().push(FaultKind::BadValue { value, expected, help: String::new() }, &text.place);
        return None;
    }
    Some(value)
}

impl Source {
    /// Values of the metric in the alarm's template source.
    pub(super) fn metric(&self, alarm: &str, links: &Links<'_>) -> Value {
        let of = |namespace: &str, name: &str, dimensions: &[(String, String)]| {
            let dimensions = dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value }));
            json!({ "namespace": namespace, "name": name, "dimensions": dimensions.collect::<Vec<_>>() })
        };
        match self {
            Self::Metric { namespace, name, dimensions } => of(namespace, name, dimensions),
            Self::LogFilter(filter) => of(filter.namespace(links), filter.metric(alarm), &[]),
            Self::ErrorsOf(function) => {
                let function_name = links.attribute(Kind::Function, function, "name");
                of("AWS/Lambda", "Errors", &[("FunctionName".to_owned(), function_name)])
            }
            Self::DepthOf(queue) => {
                let queue_name = links.attribute(Kind::Queue, queue, "name");
                of("AWS/SQS", "ApproximateNumberOfMessagesVisible", &[("QueueName".to_owned(), queue_name)])
            }
        }
    }

    /// Values of the metric filter in the alarm's template source.
    pub(super) fn filter(&self, alarm: &str, links: &Links<'_>) -> Option<Value> {
        let Self::LogFilter(filter) = self else { return None };
        let log_group = match &filter.log_group {
            LogGroup::OfFunction(function) => crate::deferred::reference(&logical_id(function, "LogGroup")),
            LogGroup::Named(name) => name.clone(),
        };
        Some(json!({
            "id": logical_id(alarm, "MetricFilter"),
            "name": links.naming.physical(alarm, FILTER_NAME),
            "log_group": log_group,
            "pattern": filter.pattern,
            "namespace": filter.namespace(links),
            "metric": filter.metric(alarm),
            "value": filter.value,
            "default": filter.default,
        }))
    }
}

impl LogFilter {
    fn namespace<'a>(&'a self, links: &'a Links<'_>) -> &'a str {
        self.namespace.as_deref().unwrap_or(&links.naming.stack_name)
    }

    fn metric<'a>(&'a self, alarm: &'a str) -> &'a str {
        self.metric.as_deref().unwrap_or(alarm)
    }
}

/// Reports dimensions whose names CloudWatch refuses.
pub(super) fn check_dimensions(source: Option<&SourceDeclaration>, sink: &Sink) {
    let Some(SourceDeclaration::Metric { dimensions, .. }) = source else { return };
    for (name, text) in dimensions {
        check_dimension(name, &text.place, sink);
    }
}

fn check_dimension(name: &str, place: &Place, sink: &Sink) {
    let is_name =
        (1..=255).contains(&name.len()) && !name.starts_with(':') && name.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_name {
        let rule = "1 to 255 visible ASCII characters, not beginning with `:`".to_owned();
        sink.push(FaultKind::BadName { name: name.to_owned(), what: "dimension".to_owned(), rule }, place);
    }
}
