//! Backends over HTTP: as they are (`HTTP_PROXY`), or with mappings (`HTTP`).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body_util::Full;

use super::super::data_plane::{Method, remap};
use super::super::response::Fault;
use super::{Answered, mapping, timed_out, timeout};
use crate::cloud::Cloud;
use crate::execute_api::call::Call;
use crate::execute_api::function::with_stage_variables;
use crate::execute_api::http_client::FetchFault;
use crate::http_types::{Response, full};
use crate::wire::percent_encode;

/// Headers that are not handed on.
const NOT_PASSED_ON: [HeaderName; 6] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::HOST, header::TE, header::TRANSFER_ENCODING, header::UPGRADE];

/// Hands the request on, and the answer back.
pub(super) async fn proxy(cloud: &Arc<Cloud>, call: &Call, method: &Method) -> Result<Response, Fault> {
    let mut headers = call.parts.headers.clone();
    for name in NOT_PASSED_ON {
        headers.remove(name);
    }
    let query: Vec<(String, String)> = call.query();
    let answered = send(cloud, call, method, headers, query, call.body.clone()).await?;
    let mut response = Response::new(full(answered.body().clone()));
    *response.status_mut() = answered.status();
    *response.headers_mut() = answered.headers().clone();
    remap(response.headers_mut());
    Ok(response)
}

/// Sends what mappings and templates make of the request.
pub(super) async fn call(cloud: &Arc<Cloud>, call: &Call, method: &Method) -> Result<Answered, Fault> {
    let body = mapping::request_body(call, method)?;
    let mut headers = HeaderMap::new();
    let kind = call.parts.headers.get(header::CONTENT_TYPE).cloned();
    headers.insert(header::CONTENT_TYPE, kind.unwrap_or_else(|| HeaderValue::from_static("application/json")));
    let answered = send(cloud, call, method, headers, Vec::new(), body).await?;
    let status = answered.status().as_u16();
    Ok(Answered { selector: status.to_string(), headers: answered.headers().clone(), body: answered.into_body() })
}

async fn send(
    cloud: &Arc<Cloud>,
    call: &Call,
    method: &Method,
    mut headers: HeaderMap,
    mut query: Vec<(String, String)>,
    body: Bytes,
) -> Result<http::Response<Bytes>, Fault> {
    let integration = method.integration();
    let mut uri = with_stage_variables(integration["uri"].as_str().unwrap_or_default(), &method.stage["variables"]);
    for (kind, name, value) in mapping::request_parameters(call, method) {
        match kind.as_str() {
            "path" => uri = uri.replace(&format!("{{{name}}}"), &percent_encode(&value, "/")),
            "querystring" => {
                query.retain(|(found, _)| *found != name);
                query.push((name, value));
            }
            _ => {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    headers.insert(name, value);
                }
            }
        }
    }
    if !query.is_empty() {
        uri.push(if uri.contains('?') { '&' } else { '?' });
        let pair =
            |(name, value): &(String, String)| format!("{}={}", percent_encode(name, ""), percent_encode(value, ""));
        uri.push_str(&query.iter().map(pair).collect::<Vec<_>>().join("&"));
    }
    let name = match integration["httpMethod"].as_str() {
        Some("ANY") | None => call.method(),
        Some(name) => name,
    };
    let request = http::Request::builder().method(name).uri(&uri).body(Full::new(body));
    let mut request = request.map_err(|error| Fault::configuration(format!("`{uri}`: {error}")))?;
    *request.headers_mut() = headers;
    cloud.execute_api.client.send(request, timeout(method)).await.map_err(|fault| match fault {
        FetchFault::TimedOut => timed_out(),
        FetchFault::Failed(why) => {
            let failed = Fault::new("INTEGRATION_FAILURE", "InternalServerErrorException", "Internal server error");
            failed.because(format!("`{uri}`: {why}"))
        }
    })
}
