//! Requests to REST APIs: method, authorization, key, throttling, validation, integration, access log.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body::Body as _;
use serde_json::{Value, json};

use super::plans::Member;
use super::response::Fault;
use super::{ApiGateway, Table, authorization, deployments, event, integration, validation};
use crate::cloud::Cloud;
use crate::execute_api::access_log;
use crate::execute_api::call::Call;
use crate::execute_api::throttle::Limit;
use crate::http_types::Response;

/// Headers of integrations that are handed on under another name, because the server writes its own.
const REMAPPED: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::DATE,
    header::SERVER,
    header::WWW_AUTHENTICATE,
    header::TRANSFER_ENCODING,
];

/// A method that takes a request, with all that serves it.
#[derive(Debug, Clone, Default)]
pub(super) struct Method {
    pub(super) region: String,
    /// Members of the API as they were deployed.
    pub(super) api: Value,
    pub(super) deployment: String,
    pub(super) stage: Value,
    pub(super) resource_id: String,
    /// Path of the resource: `/pets/{id}`.
    pub(super) path: String,
    /// Members of the method, its integration and responses within.
    pub(super) members: Value,
    pub(super) authorizer: Value,
    pub(super) validator: Option<Value>,
    /// What the path gives its variables, still percent-encoded.
    pub(super) parameters: Vec<(String, String)>,
    /// `authorizer` of the context, once the caller was let in.
    pub(super) authorizer_context: Option<Value>,
    /// Who signed.
    pub(super) identity: Option<Value>,
    pub(super) key: Option<Member>,
    /// Key that the authorizer named.
    pub(super) usage_key: Option<String>,
}

impl Method {
    /// `arn:aws:execute-api:<region>:<account>:<api>/` and what is called.
    pub(super) fn arn(&self, cloud: &Cloud, call: &Call, rest: &str) -> String {
        format!("arn:aws:execute-api:{}:{}:{}/{rest}", self.region, cloud.account, call.api_id)
    }

    /// What the caller asks for.
    pub(super) fn request_arn(&self, cloud: &Cloud, call: &Call) -> String {
        self.arn(cloud, call, &format!("{}/{}{}", call.stage, call.method(), call.path))
    }

    /// What a function is called for: the resource, and the path itself, because policies name the one or the other.
    pub(super) fn source_arns(&self, cloud: &Cloud, call: &Call) -> Vec<String> {
        [self.path.as_str(), call.path.as_str()]
            .map(|path| self.arn(cloud, call, &format!("{}/{}{path}", call.stage, call.method())))
            .to_vec()
    }

    /// The policy of the API. `execute-api:/` at the beginning of a resource stands for the API itself.
    pub(super) fn policy(&self, cloud: &Cloud, call: &Call) -> Option<Value> {
        let whole = format!("\"{}", self.arn(cloud, call, ""));
        serde_json::from_str(&self.api["policy"].as_str()?.replace("\"execute-api:/", &whole)).ok()
    }

    /// Members of the integration.
    pub(super) fn integration(&self) -> &Value {
        &self.members["methodIntegration"]
    }

    /// Whether a body of this content type (or one of those in an `Accept`) is bytes to the API, not text.
    pub(super) fn is_binary(&self, kinds: &str) -> bool {
        let first = kinds.split(',').next().unwrap_or_default();
        let kind = first.split(';').next().unwrap_or_default().trim();
        let types = self.api["binaryMediaTypes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        types.into_iter().any(|own| {
            own == "*/*"
                || own.eq_ignore_ascii_case(kind)
                || own.strip_suffix("/*").is_some_and(|group| kind.split('/').next() == Some(group))
        })
    }
}

/// What is known of an API when a request comes in.
struct Served {
    api: Value,
    stage: Value,
    gateway_responses: Table,
    models: Table,
    method: Option<Method>,
}

impl ApiGateway {
    fn served(&self, call: &Call) -> Option<Served> {
        self.state.read(|state| {
            let api = state.apis.get(&call.api_id)?;
            let stage = api.stages.get(&call.stage)?;
            let deployment = stage["deploymentId"].as_str().unwrap_or_default();
            let content = &api.deployments.get(deployment)?.content;
            let method = content.select(&call.path).and_then(|(resource, parameters)| {
                let members = resource.methods.get(call.method()).or_else(|| resource.methods.get("ANY"))?;
                let of = |table: &Table, id: &Value| id.as_str().and_then(|id| table.get(id)).cloned();
                Some(Method {
                    region: api.region.clone(),
                    api: content.members.clone(),
                    deployment: deployment.to_owned(),
                    stage: stage.clone(),
                    resource_id: resource.id.clone(),
                    path: resource.path.clone(),
                    members: members.clone(),
                    authorizer: of(&content.authorizers, &members["authorizerId"]).unwrap_or_default(),
                    validator: of(&content.validators, &members["requestValidatorId"]),
                    parameters,
                    ..Method::default()
                })
            });
            // Models are needed where bodies are validated only.
            let needs_models = method.as_ref().is_some_and(|method| method.validator.is_some());
            Some(Served {
                api: api.content.members.clone(),
                stage: stage.clone(),
                gateway_responses: content.gateway_responses.clone(),
                models: if needs_models { content.models.clone() } else { Table::new() },
                method,
            })
        })
    }
}

/// Answers one request.
pub(crate) async fn answer(cloud: &Arc<Cloud>, call: Call) -> Response {
    let forbidden = || Fault::new("DEFAULT_4XX", "ForbiddenException", "Forbidden").with_status(403);
    let nothing = json!({});
    let Some(served) = cloud.apigateway.served(&call) else {
        let mut context = json!({});
        return finished(forbidden().response(&Table::new(), &call, &mut context, &nothing), &call);
    };
    let begun = Instant::now();
    let mut method = served.method.unwrap_or_default();
    let answered = if served.api["disableExecuteApiEndpoint"] == true && !call.is_custom_domain {
        Err(forbidden())
    } else if method.members.is_null() {
        method.stage = served.stage.clone();
        Err(Fault::no_method())
    } else {
        respond(cloud, &call, &mut method, &served.models).await
    };
    let mut context = event::context(&call, &method);
    let response = match answered {
        Ok(response) => response,
        Err(fault) => {
            report(cloud, &call, &method, &fault);
            context["integrationErrorMessage"] = json!(fault.why);
            fault.response(&served.gateway_responses, &call, &mut context, &served.stage["variables"])
        }
    };
    context["status"] = json!(response.status().as_u16());
    context["responseLength"] = json!(response.body().size_hint().exact().unwrap_or_default());
    context["responseLatency"] = json!(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    access_log::write(cloud, &served.stage["accessLogSettings"], &format!("{}/{}", call.api_id, call.stage), &context);
    finished(response, &call)
}

async fn respond(cloud: &Arc<Cloud>, call: &Call, method: &mut Method, models: &Table) -> Result<Response, Fault> {
    authorization::authorize(cloud, call, method).await?;
    authorization::key(cloud, call, method)?;
    let name = method.members["httpMethod"].as_str().unwrap_or_default();
    let settings = deployments::settings_of(&method.stage, &method.path, name);
    if let Some(limit) = Limit::read(&settings, "throttlingRateLimit", "throttlingBurstLimit") {
        let bucket = format!("{}/{}/{name}{}", call.api_id, call.stage, method.path);
        if !cloud.execute_api.throttle.admit(&bucket, limit, Instant::now()) {
            return Err(authorization::throttled("the throttle of the stage or the method is reached"));
        }
    }
    validation::validate(call, method, models)?;
    integration::answer(cloud, call, method).await
}

/// What an operator must hear of that callers are not told: a line in the execution log, as API Gateway names it.
fn report(cloud: &Cloud, call: &Call, method: &Method, fault: &Fault) {
    let name = method.members["httpMethod"].as_str().unwrap_or_default();
    let settings = deployments::settings_of(&method.stage, &method.path, name);
    let is_logged = match settings["loggingLevel"].as_str() {
        Some("INFO" | "ERROR") => true,
        _ => fault.status >= 500,
    };
    if !is_logged {
        return;
    }
    tracing::warn!(api = call.api_id, path = call.path, why = fault.why, "a REST API did not answer as it should");
    let group = format!("API-Gateway-Execution-Logs_{}/{}", call.api_id, call.stage);
    let line = format!(
        "({}) {} {}: Execution failed due to configuration error or a refused request: {}",
        call.request_id,
        call.method(),
        call.path,
        fault.why
    );
    cloud.logs.append(&group, "errors", vec![(crate::logs::now(), line)]);
}

/// Renames what an integration may not answer.
pub(super) fn remap(headers: &mut HeaderMap) {
    for name in REMAPPED {
        let Some(value) = headers.remove(&name) else { continue };
        if matches!(name, header::CONNECTION | header::CONTENT_LENGTH | header::TRANSFER_ENCODING) {
            continue;
        }
        if let Ok(name) = HeaderName::try_from(format!("x-amzn-remapped-{name}")) {
            headers.insert(name, value);
        }
    }
}

fn finished(mut response: Response, call: &Call) -> Response {
    for (name, value) in [("x-amzn-requestid", &call.request_id), ("x-amz-apigw-id", &call.extended_id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
