//! The wire format of API Gateway v2: REST-JSON below `/v2/`.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Part, domains, set};
use crate::cloud::Cloud;
use crate::execute_api::domains::{no_domain, no_mapping};
use crate::http_types::{Response, respond};
use crate::wire::{Form, Protocol, ServiceError};

/// An operation, taken apart.
pub(crate) struct Operation<'a> {
    pub(crate) cloud: &'a Arc<Cloud>,
    pub(crate) region: &'a str,
    pub(crate) method: &'a Method,
    pub(crate) query: &'a Form,
    /// Every `tagKeys` of the query.
    pub(crate) tag_keys: &'a [String],
    pub(crate) body: &'a Value,
}

fn json_answer(status: StatusCode, value: &Value) -> Response {
    Protocol::RestJson.json_response(status, value)
}

fn ok(value: &Value) -> Response {
    json_answer(StatusCode::OK, value)
}

fn created(value: &Value) -> Response {
    json_answer(StatusCode::CREATED, value)
}

fn no_content() -> Response {
    respond(StatusCode::NO_CONTENT, "application/json", "")
}

/// One page of a list: `MaxResults` items from `NextToken` on.
fn list(query: &Form, items: Vec<Value>) -> Response {
    let start = query.get("nextToken").and_then(|token| token.parse().ok()).unwrap_or(0_usize);
    let limit = query.get("maxResults").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
    let more = items.len() > start.saturating_add(limit);
    let page: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    let mut answer = json!({ "items": page });
    if more {
        set(&mut answer, "nextToken", json!((start + limit).to_string()));
    }
    ok(&answer)
}

/// Answers an operation; `segments` are those of the path after `/v2`.
pub(crate) fn answer(operation: &Operation<'_>, segments: &[&str]) -> Result<Response, ServiceError> {
    let Operation { cloud, region, method, query, body, .. } = operation;
    let (service, shared) = (&cloud.apigatewayv2, &cloud.execute_api);
    match (*method, segments) {
        (&Method::POST, ["apis"]) => Ok(created(&service.create(region, body)?)),
        (&Method::GET, ["apis"]) => Ok(list(query, service.all())),
        (&Method::GET, ["apis", id]) => Ok(ok(&service.get(id)?)),
        (&Method::PATCH, ["apis", id]) => Ok(ok(&service.update(id, body)?)),
        (&Method::DELETE, ["apis", id]) => {
            service.delete(cloud, id)?;
            Ok(no_content())
        }
        (&Method::DELETE, ["apis", id, "cors"]) => {
            service.update(id, &json!({ "corsConfiguration": null }))?;
            Ok(no_content())
        }
        (&Method::DELETE, ["apis", id, "stages", stage, "accesslogsettings"]) => {
            service.update_part(id, Part::Stage, stage, &json!({ "accessLogSettings": null }), false)?;
            Ok(no_content())
        }
        (&Method::DELETE, ["apis", id, "stages", stage, "routesettings", key]) => {
            let mut settings = service.get_part(id, Part::Stage, stage)?["routeSettings"].clone();
            settings.as_object_mut().map(|settings| settings.remove(*key));
            service.update_part(id, Part::Stage, stage, &json!({ "routeSettings": settings }), false)?;
            Ok(no_content())
        }
        (&Method::DELETE, ["apis", id, "stages", stage, "cache", "authorizers"]) => {
            service.get_part(id, Part::Stage, stage)?;
            shared.authorizers.forget(&format!("{id}/{stage}/"));
            Ok(no_content())
        }
        (_, ["apis", id, collection, rest @ ..]) if Part::of_path(collection).is_some() && rest.len() <= 1 => {
            let part = Part::of_path(collection).unwrap_or(Part::Route);
            part_answer(operation, id, part, rest.first().copied())
        }
        (&Method::POST, ["domainnames"]) => Ok(created(&domains::create(cloud, region, body)?)),
        (&Method::GET, ["domainnames"]) => Ok(list(query, shared.domains.all().iter().map(domains::show).collect())),
        (&Method::GET, ["domainnames", name]) => {
            Ok(ok(&domains::show(&shared.domains.get(name).ok_or_else(no_domain)?)))
        }
        (&Method::PATCH, ["domainnames", name]) => Ok(ok(&domains::update(cloud, name, body)?)),
        (&Method::DELETE, ["domainnames", name]) => {
            shared.domains.delete(name)?;
            Ok(no_content())
        }
        (_, ["domainnames", name, "apimappings", rest @ ..]) if rest.len() <= 1 => {
            mapping_answer(operation, name, rest.first().copied())
        }
        (_, ["tags", arn]) => tags_answer(operation, arn),
        _ => Err(ServiceError::unknown_operation("API Gateway v2", &format!("{method} /v2/{}", segments.join("/")))),
    }
}

fn part_answer(operation: &Operation<'_>, api: &str, part: Part, id: Option<&str>) -> Result<Response, ServiceError> {
    let Operation { cloud, method, query, body, .. } = operation;
    let service = &cloud.apigatewayv2;
    match (*method, id) {
        (&Method::POST, None) => Ok(created(&service.create_part(api, part, body)?)),
        (&Method::GET, None) => Ok(list(query, service.all_parts(api, part)?)),
        (&Method::GET, Some(id)) => Ok(ok(&service.get_part(api, part, id)?)),
        (&Method::PATCH, Some(id)) => {
            let changed = service.update_part(api, part, id, body, false)?;
            if part == Part::Authorizer {
                cloud.execute_api.authorizers.forget(&format!("{api}/"));
            }
            Ok(ok(&changed))
        }
        (&Method::DELETE, Some(id)) => {
            service.delete_part(api, part, id)?;
            Ok(no_content())
        }
        _ => Err(ServiceError::unknown_operation("API Gateway v2", &format!("{method} {}", part.name()))),
    }
}

fn mapping_answer(operation: &Operation<'_>, name: &str, id: Option<&str>) -> Result<Response, ServiceError> {
    let Operation { cloud, method, query, body, .. } = operation;
    let domain = cloud.execute_api.domains.get(name).ok_or_else(no_domain)?;
    let found = |id: &str| domain.mappings.get(id).ok_or_else(no_mapping);
    match (*method, id) {
        (&Method::POST, None) => Ok(created(&domains::put_mapping(cloud, name, None, body)?)),
        (&Method::GET, None) => Ok(list(query, domain.mappings.values().map(domains::show_mapping).collect())),
        (&Method::GET, Some(id)) => Ok(ok(&domains::show_mapping(found(id)?))),
        (&Method::PATCH, Some(id)) => {
            let merged = super::merge(&domains::show_mapping(found(id)?), body);
            Ok(ok(&domains::put_mapping(cloud, name, Some(id), &merged)?))
        }
        (&Method::DELETE, Some(id)) => {
            cloud.execute_api.domains.delete_mapping(name, id)?;
            Ok(no_content())
        }
        _ => Err(ServiceError::unknown_operation("API Gateway v2", &format!("{method} apimappings"))),
    }
}

/// Tags of an API, a stage or a domain name, by its ARN.
fn tags_answer(operation: &Operation<'_>, arn: &str) -> Result<Response, ServiceError> {
    let Operation { cloud, method, tag_keys, body, .. } = operation;
    let service = &cloud.apigatewayv2;
    let path: Vec<&str> = arn.split_once("::/").map(|(_, path)| path.split('/').collect()).unwrap_or_default();
    let tags_of = |members: &Value| if members["tags"].is_object() { members["tags"].clone() } else { json!({}) };
    let change = |mut tags: Value| -> Result<Value, ServiceError> {
        if *method == Method::DELETE {
            if let Some(tags) = tags.as_object_mut() {
                tags.retain(|key, _| !tag_keys.contains(key));
            }
        } else if let (Some(tags), Some(new)) = (tags.as_object_mut(), body["tags"].as_object()) {
            tags.extend(new.clone());
        }
        Ok(json!({ "tags": tags }))
    };
    let is_read = *method == Method::GET;
    let tags = match path.as_slice() {
        ["apis", id] => {
            let tags = tags_of(&service.get(id)?);
            if !is_read {
                service.update(id, &change(tags.clone())?)?;
            }
            tags
        }
        ["apis", id, "stages", stage] => {
            let tags = tags_of(&service.get_part(id, Part::Stage, stage)?);
            if !is_read {
                service.update_part(id, Part::Stage, stage, &change(tags.clone())?, false)?;
            }
            tags
        }
        ["domainnames", name] => {
            let tags = json!(cloud.execute_api.domains.get(name).ok_or_else(no_domain)?.tags);
            if !is_read {
                domains::update(cloud, name, &change(tags.clone())?)?;
            }
            tags
        }
        _ => return Err(ServiceError::bad_request("BadRequestException", format!("Invalid resource ARN: {arn}"))),
    };
    Ok(match **method {
        Method::GET => ok(&json!({ "tags": tags })),
        Method::POST => created(&json!({})),
        _ => no_content(),
    })
}
