//! The wire format of Lambda: REST-JSON.

mod answers;
mod event_invoke;
mod functions;
mod invoke;

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::function::invalid;
use super::{Reference, event_sources};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::Principal;
use crate::wire::properties::{as_integer, text};
use crate::wire::{CONTROL_BODY_LIMIT, Form, Protocol, ServiceError, percent_decode, read_body};

use answers::{json_answer, missing, no_content, parse};
use event_invoke::event_invoke;
use functions::{create_function, get_function, list_functions, set_concurrency, show, tags, version};
use invoke::invoke;

pub(super) use event_invoke::event_invoke_config;

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    match answer(cloud, request).await {
        Ok(response) => response,
        Err(error) => Protocol::RestJson.render_error(&error),
    }
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Response, ServiceError> {
    let caller = request.extensions().get::<Principal>().cloned().unwrap_or_else(Principal::root);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let query = Form::parse(request.uri().query().unwrap_or_default())?;
    let headers = request.headers().clone();
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let segments: Option<Vec<String>> =
        path.split('/').filter(|segment| !segment.is_empty()).map(percent_decode).collect();
    let segments = segments.ok_or_else(|| invalid(format!("the path `{path}` is not percent-encoded UTF-8")))?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let lambda = &cloud.lambda;
    let reference = |text: &str| {
        let mut reference = Reference::parse(text);
        if let Some(qualifier) = query.get("Qualifier") {
            reference.version = Some(qualifier.to_owned());
        }
        reference
    };
    match (method, segments.as_slice()) {
        (Method::POST, ["2015-03-31", "functions"]) => create_function(cloud, &parse(&body)?).await,
        (Method::GET, ["2015-03-31", "functions"]) => Ok(list_functions(cloud, &query)),
        (Method::POST, ["2015-03-31", "functions", name, "invocations"]) => {
            invoke(cloud, reference(name), &headers, body).await
        }
        (Method::GET, ["2015-03-31", "functions", name]) => get_function(cloud, &reference(name)),
        (Method::DELETE, ["2015-03-31", "functions", name]) => {
            lambda.delete(cloud, &reference(name)).await?;
            Ok(no_content())
        }
        (Method::GET, ["2015-03-31", "functions", name, "configuration"]) => {
            Ok(json_answer(StatusCode::OK, &show(&version(cloud, &reference(name))?)))
        }
        (Method::PUT, ["2015-03-31", "functions", name, "configuration"]) => {
            let changed = lambda.update_configuration(cloud, &reference(name).name, &parse(&body)?).await?;
            Ok(json_answer(StatusCode::OK, &show(&changed)))
        }
        (Method::PUT, ["2015-03-31", "functions", name, "code"]) => {
            let input = parse(&body)?;
            let name = reference(name).name;
            let mut changed = lambda.update_code(cloud, &name, &input).await?;
            if input.get("Publish").and_then(Value::as_bool) == Some(true) {
                changed = lambda.publish(cloud, &name, &json!({}))?;
            }
            Ok(json_answer(StatusCode::OK, &show(&changed)))
        }
        (Method::GET, ["2015-03-31", "functions", name, "versions"]) => {
            let function = lambda.function(cloud, &reference(name).name)?;
            let versions: Vec<Value> = std::iter::once(&function.latest).chain(&function.versions).map(show).collect();
            Ok(json_answer(StatusCode::OK, &json!({ "Versions": versions })))
        }
        (Method::POST, ["2015-03-31", "functions", name, "versions"]) => {
            Ok(json_answer(StatusCode::CREATED, &show(&lambda.publish(cloud, &reference(name).name, &parse(&body)?)?)))
        }
        (Method::GET, ["2015-03-31", "functions", name, "policy"]) => {
            let name = reference(name).name;
            let policy = lambda.policy(cloud, &name)?;
            let revision = lambda.function(cloud, &name)?.latest.revision;
            Ok(json_answer(StatusCode::OK, &json!({"Policy": policy.to_string(), "RevisionId": revision})))
        }
        (Method::POST, ["2015-03-31", "functions", name, "policy"]) => {
            let input = parse(&body)?;
            let id = text(&input, "StatementId").ok_or_else(|| missing("statementId"))?;
            let statement = lambda.add_permission(cloud, &reference(name), id, &input)?;
            Ok(json_answer(StatusCode::CREATED, &json!({ "Statement": statement.to_string() })))
        }
        (Method::DELETE, ["2015-03-31", "functions", name, "policy", id]) => {
            lambda.remove_permission(cloud, &reference(name).name, id)?;
            Ok(no_content())
        }
        (method, ["2019-09-25", "functions", name, "event-invoke-config"]) => {
            event_invoke(cloud, &method, &reference(name), &body)
        }
        (Method::PUT, ["2017-10-31", "functions", name, "concurrency"]) => {
            let reserved = parse(&body)?.get("ReservedConcurrentExecutions").and_then(as_integer);
            let reserved = reserved.and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= 1000);
            let reserved =
                reserved.ok_or_else(|| invalid("ReservedConcurrentExecutions must be a number from 0 to 1000"))?;
            set_concurrency(cloud, &reference(name).name, Some(reserved))?;
            Ok(json_answer(StatusCode::OK, &json!({ "ReservedConcurrentExecutions": reserved })))
        }
        (Method::DELETE, ["2017-10-31", "functions", name, "concurrency"]) => {
            set_concurrency(cloud, &reference(name).name, None)?;
            Ok(no_content())
        }
        (Method::GET, ["2019-09-30", "functions", name, "concurrency"]) => {
            let reserved = lambda.function(cloud, &reference(name).name)?.reserved_concurrency;
            Ok(json_answer(
                StatusCode::OK,
                &reserved.map_or(json!({}), |reserved| json!({ "ReservedConcurrentExecutions": reserved })),
            ))
        }
        (method, ["2015-03-31", "event-source-mappings", rest @ ..]) => {
            event_sources::api::handle(cloud, &caller, &method, rest, &query, &body)
        }
        (method, ["2017-03-31", "tags", arn]) => tags(cloud, &method, &Reference::parse(arn).name, &body, &query),
        _ => Err(ServiceError::unknown_operation("Lambda", &path)),
    }
}
