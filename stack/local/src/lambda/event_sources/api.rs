//! The wire format of event source mappings: REST-JSON below `/2015-03-31/event-source-mappings`.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Mapping;
use super::mapping::invalid;
use crate::cloud::Cloud;
use crate::http_types::Response;
use crate::iam::{Access, Principal};
use crate::lambda::Reference;
use crate::wire::properties::text;
use crate::wire::{Form, Protocol, ServiceError};

/// Mappings of one page.
const PAGE: usize = 100;

/// Answers one request; `rest` is what follows `event-source-mappings` in the path.
pub(in crate::lambda) fn handle(
    cloud: &Arc<Cloud>,
    caller: &Principal,
    method: &Method,
    rest: &[&str],
    query: &Form,
    body: &[u8],
) -> Result<Response, ServiceError> {
    let sources = &cloud.lambda.event_sources;
    match (method, rest) {
        (&Method::POST, []) => {
            let input = parse(body)?;
            let function_arn = function_arn(cloud, &input)?;
            authorize(cloud, caller, "lambda:CreateEventSourceMapping", "*", &function_arn)?;
            let mut mapping = Mapping::create(function_arn, &input)?;
            mapping.tags = texts(&input, "Tags");
            let mapping = sources.create(cloud, mapping)?;
            Ok(answer(StatusCode::ACCEPTED, &mapping.show("Creating")))
        }
        (&Method::GET, []) => {
            authorize(cloud, caller, "lambda:ListEventSourceMappings", "*", "")?;
            list(cloud, query)
        }
        (&Method::GET, [id]) => {
            let mapping = existing(cloud, caller, "lambda:GetEventSourceMapping", id)?;
            Ok(answer(StatusCode::OK, &mapping.show(state(&mapping))))
        }
        (&Method::PUT, [id]) => {
            existing(cloud, caller, "lambda:UpdateEventSourceMapping", id)?;
            let input = parse(body)?;
            let mapping = sources.change(cloud, id, |mapping| {
                if input.get("FunctionName").is_some() {
                    mapping.function_arn = function_arn(cloud, &input)?;
                }
                mapping.change(&input)
            })?;
            Ok(answer(StatusCode::ACCEPTED, &mapping.show("Updating")))
        }
        (&Method::DELETE, [id]) => {
            existing(cloud, caller, "lambda:DeleteEventSourceMapping", id)?;
            let mapping = sources.remove(id)?;
            Ok(answer(StatusCode::ACCEPTED, &mapping.show("Deleting")))
        }
        _ => Err(ServiceError::unknown_operation("Lambda", method.as_str())),
    }
}

fn state(mapping: &Mapping) -> &'static str {
    if mapping.enabled { "Enabled" } else { "Disabled" }
}

fn existing(cloud: &Cloud, caller: &Principal, action: &str, id: &str) -> Result<Mapping, ServiceError> {
    let mapping = cloud.lambda.event_sources.mapping(id);
    let any = format!("arn:aws:lambda:{}:{}:event-source-mapping:{id}", cloud.region, cloud.account);
    let (arn, function_arn) = match &mapping {
        Ok(mapping) => (mapping.arn(), mapping.function_arn.clone()),
        Err(_) => (any, String::new()),
    };
    authorize(cloud, caller, action, &arn, &function_arn)?;
    mapping
}

fn authorize(
    cloud: &Cloud,
    caller: &Principal,
    action: &str,
    resource: &str,
    function_arn: &str,
) -> Result<(), ServiceError> {
    let context = [("lambda:functionarn", function_arn)];
    let context = if function_arn.is_empty() { &context[..0] } else { &context[..] };
    cloud.iam.authorize(caller, &Access { context, ..Access::new(action, resource) })
}

/// The ARN of the function that `FunctionName` names.
pub(super) fn function_arn(cloud: &Cloud, input: &Value) -> Result<String, ServiceError> {
    let name = text(input, "FunctionName").ok_or_else(|| {
        invalid("1 validation error detected: Value null at 'functionName' failed to satisfy constraint: Member must not be null")
    })?;
    Ok(Reference::parse(name).arn(&cloud.region))
}

fn list(cloud: &Cloud, query: &Form) -> Result<Response, ServiceError> {
    let function = query.get("FunctionName").map(|name| Reference::parse(name).arn(&cloud.region));
    let source = query.get("EventSourceArn");
    let mut mappings = cloud.lambda.event_sources.all();
    mappings.retain(|mapping| {
        function.as_ref().is_none_or(|arn| *arn == mapping.function_arn)
            && source.is_none_or(|arn| arn == mapping.source_arn)
    });
    let limit = query.get("MaxItems").and_then(|items| items.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE);
    let start = match query.get("Marker").filter(|marker| !marker.is_empty()) {
        None => 0,
        Some(marker) => {
            let at = mappings.iter().position(|mapping| mapping.id == marker);
            at.map(|at| at + 1).ok_or_else(|| invalid(format!("the marker `{marker}` is not one of ours")))?
        }
    };
    let more = mappings.len() > start + limit;
    let page: Vec<&Mapping> = mappings.iter().skip(start).take(limit).collect();
    let mut shown = json!({
        "EventSourceMappings": page.iter().map(|mapping| mapping.show(state(mapping))).collect::<Vec<_>>(),
    });
    if let (true, Some(last)) = (more, page.last()) {
        shown["NextMarker"] = json!(last.id);
    }
    Ok(answer(StatusCode::OK, &shown))
}

fn texts(input: &Value, name: &str) -> BTreeMap<String, String> {
    let entries = input.get(name).and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn parse(body: &[u8]) -> Result<Value, ServiceError> {
    serde_json::from_slice(body).map_err(|error| {
        ServiceError::bad_request(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        )
    })
}

fn answer(status: StatusCode, value: &Value) -> Response {
    Protocol::RestJson.json_response(status, value)
}
