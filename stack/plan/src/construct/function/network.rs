//! `network:` of a function, and what follows from it.

use serde_json::{Value, json};

use super::super::access::{Access, Verb};
use super::super::database;
use super::super::network::Network;
use super::super::{Declared, Kind, Reference};
use super::Function;
use crate::deferred;
use crate::fault::FaultKind;
use crate::links::Links;
use crate::naming::Naming;
use crate::project::Text;
use crate::scope::Scope;

/// Greatest number of subnets of a function.
const SUBNETS: usize = 16;
/// Greatest number of security groups of a function.
const SECURITY_GROUPS: usize = 5;

/// Reads the name of a network; nothing for an empty value.
pub(super) fn network_name(text: &Text, scope: &Scope<'_>, declared: &Declared) -> Option<String> {
    let value = scope.literal(text).filter(|value| !value.is_empty())?;
    let network = Reference::read_name(&value, Kind::Network, declared, &text.place, scope.sink())?;
    Some(network.name)
}

/// The service of AWS behind a kind of construct, as endpoints name it.
fn service(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Bucket => Some("s3"),
        Kind::Table => Some("dynamodb"),
        Kind::Queue => Some("sqs"),
        Kind::Topic => Some("sns"),
        Kind::Secret | Kind::Database => Some("secretsmanager"),
        Kind::Function => Some("lambda"),
        _ => None,
    }
}

impl Function {
    /// True when it may connect to a database.
    pub(crate) fn connects_to(&self, database: &str) -> bool {
        self.connections().any(|access| access.target.name == database)
    }

    fn connections(&self) -> impl Iterator<Item = &Access> {
        self.rights.access.iter().filter(|access| access.verb == Verb::Connect)
    }

    /// Logical id of the group that tells it from other functions, for the databases that it connects to.
    pub(crate) fn group_id(&self) -> String {
        format!("{}SecurityGroup", Naming::id(Kind::Function, &self.name))
    }

    /// Values of its network in the template source; nothing outside of one. Reports what it cannot reach from there.
    pub(super) fn network_values(&self, links: &Links<'_>) -> Option<Value> {
        self.check_connections(links);
        let network = links.constructs.networks.iter().find(|network| Some(&network.name) == self.network.as_ref())?;
        self.check_reach(network, links);
        let parts = network.parts();
        let mut connections: Vec<&str> = self.connections().map(|access| access.target.name.as_str()).collect();
        connections.sort_unstable();
        connections.dedup();
        let databases = connections
            .iter()
            .filter_map(|name| links.constructs.databases.iter().find(|database| database.name == *name));
        let egress: Vec<Value> = databases
            .map(|database| {
                json!({
                    "description": format!("Database {}", database.name),
                    "port": database.engine.port(),
                    "group_id": database::group_id(&database.name),
                })
            })
            .collect();
        let mut groups = parts.security_groups;
        if !egress.is_empty() {
            groups.push(deferred::attribute(&self.group_id(), "GroupId"));
        }
        for (what, value, limit) in [
            ("subnets of a function", parts.subnets.len(), SUBNETS),
            ("security groups of a function", groups.len(), SECURITY_GROUPS),
        ] {
            if value > limit {
                let kind = FaultKind::LimitExceeded { what: what.to_owned(), value, limit };
                links.sink.push(kind, &self.place);
            }
        }
        Some(json!({
            "vpc": parts.vpc,
            "subnets": parts.subnets,
            "security_groups": groups,
            "group_id": self.group_id(),
            "group_description": format!("Function {}: out to its databases, in from nowhere", self.name),
            "egress": egress,
        }))
    }

    /// Reports databases in another network.
    fn check_connections(&self, links: &Links<'_>) {
        for access in self.connections() {
            let database = links.constructs.databases.iter().find(|database| database.name == access.target.name);
            let network = database.and_then(|database| database.network.as_ref());
            if let Some(network) = network.filter(|network| self.network.as_ref() != Some(network)) {
                let kind = FaultKind::BadValue {
                    value: format!("database.{}", access.target.name),
                    expected: format!("within reach of function `{}`", self.name),
                    help: format!("it is in network `{network}`: write `network: {network}` for the function too"),
                };
                links.sink.push(kind, &access.place);
            }
        }
    }

    /// Reports links to services that the network does not lead to: their calls would wait until the function times out.
    fn check_reach(&self, network: &Network, links: &Links<'_>) {
        for access in &self.rights.access {
            let Some(service) = service(access.target.kind).filter(|service| !network.may_reach(service)) else {
                continue;
            };
            let kind = FaultKind::BadValue {
                value: format!("{}.{}", access.target.kind.word(), access.target.name),
                expected: format!("within reach of function `{}`, which is in network `{}`", self.name, network.name),
                help: format!(
                    "name `{service}` under `networks.{}.endpoints`, or give the network a way out: `nat: one`",
                    network.name
                ),
            };
            links.sink.push(kind, &access.place);
        }
    }
}
