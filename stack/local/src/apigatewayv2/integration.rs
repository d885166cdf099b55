//! What answers a route: a function, or a backend over HTTP.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::Full;
use serde_json::Value;

use super::data_plane::{Refusal, Route};
use super::event;
use super::mapping::{Known, Outgoing, change_answer};
use crate::cloud::Cloud;
use crate::execute_api::call::Call;
use crate::execute_api::function::{self, CallFault, FunctionCall, with_stage_variables};
use crate::execute_api::http_client::FetchFault;
use crate::http_types::{Response, full};

/// Headers that belong to one connection, and those that are made anew.
const NOT_PASSED_ON: [HeaderName; 6] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
];

/// Answers with what the integration of a route answers.
pub(super) async fn answer(
    cloud: &Arc<Cloud>,
    call: &Call,
    route: &Route,
    context: &Value,
) -> Result<Response, Refusal> {
    let response = match route.integration["integrationType"].as_str() {
        Some("AWS_PROXY") => of_function(cloud, call, route).await?,
        Some("HTTP_PROXY") => of_backend(cloud, call, route, context).await?,
        _ => return Err(Refusal::internal("the route has no integration")),
    };
    Ok(response)
}

fn timeout(route: &Route) -> Duration {
    Duration::from_millis(route.integration["timeoutInMillis"].as_u64().unwrap_or(30_000))
}

async fn of_function(cloud: &Arc<Cloud>, call: &Call, route: &Route) -> Result<Response, Refusal> {
    let uri = route.integration["integrationUri"].as_str().unwrap_or_default();
    let target = with_stage_variables(uri, &route.stage["stageVariables"]);
    let answered = function::call(
        cloud,
        FunctionCall {
            target: &target,
            source_arns: &route.source_arns(cloud, call),
            role: route.integration["credentialsArn"].as_str(),
            payload: event::of_integration(call, route),
            trace: call.header("x-amzn-trace-id"),
            timeout: timeout(route),
        },
    )
    .await;
    match answered {
        Ok(payload) => of_payload(&payload, route.integration["payloadFormatVersion"] == "2.0"),
        Err(CallFault::TimedOut) => {
            Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", CallFault::TimedOut.sentence()))
        }
        Err(fault) => Err(Refusal::internal(fault.sentence())),
    }
}

/// What a function answered as an HTTP answer. In format 2.0, what has no `statusCode` is the body itself.
fn of_payload(payload: &[u8], may_infer: bool) -> Result<Response, Refusal> {
    let malformed = |why: &str| {
        Refusal::internal(format!(
            "The response from the Lambda function doesn't match the format that API Gateway expects. {why}"
        ))
    };
    let value: Value = serde_json::from_slice(payload).map_err(|_| malformed("Lambda body contains the wrong type"))?;
    let Some(status) = value.get("statusCode") else {
        if !may_infer {
            return Err(malformed("Lambda body contains the wrong type for field \"statusCode\""));
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut response = Response::new(full(text));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(response);
    };
    let code = status.as_u64().or_else(|| status.as_str()?.parse().ok());
    let status = code.and_then(|code| u16::try_from(code).ok()).and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.filter(|status| status.as_u16() >= 200).ok_or_else(|| malformed("The status code is none."))?;
    let text = match &value["body"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        _ if !may_infer => return Err(malformed("Lambda body contains the wrong type for field \"body\"")),
        other => other.to_string(),
    };
    let body = if value["isBase64Encoded"] == true {
        STANDARD.decode(text.trim()).map_err(|_| malformed("The body is not base64."))?
    } else {
        text.into_bytes()
    };
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    write_headers(&value, response.headers_mut());
    if !response.headers().contains_key(header::CONTENT_TYPE) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    }
    Ok(response)
}

/// `headers`, `multiValueHeaders` and `cookies` of an answer.
pub(crate) fn write_headers(answer: &Value, headers: &mut HeaderMap) {
    let mut insert = |name: &str, value: &Value, append: bool| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(text)) else { return };
        if NOT_PASSED_ON.contains(&name) {
            return;
        }
        if append {
            headers.append(name, value);
        } else {
            headers.insert(name, value);
        }
    };
    let multiple = answer["multiValueHeaders"].as_object();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let is_listed = multiple.is_some_and(|multiple| multiple.keys().any(|other| other.eq_ignore_ascii_case(name)));
        if !is_listed && !value.is_null() {
            insert(name, value, false);
        }
    }
    for (name, values) in multiple.into_iter().flatten() {
        for value in values.as_array().into_iter().flatten() {
            insert(name, value, true);
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        insert("set-cookie", cookie, true);
    }
}

async fn of_backend(cloud: &Arc<Cloud>, call: &Call, route: &Route, context: &Value) -> Result<Response, Refusal> {
    let integration = &route.integration;
    let variables = &route.stage["stageVariables"];
    let known = Known { call, parameters: &route.parameters, context, stage_variables: variables, answer: None };
    let mut outgoing = Outgoing { headers: call.parts.headers.clone(), query: call.query(), path: None };
    for name in NOT_PASSED_ON.iter().chain([&header::HOST]) {
        outgoing.headers.remove(name);
    }
    for (name, values) in call.headers().into_iter().filter(|(name, _)| name.starts_with("x-forwarded-")) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(values.join(", "))) {
            outgoing.headers.insert(name, value);
        }
    }
    outgoing.change(&integration["requestParameters"], &known);
    let uri = with_stage_variables(integration["integrationUri"].as_str().unwrap_or_default(), variables);
    let uri = backend_uri(&uri, &route.parameters, &outgoing);
    let method = match integration["integrationMethod"].as_str() {
        Some("ANY") | None => call.method(),
        Some(method) => method,
    };
    let request = http::Request::builder().method(method).uri(&uri).body(Full::new(call.body.clone()));
    let mut request = request.map_err(|error| Refusal::internal(format!("`{uri}`: {error}")))?;
    *request.headers_mut() = outgoing.headers;
    let fetched = cloud.execute_api.client.send(request, timeout(route)).await;
    let (parts, body) = match fetched {
        Ok(response) => response.into_parts(),
        Err(FetchFault::TimedOut) => {
            return Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Service Unavailable",
                "the backend did not answer in time",
            ));
        }
        Err(FetchFault::Failed(why)) => {
            return Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Service Unavailable",
                format!("`{uri}`: {why}"),
            ));
        }
    };
    let mut headers = parts.headers.clone();
    for name in &NOT_PASSED_ON {
        headers.remove(name);
    }
    let known = Known { answer: Some((&parts.headers, &body)), ..known };
    let status = change_answer(&integration["responseParameters"], parts.status.as_u16(), &mut headers, &known);
    Ok(backend_response(status, headers, body))
}

fn backend_response(status: u16, headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(full(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    *response.headers_mut() = headers;
    response
}

/// The URI of an integration with its variables filled in, its path replaced where a mapping says so, and the query.
fn backend_uri(uri: &str, parameters: &[(String, String)], outgoing: &Outgoing) -> String {
    let mut uri = uri.to_owned();
    for (name, value) in parameters {
        uri = uri.replace(&format!("{{{name}}}"), value).replace(&format!("{{{name}+}}"), value);
    }
    if let Some(path) = &outgoing.path {
        let authority = uri.find("://").and_then(|at| uri[at + 3..].find(['/', '?']).map(|end| at + 3 + end));
        uri.truncate(authority.unwrap_or(uri.len()));
        uri.push_str(path);
    }
    let query = outgoing.query_text();
    if !query.is_empty() {
        uri.push(if uri.contains('?') { '&' } else { '?' });
        uri.push_str(&query);
    }
    uri
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status_of(payload: &Value, may_infer: bool) -> u16 {
        let answer = of_payload(payload.to_string().as_bytes(), may_infer);
        answer.map_or_else(|refusal| refusal.status.as_u16(), |response| response.status().as_u16())
    }

    #[test]
    fn answers_of_functions_are_read() {
        for (payload, format_2, format_1) in [
            (json!({"statusCode": 201, "body": "x"}), 201, 201),
            (json!({"statusCode": "404"}), 404, 404),
            (json!({"statusCode": 99}), 500, 500),
            (json!({"statusCode": "x"}), 500, 500),
            (json!({"any": "thing"}), 200, 500),
            (json!("text"), 200, 500),
            (json!({"statusCode": 200, "body": {"a": 1}}), 200, 500),
            (json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}), 500, 500),
        ] {
            assert_eq!((status_of(&payload, true), status_of(&payload, false)), (format_2, format_1), "{payload}");
        }
    }

    #[test]
    fn headers_and_cookies_are_written() {
        let mut headers = HeaderMap::new();
        write_headers(
            &json!({"headers": {"X-One": 1, "X-Two": "no", "Content-Length": "5"}, "multiValueHeaders": {"x-two": ["a", "b"]}, "cookies": ["c=1", "d=2"]}),
            &mut headers,
        );
        insta::assert_debug_snapshot!(headers);
    }

    #[test]
    fn a_backend_is_addressed() {
        let parameters = [("proxy".to_owned(), "a/b%20c".to_owned())];
        let query = vec![("q".to_owned(), "1 2".to_owned())];
        let outgoing = Outgoing { query: query.clone(), ..Outgoing::default() };
        assert_eq!(backend_uri("http://h:1/x/{proxy}", &parameters, &outgoing), "http://h:1/x/a/b%20c?q=1%202");
        let outgoing = Outgoing { path: Some("/new".to_owned()), ..Outgoing::default() };
        assert_eq!(backend_uri("http://h:1/x/{proxy}", &parameters, &outgoing), "http://h:1/new");
        assert_eq!(backend_uri("http://h:1", &parameters, &outgoing), "http://h:1/new");
    }
}
