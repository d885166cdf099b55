//! Who may call a method of a REST API: signers, bearers of tokens of a user pool, whom a function lets in, holders of keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::{Map, Value, json};
use stack_plan::policy::{Caller, Decision, Document, Request, decide};

use super::data_plane::Method;
use super::event;
use super::response::Fault;
use crate::cloud::Cloud;
use crate::execute_api::access_log::{lookup, text_of};
use crate::execute_api::authorizer::{Verdict, context, judge, says_unauthorized};
use crate::execute_api::call::{Call, SOURCE_IP};
use crate::execute_api::function::{self, CallFault, FunctionCall, with_stage_variables};
use crate::execute_api::issuer::Disbelief;
use crate::execute_api::signed;
use crate::execute_api::token::{TokenFault, claim_text, has_scope};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// How long an authorizer may take.
const TIMEOUT: Duration = Duration::from_secs(29);

/// Lets the caller of a method in, and notes in `method` who it is.
pub(super) async fn authorize(cloud: &Arc<Cloud>, call: &Call, method: &mut Method) -> Result<(), Fault> {
    let policy = method.policy(cloud, call);
    match method.members["authorizationType"].as_str() {
        Some("AWS_IAM") => signed_by(cloud, call, method, policy.as_ref()).await,
        kind => {
            anonymous(cloud, call, method, policy.as_ref())?;
            match kind {
                Some("CUSTOM") => let_in(cloud, call, method).await,
                Some("COGNITO_USER_POOLS") => of_user_pool(cloud, call, method).await,
                _ => Ok(()),
            }
        }
    }
}

fn access_denied(error: &ServiceError) -> Fault {
    let fault = Fault::new("ACCESS_DENIED", "AccessDeniedException", error.message.clone());
    Fault { is_iam: true, ..fault }
}

async fn signed_by(cloud: &Cloud, call: &Call, method: &mut Method, policy: Option<&Value>) -> Result<(), Fault> {
    let principal = signed::signer(cloud, call).await.map_err(|error| match error.code.as_str() {
        "MissingAuthenticationTokenException" => Fault::no_method().because("the request is not signed"),
        "ExpiredTokenException" => Fault::new("EXPIRED_TOKEN", "ExpiredTokenException", error.message),
        "UnrecognizedClientException" => Fault::new("INVALID_SIGNATURE", "UnrecognizedClientException", error.message),
        "IncompleteSignatureException" => {
            Fault::new("DEFAULT_4XX", "IncompleteSignatureException", error.message).with_status(403)
        }
        _ => Fault::new("INVALID_SIGNATURE", "InvalidSignatureException", error.message),
    })?;
    signed::authorize(cloud, &principal, &method.request_arn(cloud, call), policy)
        .map_err(|error| access_denied(&error))?;
    method.identity = Some(json!({
        "accessKey": signed::access_key(call), "accountId": DEFAULT_ACCOUNT, "caller": principal.user_id, "user": principal.user_id, "userArn": principal.arn,
    }));
    Ok(())
}

/// Asks the API's policy, where it has one, about a caller that did not sign.
fn anonymous(cloud: &Cloud, call: &Call, method: &Method, policy: Option<&Value>) -> Result<(), Fault> {
    let Some(document) = policy.and_then(|policy| Document::parse(policy).ok()) else { return Ok(()) };
    let arn = method.request_arn(cloud, call);
    let context =
        [("aws:securetransport", "true"), ("aws:sourceip", SOURCE_IP), ("aws:principalisawsservice", "false")]
            .map(|(key, value)| (key.to_owned(), vec![value.to_owned()]))
            .into();
    let request =
        Request { caller: Caller::Anonymous, action: "execute-api:Invoke", resource: &arn, context: &context };
    let why = match decide(&[], Some(&document), &request) {
        Decision::Allowed(_) => return Ok(()),
        Decision::Denied(_) => " with an explicit deny in a resource-based policy",
        Decision::NotAllowed => "",
    };
    let message = format!("User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}{why}");
    Err(access_denied(&ServiceError::new(http::StatusCode::FORBIDDEN, "AccessDenied", message)))
}

async fn of_user_pool(cloud: &Cloud, call: &Call, method: &mut Method) -> Result<(), Fault> {
    let source = method.authorizer["identitySource"].as_str().unwrap_or_default();
    let header = source.strip_prefix("method.request.header.").and_then(|name| call.header(name));
    let header = header.ok_or_else(|| Fault::unauthorized("the request has no token"))?;
    let token = header.strip_prefix("Bearer ").unwrap_or(&header).trim();
    let scopes: Vec<&str> =
        method.members["authorizationScopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fault = Fault::unauthorized("the authorizer has no user pool");
    for arn in method.authorizer["providerARNs"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let region = arn.split(':').nth(3).unwrap_or_default();
        let pool = arn.rsplit('/').next().unwrap_or_default();
        let issuer = format!("https://cognito-idp.{region}.amazonaws.com/{pool}");
        let api = &cloud.execute_api;
        match api.issuers.verify(cloud, &api.client, token, &issuer, call.begun.unix_timestamp()).await {
            Ok(claims) => {
                // Without scopes it is the identity that counts, with scopes the access.
                let usage = if scopes.is_empty() { "id" } else { "access" };
                if claims.get("token_use").is_none_or(|found| found != usage) || !has_scope(&claims, &scopes) {
                    return Err(Fault::unauthorized(format!(
                        "the token is not an {usage} token with a scope of the method"
                    )));
                }
                let claims: Map<String, Value> =
                    claims.iter().map(|(name, value)| (name.clone(), json!(claim_text(value)))).collect();
                method.authorizer_context = Some(json!({ "claims": claims }));
                return Ok(());
            }
            Err(Disbelief::Token(TokenFault::Expired)) => {
                fault = Fault::new("UNAUTHORIZED", "UnauthorizedException", "The incoming token has expired");
            }
            Err(Disbelief::Token(other)) => fault = Fault::unauthorized(other.description()),
            Err(Disbelief::NoKeys(why)) => {
                tracing::warn!(why, "a token could not be checked");
                fault = Fault::unauthorized(why);
            }
        }
    }
    Err(fault)
}

/// The values of the identity sources; `None` when one is missing.
fn identity(call: &Call, method: &Method) -> Option<Vec<String>> {
    let sources = method.authorizer["identitySource"].as_str().unwrap_or_default();
    let sources = sources.split(',').map(str::trim).filter(|source| !source.is_empty());
    sources
        .map(|source| {
            let value = if let Some(name) = source.strip_prefix("method.request.header.") {
                call.header(name)
            } else if let Some(name) = source.strip_prefix("method.request.querystring.") {
                call.query_value(name)
            } else if let Some(name) = source.strip_prefix("stageVariables.") {
                method.stage["variables"][name].as_str().map(str::to_owned)
            } else {
                let context = event::context(call, method);
                lookup(&context, source.strip_prefix("context.")?).map(|value| text_of(Some(value)))
            };
            value.filter(|value| !value.is_empty())
        })
        .collect()
}

/// Asks the function of an authorizer, or what it said before.
async fn let_in(cloud: &Arc<Cloud>, call: &Call, method: &mut Method) -> Result<(), Fault> {
    let sources =
        identity(call, method).ok_or_else(|| Fault::unauthorized("an identity source of the authorizer is missing"))?;
    if let Some(expression) = method.authorizer["identityValidationExpression"].as_str().filter(|text| !text.is_empty())
    {
        let fits = Regex::new(&format!("^(?:{expression})$"))
            .is_ok_and(|regex| sources.iter().all(|text| regex.is_match(text)));
        if !fits {
            return Err(Fault::unauthorized("the token does not fit the validation expression"));
        }
    }
    let life = method.authorizer["authorizerResultTtlInSeconds"].as_u64().unwrap_or(300);
    let id = method.authorizer["id"].as_str().unwrap_or_default();
    let key = format!("{}/{}/{}/{id}/{}", call.api_id, call.stage, method.deployment, json!(sources));
    let kept = cloud.execute_api.authorizers.get(&key, Instant::now()).filter(|_| life > 0 && !sources.is_empty());
    let answer = if let Some(kept) = kept {
        kept
    } else {
        let answer = Arc::new(ask(cloud, call, method, &sources).await?);
        if life > 0 && !sources.is_empty() {
            cloud.execute_api.authorizers.put(key, Arc::clone(&answer), Duration::from_secs(life), Instant::now());
        }
        answer
    };
    let denied = |message: &str| {
        let fault = Fault::new("ACCESS_DENIED", "AccessDeniedException", message);
        Fault { is_iam: true, ..fault }
    };
    match judge(&answer, &method.request_arn(cloud, call)) {
        Verdict::Allowed => {}
        Verdict::NotAllowed => return Err(denied("User is not authorized to access this resource")),
        Verdict::Denied => {
            return Err(denied(
                "User is not authorized to access this resource with an explicit deny in an identity-based policy",
            ));
        }
        Verdict::Malformed => {
            return Err(misconfigured("the answer of the authorizer is not a principal and a policy"));
        }
    }
    let mut context = context(&answer)
        .ok_or_else(|| misconfigured("the context of the authorizer's answer holds a list or an object"))?;
    context.insert("integrationLatency".to_owned(), json!(0));
    method.authorizer_context = Some(Value::Object(context));
    method.usage_key = answer["usageIdentifierKey"].as_str().map(str::to_owned);
    Ok(())
}

fn misconfigured(why: impl Into<String>) -> Fault {
    let fault = Fault::new("AUTHORIZER_CONFIGURATION_ERROR", "AuthorizerConfigurationException", "");
    Fault { message: None, ..fault }.because(why)
}

async fn ask(cloud: &Arc<Cloud>, call: &Call, method: &Method, sources: &[String]) -> Result<Value, Fault> {
    let authorizer = &method.authorizer;
    let arn = method.request_arn(cloud, call);
    let payload = if authorizer["type"] == "TOKEN" {
        json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": sources.first()})
    } else {
        let mut event = event::head_of(call, method);
        event["type"] = json!("REQUEST");
        event["methodArn"] = json!(arn);
        event
    };
    let id = authorizer["id"].as_str().unwrap_or_default();
    let answered = function::call(
        cloud,
        FunctionCall {
            target: &with_stage_variables(
                authorizer["authorizerUri"].as_str().unwrap_or_default(),
                &method.stage["variables"],
            ),
            source_arns: &[method.arn(cloud, call, &format!("authorizers/{id}"))],
            role: authorizer["authorizerCredentials"].as_str(),
            payload,
            trace: call.header("x-amzn-trace-id"),
            timeout: TIMEOUT,
        },
    )
    .await;
    match answered {
        Ok(payload) => serde_json::from_slice(&payload)
            .map_err(|error| misconfigured(format!("the authorizer's answer is no JSON: {error}"))),
        Err(CallFault::Failed(payload)) if says_unauthorized(&payload) => {
            Err(Fault::unauthorized("the authorizer said Unauthorized"))
        }
        Err(fault @ CallFault::NotPermitted(_)) => Err(misconfigured(fault.sentence())),
        Err(fault) => {
            let failed = Fault::new("AUTHORIZER_FAILURE", "AuthorizerFailureException", "");
            Err(Fault { message: None, ..failed }.because(fault.sentence()))
        }
    }
}

/// Asks for the key of a method that needs one, and counts the request against the limits of its plan.
pub(super) fn key(cloud: &Cloud, call: &Call, method: &mut Method) -> Result<(), Fault> {
    let from_authorizer = method.api["apiKeySource"] == "AUTHORIZER";
    let value = if from_authorizer { method.usage_key.clone() } else { call.header("x-api-key") };
    let name = method.members["httpMethod"].as_str().unwrap_or_default();
    let member = value.and_then(|value| cloud.apigateway.member(&call.api_id, &call.stage, &value, &method.path, name));
    let Some(member) = member else {
        if method.members["apiKeyRequired"] != true {
            return Ok(());
        }
        let fault = Fault::new("INVALID_API_KEY", "ForbiddenException", "Forbidden");
        return Err(fault.because("no enabled API key of a usage plan with this stage was sent"));
    };
    if method.members["apiKeyRequired"] != true {
        return Ok(());
    }
    if let Some(limit) = member.limit {
        let bucket = format!("plan/{}/{}", member.plan_id, member.key_id);
        if !cloud.execute_api.throttle.admit(&bucket, limit, Instant::now()) {
            return Err(throttled("the throttle of the usage plan is reached"));
        }
    }
    if !cloud.apigateway.count(&member, call.begun) {
        return Err(Fault::new("QUOTA_EXCEEDED", "LimitExceededException", "Limit Exceeded"));
    }
    method.key = Some(member);
    Ok(())
}

/// Too many requests.
pub(super) fn throttled(why: &str) -> Fault {
    Fault::new("THROTTLED", "TooManyRequestsException", "Too Many Requests").because(why)
}
