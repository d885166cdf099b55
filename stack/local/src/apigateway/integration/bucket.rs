//! Buckets behind methods: `arn:aws:apigateway:<region>:s3:path/<bucket>/<key>`, in the name of a role.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method as HttpMethod};
use http_body_util::BodyExt as _;

use super::super::data_plane::Method;
use super::super::response::Fault;
use super::{Answered, mapping};
use crate::cloud::Cloud;
use crate::execute_api::call::Call;
use crate::execute_api::function::with_stage_variables;
use crate::iam::Access;
use crate::s3::RequestOf;
use crate::wire::percent_decode;

/// Asks S3 as the role of the integration.
pub(super) async fn call(cloud: &Arc<Cloud>, call: &Call, method: &Method) -> Result<Answered, Fault> {
    let integration = method.integration();
    let uri = with_stage_variables(integration["uri"].as_str().unwrap_or_default(), &method.stage["variables"]);
    let path = uri.split_once(":s3:path/").map(|(_, path)| path).unwrap_or_default();
    let (path, fixed_query) = path.split_once('?').unwrap_or((path, ""));
    let parameters = mapping::request_parameters(call, method);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let (bucket, key) = (filled(bucket, &parameters), filled(key, &parameters));
    let name = integration["httpMethod"].as_str().unwrap_or("GET");
    let Some(action) = action(name, &key) else {
        return Err(Fault::configuration(format!("the local cloud does not serve {name} of S3 integrations")));
    };
    let role = integration["credentials"].as_str().unwrap_or_default();
    let principal = cloud.iam.session_principal(role, "BackplaneAssumeRoleSession");
    let bucket_arn = format!("arn:aws:s3:::{bucket}");
    let resource = if key.is_empty() { bucket_arn.clone() } else { format!("{bucket_arn}/{key}") };
    let policy = cloud.s3.bucket_policy(&bucket);
    let access = Access { resource_policy: policy.as_ref(), ..Access::new(action, &resource) };
    if let Err(error) = cloud.iam.authorize(&principal, &access) {
        tracing::warn!(role, resource, why = error.message, "the role of an S3 integration may not do this");
        return Ok(denied(&error.message));
    }
    let mut headers = HeaderMap::new();
    let mut query: Vec<(String, String)> = fixed_query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), percent_decode(value).unwrap_or_else(|| value.to_owned())))
        .collect();
    for (kind, name, value) in parameters {
        match kind.as_str() {
            "header" => {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    headers.insert(name, value);
                }
            }
            "querystring" => query.push((name, value)),
            _ => {}
        }
    }
    if !headers.contains_key(http::header::CONTENT_TYPE)
        && let Some(kind) = call.parts.headers.get(http::header::CONTENT_TYPE)
    {
        headers.insert(http::header::CONTENT_TYPE, kind.clone());
    }
    let body = if matches!(name, "PUT" | "POST") { mapping::request_body(call, method)? } else { Bytes::new() };
    let http_method = HttpMethod::from_bytes(name.as_bytes()).unwrap_or(HttpMethod::GET);
    let request =
        RequestOf { bucket: &bucket, key: &key, method: &http_method, query: &query, headers: &headers, body };
    let response = cloud.s3.respond_to(cloud, request).await;
    let lists = Access { resource_policy: policy.as_ref(), ..Access::new("s3:ListBucket", &bucket_arn) };
    // Who may not list a bucket is not told what is not in it.
    if response.status() == http::StatusCode::NOT_FOUND && cloud.iam.authorize(&principal, &lists).is_err() {
        return Ok(denied("Access Denied"));
    }
    let (parts, body) = response.into_parts();
    let body =
        body.collect().await.map_err(|error| Fault::configuration(format!("the object could not be read: {error}")))?;
    let status = parts.status.as_u16();
    Ok(Answered { selector: status.to_string(), headers: parts.headers, body: body.to_bytes() })
}

/// What S3 calls a request.
fn action(method: &str, key: &str) -> Option<&'static str> {
    Some(match (method, key.is_empty()) {
        ("GET" | "HEAD", false) => "s3:GetObject",
        ("GET" | "HEAD", true) => "s3:ListBucket",
        ("PUT", false) => "s3:PutObject",
        ("DELETE", false) => "s3:DeleteObject",
        _ => return None,
    })
}

/// A part of the URI with its variables replaced.
fn filled(text: &str, parameters: &[(String, String, String)]) -> String {
    let mut filled = text.to_owned();
    for (kind, name, value) in parameters {
        if kind == "path" {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
    }
    filled
}

fn denied(message: &str) -> Answered {
    let mut xml = crate::wire::XmlWriter::document();
    xml.element("Error", |xml| {
        xml.text("Code", "AccessDenied");
        xml.text("Message", message);
    });
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static("application/xml"))]);
    Answered { selector: "403".to_owned(), headers, body: xml.finish().into() }
}
