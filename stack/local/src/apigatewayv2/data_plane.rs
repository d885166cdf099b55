//! Requests to HTTP APIs: CORS, route, throttling, authorization, integration, access log.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use serde_json::{Value, json};

use super::{ApiGatewayV2, authorization, cors, event, integration, routes};
use crate::cloud::Cloud;
use crate::execute_api::call::Call;
use crate::execute_api::throttle::Limit;
use crate::execute_api::{access_log, message};
use crate::http_types::Response;

/// A route that takes a request, with all that serves it.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) region: String,
    /// `GET /pets/{id}` or `$default`.
    pub(super) key: String,
    pub(super) members: Value,
    pub(super) integration: Value,
    pub(super) authorizer: Value,
    pub(super) stage: Value,
    /// What the path gives the variables of the key, still percent-encoded.
    pub(super) parameters: Vec<(String, String)>,
    /// `authorizer` of the request context, once the caller was let in.
    pub(super) authorizer_context: Option<Value>,
}

impl Route {
    /// `arn:aws:execute-api:<region>:<account>:<api>/`, to which what is called is added.
    fn arn(&self, cloud: &Cloud, call: &Call, rest: &str) -> String {
        format!("arn:aws:execute-api:{}:{}:{}/{rest}", self.region, cloud.account, call.api_id)
    }

    /// What a function is called for: the route, and the path itself, because policies name the one or the other.
    pub(super) fn source_arns(&self, cloud: &Cloud, call: &Call) -> Vec<String> {
        let path = self.key.split_once(' ').map(|(_, path)| path);
        let Some(path) = path else { return vec![self.arn(cloud, call, &format!("{}/$default", call.stage))] };
        [path, call.path.as_str()]
            .map(|path| self.arn(cloud, call, &format!("{}/{}{path}", call.stage, call.method())))
            .to_vec()
    }

    /// What the caller asks for.
    pub(super) fn request_arn(&self, cloud: &Cloud, call: &Call) -> String {
        self.arn(cloud, call, &format!("{}/{}{}", call.stage, call.method(), call.path))
    }

    /// For whom the authorizer's function is called.
    pub(super) fn authorizer_arn(&self, cloud: &Cloud, call: &Call) -> String {
        let id = self.authorizer["authorizerId"].as_str().unwrap_or_default();
        self.arn(cloud, call, &format!("authorizers/{id}"))
    }

    /// The limit of the route: its own settings, or those of the stage, member by member.
    fn limit(&self) -> Option<Limit> {
        let own = &self.stage["routeSettings"][&self.key];
        let settings = super::merge(&self.stage["defaultRouteSettings"], own);
        Limit::read(&settings, "throttlingRateLimit", "throttlingBurstLimit")
    }
}

/// A request that is not let through, or not answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: &'static str,
    /// What the access log says.
    pub(super) why: String,
    /// `WWW-Authenticate`.
    pub(super) challenge: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: &'static str, why: impl Into<String>) -> Self {
        Self { status, message, why: why.into(), challenge: None }
    }

    pub(super) fn internal(why: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", why)
    }

    pub(super) fn forbidden(why: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", why)
    }

    fn response(&self) -> Response {
        let mut response = message(self.status, self.message);
        if let Some(value) = self.challenge.as_ref().and_then(|challenge| HeaderValue::try_from(challenge).ok()) {
            response.headers_mut().insert(http::header::WWW_AUTHENTICATE, value);
        }
        response
    }
}

/// What is known of an API before a route is chosen.
struct Served {
    members: Value,
    stage: Value,
    route: Option<Route>,
}

impl ApiGatewayV2 {
    fn served(&self, call: &Call) -> Option<Served> {
        self.state.read(|apis| {
            let api = apis.get(&call.api_id)?;
            let stage = api.stages.get(&call.stage)?;
            let content = api.served(stage)?;
            let route = routes::select(&content.routes, call.method(), &call.path).map(|(route, parameters)| {
                let integration = route["target"].as_str().and_then(|target| target.strip_prefix("integrations/"));
                let member = |table: &super::Table, id: Option<&str>| {
                    id.and_then(|id| table.get(id)).cloned().unwrap_or_default()
                };
                Route {
                    region: api.region.clone(),
                    key: route["routeKey"].as_str().unwrap_or_default().to_owned(),
                    members: route.clone(),
                    integration: member(&content.integrations, integration),
                    authorizer: member(&content.authorizers, route["authorizerId"].as_str()),
                    stage: stage.clone(),
                    parameters,
                    authorizer_context: None,
                }
            });
            Some(Served { members: api.members.clone(), stage: stage.clone(), route })
        })
    }
}

/// Answers one request.
pub(crate) async fn answer(cloud: &Arc<Cloud>, call: Call) -> Response {
    let not_found = || message(StatusCode::NOT_FOUND, "Not Found");
    let Some(served) = cloud.apigatewayv2.served(&call) else { return finished(not_found(), &call) };
    if served.members["disableExecuteApiEndpoint"] == true && !call.is_custom_domain {
        return finished(not_found(), &call);
    }
    let configuration = &served.members["corsConfiguration"];
    if let Some(response) = cors::preflight(configuration, &call) {
        return finished(response, &call);
    }
    let begun = Instant::now();
    let mut route = served.route;
    let answered = match &mut route {
        Some(route) => respond(cloud, &call, route).await,
        None => Err(Refusal::new(StatusCode::NOT_FOUND, "Not Found", "no route takes the request")),
    };
    let (mut response, refusal) = match answered {
        Ok(response) => (response, None),
        Err(refusal) => (refusal.response(), Some(refusal)),
    };
    cors::apply(configuration, &call, response.headers_mut());
    if let Some(refusal) = &refusal {
        report(cloud, &call, refusal);
    }
    let mut context = event::log_context(&call, route.as_ref());
    context["status"] = json!(response.status().as_u16());
    context["responseLength"] = json!(response.body().size_hint().exact().unwrap_or_default());
    context["responseLatency"] = json!(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    if let Some(refusal) = refusal {
        context["error"] = json!({"message": refusal.message, "messageString": format!("\"{}\"", refusal.message)});
        context["integrationErrorMessage"] = json!(refusal.why);
        context["integration"] = json!({"error": refusal.why});
    }
    access_log::write(cloud, &served.stage["accessLogSettings"], &format!("{}/{}", call.api_id, call.stage), &context);
    finished(response, &call)
}

async fn respond(cloud: &Arc<Cloud>, call: &Call, route: &mut Route) -> Result<Response, Refusal> {
    if let Some(limit) = route.limit() {
        let key = format!("{}/{}/{}", call.api_id, call.stage, route.key);
        if !cloud.execute_api.throttle.admit(&key, limit, Instant::now()) {
            let why = "the limit of the route or the stage is reached";
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", why));
        }
    }
    route.authorizer_context = authorization::authorize(cloud, call, route).await?;
    let context = event::log_context(call, Some(route));
    integration::answer(cloud, call, route, &context).await
}

/// What an operator must hear of that callers are not told: a line in the log of the process and in the API's log group.
fn report(cloud: &Cloud, call: &Call, refusal: &Refusal) {
    if !refusal.status.is_server_error() {
        return;
    }
    tracing::warn!(api = call.api_id, path = call.path, why = refusal.why, "an HTTP API could not answer");
    let group = format!("API-Gateway-Execution-Logs_{}/{}", call.api_id, call.stage);
    let line = format!("({}) {} {}: {}", call.request_id, call.method(), call.path, refusal.why);
    cloud.logs.append(&group.replace('$', ""), "errors", vec![(crate::logs::now(), line)]);
}

fn finished(mut response: Response, call: &Call) -> Response {
    if let Ok(id) = HeaderValue::from_str(&call.extended_id) {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}
