//! `execute-api`: the data plane of API Gateway, as far as HTTP APIs and REST APIs have it in common.
//!
//! A request comes in at [`handle`], which finds the API by Host, path or custom domain and hands a [`call::Call`] to its kind.

pub(crate) mod access_log;
pub(crate) mod address;
pub(crate) mod authorizer;
pub(crate) mod call;
pub(crate) mod domains;
pub(crate) mod event;
pub(crate) mod function;
pub(crate) mod http_client;
pub(crate) mod issuer;
pub(crate) mod signed;
pub(crate) mod throttle;
pub(crate) mod token;

use std::path::Path;
use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use time::OffsetDateTime;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::http_types::{Request, Response, full, respond};
use crate::wire::read_body;
use crate::{apigateway, apigatewayv2};

use address::{Addressed, addressed};
use call::Call;

/// Greatest body of a request in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// What both kinds of API share.
pub(crate) struct ExecuteApi {
    pub(crate) domains: domains::Domains,
    pub(crate) client: http_client::HttpClient,
    pub(crate) issuers: issuer::Issuers,
    pub(crate) throttle: throttle::Throttle,
    pub(crate) authorizers: authorizer::AuthorizerCache,
}

impl ExecuteApi {
    /// Opens what is kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            domains: domains::Domains::open(data_directory)?,
            client: http_client::HttpClient::default(),
            issuers: issuer::Issuers::default(),
            throttle: throttle::Throttle::default(),
            authorizers: authorizer::AuthorizerCache::default(),
        })
    }
}

/// Whether a request is for an API: by the Host (without a port), or by the path.
pub(crate) fn is_addressed(cloud: &Cloud, host: &str, path: &str) -> bool {
    path.starts_with(address::PREFIX) || address::id_of_host(host).is_some() || cloud.execute_api.domains.contains(host)
}

/// Which API a path leads to.
struct Place {
    kind: Kind,
    api_id: String,
    stage: String,
    prefix: String,
    path: String,
    domain: String,
    is_custom_domain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Rest,
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let host = crate::router::host(&request).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    let Some(place) = place(cloud, host, request.uri()) else {
        return error(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden");
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = read_body(http::Request::new(body), BODY_LIMIT).await else {
        return match place.kind {
            Kind::Http => message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
            Kind::Rest => error(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", "Request Too Long"),
        };
    };
    let call = Call {
        parts,
        body,
        api_id: place.api_id,
        stage: place.stage,
        path: place.path,
        prefix: place.prefix,
        domain: place.domain,
        is_custom_domain: place.is_custom_domain,
        request_id: uuid::Uuid::new_v4().to_string(),
        extended_id: format!("{}=", &uuid::Uuid::new_v4().simple().to_string()[..15]),
        begun: OffsetDateTime::now_utc(),
    };
    let is_head = call.parts.method == http::Method::HEAD;
    let response = match place.kind {
        Kind::Http => apigatewayv2::data_plane::answer(cloud, call).await,
        Kind::Rest => apigateway::data_plane::answer(cloud, call).await,
    };
    if is_head { without_body(response).await } else { response }
}

/// The answer to HEAD: what GET would be answered, without its body.
async fn without_body(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let length = body.collect().await.map(|body| body.to_bytes().len()).unwrap_or_default();
    parts.headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
    http::Response::from_parts(parts, full(""))
}

fn place(cloud: &Cloud, host: &str, uri: &http::Uri) -> Option<Place> {
    match addressed(host, uri) {
        Addressed::Api { id, path } => {
            if let Some((stage, region)) = cloud.apigatewayv2.stage_of(&id, first_segment(&path)) {
                let (prefix, path) = if stage == apigatewayv2::DEFAULT_STAGE && first_segment(&path) != stage {
                    (String::new(), path)
                } else {
                    split_first(&path)
                };
                let prefix = if stage == apigatewayv2::DEFAULT_STAGE { String::new() } else { prefix };
                let domain = domain_of(host, &id, &region);
                return Some(Place {
                    kind: Kind::Http,
                    api_id: id,
                    stage,
                    prefix,
                    path,
                    domain,
                    is_custom_domain: false,
                });
            }
            let region = cloud.apigateway.region_of(&id)?;
            let stage = first_segment(&path).to_owned();
            let (prefix, path) = split_first(&path);
            let domain = domain_of(host, &id, &region);
            Some(Place { kind: Kind::Rest, api_id: id, stage, prefix, path, domain, is_custom_domain: false })
        }
        Addressed::Domain { name, path } => {
            let domain = cloud.execute_api.domains.get(&name)?;
            let (mapping, prefix) = domain.mapping(&path)?;
            let rest = path[prefix.len()..].to_owned();
            let rest = if rest.is_empty() { "/".to_owned() } else { rest };
            let is_http = cloud.apigatewayv2.stage_of(&mapping.api_id, "").is_some();
            let (kind, api_id) = (if is_http { Kind::Http } else { Kind::Rest }, mapping.api_id.clone());
            let (stage, prefix, path) = if mapping.stage.is_empty() {
                let (stage, path) = split_first(&rest);
                (stage.trim_start_matches('/').to_owned(), format!("{prefix}{stage}"), path)
            } else {
                (mapping.stage.clone(), prefix, rest)
            };
            Some(Place { kind, api_id, stage, prefix, path, domain: name, is_custom_domain: true })
        }
    }
}

fn domain_of(host: &str, id: &str, region: &str) -> String {
    if address::id_of_host(host).is_some() { host.to_owned() } else { address::host_name(id, region) }
}

fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// `/<first segment>` and the rest of a path, which begins with a slash.
fn split_first(path: &str) -> (String, String) {
    let segment = first_segment(path);
    let rest = path.trim_start_matches('/').strip_prefix(segment).unwrap_or_default();
    (format!("/{segment}"), if rest.is_empty() { "/".to_owned() } else { rest.to_owned() })
}

/// `{"message": ...}`.
pub(crate) fn message(status: StatusCode, text: &str) -> Response {
    respond(status, "application/json", serde_json::json!({ "message": text }).to_string())
}

/// The same with the type of the error in a header, as REST APIs have it.
pub(crate) fn error(status: StatusCode, kind: &'static str, text: &str) -> Response {
    let mut response = message(status, text);
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
    response
}

/// Ten random lower-case letters and digits, as ids of APIs are.
pub(crate) fn fresh_id() -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let random = uuid::Uuid::new_v4();
    random.as_bytes()[..10].iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

/// Seven of them, as ids of what belongs to an API are.
pub(crate) fn short_id() -> String {
    fresh_id()[..7].to_owned()
}
