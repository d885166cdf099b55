//! `functions:`.

mod destination;
mod environment;
mod network;
mod source;
mod url;

pub(crate) use destination::Destination;
pub(crate) use source::Source;

use indexmap::IndexMap;

use serde_json::{Map, Value, json};

use environment::{EnvironmentDeclaration, read_environment};
use network::network_name;
use source::{SourceDeclaration, read_source};
use url::{Url, UrlDeclaration, read_url, url_id};

use super::rights::{Rights, RightsDeclaration};
use super::{Construct, Declaration, Declared, Kind};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::plan::{ARTIFACT_BUCKET_PARAMETER, Architecture};
use crate::project::{Fields, Named, Text};
use crate::role::Role;
use crate::scope::Scope;
use crate::values::{
    CargoName, EventAge, Memory, ReservedConcurrency, Retention, Retries, TemporaryStorage, Timeout, UrlAuth,
};

/// Greatest length of a function name.
const FUNCTION_NAME: usize = 64;
/// A function as written.
#[derive(Debug, Clone)]
pub(crate) struct FunctionDeclaration {
    place: Place,
    package: Option<Text>,
    features: Vec<Text>,
    description: Option<Text>,
    architecture: Option<Text>,
    memory: Option<Text>,
    timeout: Option<Text>,
    temporary_storage: Option<Text>,
    retries: Option<Text>,
    max_event_age: Option<Text>,
    on_failure: Option<Text>,
    on_success: Option<Text>,
    events: Vec<SourceDeclaration>,
    url: Option<UrlDeclaration>,
    network: Option<Text>,
    concurrency: Option<Text>,
    tracing: Option<Text>,
    log_retention: Option<Text>,
    environment: EnvironmentDeclaration,
    rights: RightsDeclaration,
}

/// A function with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) package: String,
    pub(crate) features: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) architecture: Architecture,
    pub(crate) memory: Memory,
    pub(crate) timeout: Timeout,
    pub(crate) temporary_storage: Option<TemporaryStorage>,
    pub(crate) retries: Retries,
    pub(crate) max_event_age: EventAge,
    /// True when the file says something about asynchronous invocations.
    pub(crate) declares_retries: bool,
    pub(crate) on_failure: Option<Destination>,
    pub(crate) on_success: Option<Destination>,
    pub(crate) sources: Vec<Source>,
    url: Option<Url>,
    /// Name of the network that it is in.
    pub(crate) network: Option<String>,
    concurrency: Option<ReservedConcurrency>,
    tracing: bool,
    pub(crate) log_retention: Retention,
    pub(crate) environment: IndexMap<String, String>,
    pub(crate) rights: Rights,
}

impl Declaration for FunctionDeclaration {
    type Resolved = Function;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn", "url"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            package: fields.text("package"),
            features: fields.texts("features"),
            description: fields.text("description"),
            architecture: fields.text("architecture"),
            memory: fields.text("memory"),
            timeout: fields.text("timeout"),
            temporary_storage: fields.text("temporary_storage"),
            retries: fields.text("retries"),
            max_event_age: fields.text("max_event_age"),
            on_failure: fields.text("on_failure"),
            on_success: fields.text("on_success"),
            events: fields.items("events").iter().filter_map(|(node, place)| read_source(node, place, sink)).collect(),
            url: fields.get("url").and_then(|(node, place)| read_url(node, &place, sink)),
            network: fields.text("network"),
            concurrency: fields.text("concurrency"),
            tracing: fields.text("tracing"),
            log_retention: fields.text("log_retention"),
            environment: read_environment(&fields),
            rights: RightsDeclaration::read(&fields, sink),
        };
        fields.finish();
        Some(declaration)
    }

    fn absent(&self) -> Vec<(&'static str, &'static str)> {
        let help = "give the function an address: `url: iam` (signed requests) or `url: none` (everyone)";
        if self.url.is_some() { Vec::new() } else { vec![("url", help)] }
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Function {
        let package = self.package.as_ref().and_then(|text| scope.value::<CargoName>(text));
        let mut features: Vec<String> = self
            .features
            .iter()
            // A feature that evaluates to nothing is switched off.
            .filter(|text| scope.literal(text).is_some_and(|feature| !feature.is_empty()))
            .filter_map(|text| scope.value::<CargoName>(text))
            .map(|feature| feature.0)
            .collect();
        features.sort_unstable();
        features.dedup();
        Function {
            name: name.to_owned(),
            place: self.place.clone(),
            package: package.map_or_else(|| name.to_owned(), |package| package.0),
            features,
            description: self.description.as_ref().and_then(|text| description(text, scope)),
            architecture: scope.value_or(self.architecture.as_ref(), Architecture::X86_64),
            memory: scope.value_or(self.memory.as_ref(), Memory(256)),
            timeout: scope.value_or(self.timeout.as_ref(), Timeout(30)),
            temporary_storage: self.temporary_storage.as_ref().and_then(|text| scope.value(text)),
            retries: scope.value_or(self.retries.as_ref(), Retries(2)),
            max_event_age: scope.value_or(self.max_event_age.as_ref(), EventAge(21_600)),
            declares_retries: self.retries.is_some() || self.max_event_age.is_some(),
            on_failure: Destination::read(self.on_failure.as_ref(), scope, declared),
            on_success: Destination::read(self.on_success.as_ref(), scope, declared),
            sources: self.events.iter().filter_map(|source| source.resolve(scope, declared)).collect(),
            url: self.url.as_ref().map(|url| url.resolve(scope)),
            network: self.network.as_ref().and_then(|text| network_name(text, scope, declared)),
            concurrency: self.concurrency.as_ref().and_then(|text| scope.value(text)),
            tracing: scope.value_or(self.tracing.as_ref(), false),
            log_retention: scope.value_or(self.log_retention.as_ref(), Retention(30)),
            environment: self.environment.resolve(scope),
            rights: self.rights.resolve(scope, declared),
        }
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let url = deferred::attribute(&url_id(name), "FunctionUrl");
        let name = naming.physical(name, FUNCTION_NAME);
        let mut attributes = json!({ "arn": naming.arn("lambda", &format!("function:{name}")), "name": name });
        if self.url.is_some() {
            attributes["url"] = json!(url);
        }
        attributes
    }
}

impl Function {
    /// True when what it cannot process goes there.
    pub(crate) fn fails_to(&self, kind: Kind, name: &str) -> bool {
        self.failure_destinations().any(|it| it.target.kind == kind && it.target.name == name)
    }

    /// Where events, messages and records go that it cannot process.
    pub(crate) fn failure_destinations(&self) -> impl Iterator<Item = &Destination> {
        self.on_failure.iter().chain(self.sources.iter().filter_map(|source| source.on_failure.as_ref()))
    }

    /// Everything that the function may do.
    fn role<'a>(&'a self, log_group: &str, links: &Links<'_>) -> Role<'a> {
        let mut role = Role::new(&self.name, &self.place);
        let logs = json!({ "arn": deferred::attribute(log_group, "Arn") });
        role.grant("function-logs", &logs, &self.place, links);
        let itself = links.target(Kind::Function, &self.name);
        if self.tracing {
            role.grant("function-tracing", &itself, &self.place, links);
        }
        if self.network.is_some() {
            role.grant("function-network", &itself, &self.place, links);
        }
        for source in &self.sources {
            source.grant(&mut role, links);
        }
        for destination in self.on_failure.iter().chain(&self.on_success) {
            destination.grant(&mut role, links);
        }
        self.rights.grant(&mut role, &itself, links);
        role
    }
}

impl Construct for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn facts(&self) -> Map<String, Value> {
        let has_url = self.url.as_ref().is_some_and(|url| url.auth == UrlAuth::Iam);
        Map::from_iter([("has_url".to_owned(), json!(has_url))])
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let name = &self.name;
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let function_name = links.attribute(Kind::Function, name, "name");
        let log_group = logical_id(name, "LogGroup");
        let is_asynchronous = links.grants_upon(Kind::Function, name).any(|grant| grant.is_asynchronous);
        let role_id = logical_id(name, "Role");
        let policies = self.role(&log_group, links).finish_with_managed(&role_id, links);
        let declares_outcome = self.declares_retries || self.on_failure.is_some() || self.on_success.is_some();
        json!({
            "id": Naming::id(Kind::Function, name),
            "role_id": role_id,
            "log_group_id": log_group,
            "invoke_config_id": logical_id(name, "InvokeConfig"),
            "log_group_name": format!("/aws/lambda/{function_name}"),
            "function_name": function_name,
            "log_retention": self.log_retention.0,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "description": self.description,
            "architecture": self.architecture.as_str(),
            "memory": self.memory.0,
            "timeout": self.timeout.0,
            "temporary_storage": self.temporary_storage.map(|size| size.0),
            "environment": self.environment,
            "artifact_bucket_parameter": ARTIFACT_BUCKET_PARAMETER,
            "key_parameter": Naming::code_key_id(name),
            "concurrency": self.concurrency.map(|concurrency| concurrency.0),
            "has_concurrency": self.concurrency.is_some(),
            "tracing": self.tracing,
            "asynchronous": declares_outcome || is_asynchronous,
            "retries": self.retries.0,
            "max_event_age": self.max_event_age.0,
            "on_failure": self.on_failure.as_ref().map(Destination::values),
            "on_success": self.on_success.as_ref().map(Destination::values),
            "has_destination": self.on_failure.is_some() || self.on_success.is_some(),
            "network": self.network_values(links),
            "sources": self.sources.iter().map(|source| source.values(name)).collect::<Vec<_>>(),
            "url": self.url.as_ref().map(|url| url.values(name)),
            "policies": policies.inline,
            "managed_policy_ids": policies.managed.iter().map(|policy| policy["id"].clone()).collect::<Vec<_>>(),
            "managed_policies": policies.managed,
        })
    }
}

fn description(text: &Text, scope: &Scope<'_>) -> Option<String> {
    const LENGTH: usize = 256;
    let value = scope.literal(text)?;
    let length = value.chars().count();
    if length > LENGTH {
        let kind =
            FaultKind::LimitExceeded { what: "characters of a description".to_owned(), value: length, limit: LENGTH };
        scope.sink().push(kind, &text.place);
    }
    Some(value)
}
