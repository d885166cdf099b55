//! Who may take a route: nobody in particular, signers of requests, bearers of tokens, whom a function lets in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::data_plane::{Refusal, Route};
use super::event;
use crate::cloud::Cloud;
use crate::execute_api::access_log::{lookup, text_of};
use crate::execute_api::authorizer::{Verdict, context, judge, says_unauthorized};
use crate::execute_api::call::Call;
use crate::execute_api::function::{self, CallFault, FunctionCall, with_stage_variables};
use crate::execute_api::issuer::Disbelief;
use crate::execute_api::signed;
use crate::execute_api::token::{TokenFault, claim_text, has_scope, is_for};
use crate::settings::DEFAULT_ACCOUNT;

/// How long an authorizer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Lets the caller of a route in, and tells what the request context says of it.
pub(super) async fn authorize(cloud: &Arc<Cloud>, call: &Call, route: &Route) -> Result<Option<Value>, Refusal> {
    match route.members["authorizationType"].as_str() {
        Some("AWS_IAM") => signed_by(cloud, call, route).await.map(Some),
        Some("JWT") => bearer(cloud, call, route).await.map(Some),
        Some("CUSTOM") => let_in(cloud, call, route).await,
        _ => Ok(None),
    }
}

async fn signed_by(cloud: &Cloud, call: &Call, route: &Route) -> Result<Value, Refusal> {
    let forbidden = |error: crate::wire::ServiceError| Refusal::forbidden(error.message);
    let principal = signed::signer(cloud, call).await.map_err(forbidden)?;
    signed::authorize(cloud, &principal, &route.request_arn(cloud, call), None).map_err(forbidden)?;
    Ok(json!({"iam": {
        "accessKey": signed::access_key(call),
        "accountId": DEFAULT_ACCOUNT,
        "callerId": principal.user_id,
        "cognitoIdentity": null,
        "principalOrgId": null,
        "userArn": principal.arn,
        "userId": principal.user_id,
    }}))
}

/// The values of the identity sources; `None` when one is missing.
fn identity(call: &Call, route: &Route) -> Option<Vec<String>> {
    let sources = route.authorizer["identitySource"].as_array().into_iter().flatten().filter_map(Value::as_str);
    sources
        .map(|source| {
            let (kind, name) = source.strip_prefix('$')?.split_once('.')?;
            let value = match kind {
                "request" => match name.split_once('.')? {
                    ("header", name) => call.header(name),
                    ("querystring", name) => call.query_value(name),
                    _ => None,
                },
                "stageVariables" => route.stage["stageVariables"][name].as_str().map(str::to_owned),
                "context" => lookup(&event::log_context(call, Some(route)), name).map(|value| text_of(Some(value))),
                _ => None,
            };
            value.filter(|value| !value.is_empty())
        })
        .collect()
}

async fn bearer(cloud: &Cloud, call: &Call, route: &Route) -> Result<Value, Refusal> {
    let refuse =
        |status, message, why: String, challenge: String| Refusal { status, message, why, challenge: Some(challenge) };
    let unauthorized =
        |why: String, error: &str| refuse(StatusCode::UNAUTHORIZED, "Unauthorized", why, format!("Bearer{error}"));
    let invalid = |why: String| {
        let challenge = format!(" scope=\"\" error=\"invalid_token\" error_description=\"{}\"", why.replace('"', "'"));
        unauthorized(why, &challenge)
    };
    let sources = identity(call, route).unwrap_or_default();
    let text = sources.first().ok_or_else(|| unauthorized("the request has no token".to_owned(), ""))?;
    let text = text
        .get(..7)
        .filter(|scheme| scheme.eq_ignore_ascii_case("bearer "))
        .map_or(text.as_str(), |_| text[7..].trim());
    let configuration = &route.authorizer["jwtConfiguration"];
    let issuer = configuration["issuer"].as_str().unwrap_or_default();
    let api = &cloud.execute_api;
    let verified = api.issuers.verify(cloud, &api.client, text, issuer, call.begun.unix_timestamp()).await;
    let claims = verified.map_err(|disbelief| match disbelief {
        Disbelief::Token(fault) => invalid(fault.description()),
        Disbelief::NoKeys(why) => {
            tracing::warn!(why, "a token could not be checked");
            invalid(why)
        }
    })?;
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let audiences = texts(&configuration["audience"]);
    if !is_for(&claims, &audiences.iter().map(String::as_str).collect::<Vec<_>>()) {
        return Err(invalid(TokenFault::Claim("the token has an invalid audience").description()));
    }
    let scopes = texts(&route.members["authorizationScopes"]);
    if !has_scope(&claims, &scopes.iter().map(String::as_str).collect::<Vec<_>>()) {
        let challenge = format!("Bearer scope=\"{}\" error=\"insufficient_scope\"", scopes.join(" "));
        let why = "the token has none of the scopes of the route".to_owned();
        return Err(refuse(StatusCode::FORBIDDEN, "Forbidden", why, challenge));
    }
    let claims: Map<String, Value> =
        claims.iter().map(|(name, value)| (name.clone(), json!(claim_text(value)))).collect();
    Ok(json!({"jwt": {"claims": claims, "scopes": if scopes.is_empty() { Value::Null } else { json!(scopes) }}}))
}

/// Asks the function of an authorizer, or what it said before.
async fn let_in(cloud: &Arc<Cloud>, call: &Call, route: &Route) -> Result<Option<Value>, Refusal> {
    let authorizer = &route.authorizer;
    let unauthorized = |why: &str| Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", why);
    let sources =
        identity(call, route).ok_or_else(|| unauthorized("an identity source of the authorizer is missing"))?;
    let life = authorizer["authorizerResultTtlInSeconds"].as_u64().unwrap_or_default();
    let api = &cloud.execute_api;
    let key = cache_key(call, authorizer, &sources);
    let kept = if life > 0 { api.authorizers.get(&key, Instant::now()) } else { None };
    let answer = if let Some(kept) = kept {
        kept
    } else {
        let answer = Arc::new(ask(cloud, call, route, &sources).await?);
        if life > 0 {
            api.authorizers.put(key, Arc::clone(&answer), Duration::from_secs(life), Instant::now());
        }
        answer
    };
    let malformed = || Refusal::internal("The response from the authorizer is not one that API Gateway expects");
    let context = if authorizer["enableSimpleResponses"] == true {
        if !answer["isAuthorized"].as_bool().ok_or_else(malformed)? {
            return Err(Refusal::forbidden("the authorizer did not let the caller in"));
        }
        answer["context"].as_object().cloned()
    } else {
        match judge(&answer, &route.request_arn(cloud, call)) {
            Verdict::Allowed => {}
            Verdict::Malformed => return Err(malformed()),
            Verdict::NotAllowed | Verdict::Denied => {
                return Err(Refusal::forbidden("the policy of the authorizer does not let the caller in"));
            }
        }
        if authorizer["authorizerPayloadFormatVersion"] == "1.0" {
            Some(context(&answer).ok_or_else(malformed)?)
        } else {
            answer["context"].as_object().cloned()
        }
    };
    Ok(Some(json!({"lambda": context})))
}

/// Under what an answer is kept: answers are for all routes of a stage, as on AWS.
fn cache_key(call: &Call, authorizer: &Value, sources: &[String]) -> String {
    let id = authorizer["authorizerId"].as_str().unwrap_or_default();
    format!("{}/{}/{id}/{}", call.api_id, call.stage, json!([authorizer["authorizerUri"], sources]))
}

async fn ask(cloud: &Arc<Cloud>, call: &Call, route: &Route, sources: &[String]) -> Result<Value, Refusal> {
    let authorizer = &route.authorizer;
    let format = authorizer["authorizerPayloadFormatVersion"].as_str().unwrap_or("2.0");
    let uri = authorizer["authorizerUri"].as_str().unwrap_or_default();
    let answered = function::call(
        cloud,
        FunctionCall {
            target: &with_stage_variables(uri, &route.stage["stageVariables"]),
            source_arns: &[route.authorizer_arn(cloud, call)],
            role: authorizer["authorizerCredentialsArn"].as_str(),
            payload: event::of_authorizer(call, route, format, sources, &route.request_arn(cloud, call)),
            trace: call.header("x-amzn-trace-id"),
            timeout: TIMEOUT,
        },
    )
    .await;
    match answered {
        Ok(payload) => serde_json::from_slice(&payload)
            .map_err(|error| Refusal::internal(format!("the authorizer's answer is no JSON: {error}"))),
        Err(CallFault::Failed(payload)) if says_unauthorized(&payload) => {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", "the authorizer said Unauthorized"))
        }
        Err(fault) => Err(Refusal::internal(format!("the authorizer could not be asked: {}", fault.sentence()))),
    }
}
