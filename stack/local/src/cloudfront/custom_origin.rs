//! Origins that are no buckets: asked over HTTP, this cloud itself for names that only it knows.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use super::behavior::items;
use super::origin::error;
use crate::cloud::Cloud;
use crate::http_types::{Body, Response};
use crate::wire::percent_encode;
use crate::wire::properties::as_integer;

/// Seconds that an origin may take to answer, where it is not configured.
const ANSWER_LIMIT: i64 = 30;

/// What an origin is asked for.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    /// Decoded, with its leading slash and the origin's path before it.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Whether a host is one that this cloud answers for, although no resolver knows it.
fn is_own(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host.ends_with(".amazonaws.com") || host.ends_with(".on.aws")
}

/// Asks an origin.
pub(super) async fn fetch(cloud: &Arc<Cloud>, origin: &Value, asked: Asked<'_>) -> Response {
    let host = origin["DomainName"].as_str().unwrap_or_default();
    let config = &origin["CustomOriginConfig"];
    let port = |name: &str, default: i64| config.get(name).and_then(as_integer).unwrap_or(default);
    let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
    let path = percent_encode(asked.path, "/:@!$&'()*+,;=");
    let base = if is_own(host) {
        cloud.url.clone()
    } else if config["OriginProtocolPolicy"] == "http-only" {
        format!("http://{host}:{}", port("HTTPPort", 80))
    } else {
        // Viewers come over HTTP here; what `match-viewer` would match is what AWS's viewers use.
        format!("https://{host}:{}", port("HTTPSPort", 443))
    };
    let mut request = http::Request::builder().method(asked.method.clone()).uri(format!("{base}{path}{query}"));
    if let Some(headers) = request.headers_mut() {
        headers.extend(asked.headers);
        let forwards_host = headers.contains_key(header::HOST) && !is_own(host);
        if !forwards_host && let Ok(host) = HeaderValue::from_str(host) {
            headers.insert(header::HOST, host);
        }
        headers.insert(header::USER_AGENT, HeaderValue::from_static("Amazon CloudFront"));
        headers.insert("x-forwarded-for", HeaderValue::from_static("127.0.0.1"));
        for custom in items(&origin["OriginCustomHeaders"]) {
            let name = custom["HeaderName"].as_str().and_then(|name| http::HeaderName::try_from(name).ok());
            let value = custom["HeaderValue"].as_str().and_then(|value| HeaderValue::from_str(value).ok());
            if let (Some(name), Some(value)) = (name, value) {
                headers.insert(name, value);
            }
        }
    }
    let unreachable = |why: String| {
        error(StatusCode::BAD_GATEWAY, "OriginUnreachable", &format!("the origin `{host}` could not be asked: {why}"))
    };
    let request = match request.body(Full::new(asked.body)) {
        Ok(request) => request,
        Err(why) => return unreachable(why.to_string()),
    };
    let client = match cloud.cloudfront.client.get() {
        Ok(client) => client,
        Err(why) => return unreachable(why),
    };
    let limit = Duration::from_secs(port("OriginReadTimeout", ANSWER_LIMIT).unsigned_abs());
    match tokio::time::timeout(limit, client.request(request)).await {
        Err(_) => error(
            StatusCode::GATEWAY_TIMEOUT,
            "OriginTimeout",
            &format!("the origin `{host}` did not answer in {} s", limit.as_secs()),
        ),
        Ok(Err(why)) => unreachable(why.to_string()),
        Ok(Ok(response)) => {
            let mut response = response.map(|body| -> Body { body.map_err(Into::into).boxed_unsync() });
            for name in [header::CONNECTION, header::TRANSFER_ENCODING] {
                response.headers_mut().remove(name);
            }
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_only_this_cloud_knows() {
        for (host, own) in [
            ("abc.execute-api.localhost", true),
            ("photos.s3-website-us-east-1.amazonaws.com", true),
            ("abc.lambda-url.us-east-1.on.aws", true),
            ("example.com", false),
            ("localhost.example.com", false),
        ] {
            assert_eq!(is_own(host), own, "{host}");
        }
    }
}
