//! Values of a REST API's template source.

use serde_json::{Map, Value, json};

use super::cors::{headers, parameters};
use super::integration::Integration;
use super::{API_NAME, Plan, RestApi, Route, Target, key_id, tree};
use crate::construct::access::Access;
use crate::construct::api::{RouteKey, Throttle};
use crate::construct::domain::{Certificates, Reach};
use crate::deferred;
use crate::links::Links;
use crate::names::logical_id;
use crate::role::Role;
use crate::values::{Endpoint, MinimumTls};

/// What the access log says of each request.
const LOG_FORMAT: &str = concat!(
    r#"{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","requestTime":"$context.requestTime","#,
    r#""httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath","status":"$context.status","#,
    r#""protocol":"$context.protocol","responseLength":"$context.responseLength"}"#
);

/// What API Gateway answers itself: the form in which our functions answer errors.
const ERROR: &str = r#"{"error":{"code":"$context.error.responseType","message":$context.error.messageString}}"#;

impl RestApi {
    pub(super) fn source_values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let id = self.id();
        let physical = links.naming.physical(&self.name, API_NAME);
        // See the same of an HTTP API.
        let log_group_name = format!("/aws/vendedlogs/apigateway/{physical}");
        let named = |what: &str| logical_id(&self.name, &format!("RestApi{what}"));
        let certificate = self.domain.as_ref().map(|host| Certificates::new(links).arn(host, self.reach()));
        let methods: Vec<Value> =
            self.routes.iter().map(|route| self.method(route, links)).chain(self.preflights()).collect();
        let settings = self.method_settings();
        let plans: Vec<Value> = self.plans.iter().map(|plan| self.plan_values(plan, links)).collect();
        json!({
            "id": id,
            "stage_id": named("Stage"),
            "deployment_id": named("Deployment"),
            "log_group_id": named("LogGroup"),
            "domain_id": named("Domain"),
            "mapping_id": named("Mapping"),
            "role_id": named("Role"),
            "api_name": physical,
            "description": self.description,
            "only_domain": self.domain.is_some() && !self.default_endpoint,
            "endpoint": if self.endpoint == Endpoint::Edge { "EDGE" } else { "REGIONAL" },
            "security_policy": self.security_policy(),
            "binary_media_types": self.binary_media_types,
            "resources": tree::resources(&id, self.routes.iter().map(|route| &route.key)),
            "authorizers": self
                .authorizers
                .iter()
                .map(|authorizer| authorizer.values(&self.authorizer_id(&authorizer.name), links))
                .collect::<Vec<_>>(),
            "methods": methods,
            "policies": self.policies(links),
            "gateway_responses": self.gateway_responses(),
            "stage": self.stage.0,
            "settings": (!settings.is_empty()).then_some(settings),
            "access_log": self.logs.access_log,
            "log_group_name": log_group_name,
            "log_group_arn": links.naming.arn("logs", &format!("log-group:{log_group_name}")),
            "log_format": LOG_FORMAT,
            "log_retention": self.logs.retention.0,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "plans": plans,
            "domain": self.domain.as_ref().map(|host| &host.name),
            "at_the_edge": self.reach() == Reach::Edge,
            "certificate": certificate,
        })
    }

    /// The policy of TLS in the words of API Gateway, which has others at the edge.
    fn security_policy(&self) -> &'static str {
        match (self.endpoint, self.minimum_tls) {
            (Endpoint::Regional, MinimumTls::Tls12) => "SecurityPolicy_TLS13_1_2_2021_06",
            (Endpoint::Regional, MinimumTls::Tls13) => "SecurityPolicy_TLS13_1_3_2025_09",
            (Endpoint::Edge, MinimumTls::Tls12) => "SecurityPolicy_TLS12_2018_EDGE",
            (Endpoint::Edge, MinimumTls::Tls13) => "SecurityPolicy_TLS13_2025_EDGE",
        }
    }

    fn method_id(&self, key: &RouteKey) -> String {
        format!("{}Method{}", self.id(), key.id_part())
    }

    fn method(&self, route: &Route, links: &Links<'_>) -> Value {
        let caller = self.authorizers.iter().find(|own| route.authorizer.as_deref() == Some(own.name.as_str()));
        let authorization = match caller {
            Some(authorizer) => authorizer.authorization(),
            None if route.is_signed => "AWS_IAM",
            None => "NONE",
        };
        let path_parameters: Map<String, Value> = match &route.target {
            Target::Function(_) => Map::new(),
            Target::Bucket { .. } => {
                let names = route.key.parameters().into_iter();
                names.map(|name| (format!("method.request.path.{name}"), json!(true))).collect()
            }
        };
        let role = deferred::attribute(&logical_id(&self.name, "RestApiRole"), "Arn");
        let behind = match &route.target {
            Target::Function(function) => Integration::function(function, links),
            Target::Bucket { access, key } => {
                Integration::bucket(&route.key, (access, key), &role, self.cors.as_ref(), links)
            }
        };
        json!({
            "id": self.method_id(&route.key),
            "method": route.key.method,
            "resource": tree::resource(&self.id(), &route.key.path),
            "authorization": authorization,
            "authorizer_id": caller.map(|own| self.authorizer_id(&own.name)),
            "scopes": route.scopes,
            "api_key": route.api_key,
            "parameters": path_parameters,
            "integration": behind.integration,
            "responses": behind.responses,
        })
    }

    /// A mock for each path that says nothing about OPTIONS itself.
    fn preflights(&self) -> Vec<Value> {
        let Some(cors) = &self.cors else { return Vec::new() };
        let mut paths: Vec<&str> = Vec::new();
        for route in &self.routes {
            let path = route.key.path.as_str();
            let answers =
                |other: &&Route| other.key.path == path && (other.key.method == "OPTIONS" || other.key.method == "ANY");
            if !paths.contains(&path) && self.routes.iter().find(answers).is_none() {
                paths.push(path);
            }
        }
        let behind = Integration::preflight(cors);
        paths
            .into_iter()
            .map(|path| {
                let key = RouteKey { method: "OPTIONS".to_owned(), path: path.to_owned() };
                json!({
                    "id": self.method_id(&key),
                    "method": key.method,
                    "resource": tree::resource(&self.id(), path),
                    "authorization": "NONE",
                    "authorizer_id": Value::Null,
                    "scopes": [],
                    "api_key": false,
                    "parameters": {},
                    "integration": behind.integration,
                    "responses": behind.responses,
                })
            })
            .collect()
    }

    /// Rights of the role with which API Gateway reads buckets; nothing when it reads none.
    fn policies(&self, links: &Links<'_>) -> Vec<Value> {
        let read: Vec<Access> = self
            .routes
            .iter()
            .filter_map(|route| match &route.target {
                Target::Bucket { access, .. } => Some(access.clone()),
                Target::Function(_) => None,
            })
            .collect();
        let mut role = Role::new(&self.name, &self.place);
        role.grant_access(&read, links);
        role.finish(links)
    }

    fn gateway_responses(&self) -> Vec<Value> {
        let headers = self.cors.as_ref().map(headers).unwrap_or_default();
        ["4XX", "5XX"]
            .map(|family| {
                json!({
                    "id": format!("{}Default{}", self.id(), family.to_ascii_lowercase()),
                    "type": format!("DEFAULT_{family}"),
                    "parameters": parameters(&headers, "gatewayresponse.header."),
                    "templates": { "application/json": ERROR },
                })
            })
            .into()
    }

    fn method_settings(&self) -> Vec<Value> {
        let mut settings = Vec::new();
        if self.throttle.is_some() || self.logs.metrics {
            settings.push(method_settings("*", "/*", self.throttle, self.logs.metrics));
        }
        for route in &self.routes {
            if let Some(throttle) = route.throttle {
                let method = if route.key.method == "ANY" { "*" } else { &route.key.method };
                // The words of a JSON pointer: the first slash stays, the others are escaped.
                let path = match route.key.path.strip_prefix('/') {
                    Some("") | None => "/".to_owned(),
                    Some(rest) => format!("/~1{}", rest.replace('/', "~1")),
                };
                settings.push(method_settings(method, &path, Some(throttle), self.logs.metrics));
            }
        }
        settings
    }

    fn plan_values(&self, plan: &Plan, links: &Links<'_>) -> Value {
        let plan_id = format!("{}{}", self.id(), logical_id(&plan.name, "Plan"));
        let keys: Vec<Value> = plan
            .keys
            .iter()
            .map(|key| {
                json!({
                    "id": key_id(&self.name, key),
                    "member_id": format!("{plan_id}{}", logical_id(key, "Key")),
                    "name": links.naming.physical(&format!("{}-{key}", self.name), API_NAME),
                })
            })
            .collect();
        json!({
            "id": plan_id,
            "name": links.naming.physical(&format!("{}-{}", self.name, plan.name), API_NAME),
            "throttle": plan
                .throttle
                .map(|throttle| json!({ "RateLimit": throttle.rate, "BurstLimit": throttle.burst })),
            "quota": plan.quota.as_ref().map(|quota| json!({ "Limit": quota.limit, "Period": quota.period })),
            "keys": keys,
        })
    }
}

fn method_settings(method: &str, path: &str, throttle: Option<Throttle>, metrics: bool) -> Value {
    let mut settings = json!({ "HttpMethod": method, "ResourcePath": path });
    if let Some(throttle) = throttle {
        settings["ThrottlingRateLimit"] = json!(throttle.rate);
        settings["ThrottlingBurstLimit"] = json!(throttle.burst);
    }
    if metrics {
        settings["MetricsEnabled"] = json!(true);
    }
    settings
}
