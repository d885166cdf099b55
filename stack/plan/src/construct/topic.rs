//! `topics:`.

use serde_json::{Value, json};

use super::filter::{Filter, FilterDeclaration, read_filter};
use super::tags::{Tags, TagsDeclaration, read_tags, tag_list};
use super::{Construct, Declaration, Declared, Grant, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::{hash, logical_id};
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{ImportedTopic, is_on_loopback};
use crate::yaml::Node;

/// Greatest length of a topic name.
const TOPIC_NAME: usize = 256;
/// What names of topics that keep the order end with.
const FIFO_ENDING: &str = ".fifo";
/// Key of SNS itself.
const SNS_KEY: &str = "alias/aws/sns";

/// Keys of a subscription that say where it goes.
const PROTOCOLS: [&str; 5] = ["https", "http", "email", "sqs", "lambda"];

/// Keys of a topic that the project makes itself.
const KEYS_OF_OWN: [&str; 5] = ["display_name", "key", "fifo", "content_deduplication", "tags"];

/// Other keys of a subscription.
const SETTINGS: [&str; 3] = ["raw", "filter", "filter_on"];

/// A topic as written.
#[derive(Debug, Clone)]
pub(crate) struct TopicDeclaration {
    place: Place,
    import: Option<Text>,
    /// Keys that an imported topic has not.
    keys_of_own: Vec<(String, Place)>,
    display_name: Option<Text>,
    key: Option<Text>,
    fifo: Option<Text>,
    content_deduplication: Option<Text>,
    tags: TagsDeclaration,
    subscriptions: Vec<SubscriptionDeclaration>,
}

#[derive(Debug, Clone)]
struct SubscriptionDeclaration {
    protocol: &'static str,
    place: Place,
    endpoint: Text,
    raw: Option<Text>,
    filter: Option<FilterDeclaration>,
}

/// A topic with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// ARN of the topic that exists already.
    pub(crate) import: Option<String>,
    pub(crate) display_name: Option<String>,
    /// Customer managed key.
    pub(crate) key: Option<String>,
    /// True for a topic that keeps the order of messages.
    pub(crate) fifo: bool,
    /// True when messages of one content count as one message.
    pub(crate) content_deduplication: bool,
    pub(crate) tags: Tags,
    pub(crate) subscriptions: Vec<Subscription>,
}

/// Where messages go.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) place: Place,
    /// Protocol in the words of SNS.
    pub(crate) protocol: &'static str,
    pub(crate) endpoint: Endpoint,
    pub(crate) raw: bool,
    pub(crate) filter: Option<Filter>,
}

/// The end of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// URL, address or ARN.
    Address(String),
    /// A function or a queue of the project.
    Construct(Kind, String),
}

impl Endpoint {
    /// The construct of a kind that it is, if it is one.
    pub(crate) fn of_kind(&self, kind: Kind) -> Option<&str> {
        match self {
            Self::Construct(its_kind, name) if *its_kind == kind => Some(name),
            _ => None,
        }
    }
}

impl Declaration for TopicDeclaration {
    type Resolved = Topic;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            import: fields.text("import"),
            keys_of_own: fields
                .all()
                .into_iter()
                .filter(|entry| KEYS_OF_OWN.contains(&entry.name))
                .map(|entry| (entry.name.to_owned(), entry.place))
                .collect(),
            display_name: fields.text("display_name"),
            key: fields.text("key"),
            fifo: fields.text("fifo"),
            content_deduplication: fields.text("content_deduplication"),
            tags: read_tags(&fields, sink),
            subscriptions: fields
                .items("subscriptions")
                .iter()
                .filter_map(|(node, place)| read_subscription(node, place, sink))
                .collect(),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        if let Some(arn) = self.imported(scope) {
            let name = arn.rsplit(':').next().unwrap_or_default();
            return json!({ "name": name, "arn": arn });
        }
        let name = if scope.value_or(self.fifo.as_ref(), false) {
            format!("{}{FIFO_ENDING}", naming.physical(name, TOPIC_NAME - FIFO_ENDING.len()))
        } else {
            naming.physical(name, TOPIC_NAME)
        };
        json!({ "arn": naming.arn("sns", &name), "name": name })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Topic {
        let import = self.imported(scope);
        if import.is_some() {
            self.check_imported(scope.sink());
        }
        let fifo = scope.value_or(self.fifo.as_ref(), false);
        Topic {
            name: name.to_owned(),
            place: self.place.clone(),
            import,
            fifo,
            content_deduplication: scope.value_or(self.content_deduplication.as_ref(), false),
            tags: self.tags.resolve(scope),
            display_name: self.display_name.as_ref().and_then(|text| scope.literal(text)),
            key: self.key.as_ref().and_then(|text| scope.evaluate(text)).filter(|key| !key.is_empty()),
            subscriptions: self
                .subscriptions
                .iter()
                .filter_map(|subscription| subscription.resolve(fifo, scope, declared))
                .collect(),
        }
    }
}

impl TopicDeclaration {
    fn imported(&self, scope: &Scope<'_>) -> Option<String> {
        scope.value::<ImportedTopic>(self.import.as_ref()?)?.0
    }

    fn check_imported(&self, sink: &Sink) {
        for (key, place) in &self.keys_of_own {
            let kind = FaultKind::BadValue {
                value: key.clone(),
                expected: "a key of an imported topic".to_owned(),
                help: "what exists already is referred to and never changed: `import` and `subscriptions`".to_owned(),
            };
            sink.push(kind, place);
        }
    }
}

impl Construct for Topic {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn is_owned(&self) -> bool {
        self.import.is_none()
    }

    fn is_rendered(&self) -> bool {
        self.is_owned() || !self.subscriptions.is_empty()
    }

    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let mut targets: Vec<(Kind, &str)> = self
            .subscriptions
            .iter()
            .filter_map(|subscription| match &subscription.endpoint {
                Endpoint::Construct(kind, name) => Some((*kind, name.as_str())),
                Endpoint::Address(_) => None,
            })
            .collect();
        targets.sort_unstable();
        targets.dedup();
        let id = Naming::id(Kind::Topic, &self.name);
        targets
            .into_iter()
            .map(|(kind, name)| Grant {
                service: "sns.amazonaws.com",
                target: (kind, name.to_owned()),
                permission_id: format!("{id}{}", logical_id(name, "Permission")),
                source_arn: links.reference(Kind::Topic, &self.name),
                names_account: false,
                is_asynchronous: true,
            })
            .collect()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let senders = links.senders(Kind::Topic, &self.name);
        // A service may not use the key of SNS itself, so a topic that a service publishes to has none unless the project
        // brings a key of its own whose policy lets that service use it.
        let key = self.key.clone().or_else(|| senders.is_empty().then(|| SNS_KEY.to_owned()));
        let subscriptions: Vec<Value> =
            self.subscriptions.iter().map(|subscription| subscription_values(self, subscription)).collect();
        json!({
            "id": Naming::id(Kind::Topic, &self.name),
            "is_owned": self.is_owned(),
            "topic": links.reference(Kind::Topic, &self.name),
            "fifo": self.fifo,
            "content_deduplication": self.content_deduplication,
            "tags": tag_list(&self.tags),
            "policy_id": logical_id(&self.name, "TopicPolicy"),
            "topic_name": links.attribute(Kind::Topic, &self.name, "name"),
            "display_name": self.display_name,
            "key": key,
            "senders": senders,
            "subscriptions": subscriptions,
        })
    }
}

fn subscription_values(topic: &Topic, subscription: &Subscription) -> Value {
    let (address, target) = match &subscription.endpoint {
        Endpoint::Address(address) => (Some(address.as_str()), None),
        Endpoint::Construct(kind, name) => (None, Some((*kind, name.as_str()))),
    };
    // The id follows the endpoint, not the position: SNS gives two subscriptions with one endpoint one ARN, so taking one
    // out of the list must not rename the others.
    let endpoint =
        hash(&format!("{} {}", subscription.protocol, address.or(target.map(|(_, name)| name)).unwrap_or_default()), 8);
    json!({
        "id": format!("{}{}{endpoint}", Naming::id(Kind::Topic, &topic.name), logical_id(subscription.protocol, "")),
        "protocol": subscription.protocol,
        "address": address,
        "target_id": target.map(|(kind, name)| Naming::id(kind, name)),
        "raw": subscription.raw,
        "filter": subscription.filter.as_ref().map(|filter| &filter.policy),
        "filter_scope": subscription.filter.as_ref().map(|filter| filter.scope.word()),
    })
}

fn read_subscription(node: &Node, place: &Place, sink: &Sink) -> Option<SubscriptionDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    let raw = fields.text("raw");
    let filter = read_filter(&fields, sink);
    let mut endpoints: Vec<(&'static str, Text)> =
        PROTOCOLS.into_iter().filter_map(|protocol| Some((protocol, fields.text(protocol)?))).collect();
    let given = PROTOCOLS.iter().filter(|protocol| node.get(protocol).is_some()).count();
    let unknown = fields.all().iter().any(|entry| !SETTINGS.contains(&entry.name) && !PROTOCOLS.contains(&entry.name));
    if given > 1 || (given == 0 && !unknown) {
        let help = format!("exactly one of {} says where messages go", PROTOCOLS.join(", "));
        sink.push(FaultKind::MissingKey { key: "https".to_owned(), help }, place);
        endpoints.clear();
    }
    fields.finish();
    let (protocol, endpoint) = endpoints.pop()?;
    Some(SubscriptionDeclaration { protocol, place: place.clone(), endpoint, raw, filter })
}

impl SubscriptionDeclaration {
    /// Nothing for an endpoint that is empty: it is left out.
    fn resolve(&self, fifo: bool, scope: &Scope<'_>, declared: &Declared) -> Option<Subscription> {
        let raw = scope.value_or(self.raw.as_ref(), false);
        let filter = self.filter.as_ref().and_then(|filter| filter.resolve(scope));
        let value = scope.evaluate(&self.endpoint)?;
        if value.is_empty() {
            return None;
        }
        let (protocol, endpoint) = self.endpoint(value, scope, declared)?;
        if fifo && protocol != "sqs" {
            let kind = FaultKind::BadValue {
                value: protocol.to_owned(),
                expected: "a subscriber of a FIFO topic".to_owned(),
                help: "SNS keeps the order for queues only: `sqs: ARN`".to_owned(),
            };
            scope.sink().push(kind, &self.endpoint.place);
        }
        Some(Subscription { place: self.place.clone(), protocol, endpoint, raw, filter })
    }

    fn endpoint(&self, value: String, scope: &Scope<'_>, declared: &Declared) -> Option<(&'static str, Endpoint)> {
        for (protocol, kind) in [("lambda", Kind::Function), ("sqs", Kind::Queue)] {
            let is_reference = value.strip_prefix(kind.word()).is_some_and(|rest| rest.starts_with('.'));
            if self.protocol == protocol && is_reference {
                let place = &self.endpoint.place;
                let reference = Reference::read_whole(&value, &[kind], declared, place, scope.sink())?;
                return Some((protocol, Endpoint::Construct(kind, reference.name)));
            }
        }
        let (protocol, expected, help) = match self.protocol {
            "https" if value.starts_with("https://") || !deferred::is_clean(&value) => ("https", "", ""),
            // A receiver on the developer's own machine has no certificate.
            "https" if is_on_loopback(&value) => ("http", "", ""),
            "https" => (
                "https",
                "a URL with `https://`",
                "plain text leaves this machine only when it is asked for by `http:`",
            ),
            "http" if value.starts_with("http://") || !deferred::is_clean(&value) => ("http", "", ""),
            "http" => ("http", "a URL with `http://`", ""),
            "email" if value.contains('@') => ("email", "", ""),
            "email" => ("email", "a mail address", ""),
            "sqs" if value.starts_with("arn:") || !deferred::is_clean(&value) => ("sqs", "", ""),
            "sqs" => ("sqs", "a queue", "write `queue.NAME`, or an ARN"),
            _ if value.starts_with("arn:") || !deferred::is_clean(&value) => ("lambda", "", ""),
            _ => ("lambda", "a function", "write `function.NAME`, or an ARN"),
        };
        let is_visible = value
            .chars()
            .all(|character| !character.is_whitespace() && (!character.is_control() || !deferred::is_clean(&value)));
        if expected.is_empty() && is_visible {
            return Some((protocol, Endpoint::Address(value)));
        }
        let expected = if expected.is_empty() { "an endpoint without white space" } else { expected };
        let kind = FaultKind::BadValue {
            value: deferred::display(&value),
            expected: expected.to_owned(),
            help: help.to_owned(),
        };
        scope.sink().push(kind, &self.endpoint.place);
        None
    }
}
