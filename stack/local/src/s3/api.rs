//! The wire format of S3: the protocol library reads requests and writes answers, this adds what it leaves out.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::dto::CORSConfiguration;
use s3s::service::S3ServiceBuilder;

use super::access::{Gate, Keys};
use super::cors::{self, CrossOrigin};
use super::host::{Hosts, bucket_of_host};
use super::key_encoding::form_encode;
use super::notification::RequestIds;
use super::operations::Operations;
use super::store::Kind;
use crate::cloud::Cloud;
use crate::http_types::{Body, Request, Response, full, respond};
use crate::wire::{XmlWriter, percent_decode, percent_encode};

/// Bytes of an XML body.
const XML_LIMIT: usize = 4 * 1024 * 1024;

/// Bytes of a file that a form POSTs: the protocol library holds it in memory until the form's policy is checked.
const FORM_FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let ids = RequestIds::fresh();
    let mut response = if request.method() == Method::OPTIONS {
        preflight(cloud, &request, &ids)
    } else {
        let cors = cross_origin_headers(cloud, &request);
        let mut response = serve(cloud, request, &ids).await;
        response.headers_mut().extend(cors.into_iter().flat_map(named));
        response
    };
    for (name, value) in [("x-amz-request-id", &ids.request_id), ("x-amz-id-2", &ids.host_id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("AmazonS3"));
    response
}

/// The headers of a map, each with its name.
fn named(headers: http::HeaderMap) -> impl Iterator<Item = (header::HeaderName, HeaderValue)> {
    headers.into_iter().filter_map(|(name, value)| name.map(|name| (name, value)))
}

async fn serve(cloud: &Arc<Cloud>, mut request: Request, ids: &RequestIds) -> Response {
    let mut builder = S3ServiceBuilder::new(Operations { cloud: Arc::clone(cloud) });
    builder.set_auth(Keys { cloud: Arc::clone(cloud) });
    builder.set_access(Gate { cloud: Arc::clone(cloud) });
    builder.set_host(Hosts);
    let mut config = S3Config::default();
    config.xml_max_body_size = XML_LIMIT;
    config.post_object_max_file_size = FORM_FILE_LIMIT;
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    request.extensions_mut().insert(ids.clone());
    let posts = request.method() == Method::POST;
    let response = shown(builder.build().call(request.map(s3s::Body::http_body_unsync)).await, ids);
    if posts && response.status() == StatusCode::BAD_REQUEST { refused_form(response, ids).await } else { response }
}

/// A form that breaks the conditions of its policy is refused as S3 does it; the protocol library has another code for it.
async fn refused_form(response: Response, ids: &RequestIds) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Response::from_parts(parts, full(bytes::Bytes::new()));
    };
    let text = String::from_utf8_lossy(&body);
    let between = |start: &str, end: &str| {
        text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(inner, _)| inner)
    };
    match (between("<Code>", "</Code>"), between("<Message>", "</Message>")) {
        (Some("InvalidPolicyDocument"), Some(why))
            if why.starts_with("Policy condition") || why.contains("expired") =>
        {
            let message =
                format!("Invalid according to Policy: {}", why.replace("&apos;", "'").replace("&quot;", "\""));
            error_response(StatusCode::FORBIDDEN, "AccessDenied", &message, None, ids)
        }
        _ => Response::from_parts(parts, full(body)),
    }
}

/// The bucket that a request is for, by Host or path.
fn bucket_of(request: &Request) -> Option<String> {
    let host = crate::router::host(request).unwrap_or_default();
    bucket_of_host(&host).or_else(|| {
        let first = request.uri().path().trim_start_matches('/').split('/').next()?;
        percent_decode(first).filter(|bucket| !bucket.is_empty())
    })
}

fn text(request: &Request, name: header::HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The CORS headers of an actual request's answer.
fn cross_origin_headers(cloud: &Cloud, request: &Request) -> Option<http::HeaderMap> {
    let origin = text(request, header::ORIGIN)?;
    let configuration = configuration(cloud, &bucket_of(request)?)?;
    cors::headers(&configuration, CrossOrigin { origin, method: request.method().as_str(), headers: None })
}

fn configuration(cloud: &Cloud, bucket: &str) -> Option<CORSConfiguration> {
    cloud.s3.store.read(|state| state.buckets.get(bucket)?.configured(Kind::Cors))
}

/// Answers the question that a browser asks before a cross-origin request.
fn preflight(cloud: &Cloud, request: &Request, ids: &RequestIds) -> Response {
    let method = text(request, header::ACCESS_CONTROL_REQUEST_METHOD);
    let Some(origin) = text(request, header::ORIGIN) else {
        let message = "Insufficient information. Origin request header needed.";
        return error_response(StatusCode::BAD_REQUEST, "BadRequest", message, None, ids);
    };
    let Some(method) = method.filter(|method| cors::METHODS.contains(method)) else {
        let message = format!("Invalid Access-Control-Request-Method: {}", method.unwrap_or("null"));
        return error_response(StatusCode::BAD_REQUEST, "BadRequest", &message, None, ids);
    };
    let refuse = |message: &str| error_response(StatusCode::FORBIDDEN, "AccessForbidden", message, Some(method), ids);
    let bucket = bucket_of(request).unwrap_or_default();
    if !cloud.s3.store.read(|state| state.buckets.contains_key(&bucket)) {
        return refuse("CORSResponse: Bucket not found");
    }
    let Some(configuration) = configuration(cloud, &bucket) else {
        return refuse("CORSResponse: CORS is not enabled for this bucket.");
    };
    let headers = text(request, header::ACCESS_CONTROL_REQUEST_HEADERS);
    match cors::headers(&configuration, CrossOrigin { origin, method, headers }) {
        Some(headers) => {
            let mut response = Response::new(full(bytes::Bytes::new()));
            response.headers_mut().extend(named(headers));
            response
        }
        // The words, their misspelling included, are those of S3.
        None => refuse(
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        ),
    }
}

fn error_response(status: StatusCode, code: &str, message: &str, method: Option<&str>, ids: &RequestIds) -> Response {
    let mut xml = XmlWriter::document();
    xml.element("Error", |xml| {
        xml.text("Code", code);
        xml.text("Message", message);
        xml.optional("Method", method);
        xml.optional("ResourceType", method.map(|_| "OBJECT"));
        xml.text("RequestId", &ids.request_id);
        xml.text("HostId", &ids.host_id);
    });
    respond(status, "application/xml", xml.finish())
}

/// The headers of a viewer's request that an origin's answer depends on.
const PASSED_ON: [header::HeaderName; 5] =
    [header::RANGE, header::IF_MATCH, header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE];

/// A request that another service makes once it has asked whether it may.
pub(crate) struct RequestOf<'a> {
    pub(crate) bucket: &'a str,
    /// Empty for the bucket itself.
    pub(crate) key: &'a str,
    pub(crate) method: &'a Method,
    /// Decoded.
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a http::HeaderMap,
    pub(crate) body: bytes::Bytes,
}

impl super::S3 {
    /// Answers a request that another service has let through already.
    pub(crate) async fn respond_to(&self, cloud: &Arc<Cloud>, asked: RequestOf<'_>) -> Response {
        let ids = RequestIds::fresh();
        let path = format!("/{}/{}", asked.bucket, form_encode(asked.key).replace('+', "%20"));
        let pair =
            |(name, value): &(String, String)| format!("{}={}", percent_encode(name, ""), percent_encode(value, ""));
        let query = asked.query.iter().map(pair).collect::<Vec<_>>().join("&");
        let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut request = http::Request::builder().method(asked.method.clone()).uri(uri);
        for (name, value) in asked.headers {
            request = request.header(name, value);
        }
        if !asked.body.is_empty() || asked.method == Method::PUT {
            request = request.header(header::CONTENT_LENGTH, asked.body.len());
        }
        let response = match request.body(s3s::Body::from(asked.body)) {
            Ok(request) => S3ServiceBuilder::new(Operations { cloud: Arc::clone(cloud) }).build().call(request).await,
            Err(error) => Err(s3s::HttpError::new(Box::new(error))),
        };
        shown(response, &ids)
    }

    /// Answers a GET or HEAD of an object that another service has let through already: ranges and conditions of `headers`
    /// count, the body streams.
    pub(crate) async fn respond_to_get(
        &self,
        cloud: &Arc<Cloud>,
        bucket: &str,
        key: &str,
        method: &Method,
        headers: &http::HeaderMap,
    ) -> Response {
        let ids = RequestIds::fresh();
        let path = format!("/{bucket}/{}", form_encode(key).replace('+', "%20"));
        let mut request = http::Request::builder().method(method.clone()).uri(path);
        for name in PASSED_ON {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value);
            }
        }
        let response = match request.body(s3s::Body::empty()) {
            Ok(request) => S3ServiceBuilder::new(Operations { cloud: Arc::clone(cloud) }).build().call(request).await,
            Err(error) => Err(s3s::HttpError::new(Box::new(error))),
        };
        shown(response, &ids)
    }
}

/// The protocol library's answer as this process sends it.
fn shown(response: Result<s3s::HttpResponse, s3s::HttpError>, ids: &RequestIds) -> Response {
    match response {
        Ok(response) if response.status() == StatusCode::NOT_MODIFIED => response.map(|_| full(bytes::Bytes::new())),
        Ok(response) => response.map(|body| -> Body { body.boxed_unsync() }),
        Err(error) => {
            tracing::error!(?error, "the S3 protocol failed");
            let message = "We encountered an internal error. Please try again.";
            error_response(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message, None, ids)
        }
    }
}
