//! Functions behind methods: with the whole request (`AWS_PROXY`), or with what templates make of it (`AWS`).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::super::data_plane::{Method, remap};
use super::super::event;
use super::super::response::Fault;
use super::{Answered, mapping, timed_out, timeout};
use crate::apigatewayv2::write_headers;
use crate::cloud::Cloud;
use crate::execute_api::call::Call;
use crate::execute_api::function::{self, CallFault, FunctionCall, with_stage_variables};
use crate::http_types::{Response, full};

async fn invoke(cloud: &Arc<Cloud>, call: &Call, method: &Method, payload: Value) -> Result<Bytes, CallFault> {
    let integration = method.integration();
    let uri = with_stage_variables(integration["uri"].as_str().unwrap_or_default(), &method.stage["variables"]);
    function::call(
        cloud,
        FunctionCall {
            target: &uri,
            source_arns: &method.source_arns(cloud, call),
            role: integration["credentials"].as_str(),
            payload,
            trace: call.header("x-amzn-trace-id"),
            timeout: timeout(method),
        },
    )
    .await
}

/// Hands the whole request to a function, which answers the whole answer.
pub(super) async fn proxy(cloud: &Arc<Cloud>, call: &Call, method: &Method) -> Result<Response, Fault> {
    match invoke(cloud, call, method, event::of_integration(call, method)).await {
        Ok(payload) => of_payload(&payload, call, method),
        Err(CallFault::TimedOut) => Err(timed_out()),
        Err(fault @ CallFault::Failed(_)) => Err(Fault::bad_gateway(fault.sentence())),
        Err(fault) => Err(Fault::configuration(fault.sentence())),
    }
}

fn of_payload(payload: &[u8], call: &Call, method: &Method) -> Result<Response, Fault> {
    let malformed = |why: &str| Fault::bad_gateway(format!("Malformed Lambda proxy response: {why}"));
    let value: Value = serde_json::from_slice(payload).map_err(|_| malformed("it is no JSON"))?;
    let object = value.as_object().ok_or_else(|| malformed("it is not an object"))?;
    let known = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "cookies"];
    if let Some(other) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(malformed(&format!("it has the member `{other}`")));
    }
    let status = match &value["statusCode"] {
        Value::Null => Some(200),
        Value::String(text) => text.parse().ok(),
        number => number.as_u64(),
    };
    let status =
        status.and_then(|status| u16::try_from(status).ok()).and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.filter(|status| status.as_u16() >= 200).ok_or_else(|| malformed("the status code is none"))?;
    let text = match &value["body"] {
        Value::Null => "",
        Value::String(text) => text,
        _ => return Err(malformed("the body is not a text")),
    };
    let accepts_bytes = method.is_binary(&call.header("accept").unwrap_or_default());
    let body = if value["isBase64Encoded"] == true && accepts_bytes {
        STANDARD.decode(text.trim()).map_err(|_| malformed("the body is not base64"))?
    } else {
        text.as_bytes().to_vec()
    };
    let mut headers = HeaderMap::new();
    write_headers(&value, &mut headers);
    remap(&mut headers);
    if !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Calls a function with what templates make of the request.
pub(super) async fn call(cloud: &Arc<Cloud>, call: &Call, method: &Method) -> Result<Answered, Fault> {
    let body = mapping::request_body(call, method)?;
    let payload: Value = match serde_json::from_slice(&body) {
        Ok(value) => value,
        Err(_) if body.is_empty() => serde_json::json!({}),
        Err(error) => {
            let fault = Fault::new("BAD_REQUEST_BODY", "BadRequestException", "Could not parse request body into json");
            return Err(fault.because(error.to_string()));
        }
    };
    match invoke(cloud, call, method, payload).await {
        Ok(body) => Ok(Answered { selector: String::new(), headers: HeaderMap::new(), body }),
        // A failed function is an answer, selected by its error message.
        Err(CallFault::Failed(body)) => {
            let error: Value = serde_json::from_slice(&body).unwrap_or_default();
            let selector = error["errorMessage"].as_str().unwrap_or_default().to_owned();
            Ok(Answered { selector, headers: HeaderMap::new(), body })
        }
        Err(CallFault::TimedOut) => Err(timed_out()),
        Err(fault) => Err(Fault::configuration(fault.sentence())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::execute_api::call::tests::call;

    #[test]
    fn answers_of_functions_are_read_strictly() {
        let method = Method { api: json!({"binaryMediaTypes": ["image/*"]}), ..Method::default() };
        for (payload, accept, expected) in [
            (json!({"statusCode": 201, "body": "x"}), "", 201),
            (json!({"statusCode": "404"}), "", 404),
            (json!({}), "", 200),
            (json!({"statusCode": 200, "body": {"a": 1}}), "", 502),
            (json!({"statusCode": 200, "other": 1}), "", 502),
            (json!("text"), "", 502),
            (json!({"statusCode": 99}), "", 502),
            (json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}), "image/png", 502),
            (json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}), "text/html", 200),
        ] {
            let request = call("/", &[("accept", accept)]);
            let status = match of_payload(payload.to_string().as_bytes(), &request, &method) {
                Ok(response) => response.status().as_u16(),
                Err(fault) => fault.status,
            };
            assert_eq!(status, expected, "{payload}");
        }
    }
}
