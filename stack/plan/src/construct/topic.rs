//! `topics:`.

use serde_json::{Value, json};

use super::{Construct, Declaration, Declared, Grant, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::{hash, logical_id};
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::yaml::Node;

/// Greatest length of a topic name.
const TOPIC_NAME: usize = 256;
/// Key of SNS itself.
const SNS_KEY: &str = "alias/aws/sns";

/// Keys of a subscription that say where it goes.
const PROTOCOLS: [&str; 5] = ["https", "http", "email", "sqs", "lambda"];

/// A topic as written.
#[derive(Debug, Clone)]
pub(crate) struct TopicDeclaration {
    place: Place,
    display_name: Option<Text>,
    key: Option<Text>,
    subscriptions: Vec<SubscriptionDeclaration>,
}

#[derive(Debug, Clone)]
struct SubscriptionDeclaration {
    protocol: &'static str,
    place: Place,
    endpoint: Text,
    raw: Option<Text>,
}

/// A topic with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) display_name: Option<String>,
    /// Customer managed key.
    pub(crate) key: Option<String>,
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
            display_name: fields.text("display_name"),
            key: fields.text("key"),
            subscriptions: fields
                .items("subscriptions")
                .iter()
                .filter_map(|(node, place)| read_subscription(node, place, sink))
                .collect(),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let name = naming.physical(name, TOPIC_NAME);
        json!({ "arn": naming.arn("sns", &name), "name": name })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Topic {
        Topic {
            name: name.to_owned(),
            place: self.place.clone(),
            display_name: self.display_name.as_ref().and_then(|text| scope.literal(text)),
            key: self.key.as_ref().and_then(|text| scope.evaluate(text)),
            subscriptions: self
                .subscriptions
                .iter()
                .filter_map(|subscription| subscription.resolve(scope, declared))
                .collect(),
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

    fn grants(&self, _: &Links<'_>) -> Vec<Grant> {
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
                source_arn: deferred::reference(&id),
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
    })
}

fn read_subscription(node: &Node, place: &Place, sink: &Sink) -> Option<SubscriptionDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    let raw = fields.text("raw");
    let mut endpoints: Vec<(&'static str, Text)> =
        PROTOCOLS.into_iter().filter_map(|protocol| Some((protocol, fields.text(protocol)?))).collect();
    let given = PROTOCOLS.iter().filter(|protocol| node.get(protocol).is_some()).count();
    let unknown = fields.all().iter().any(|entry| entry.name != "raw" && !PROTOCOLS.contains(&entry.name));
    if given > 1 || (given == 0 && !unknown) {
        let help = format!("exactly one of {} says where messages go", PROTOCOLS.join(", "));
        sink.push(FaultKind::MissingKey { key: "https".to_owned(), help }, place);
        endpoints.clear();
    }
    fields.finish();
    let (protocol, endpoint) = endpoints.pop()?;
    Some(SubscriptionDeclaration { protocol, place: place.clone(), endpoint, raw })
}

impl SubscriptionDeclaration {
    /// Nothing for an endpoint that is empty: it is left out.
    fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Subscription> {
        let raw = scope.value_or(self.raw.as_ref(), false);
        let value = scope.evaluate(&self.endpoint)?;
        if value.is_empty() {
            return None;
        }
        let (protocol, endpoint) = self.endpoint(value, scope, declared)?;
        Some(Subscription { place: self.place.clone(), protocol, endpoint, raw })
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

/// True for plain HTTP to this machine.
fn is_on_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix("[::1]") {
        Some(after) => return after.is_empty() || after.starts_with(':'),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback_address = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_loopback_address || host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_on_loopback;

    #[test]
    fn only_this_machine_is_loopback() {
        for url in ["http://localhost:8080/x", "http://127.0.0.1:1", "http://[::1]:9/", "http://hook.localhost/"] {
            assert!(is_on_loopback(url), "{url}");
        }
        for url in [
            "http://example.com",
            "http://localhost.example.com/",
            "http://localhost@example.com/",
            "http://127.0.0.1.example.com",
            "http://[::1].example.com",
            "https://localhost",
            "http://",
        ] {
            assert!(!is_on_loopback(url), "{url}");
        }
    }
}
