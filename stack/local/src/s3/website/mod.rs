//! Buckets as websites: index and error documents, redirects, for everybody whom the bucket's policy lets read.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header};
use s3s::dto::WebsiteConfiguration;

use super::notification::RequestIds;
use super::store::Kind;
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::iam::resource_policy::Caller;
use crate::wire::{XmlWriter, percent_decode, percent_encode};

mod address;
mod routing;

pub(crate) use address::{LOCAL_SUFFIX, PREFIX, bucket_of_host, bucket_of_path};

/// What a visitor asks for.
struct Visit<'a> {
    bucket: &'a str,
    /// Decoded, without its leading slash.
    key: &'a str,
    /// What comes before the path of the site in an address: empty, or the prefix that names the bucket.
    base: &'a str,
    host: &'a str,
    request: &'a http::request::Parts,
}

/// Why an object is not shown.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

const DENIED: Refusal = Refusal { status: StatusCode::FORBIDDEN, code: "AccessDenied", message: "Access Denied" };
const MISSING: Refusal =
    Refusal { status: StatusCode::NOT_FOUND, code: "NoSuchKey", message: "The specified key does not exist." };

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let host = crate::router::host(&request).unwrap_or_default();
    let (parts, _body) = request.into_parts();
    if let Some(location) = address::with_slash(parts.uri.path(), parts.uri.query()) {
        return redirect_to(StatusCode::FOUND, &location);
    }
    let by_path = bucket_of_path(parts.uri.path()).map(|(bucket, path)| (bucket.to_owned(), path.to_owned()));
    let (bucket, path, base) = match by_path {
        Some((bucket, path)) => {
            let base = format!("{PREFIX}{bucket}");
            (bucket, path, base)
        }
        None => (bucket_of_host(&host).unwrap_or_default(), parts.uri.path().to_owned(), String::new()),
    };
    let Some(path) = percent_decode(&path) else {
        let refusal = Refusal {
            status: StatusCode::BAD_REQUEST,
            code: "InvalidURI",
            message: "Couldn't parse the specified URI.",
        };
        return error_page(&refusal, &[]);
    };
    let visit = Visit { bucket: &bucket, key: path.trim_start_matches('/'), base: &base, host: &host, request: &parts };
    answer(cloud, &visit).await
}

impl super::S3 {
    /// The buckets that are websites, by name.
    pub(crate) fn website_names(&self) -> Vec<String> {
        self.store.read(|state| {
            let buckets = state.buckets.iter();
            let sites =
                buckets.filter(|(_, bucket)| bucket.configured::<WebsiteConfiguration>(Kind::Website).is_some());
            sites.map(|(name, _)| name.clone()).collect()
        })
    }
}

async fn answer(cloud: &Arc<Cloud>, visit: &Visit<'_>) -> Response {
    let found = cloud.s3.store.read(|state| {
        let bucket = state.buckets.get(visit.bucket)?;
        Some(bucket.configured::<WebsiteConfiguration>(Kind::Website))
    });
    let configuration = match found {
        None => {
            let refusal = Refusal {
                status: StatusCode::NOT_FOUND,
                code: "NoSuchBucket",
                message: "The specified bucket does not exist",
            };
            return error_page(&refusal, &[("BucketName", visit.bucket)]);
        }
        Some(None) => {
            let refusal = Refusal {
                status: StatusCode::NOT_FOUND,
                code: "NoSuchWebsiteConfiguration",
                message: "The specified bucket does not have a website configuration",
            };
            return error_page(&refusal, &[("BucketName", visit.bucket)]);
        }
        Some(Some(configuration)) => configuration,
    };
    if !matches!(visit.request.method, Method::GET | Method::HEAD) {
        let refusal = Refusal {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: "MethodNotAllowed",
            message: "The specified method is not allowed against this resource.",
        };
        return error_page(&refusal, &[]);
    }
    if let Some(redirect) = &configuration.redirect_all_requests_to {
        return routing::redirect_all(visit, redirect);
    }
    if let Some(response) = routing::redirect(visit, &configuration, None) {
        return response;
    }
    let index = configuration.index_document.as_ref().map_or("index.html", |index| index.suffix.as_str());
    let key = if visit.key.is_empty() || visit.key.ends_with('/') {
        format!("{}{index}", visit.key)
    } else {
        visit.key.to_owned()
    };
    match look(cloud, visit.bucket, &key) {
        Ok(Some(location)) => redirect_to(StatusCode::MOVED_PERMANENTLY, &location),
        Ok(None) => {
            cloud.s3.respond_to_get(cloud, visit.bucket, &key, &visit.request.method, &visit.request.headers).await
        }
        Err(refusal) => {
            let directory = format!("{}/{index}", visit.key);
            if !visit.key.is_empty() && !visit.key.ends_with('/') && look(cloud, visit.bucket, &directory).is_ok() {
                let location = format!("{}/{}/", visit.base, percent_encode(visit.key, "/"));
                return redirect_to(StatusCode::FOUND, &location);
            }
            refuse(cloud, visit, &configuration, &refusal, &key).await
        }
    }
}

/// Whether a visitor may see an object that is there; with where it says that it redirects to.
fn look(cloud: &Cloud, bucket: &str, key: &str) -> Result<Option<String>, Refusal> {
    let allows = |action: &str, resource: &str| cloud.s3.allows(bucket, Caller::Anonymous, action, resource);
    if !allows("s3:GetObject", &format!("arn:aws:s3:::{bucket}/{key}")) {
        return Err(DENIED);
    }
    let found = cloud.s3.store.read(|state| {
        let version = state.buckets.get(bucket)?.current(key)?;
        Some(version.headers.website_redirect.clone())
    });
    match found {
        Some(redirect) => Ok(redirect),
        // Who may not list a bucket does not learn which keys it has.
        None if allows("s3:ListBucket", &format!("arn:aws:s3:::{bucket}")) => Err(MISSING),
        None => Err(DENIED),
    }
}

/// The answer to what is not shown: a redirect for its status, the error document, or a page of our own.
async fn refuse(
    cloud: &Arc<Cloud>,
    visit: &Visit<'_>,
    configuration: &WebsiteConfiguration,
    refusal: &Refusal,
    key: &str,
) -> Response {
    if let Some(response) = routing::redirect(visit, configuration, Some(refusal.status)) {
        return response;
    }
    if let Some(document) = &configuration.error_document
        && look(cloud, visit.bucket, &document.key).is_ok()
    {
        let none = http::HeaderMap::new();
        let mut response =
            cloud.s3.respond_to_get(cloud, visit.bucket, &document.key, &visit.request.method, &none).await;
        if response.status().is_success() {
            *response.status_mut() = refusal.status;
            return response;
        }
    }
    let key = [("Key", key)];
    error_page(refusal, if refusal.status == StatusCode::NOT_FOUND { &key } else { &[] })
}

fn redirect_to(status: StatusCode, location: &str) -> Response {
    let mut response = respond(status, "text/html; charset=utf-8", "");
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The page that S3 shows where a site has none.
fn error_page(refusal: &Refusal, more: &[(&str, &str)]) -> Response {
    let ids = RequestIds::fresh();
    let title = format!("{} {}", refusal.status.as_u16(), refusal.status.canonical_reason().unwrap_or_default());
    let mut html = XmlWriter::default();
    html.element("html", |html| {
        html.element("head", |html| html.text("title", &title));
        html.element("body", |html| {
            html.text("h1", &title);
            html.element("ul", |html| {
                let own = [("Code", refusal.code), ("Message", refusal.message)];
                let end = [("RequestId", ids.request_id.as_str()), ("HostId", &ids.host_id)];
                for (name, value) in own.iter().chain(more).chain(&end) {
                    html.text("li", format!("{name}: {value}"));
                }
            });
        });
    });
    let mut response = respond(refusal.status, "text/html; charset=utf-8", html.finish());
    if let Ok(code) = HeaderValue::from_str(refusal.code) {
        response.headers_mut().insert("x-amz-error-code", code);
    }
    response
}
