//! Mapping requests to what an integration gets, and its answers to what the caller gets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use regex::Regex;
use serde_json::Value;

use super::super::data_plane::{Method, remap};
use super::super::event;
use super::super::response::{Fault, source_value};
use super::{Answered, rendered};
use crate::execute_api::access_log::{lookup, text_of};
use crate::execute_api::call::Call;
use crate::http_types::{Response, full};
use crate::wire::percent_decode;

/// The body that an integration gets: the request's, or what the template of its content type makes of it.
pub(super) fn request_body(call: &Call, method: &Method) -> Result<Bytes, Fault> {
    let integration = method.integration();
    let kind = call.header("content-type").unwrap_or_else(|| "application/json".to_owned());
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let templates = integration["requestTemplates"].as_object().filter(|templates| !templates.is_empty());
    let template = templates.and_then(|templates| templates.get(&kind).or_else(|| templates.get("$default")));
    if let Some(template) = template.and_then(Value::as_str) {
        let body = text_body(&call.body);
        return Ok(rendered(template, &body, call, method)?.0.into());
    }
    // A mock has no body of its own: it takes its template whatever the request is.
    if integration["type"] == "MOCK"
        && let Some(template) = templates.and_then(|templates| templates.values().next()?.as_str())
        && call.body.is_empty()
    {
        return Ok(rendered(template, "", call, method)?.0.into());
    }
    let passes = match integration["passthroughBehavior"].as_str() {
        Some("NEVER") => false,
        Some("WHEN_NO_TEMPLATES") => templates.is_none(),
        _ => true,
    };
    if !passes {
        return Err(Fault::new("UNSUPPORTED_MEDIA_TYPE", "UnsupportedMediaTypeException", "Unsupported Media Type"));
    }
    Ok(match integration["contentHandling"].as_str() {
        Some("CONVERT_TO_TEXT") if method.is_binary(&kind) => STANDARD.encode(&call.body).into(),
        Some("CONVERT_TO_BINARY") => STANDARD.decode(&call.body).map_or_else(|_| call.body.clone(), Bytes::from),
        _ => call.body.clone(),
    })
}

fn text_body(body: &[u8]) -> String {
    std::str::from_utf8(body).map_or_else(|_| STANDARD.encode(body), str::to_owned)
}

/// What `requestParameters` give the integration: `(kind, name, value)` with kind `path`, `querystring` or `header`.
pub(super) fn request_parameters(call: &Call, method: &Method) -> Vec<(String, String, String)> {
    let context = event::context(call, method);
    let mappings = method.integration()["requestParameters"].as_object().into_iter().flatten();
    mappings
        .filter_map(|(target, source)| {
            let (kind, name) = target.strip_prefix("integration.request.")?.split_once('.')?;
            let source = source.as_str()?;
            let value = if let Some(name) = source.strip_prefix("method.request.path.") {
                let value = method.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value)?;
                Some(percent_decode(value).unwrap_or_else(|| value.clone()))
            } else if let Some(path) = source.strip_prefix("method.request.body.") {
                let body: Value = serde_json::from_slice(&call.body).ok()?;
                lookup(&body, path).map(|value| text_of(Some(value)))
            } else if source == "method.request.body" {
                Some(text_body(&call.body))
            } else {
                source_value(source, call, &context, &method.stage["variables"])
            };
            Some((kind.to_owned(), name.to_owned(), value?))
        })
        .collect()
}

/// The answer of an integration as its responses map it.
pub(super) fn respond(call: &Call, method: &Method, answered: &Answered) -> Result<Response, Fault> {
    let responses = method.integration()["integrationResponses"].as_object();
    let mapped = responses.and_then(|responses| {
        let fits = |response: &&Value| {
            let pattern = response["selectionPattern"].as_str().filter(|pattern| !pattern.is_empty());
            pattern.is_some_and(|pattern| {
                Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(&answered.selector))
            })
        };
        let is_default = |response: &&Value| response["selectionPattern"].as_str().is_none_or(str::is_empty);
        // Mocks name the response by its status.
        let named = responses.get(&answered.selector).filter(|_| method.integration()["type"] == "MOCK");
        responses.values().find(fits).or(named).or_else(|| responses.values().find(is_default))
    });
    let mapped = mapped.ok_or_else(|| {
        Fault::configuration(format!(
            "No match for output mapping and no default output mapping configured. Endpoint Response Status Code: {}",
            answered.selector
        ))
    })?;
    let mut response_headers = HeaderMap::new();
    let (body, kind, overrides) = body(call, method, mapped, answered)?;
    let context = event::context(call, method);
    for (target, source) in mapped["responseParameters"].as_object().into_iter().flatten() {
        let Some(name) = target.strip_prefix("method.response.header.") else { continue };
        let source = source.as_str().unwrap_or_default();
        let value = if let Some(name) = source.strip_prefix("integration.response.header.") {
            answered.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        } else if let Some(path) = source.strip_prefix("integration.response.body.") {
            let body: Option<Value> = serde_json::from_slice(&answered.body).ok();
            body.and_then(|body| lookup(&body, path).map(|value| text_of(Some(value))))
        } else if source == "integration.response.body" {
            Some(text_body(&answered.body))
        } else {
            source_value(source, call, &context, &method.stage["variables"])
        };
        if let Some(value) = value {
            insert(&mut response_headers, name, &value);
        }
    }
    for (name, value) in overrides["header"].as_object().into_iter().flatten() {
        insert(&mut response_headers, name, &text_of(Some(value)));
    }
    let status = overrides["status"].as_u64().or_else(|| mapped["statusCode"].as_str()?.parse().ok());
    let status = status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    remap(&mut response_headers);
    if !response_headers.contains_key(header::CONTENT_TYPE) {
        insert(&mut response_headers, "content-type", &kind);
    }
    let mut response = Response::new(full(body));
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    *response.headers_mut() = response_headers;
    Ok(response)
}

/// The mapped body, its content type, and what the template overrides.
fn body(call: &Call, method: &Method, mapped: &Value, answered: &Answered) -> Result<(Bytes, String, Value), Fault> {
    let templates = mapped["responseTemplates"].as_object().filter(|templates| !templates.is_empty());
    let accepted = call.header("accept").unwrap_or_default();
    let chosen = templates.and_then(|templates| {
        let wanted =
            templates.iter().find(|(kind, _)| accepted.split([',', ';']).any(|one| one.trim() == kind.as_str()));
        wanted
            .or_else(|| templates.iter().find(|(kind, _)| *kind == "application/json"))
            .or_else(|| templates.iter().next())
    });
    if let Some((kind, template)) = chosen {
        let template = template.as_str().unwrap_or_default();
        let text = text_body(&answered.body);
        if template.is_empty() {
            return Ok((text.into(), kind.clone(), Value::Null));
        }
        let (text, context) = rendered(template, &text, call, method)?;
        return Ok((text.into(), kind.clone(), context["responseOverride"].clone()));
    }
    let body = match mapped["contentHandling"].as_str() {
        Some("CONVERT_TO_TEXT") if std::str::from_utf8(&answered.body).is_err() => {
            STANDARD.encode(&answered.body).into()
        }
        Some("CONVERT_TO_BINARY") => {
            STANDARD.decode(&answered.body).map_or_else(|_| answered.body.clone(), Bytes::from)
        }
        _ => answered.body.clone(),
    };
    Ok((body, "application/json".to_owned(), Value::Null))
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.insert(name, value);
    }
}
