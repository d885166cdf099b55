//! The caller's side of function URLs.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::super::address::{addressed, domain_name};
use super::super::function::Function;
use super::super::invoke::Invocation;
use super::super::payload::{Outcome, REQUEST_LIMIT};
use super::super::permissions::allows_anybody;
use super::super::trace::Trace;
use super::{Cors, FunctionUrl};
use crate::cloud::Cloud;
use crate::http_payload::{HttpCall, answer};
use crate::http_types::{Request, Response, full, respond};
use crate::iam::{Access, Principal};
use crate::wire::{Protocol, authenticate, read_body};

/// What both permissions of a caller are asked with.
const VIA_URL: (&str, &str) = ("lambda:invokedviafunctionurl", "true");

/// The function, the alias, and the address that a request is for.
struct Target {
    function: Function,
    alias: Option<String>,
    url: FunctionUrl,
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let mut response = respond_to(cloud, request, &request_id).await.unwrap_or_else(|refusal| refusal);
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

async fn respond_to(cloud: &Arc<Cloud>, request: Request, request_id: &str) -> Result<Response, Response> {
    let found = addressed(&request).and_then(|(id, path)| Some((cloud.lambda.of_url(&id)?, path)));
    let Some(((function, alias, url), path)) = found else {
        return Err(refuse(StatusCode::NOT_FOUND, "ResourceNotFoundException", &Value::Null));
    };
    let target = Target { function, alias, url };
    if let Some(cors) = &target.url.cors
        && Cors::is_preflight(request.method(), request.headers())
    {
        let mut response = http::Response::new(full(Bytes::new()));
        append(&mut response, cors.answer_headers(request.headers(), true));
        return Ok(response);
    }
    let headers = request.headers().clone();
    let answered = match admit(cloud, &target, request).await {
        Ok((parts, body, principal)) => run(cloud, &target, &parts, body, &path, principal.as_ref(), request_id).await,
        Err(refusal) => Err(refusal),
    };
    let mut response = answered.unwrap_or_else(|refusal| refusal);
    if let Some(cors) = &target.url.cors {
        append(&mut response, cors.answer_headers(&headers, false));
    }
    Ok(response)
}

/// Lets a caller in, with what was sent, or refuses.
async fn admit(
    cloud: &Cloud,
    target: &Target,
    request: Request,
) -> Result<(Parts, Bytes, Option<Principal>), Response> {
    let is_open = target.url.auth_type == "NONE";
    let (request, principal) = if is_open {
        let auth_type = ("lambda:functionurlauthtype", "NONE");
        let may =
            |action: &str| allows_anybody(&target.function, target.alias.as_deref(), action, &[auth_type, VIA_URL]);
        if !may("lambda:InvokeFunctionUrl") || !may("lambda:InvokeFunction") {
            return Err(forbidden());
        }
        (request, None)
    } else {
        let signed = authenticate(&cloud.iam, request, Protocol::RestJson).await;
        let request = signed.map_err(|error| refuse(error.status, &error.code, &json!(error.message)))?;
        let principal = request.extensions().get::<Principal>().cloned().ok_or_else(forbidden)?;
        let arn = target.function.arn(target.alias.as_deref());
        let policy = target.function.policy_document(target.alias.as_deref());
        for action in ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] {
            let access = Access {
                context: &[("lambda:functionurlauthtype", "AWS_IAM"), VIA_URL],
                resource_policy: policy.as_ref(),
                ..Access::new(action, &arn)
            };
            if let Err(denial) = cloud.iam.authorize(&principal, &access) {
                tracing::debug!(denial.message, "a caller of a function URL is not allowed in");
                return Err(forbidden());
            }
        }
        (request, Some(principal))
    };
    let (parts, body) = request.into_parts();
    let body = read_body(http::Request::new(body), REQUEST_LIMIT).await;
    let body = body.map_err(|error| refuse(error.status, "RequestEntityTooLargeException", &json!(error.message)))?;
    Ok((parts, body, principal))
}

async fn run(
    cloud: &Arc<Cloud>,
    target: &Target,
    parts: &Parts,
    body: Bytes,
    path: &str,
    principal: Option<&Principal>,
    request_id: &str,
) -> Result<Response, Response> {
    let traced = parts.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
    let trace = Trace::continue_from(traced.filter(|_| !target.function.allows_recursion))
        .map_err(|error| refuse(error.status, &error.code, &json!(error.message)))?;
    let mut parts = parts.clone();
    forward(cloud, &mut parts.headers, &trace.header());
    let call = HttpCall {
        parts: &parts,
        raw_path: path,
        body: &body,
        account: if principal.is_some() { &cloud.account } else { "anonymous" },
        api_id: &target.url.id,
        domain_name: &domain_name(cloud, &target.url.id),
        request_id,
        route_key: "$default",
        stage: "$default",
        authorizer: principal.map(|principal| authorizer(&cloud.account, principal, &parts.headers)),
        time: OffsetDateTime::now_utc(),
    };
    let invocation = Invocation {
        payload: call.payload().to_string().into(),
        request_id: request_id.to_owned(),
        trace,
        invoked_arn: target.function.arn(target.alias.as_deref()),
        client_context: None,
    };
    let Some(configuration) = cloud.lambda.configuration(&target.function.latest.name, target.alias.as_deref()) else {
        return Err(forbidden());
    };
    let worker = Arc::clone(cloud);
    // A task of its own: the function runs to its end even when the caller hangs up.
    let running = tokio::spawn(async move { worker.lambda.run_invocation(&worker, &configuration, &invocation).await });
    match running.await {
        Ok(Ok(outcome)) => Ok(response(&outcome)),
        Ok(Err(error)) => Err(refuse(error.status, &error.code, &json!(error.message))),
        Err(error) => {
            tracing::error!(%error, "an invocation was lost");
            Err(internal(StatusCode::BAD_GATEWAY))
        }
    }
}

/// What a load balancer would add to a request.
fn forward(cloud: &Cloud, headers: &mut HeaderMap, trace: &str) {
    let port = cloud.url.rsplit_once(':').map_or("80", |(_, port)| port);
    for (name, value) in [
        ("x-amzn-trace-id", trace),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-port", port),
        ("x-forwarded-proto", "http"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// What the payload says of a caller who signed.
fn authorizer(account: &str, principal: &Principal, headers: &HeaderMap) -> Value {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scope = authorization.split("Credential=").nth(1).unwrap_or_default();
    json!({"iam": {
        "accessKey": scope.split('/').next().unwrap_or_default(),
        "accountId": account,
        "callerId": principal.user_id,
        "cognitoIdentity": null,
        "principalOrgId": null,
        "userArn": principal.arn,
        "userId": principal.user_id,
    }})
}

/// The function's own answer, or that it failed.
fn response(outcome: &Outcome) -> Response {
    match &outcome.result {
        Ok(result) => answer(result).unwrap_or_else(|wrong| {
            tracing::warn!(wrong, "the result of a function is no HTTP answer");
            internal(StatusCode::BAD_GATEWAY)
        }),
        Err(error) if error.kind == "Sandbox.Timedout" => internal(StatusCode::GATEWAY_TIMEOUT),
        Err(_) => internal(StatusCode::BAD_GATEWAY),
    }
}

fn internal(status: StatusCode) -> Response {
    respond(status, "application/json", "Internal Server Error")
}

fn forbidden() -> Response {
    let words = "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";
    refuse(StatusCode::FORBIDDEN, "AccessDeniedException", &json!(words))
}

fn refuse(status: StatusCode, code: &str, message: &Value) -> Response {
    let mut response = respond(status, "application/json", json!({ "Message": message }).to_string());
    if let Ok(code) = HeaderValue::from_str(code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}

fn append(response: &mut Response, headers: Vec<(HeaderName, HeaderValue)>) {
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
}
