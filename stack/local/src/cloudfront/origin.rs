//! Reading an origin: a bucket of this cloud, asked as CloudFront would.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::behavior::items;
use super::{Distribution, Kind};
use crate::cloud::Cloud;
use crate::http_types::{Response, full, respond};
use crate::iam::resource_policy::Caller;
use crate::s3::bucket_of_host;
use crate::wire::XmlWriter;

/// Fetches a path (decoded, with its leading slash) from the origin of a behavior.
pub(super) async fn fetch(
    cloud: &Arc<Cloud>,
    distribution: &Distribution,
    behavior: &Value,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Response {
    let wanted = behavior["TargetOriginId"].as_str().unwrap_or_default();
    let Some(origin) = items(&distribution.config["Origins"]).find(|origin| origin["Id"] == wanted) else {
        return error(StatusCode::BAD_GATEWAY, "NoSuchOrigin", &format!("the distribution has no origin `{wanted}`"));
    };
    let domain = origin["DomainName"].as_str().unwrap_or_default();
    let bucket = origin.get("S3OriginConfig").and_then(|_| bucket_of_host(domain));
    let Some(bucket) = bucket else {
        let message = format!("the local cloud serves origins that are its own buckets, and `{domain}` is none");
        return error(StatusCode::BAD_GATEWAY, "UnsupportedOrigin", &message);
    };
    let key = format!("{}{path}", origin["OriginPath"].as_str().unwrap_or_default());
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
