//! Reading an origin: a bucket of this cloud, asked as CloudFront would, or anything that speaks HTTP.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::behavior::items;
use super::custom_origin::{self, Asked};
use super::{Distribution, Kind};
use crate::cloud::Cloud;
use crate::http_types::{Response, full, respond};
use crate::iam::resource_policy::Caller;
use crate::s3::bucket_of_host;
use crate::wire::XmlWriter;

/// What a viewer's request becomes on its way to an origin.
pub(super) struct Forwarded<'a> {
    pub(super) method: &'a Method,
    /// Decoded, with its leading slash.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    /// What the policies let through.
    pub(super) headers: HeaderMap,
    /// Headers of the viewer's own, of which conditions and ranges count for buckets.
    pub(super) viewer: &'a HeaderMap,
    pub(super) body: bytes::Bytes,
}

/// Fetches from the origin of a behavior.
pub(super) async fn fetch(
    cloud: &Arc<Cloud>,
    distribution: &Distribution,
    behavior: &Value,
    forwarded: Forwarded<'_>,
) -> Response {
    let wanted = behavior["TargetOriginId"].as_str().unwrap_or_default();
    let Some(origin) = items(&distribution.config["Origins"]).find(|origin| origin["Id"] == wanted) else {
        return error(StatusCode::BAD_GATEWAY, "NoSuchOrigin", &format!("the distribution has no origin `{wanted}`"));
    };
    let domain = origin["DomainName"].as_str().unwrap_or_default();
    let prefix = origin["OriginPath"].as_str().unwrap_or_default();
    if origin.get("S3OriginConfig").is_none() {
        let path = format!("{prefix}{}", forwarded.path);
        let Forwarded { method, query, headers, body, .. } = forwarded;
        return custom_origin::fetch(cloud, origin, Asked { method, path: &path, query, headers, body }).await;
    }
    let Some(bucket) = bucket_of_host(domain) else {
        let message = format!("`{domain}` has an `S3OriginConfig`, and is no bucket of the local cloud");
        return error(StatusCode::BAD_GATEWAY, "UnsupportedOrigin", &message);
    };
    if !matches!(*forwarded.method, Method::GET | Method::HEAD) {
        return error(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "the local cloud passes GET, HEAD and OPTIONS on to buckets",
        );
    }
    let (method, path, headers) = (forwarded.method, forwarded.path, forwarded.viewer);
    let key = format!("{prefix}{path}");
    let key = key.strip_prefix('/').unwrap_or(&key);
    // Without a key, the request would be for the listing of the bucket, which a distribution does not pass on.
    if key.is_empty() {
        return error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
    }
    let arn = distribution.arn(&cloud.account);
    let control = origin["OriginAccessControlId"].as_str().filter(|id| !id.is_empty());
    let signs = control.and_then(|id| cloud.cloudfront.part(Kind::OriginAccessControl, id)).is_some_and(|control| {
        control["SigningBehavior"] != "never" && control["OriginAccessControlOriginType"] == "s3"
    });
    let caller = if signs {
        Caller::Service { name: "cloudfront.amazonaws.com", source_arn: &arn, source_account: &cloud.account }
    } else {
        Caller::Anonymous
    };
    let bucket_arn = format!("arn:aws:s3:::{bucket}");
    if !cloud.s3.allows(&bucket, caller, "s3:GetObject", &format!("{bucket_arn}/{key}")) {
        return error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
    }
    let may_list = cloud.s3.allows(&bucket, caller, "s3:ListBucket", &bucket_arn);
    match cloud.s3.respond_to_get(cloud, &bucket, key, method, headers).await {
        // Who may not list a bucket is not told what is not in it.
        response if response.status() == StatusCode::NOT_FOUND && !may_list => {
            error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied")
        }
        response => response,
    }
}

/// An error as S3 words it.
pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let mut xml = XmlWriter::document();
    xml.element("Error", |xml| {
        xml.text("Code", code);
        xml.text("Message", message);
    });
    respond(status, "application/xml", xml.finish())
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(full(bytes::Bytes::new()));
    *response.status_mut() = status;
    response
}
