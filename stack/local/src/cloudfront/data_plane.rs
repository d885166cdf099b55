//! The viewer's side of distributions: by Host, or under `/_stack/cloudfront/<id>/`.
//!
//! Viewers speak plain HTTP here, whatever the viewer protocol policy says, because the local cloud offers no TLS.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use super::origin::{empty, error, fetch};
use super::response_headers::{Viewer, apply};
use super::{Distribution, Kind, address, behavior, managed};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::wire::percent_decode;

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let Some((distribution, path)) = addressed(cloud, &request) else {
        return error(StatusCode::NOT_FOUND, "NoSuchDistribution", "no distribution has this domain name or id");
    };
    let Some(path) = percent_decode(&path) else {
        return error(StatusCode::BAD_REQUEST, "InvalidURI", "the path is not percent-encoded UTF-8");
    };
    if !distribution.enabled() {
        return error(StatusCode::FORBIDDEN, "DistributionDisabled", "the distribution is disabled");
    }
    // The body of a viewer's request is never read: no method that has one reaches an origin.
    let (parts, _body) = request.into_parts();
    let mut response = respond(cloud, &distribution, &path, &parts).await;
    let via = format!("1.1 {} (CloudFront)", address::domain_name(&distribution.id));
    for (name, value) in [
        ("x-cache", if response.status().is_client_error() { "Error from cloudfront" } else { "Miss from cloudfront" }),
        ("via", via.as_str()),
        ("x-amz-cf-id", uuid::Uuid::new_v4().simple().to_string().as_str()),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The distribution that a request is for, and the path within it.
fn addressed(cloud: &Cloud, request: &Request) -> Option<(Distribution, String)> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix(address::PREFIX) {
        let (id, path) = rest.split_once('/').unwrap_or((rest, ""));
        return cloud.cloudfront.distribution(id).map(|distribution| (distribution, format!("/{path}")));
    }
    let host = crate::router::host(request)?;
    cloud.cloudfront.of_host(&host).map(|distribution| (distribution, path.to_owned()))
}

async fn respond(cloud: &Arc<Cloud>, distribution: &Distribution, path: &str, request: &Parts) -> Response {
    let config = &distribution.config;
    let chosen = behavior::of_path(config, path);
    let text = |name| request.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_preflight = request.method == Method::OPTIONS;
    let viewer = Viewer {
        origin: text(header::ORIGIN),
        preflight: text(header::ACCESS_CONTROL_REQUEST_METHOD).filter(|_| is_preflight),
    };
    if !behavior::allows(chosen, request.method.as_str()) {
        let message =
            "This distribution is not configured to allow the HTTP request method that was used for this request.";
        return error(StatusCode::FORBIDDEN, "MethodNotAllowed", message);
    }
    let mut response = match request.method {
        Method::OPTIONS => empty(StatusCode::OK),
        Method::GET | Method::HEAD => get(cloud, distribution, chosen, path, request).await,
        _ => error(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "the local cloud serves GET, HEAD and OPTIONS through distributions",
        ),
    };
    let policy = chosen["ResponseHeadersPolicyId"].as_str().and_then(|id| {
        managed::response_headers_policy(id).or_else(|| cloud.cloudfront.part(Kind::ResponseHeadersPolicy, id))
    });
    if let Some(policy) = policy {
        apply(&policy, viewer, response.headers_mut());
    }
    response
}

async fn get(cloud: &Arc<Cloud>, distribution: &Distribution, chosen: &Value, path: &str, request: &Parts) -> Response {
    let config = &distribution.config;
    let root = config["DefaultRootObject"].as_str().filter(|object| path == "/" && !object.is_empty());
    let path = root.map_or_else(|| path.to_owned(), |object| format!("/{}", object.trim_start_matches('/')));
    let response = fetch(cloud, distribution, chosen, &request.method, &path, &request.headers).await;
    let Some((page, status)) = behavior::custom_error(config, response.status().as_u16()) else { return response };
    let behavior = behavior::of_path(config, page);
    let headers = http::HeaderMap::new();
    let mut custom = fetch(cloud, distribution, behavior, &request.method, page, &headers).await;
    // A page that cannot be had leaves the origin's own answer.
    if !custom.status().is_success() {
        return response;
    }
    *custom.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    custom
}
