//! `queues:`.

mod dead_letter;

pub(crate) use dead_letter::DeadLetter;

use serde_json::{Value, json};

use super::{Construct, Declaration, Declared, Kind};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{LongPolling, MaxReceives, MessageDelay, MessageRetention, MessageSize, VisibilityTimeout};

/// Greatest length of a queue name.
const QUEUE_NAME: usize = 80;
/// What ends the name of a FIFO queue; it counts.
const FIFO: &str = ".fifo";
/// How much longer than its consumers a queue hides a message: time for a function that is throttled to try again.
const TIMEOUTS: u32 = 6;
/// Visibility timeout of a queue whose consumers are not functions.
const VISIBILITY: u32 = 30;
/// Seconds for which a queue keeps a message.
const RETENTION: u32 = 345_600;
/// The same for what failed, which waits for people.
const FAILURE_RETENTION: u32 = 1_209_600;

/// A queue as written.
#[derive(Debug, Clone)]
pub(crate) struct QueueDeclaration {
    place: Place,
    fifo: Option<Text>,
    content_deduplication: Option<Text>,
    visibility_timeout: Option<Text>,
    retention: Option<Text>,
    delay: Option<Text>,
    long_polling: Option<Text>,
    max_message_size: Option<Text>,
    dead_letter: Option<Text>,
    max_receives: Option<Text>,
}

/// A queue with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) fifo: bool,
    /// False while it is not known whether it is a FIFO queue.
    pub(crate) is_type_known: bool,
    content_deduplication: bool,
    /// Nothing where its consumers decide.
    visibility_timeout: Option<(VisibilityTimeout, Place)>,
    /// Nothing where its purpose decides.
    retention: Option<MessageRetention>,
    delay: MessageDelay,
    long_polling: LongPolling,
    max_message_size: Option<MessageSize>,
    pub(crate) dead_letter: Option<DeadLetter>,
    pub(crate) dead_letter_place: Place,
    max_receives: MaxReceives,
}

impl Declaration for QueueDeclaration {
    type Resolved = Queue;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn", "url"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            fifo: fields.text("fifo"),
            content_deduplication: fields.text("content_deduplication"),
            visibility_timeout: fields.text("visibility_timeout"),
            retention: fields.text("retention"),
            delay: fields.text("delay"),
            long_polling: fields.text("long_polling"),
            max_message_size: fields.text("max_message_size"),
            dead_letter: fields.text("dead_letter"),
            max_receives: fields.text("max_receives"),
        };
        if let (None, Some(text)) = (&declaration.dead_letter, &declaration.max_receives) {
            let help = "where messages go after that: `dead_letter: true` makes a queue, or `dead_letter: queue.NAME`";
            sink.push(FaultKind::MissingKey { key: "dead_letter".to_owned(), help: help.to_owned() }, &text.place);
        }
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let id = Naming::id(Kind::Queue, name);
        let name = queue_name(name, scope.value_or(self.fifo.as_ref(), false), naming);
        // The URL has a host of its own in the local cloud, so only the service knows it.
        json!({ "arn": naming.arn("sqs", &name), "url": deferred::reference(&id), "name": name })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Queue {
        let known_fifo = self.fifo.as_ref().map_or(Some(false), |text| scope.value(text));
        let content_deduplication = scope.value_or(self.content_deduplication.as_ref(), false);
        if let (Some(text), true, Some(false)) = (&self.content_deduplication, content_deduplication, known_fifo) {
            let kind = FaultKind::BadValue {
                value: "true".to_owned(),
                expected: "a setting of a standard queue".to_owned(),
                help: "only FIFO queues tell duplicates apart: `fifo: true`".to_owned(),
            };
            scope.sink().push(kind, &text.place);
        }
        let visibility_timeout = self.visibility_timeout.as_ref().and_then(|text| {
            let timeout = scope.value::<VisibilityTimeout>(text)?;
            Some((timeout, text.place.clone()))
        });
        let dead_letter = self.dead_letter.as_ref();
        Queue {
            name: name.to_owned(),
            place: self.place.clone(),
            fifo: known_fifo.unwrap_or_default(),
            is_type_known: known_fifo.is_some(),
            content_deduplication,
            visibility_timeout,
            retention: self.retention.as_ref().and_then(|text| scope.value(text)),
            delay: scope.value_or(self.delay.as_ref(), MessageDelay(0)),
            long_polling: scope.value_or(self.long_polling.as_ref(), LongPolling(20)),
            max_message_size: self.max_message_size.as_ref().and_then(|text| scope.value(text)),
            dead_letter: dead_letter.and_then(|text| DeadLetter::read(name, text, scope, declared)),
            dead_letter_place: dead_letter.map_or_else(|| self.place.clone(), |text| text.place.clone()),
            max_receives: scope.value_or(self.max_receives.as_ref(), MaxReceives(5)),
        }
    }
}

fn queue_name(name: &str, fifo: bool, naming: &Naming) -> String {
    if fifo {
        return format!("{}{FIFO}", naming.physical(name, QUEUE_NAME - FIFO.len()));
    }
    naming.physical(name, QUEUE_NAME)
}

impl Queue {
    /// Name of the queue that is made for what it could not deliver.
    fn own_dead_letter(&self) -> String {
        format!("{}-dead-letter", self.name)
    }

    /// Visibility timeout in seconds; reports one that is too short for the functions that consume the queue.
    fn visibility(&self, links: &Links<'_>) -> u32 {
        let sources = links.constructs.functions.iter().flat_map(|function| {
            let of_queue = function.sources.iter().filter(|source| source.reads(Kind::Queue, &self.name));
            of_queue.map(|source| function.timeout.0 * TIMEOUTS + source.window_seconds())
        });
        let needed = sources.max().unwrap_or_default();
        match &self.visibility_timeout {
            None => needed.max(VISIBILITY),
            Some((timeout, place)) => {
                if timeout.0 < needed {
                    let kind = FaultKind::BadValue {
                        value: format!("{}s", timeout.0),
                        expected: "long enough for the functions that consume the queue".to_owned(),
                        help: format!(
                            "at least `{needed}s`, six times the function's timeout and the window of its batches; without the key it is just that"
                        ),
                    };
                    links.sink.push(kind, place);
                }
                timeout.0
            }
        }
    }

    /// ARNs of the queues whose undeliverable messages it takes.
    fn sources(&self, links: &Links<'_>) -> Vec<String> {
        let target = DeadLetter::Queue(self.name.clone());
        let queues = links.constructs.queues.iter().filter(|queue| queue.dead_letter.as_ref() == Some(&target));
        queues.map(|queue| links.attribute(Kind::Queue, &queue.name, "arn")).collect()
    }

    /// True when a function sends here what it could not process, or a rule or schedule what it could not deliver.
    fn takes_failures(&self, links: &Links<'_>) -> bool {
        let constructs = links.constructs;
        constructs.functions.iter().any(|function| function.fails_to(Kind::Queue, &self.name))
            || constructs.event_rules.iter().any(|rule| rule.fails_to(&self.name))
            || constructs.schedules.iter().any(|schedule| schedule.fails_to(&self.name))
    }
}

impl Construct for Queue {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let id = Naming::id(Kind::Queue, &self.name);
        let sources = self.sources(links);
        let takes_failures = !sources.is_empty() || self.takes_failures(links);
        let retention = if takes_failures { FAILURE_RETENTION } else { RETENTION };
        let own_dead_letter = (self.dead_letter == Some(DeadLetter::Own)).then(|| {
            let name = self.own_dead_letter();
            let id = Naming::id(Kind::Queue, &name);
            json!({
                "policy_id": format!("{id}Policy"),
                "id": id,
                "queue_name": queue_name(&name, self.fifo, links.naming),
                "retention": FAILURE_RETENTION,
                "source_arn": links.attribute(Kind::Queue, &self.name, "arn"),
            })
        });
        let dead_letter_id = self.dead_letter.as_ref().map(|dead_letter| match dead_letter {
            DeadLetter::Own => Naming::id(Kind::Queue, &self.own_dead_letter()),
            DeadLetter::Queue(name) => Naming::id(Kind::Queue, name),
        });
        json!({
            "policy_id": format!("{id}Policy"),
            "id": id,
            "queue_name": links.attribute(Kind::Queue, &self.name, "name"),
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "fifo": self.fifo,
            "content_deduplication": self.content_deduplication,
            "visibility_timeout": self.visibility(links),
            "retention": self.retention.map_or(retention, |retention| retention.0),
            "delay": self.delay.0,
            "long_polling": self.long_polling.0,
            "max_message_size": self.max_message_size.map(|size| size.0),
            "dead_letter_id": dead_letter_id,
            "max_receives": self.max_receives.0,
            "source_arns": sources,
            "own_dead_letter": own_dead_letter,
            "senders": links.senders(Kind::Queue, &self.name),
        })
    }
}
