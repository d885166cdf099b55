//! `rest_apis:` (API Gateway, version 1).

mod authorizer;
mod cors;
mod integration;
mod plan;
mod route;
mod tree;
mod values;

use authorizer::{Authorizer, AuthorizerDeclaration, Caller};
use plan::{Plan, PlanDeclaration, check_keys, key_names};
use route::{Route, RouteDeclaration, Target};

use serde_json::{Map, Value, json};

use super::api::{self, RouteKey, Throttle, ThrottleDeclaration, read_throttle};
use super::domain::{Certificates, Hostname, Reach, read_hostname};
use super::http_api::{Cors, CorsDeclaration, read_cors};
use super::{Alias, Construct, Declaration, Declared, Grant, Group, Kind, check_parts};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{Endpoint, MediaType, MinimumTls, Retention, StageName};

/// Greatest length of an API's name, of a plan's and of a key's.
const API_NAME: usize = 128;

/// A REST API as written.
#[derive(Debug, Clone)]
pub(crate) struct RestApiDeclaration {
    place: Place,
    description: Option<Text>,
    stage: Option<Text>,
    endpoint: Option<Text>,
    minimum_tls: Option<Text>,
    binary_media_types: Vec<Text>,
    routes: Vec<RouteDeclaration>,
    authorizers: Vec<AuthorizerDeclaration>,
    plans: Vec<PlanDeclaration>,
    cors: Option<CorsDeclaration>,
    throttle: Option<ThrottleDeclaration>,
    metrics: Option<Text>,
    access_log: Option<Text>,
    log_retention: Option<Text>,
    domain: Option<Text>,
    default_endpoint: Option<Text>,
}

/// A REST API with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct RestApi {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: Option<String>,
    pub(crate) stage: StageName,
    pub(crate) endpoint: Endpoint,
    pub(crate) minimum_tls: MinimumTls,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) routes: Vec<Route>,
    pub(crate) authorizers: Vec<Authorizer>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) cors: Option<Cors>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) logs: Logs,
    pub(crate) domain: Option<Hostname>,
    /// False when only the domain answers, not the name that AWS gives.
    pub(crate) default_endpoint: bool,
}

/// What is written down of requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logs {
    pub(crate) metrics: bool,
    pub(crate) access_log: bool,
    pub(crate) retention: Retention,
}

impl Declaration for RestApiDeclaration {
    type Resolved = RestApi;

    const ATTRIBUTES: &'static [&'static str] = &["id", "arn", "url", "domain", "stage"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let authorizers = fields.section("authorizers");
        check_parts("an authorizer", authorizers.iter().map(|own| (own.name, &own.place)), sink);
        let plans = fields.section("plans");
        check_parts("a plan", plans.iter().map(|own| (own.name, &own.place)), sink);
        let declared: Vec<String> = authorizers.iter().map(|own| own.name.to_owned()).collect();
        let routes = fields.section("routes");
        if routes.is_empty() {
            let help = "what answers which requests: `routes: { \"GET /items\": list-items }`".to_owned();
            sink.push(FaultKind::MissingKey { key: "routes".to_owned(), help }, &named.place);
        }
        let declaration = Self {
            place: named.place.clone(),
            description: fields.text("description"),
            stage: fields.text("stage"),
            endpoint: fields.text("endpoint"),
            minimum_tls: fields.text("minimum_tls"),
            binary_media_types: fields.texts("binary_media_types"),
            routes: routes.iter().filter_map(|named| RouteDeclaration::read(named, &declared, sink)).collect(),
            authorizers: authorizers.iter().filter_map(|named| AuthorizerDeclaration::read(named, sink)).collect(),
            plans: plans.iter().filter_map(|named| PlanDeclaration::read(named, sink)).collect(),
            cors: fields.get("cors").and_then(|(node, place)| read_cors(node, &place, sink)),
            throttle: read_throttle(&fields, sink),
            metrics: fields.text("metrics"),
            access_log: fields.text("access_log"),
            log_retention: fields.text("log_retention"),
            domain: fields.text("domain"),
            default_endpoint: fields.text("default_endpoint"),
        };
        fields.finish();
        declaration.check(sink);
        Some(declaration)
    }

    fn groups(&self) -> Vec<Group> {
        vec![("keys", key_names(&self.plans))]
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> RestApi {
        let endpoint = scope.value_or(self.endpoint.as_ref(), Endpoint::Regional);
        RestApi {
            name: name.to_owned(),
            place: self.place.clone(),
            description: self.description.as_ref().and_then(|text| scope.literal(text)),
            stage: scope.value_or(self.stage.as_ref(), StageName::default()),
            endpoint,
            minimum_tls: scope.value_or(self.minimum_tls.as_ref(), MinimumTls::Tls12),
            binary_media_types: self
                .binary_media_types
                .iter()
                .filter_map(|text| scope.value::<MediaType>(text))
                .map(|media_type| media_type.0)
                .collect(),
            routes: self.routes.iter().filter_map(|route| route.resolve(scope, declared)).collect(),
            authorizers: self.authorizers.iter().filter_map(|authorizer| authorizer.resolve(scope, declared)).collect(),
            plans: self.plans.iter().map(|plan| plan.resolve(scope)).collect(),
            cors: self.cors.as_ref().map(|cors| cors::resolve(cors, scope)),
            throttle: self.throttle.as_ref().and_then(|throttle| throttle.resolve(scope)),
            logs: Logs {
                metrics: scope.value_or(self.metrics.as_ref(), false),
                access_log: scope.value_or(self.access_log.as_ref(), false),
                retention: scope.value_or(self.log_retention.as_ref(), Retention(30)),
            },
            domain: read_hostname(self.domain.as_ref(), scope),
            default_endpoint: scope.value_or(self.default_endpoint.as_ref(), true),
        }
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let id = deferred::reference(&Naming::id(Kind::RestApi, name));
        let stage = scope.value_or(self.stage.as_ref(), StageName::default()).0;
        let (url, domain) = if let Some(host) = read_hostname(self.domain.as_ref(), scope) {
            (format!("https://{}", host.name), host.name)
        } else {
            let host = format!("{id}.execute-api.{}.{}", naming.region, naming.service_domain);
            (format!("https://{host}/{stage}"), host)
        };
        let keys: Map<String, Value> = key_names(&self.plans)
            .into_iter()
            .map(|key| {
                let id = deferred::reference(&key_id(name, &key));
                (key, json!(id))
            })
            .collect();
        json!({
            "arn": naming.arn("execute-api", &id),
            "id": id,
            "url": url,
            "domain": domain,
            "stage": stage,
            "keys": keys,
        })
    }
}

impl RestApiDeclaration {
    fn check(&self, sink: &Sink) {
        tree::check(self.routes.iter().map(|route| (&route.key, &route.place)), sink);
        check_keys(&self.plans, sink);
        for route in &self.routes {
            if let Some(place) = route.api_key_place()
                && key_names(&self.plans).is_empty()
            {
                let help = "who has a key, and how much it may: `plans: { ci: { keys: [ci] } }`".to_owned();
                sink.push(FaultKind::MissingKey { key: "plans".to_owned(), help }, place);
            }
            if !route.is_faulty {
                route.check_scopes(&self.authorizers, sink);
            }
        }
    }
}

impl Construct for RestApi {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let arn = links.attribute(Kind::RestApi, &self.name, "arn");
        let functions = self.routes.iter().filter_map(|route| match &route.target {
            Target::Function(function) => Some((&route.key, function.as_str())),
            Target::Bucket { .. } => None,
        });
        let functions: Vec<(&RouteKey, &str)> = functions.collect();
        let mut grants = api::route_grants(&self.id(), &arn, &functions);
        grants.extend(self.authorizers.iter().filter_map(|authorizer| match &authorizer.caller {
            Caller::Function { function, .. } => {
                Some(api::authorizer_grant(&self.authorizer_id(&authorizer.name), &arn, function))
            }
            Caller::UserPool(_) => None,
        }));
        grants
    }

    fn aliases(&self, links: &Links<'_>) -> Vec<Alias> {
        let Some(host) = &self.domain else { return Vec::new() };
        let domain_id = logical_id(&self.name, "RestApiDomain");
        let kind = if self.reach() == Reach::Edge { "Distribution" } else { "Regional" };
        let target = |what: &str| deferred::attribute(&domain_id, &format!("{kind}{what}"));
        let (name, zone) = (target("DomainName"), target("HostedZoneId"));
        Certificates::new(links).alias(&self.id(), host, name, zone).into_iter().collect()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        self.source_values(links)
    }
}

impl RestApi {
    fn id(&self) -> String {
        Naming::id(Kind::RestApi, &self.name)
    }

    fn authorizer_id(&self, authorizer: &str) -> String {
        format!("{}{}", self.id(), logical_id(authorizer, "Authorizer"))
    }

    /// Where its domain is answered.
    pub(crate) fn reach(&self) -> Reach {
        if self.endpoint == Endpoint::Edge { Reach::Edge } else { Reach::Region }
    }

    /// What stands before every path at the host that its attribute `domain` names.
    pub(crate) fn path(&self) -> Option<String> {
        self.domain.is_none().then(|| format!("/{}", self.stage.0))
    }
}

/// Logical id of a key.
fn key_id(api: &str, key: &str) -> String {
    format!("{}{}", Naming::id(Kind::RestApi, api), logical_id(key, "ApiKey"))
}
