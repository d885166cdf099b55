//! `http_apis:` (API Gateway, version 2).

mod authorizer;
mod cors;
mod route;

pub(crate) use authorizer::{Authorizer, AuthorizerDeclaration, Caller, check_authorizer_name, invocation_uri};
pub(crate) use cors::{Cors, CorsDeclaration, read_cors};
pub(crate) use route::{Route, RouteDeclaration, known_authorizer, read_auth};

use serde_json::{Value, json};

use super::api::{self, RouteKey, Throttle, ThrottleDeclaration, read_throttle};
use super::domain::{Certificates, Hostname, Reach, read_hostname};
use super::{Alias, Construct, Declaration, Declared, Grant, Kind, check_parts};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::Retention;

/// Greatest length of an API's name.
const API_NAME: usize = 128;
/// Greatest number of routes and of authorizers of an API.
const ROUTES: usize = 300;
const AUTHORIZERS: usize = 10;
/// What the access log says of each request.
const LOG_FORMAT: &str = concat!(
    r#"{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","requestTime":"$context.requestTime","#,
    r#""httpMethod":"$context.httpMethod","routeKey":"$context.routeKey","status":"$context.status","#,
    r#""protocol":"$context.protocol","responseLength":"$context.responseLength"}"#
);

/// An HTTP API as written.
#[derive(Debug, Clone)]
pub(crate) struct HttpApiDeclaration {
    place: Place,
    description: Option<Text>,
    routes: Vec<RouteDeclaration>,
    routes_place: Place,
    authorizers: Vec<AuthorizerDeclaration>,
    cors: Option<CorsDeclaration>,
    throttle: Option<ThrottleDeclaration>,
    metrics: Option<Text>,
    access_log: Option<Text>,
    log_retention: Option<Text>,
    domain: Option<Text>,
    default_endpoint: Option<Text>,
}

/// An HTTP API with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct HttpApi {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: Option<String>,
    pub(crate) routes: Vec<Route>,
    pub(crate) authorizers: Vec<Authorizer>,
    pub(crate) cors: Option<Cors>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) metrics: bool,
    pub(crate) access_log: bool,
    pub(crate) log_retention: Retention,
    pub(crate) domain: Option<Hostname>,
    /// False when only the domain answers, not the name that AWS gives.
    pub(crate) default_endpoint: bool,
}

impl Declaration for HttpApiDeclaration {
    type Resolved = HttpApi;

    const ATTRIBUTES: &'static [&'static str] = &["id", "arn", "url", "domain"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let authorizers = fields.section("authorizers");
        check_parts("an authorizer", authorizers.iter().map(|own| (own.name, &own.place)), sink);
        let declared: Vec<String> = authorizers.iter().map(|own| own.name.to_owned()).collect();
        let routes = fields.section("routes");
        if routes.is_empty() {
            let help = "what answers which requests: `routes: { \"GET /items\": list-items }`".to_owned();
            sink.push(FaultKind::MissingKey { key: "routes".to_owned(), help }, &named.place);
        }
        let declaration = Self {
            place: named.place.clone(),
            description: fields.text("description"),
            routes: routes.iter().filter_map(|named| RouteDeclaration::read(named, &declared, sink)).collect(),
            routes_place: fields.place_of("routes"),
            authorizers: authorizers.iter().filter_map(|named| AuthorizerDeclaration::read(named, sink)).collect(),
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

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> HttpApi {
        let authorizers: Vec<Authorizer> =
            self.authorizers.iter().filter_map(|authorizer| authorizer.resolve(scope, declared)).collect();
        HttpApi {
            name: name.to_owned(),
            place: self.place.clone(),
            description: self.description.as_ref().and_then(|text| scope.literal(text)),
            routes: self.routes.iter().filter_map(|route| route.resolve(scope, declared)).collect(),
            authorizers,
            cors: self.cors.as_ref().map(|cors| cors.resolve(scope)),
            throttle: self.throttle.as_ref().and_then(|throttle| throttle.resolve(scope)),
            metrics: scope.value_or(self.metrics.as_ref(), false),
            access_log: scope.value_or(self.access_log.as_ref(), true),
            log_retention: scope.value_or(self.log_retention.as_ref(), Retention(30)),
            domain: read_hostname(self.domain.as_ref(), scope),
            default_endpoint: scope.value_or(self.default_endpoint.as_ref(), true),
        }
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let id = Naming::id(Kind::HttpApi, name);
        let api = deferred::reference(&id);
        let (url, domain) = match read_hostname(self.domain.as_ref(), scope) {
            Some(host) => (format!("https://{}", host.name), host.name),
            None => (
                deferred::attribute(&id, "ApiEndpoint"),
                format!("{api}.execute-api.{}.{}", naming.region, naming.service_domain),
            ),
        };
        json!({ "id": api, "arn": naming.arn("execute-api", &api), "url": url, "domain": domain })
    }
}

impl HttpApiDeclaration {
    fn check(&self, sink: &Sink) {
        api::report_conflicts(self.routes.iter().map(|route| (&route.key, &route.place)), sink);
        for (what, value, limit) in [
            ("routes of an API", self.routes.len(), ROUTES),
            ("authorizers of an API", self.authorizers.len(), AUTHORIZERS),
        ] {
            if value > limit {
                sink.push(FaultKind::LimitExceeded { what: what.to_owned(), value, limit }, &self.routes_place);
            }
        }
        for route in self.routes.iter().filter(|route| !route.is_faulty) {
            let of_route = self.authorizers.iter().find(|own| route.authorizer.as_deref() == Some(own.name.as_str()));
            if let (Some(scopes), Some(false) | None) =
                (route.scopes.first(), of_route.map(AuthorizerDeclaration::is_jwt))
            {
                let kind = FaultKind::BadValue {
                    value: scopes.raw.clone(),
                    expected: "a scope of a token that API Gateway checks".to_owned(),
                    help: "scopes belong to routes whose authorizer has a `user_pool` or an `issuer`".to_owned(),
                };
                sink.push(kind, &scopes.place);
            }
        }
    }
}

impl Construct for HttpApi {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let arn = links.attribute(Kind::HttpApi, &self.name, "arn");
        let routes: Vec<(&RouteKey, &str)> =
            self.routes.iter().map(|route| (&route.key, route.function.as_str())).collect();
        let mut grants = api::route_grants(&self.id(), &arn, &routes);
        grants.extend(self.authorizers.iter().filter_map(|authorizer| match &authorizer.caller {
            Caller::Function { function, .. } => {
                Some(api::authorizer_grant(&self.authorizer_id(&authorizer.name), &arn, function))
            }
            Caller::Token { .. } => None,
        }));
        grants
    }

    fn aliases(&self, links: &Links<'_>) -> Vec<Alias> {
        let Some(host) = &self.domain else { return Vec::new() };
        let domain_id = logical_id(&self.name, "HttpApiDomain");
        let target = |attribute: &str| deferred::attribute(&domain_id, attribute);
        let certificates = Certificates::new(links);
        let (name, zone) = (target("RegionalDomainName"), target("RegionalHostedZoneId"));
        certificates.alias(&self.id(), host, name, zone).into_iter().collect()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let physical = links.naming.physical(&self.name, API_NAME);
        // The prefix spares the resource policy of CloudWatch Logs a statement for each log group, of which it holds few.
        let log_group_name = format!("/aws/vendedlogs/apigateway/{physical}");
        let id = self.id();
        let throttled = || self.routes.iter().filter_map(|route| Some((route, route.throttle?)));
        let route_settings: serde_json::Map<String, Value> =
            throttled().map(|(route, throttle)| (route.key.text(), throttle_values(throttle, self.metrics))).collect();
        let throttled_ids: Vec<String> = throttled().map(|(route, _)| self.route_id(route)).collect();
        let certificate = self.domain.as_ref().map(|host| Certificates::new(links).arn(host, Reach::Region));
        let mut depends_on: Vec<String> =
            self.access_log.then(|| logical_id(&self.name, "HttpApiLogGroup")).into_iter().collect();
        // Settings of a route are refused before there is the route.
        depends_on.extend(throttled_ids);
        json!({
            "id": id,
            "stage_id": logical_id(&self.name, "HttpApiStage"),
            "log_group_id": logical_id(&self.name, "HttpApiLogGroup"),
            "domain_id": logical_id(&self.name, "HttpApiDomain"),
            "mapping_id": logical_id(&self.name, "HttpApiMapping"),
            "api_name": physical,
            "description": self.description,
            // Without another name nobody could reach it.
            "only_domain": self.domain.is_some() && !self.default_endpoint,
            "cors": self.cors.as_ref().map(Cors::values),
            "integrations": self.integrations(),
            "routes": self.routes.iter().map(|route| self.route_values(route)).collect::<Vec<_>>(),
            "authorizers": self.authorizers.iter().map(|own| own.values(&self.authorizer_id(&own.name), links)).collect::<Vec<_>>(),
            "default_settings": self.default_settings(),
            "route_settings": (!route_settings.is_empty()).then_some(route_settings),
            "stage_depends_on": depends_on,
            "access_log": self.access_log,
            "log_group_name": log_group_name,
            "log_group_arn": links.naming.arn("logs", &format!("log-group:{log_group_name}")),
            "log_format": LOG_FORMAT,
            "log_retention": self.log_retention.0,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "domain": self.domain.as_ref().map(|host| &host.name),
            "certificate": certificate,
        })
    }
}

impl HttpApi {
    fn id(&self) -> String {
        Naming::id(Kind::HttpApi, &self.name)
    }

    fn authorizer_id(&self, authorizer: &str) -> String {
        format!("{}{}", self.id(), logical_id(authorizer, "Authorizer"))
    }

    fn integration_id(&self, function: &str) -> String {
        format!("{}{}", self.id(), logical_id(function, "Integration"))
    }

    fn route_id(&self, route: &Route) -> String {
        format!("{}Route{}", self.id(), route.key.id_part())
    }

    /// One for each function, in the order of its first route.
    fn integrations(&self) -> Vec<Value> {
        let mut functions: Vec<&str> = Vec::new();
        for route in &self.routes {
            if !functions.contains(&route.function.as_str()) {
                functions.push(&route.function);
            }
        }
        functions
            .into_iter()
            .map(|function| {
                json!({ "id": self.integration_id(function), "function_id": Naming::id(Kind::Function, function) })
            })
            .collect()
    }

    fn route_values(&self, route: &Route) -> Value {
        let caller = self.authorizers.iter().find(|own| route.authorizer.as_deref() == Some(own.name.as_str()));
        let authorization = match caller.map(|own| &own.caller) {
            Some(Caller::Function { .. }) => "CUSTOM",
            Some(Caller::Token { .. }) => "JWT",
            None if route.is_signed => "AWS_IAM",
            None => "NONE",
        };
        json!({
            "id": self.route_id(route),
            "key": route.key.text(),
            "target": format!("integrations/{}", deferred::reference(&self.integration_id(&route.function))),
            "authorization": authorization,
            "authorizer_id": caller.map(|own| self.authorizer_id(&own.name)),
            "scopes": route.scopes,
        })
    }

    fn default_settings(&self) -> Option<Value> {
        match self.throttle {
            Some(throttle) => Some(throttle_values(throttle, self.metrics)),
            None => self.metrics.then(|| json!({ "DetailedMetricsEnabled": true })),
        }
    }
}

fn throttle_values(throttle: Throttle, metrics: bool) -> Value {
    let mut values = json!({ "ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst });
    if metrics {
        values["DetailedMetricsEnabled"] = json!(true);
    }
    values
}
