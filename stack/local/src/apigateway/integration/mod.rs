//! What answers a method: a function, a bucket, a backend over HTTP, or nothing but templates.

mod backend;
mod bucket;
mod function;
mod mapping;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::data_plane::Method;
use super::event;
use super::response::Fault;
use super::vtl::{Input, parse, render};
use crate::cloud::Cloud;
use crate::execute_api::call::Call;
use crate::http_types::Response;

/// What an integration answered, before it is mapped.
struct Answered {
    /// What selection patterns look at: the status as text, or the error message of a function.
    selector: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Answers with what the integration of a method answers.
pub(super) async fn answer(cloud: &Arc<Cloud>, call: &Call, method: &Method) -> Result<Response, Fault> {
    let uri = method.integration()["uri"].as_str().unwrap_or_default();
    let answered = match method.integration()["type"].as_str() {
        Some("AWS_PROXY") => return function::proxy(cloud, call, method).await,
        Some("HTTP_PROXY") => return backend::proxy(cloud, call, method).await,
        Some("HTTP") => backend::call(cloud, call, method).await?,
        Some("AWS") if uri.contains(":s3:") => bucket::call(cloud, call, method).await?,
        Some("AWS") => function::call(cloud, call, method).await?,
        Some("MOCK") => mock(call, method)?,
        _ => return Err(Fault::configuration("the method has no integration")),
    };
    mapping::respond(call, method, &answered)
}

/// The answer of a MOCK integration: the status that its request template names.
fn mock(call: &Call, method: &Method) -> Result<Answered, Fault> {
    let text = mapping::request_body(call, method)?;
    let text = String::from_utf8_lossy(&text);
    let status = serde_json::from_str::<Value>(&text).ok().and_then(|value| {
        let status = &value["statusCode"];
        status.as_u64().or_else(|| status.as_str()?.parse().ok())
    });
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or_else(|| {
        Fault::configuration("the request template of a MOCK integration must give `{\"statusCode\": <number>}`")
    })?;
    Ok(Answered { selector: status.to_string(), headers: HeaderMap::new(), body: Bytes::new() })
}

fn timeout(method: &Method) -> Duration {
    Duration::from_millis(method.integration()["timeoutInMillis"].as_u64().unwrap_or(29_000))
}

fn timed_out() -> Fault {
    let fault = Fault::new("INTEGRATION_TIMEOUT", "InternalServerErrorException", "Endpoint request timed out");
    fault.because("Execution failed due to a timeout error")
}

/// A template rendered for a request; `body` is what `$input` looks at.
fn rendered(template: &str, body: &str, call: &Call, method: &Method) -> Result<(String, Value), Fault> {
    let nodes = parse(template).map_err(|fault| {
        Fault::configuration(format!("a mapping template cannot be read, at byte {}: {}", fault.at, fault.message))
    })?;
    let (parameters, context) = (event::parameters(call, method), event::context(call, method));
    let input = Input { body, parameters: &parameters, context: &context, stage_variables: &method.stage["variables"] };
    Ok(render(&nodes, &input))
}
