//! The viewer's side of distributions: by Host, or under `/_stack/cloudfront/<id>/`.
//!
//! Viewers speak plain HTTP here, whatever the viewer protocol policy says, because the local cloud offers no TLS.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::cache::{Key, LARGEST, lifetime};
use super::compression::compressed;
use super::origin::{Forwarded, empty, error, fetch};
use super::policy::{CachePolicy, Forwarding};
use super::response_headers::{Viewer, apply};
use super::{Distribution, Kind, address, behavior, managed, now};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, full};
use crate::wire::{percent_decode, read_body};

/// Bytes of a viewer's body.
const BODY_LIMIT: usize = 20 * 1024 * 1024;

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
    let (parts, body) = request.into_parts();
    let body = match read_body(http::Request::new(body), BODY_LIMIT).await {
        Ok(body) => body,
        Err(refusal) => return error(refusal.status, &refusal.code, &refusal.message),
    };
    let (mut response, hit) = respond(cloud, &distribution, &path, &parts, body).await;
    let via = format!("1.1 {} (CloudFront)", address::domain_name(&distribution.id));
    let verdict = match hit {
        Some(_) => "Hit from cloudfront",
        None if response.status().is_client_error() || response.status().is_server_error() => "Error from cloudfront",
        None => "Miss from cloudfront",
    };
    if let Some(age) = hit {
        response.headers_mut().insert(header::AGE, HeaderValue::from(age));
    }
    for (name, value) in [
        ("x-cache", verdict),
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

/// The answer, and its age in seconds where the cache had it.
async fn respond(
    cloud: &Arc<Cloud>,
    distribution: &Distribution,
    path: &str,
    request: &Parts,
    body: Bytes,
) -> (Response, Option<i64>) {
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
        return (error(StatusCode::FORBIDDEN, "MethodNotAllowed", message), None);
    }
    let is_bucket = behavior::origin(config, chosen).is_some_and(|origin| origin.get("S3OriginConfig").is_some());
    let (mut response, hit) = match request.method {
        Method::OPTIONS if is_bucket => (empty(StatusCode::OK), None),
        _ => get(cloud, distribution, chosen, path, request, body).await,
    };
    let policy = chosen["ResponseHeadersPolicyId"].as_str().and_then(|id| {
        managed::response_headers_policy(id).or_else(|| cloud.cloudfront.part(Kind::ResponseHeadersPolicy, id))
    });
    if let Some(policy) = policy {
        apply(&policy, viewer, response.headers_mut());
    }
    (response, hit)
}

async fn get(
    cloud: &Arc<Cloud>,
    distribution: &Distribution,
    chosen: &Value,
    path: &str,
    request: &Parts,
    body: Bytes,
) -> (Response, Option<i64>) {
    let config = &distribution.config;
    let root = config["DefaultRootObject"].as_str().filter(|object| path == "/" && !object.is_empty());
    let path = root.map_or_else(|| path.to_owned(), |object| format!("/{}", object.trim_start_matches('/')));
    let (response, hit) = cached(cloud, distribution, chosen, &path, request, body).await;
    let status = response.status().as_u16();
    let Some((page, status)) = behavior::custom_error(config, status) else { return (response, hit) };
    let behavior = behavior::of_path(config, page);
    // The page is asked for without what the viewer said of the other object.
    let mut plain = http::Request::new(()).into_parts().0;
    plain.method = Method::GET;
    let (mut custom, _) = cached(cloud, distribution, behavior, page, &plain, Bytes::new()).await;
    // A page that cannot be had leaves the origin's own answer.
    if !custom.status().is_success() {
        return (response, hit);
    }
    *custom.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (custom, None)
}

/// The answer of the cache, or of the origin, which is kept if it may be.
async fn cached(
    cloud: &Arc<Cloud>,
    distribution: &Distribution,
    chosen: &Value,
    path: &str,
    request: &Parts,
    body: Bytes,
) -> (Response, Option<i64>) {
    let cloudfront = &cloud.cloudfront;
    let policy = CachePolicy::of(cloudfront, chosen);
    let forwarding = Forwarding::of(cloudfront, chosen);
    let (query, headers) = policy.key(request);
    let key = Key { distribution: distribution.id.clone(), path: path.to_owned(), query, headers };
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    if reads && let Some(kept) = cloudfront.cache.get(&key, now()) {
        let age = kept.age(now());
        if !request.headers.contains_key(header::RANGE) {
            return (shown(chosen, request, kept.status, kept.headers, kept.body), Some(age));
        }
    }
    let query = forwarding.query(&policy, request);
    let forwarded = Forwarded {
        method: &request.method,
        path,
        query: &query,
        headers: forwarding.headers(&policy, request),
        viewer: &request.headers,
        body,
    };
    let response = fetch(cloud, distribution, chosen, forwarded).await;
    let seconds = match behavior::error_lifetime(&distribution.config, response.status().as_u16()) {
        Some(seconds) => seconds,
        None if response.status() == StatusCode::OK => lifetime(response.headers(), policy.ttl, now()),
        None => 0,
    };
    let length =
        response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let small = length.is_none_or(|length| length <= LARGEST);
    // A part of an object, or an answer about one that the viewer has, is not the object.
    if request.method != Method::GET
        || !small
        || response.status() == StatusCode::PARTIAL_CONTENT
        || response.status() == StatusCode::NOT_MODIFIED
    {
        return (response, None);
    }
    let (parts, stream) = response.into_parts();
    let body = match stream.collect().await {
        Ok(body) => body.to_bytes(),
        Err(why) => {
            let message = format!("the answer of the origin ended early: {why}");
            return (error(StatusCode::BAD_GATEWAY, "OriginEndedEarly", &message), None);
        }
    };
    cloudfront.cache.put(key, parts.status, parts.headers.clone(), body.clone(), seconds, now());
    (shown(chosen, request, parts.status, parts.headers, body), None)
}

/// An answer as the viewer gets it: not at all where it has it already, compressed where it wants that.
fn shown(chosen: &Value, request: &Parts, status: StatusCode, headers: http::HeaderMap, body: Bytes) -> Response {
    let text = |name| request.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let known = text(header::IF_NONE_MATCH).is_some_and(|known| {
        known == "*" || known.split(',').any(|one| Some(one.trim().trim_start_matches("W/")) == tag)
    });
    if status == StatusCode::OK && known {
        let mut response = empty(StatusCode::NOT_MODIFIED);
        *response.headers_mut() = headers;
        response.headers_mut().remove(header::CONTENT_LENGTH);
        return response;
    }
    let compresses = crate::wire::properties::as_flag(&chosen["Compress"]) == Some(true);
    let zipped = compresses.then(|| compressed(text(header::ACCEPT_ENCODING), &headers, &body)).flatten();
    let (headers, body) = zipped.unwrap_or((headers, body));
    let body = if request.method == Method::HEAD { Bytes::new() } else { body };
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
