//! S3 and Secrets Manager below the SDK, for tests that decide when each request is served.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use crate::gate::{Gate, Verdict};
use crate::storage::tag;

/// An object. Its entity tag is its bytes alone, as that of S3 is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryObject {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its metadata `sequencer`.
    pub place: Option<String>,
}

/// Objects by path: `/bucket/key`, and `/bucket/key?version` in a bucket that keeps versions. Nothing may be written over what
/// stands there without saying so. Clones share their objects.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<BTreeMap<String, MemoryObject>>>);

/// How an environment of a function reaches it: each request waits at the gate, as `PUT /bucket/key`.
#[derive(Debug, Clone)]
pub struct GatedConnector {
    /// Number of the environment.
    pub environment: usize,
    /// Where requests wait.
    pub gate: Gate,
    /// What is reached.
    pub storage: MemoryStorage,
    /// What Secrets Manager answers.
    pub secret: String,
}

impl HttpConnector for GatedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { connector.answer(request).await })
    }
}

impl GatedConnector {
    /// The HTTP client of an SDK configuration that reaches it.
    #[must_use]
    pub fn http_client(self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self);
        http_client_fn(move |_, _| connector.clone())
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let verdict =
            self.gate.pass(self.environment, &format!("{} {}", request.method(), MemoryStorage::path(&request))).await;
        if verdict == Verdict::Refuse {
            return Ok(failure(503, "SlowDown"));
        }
        let answer = match request.headers().get("x-amz-target") {
            Some(_) => respond(200, self.secret.clone().into_bytes()),
            None => self.storage.serve(&request),
        };
        match verdict {
            Verdict::LoseAnswer => Err(ConnectorError::io("the connection was cut".into())),
            _ => Ok(answer),
        }
    }
}

impl MemoryStorage {
    /// The endpoint that clients of it are made for.
    pub const ENDPOINT: &str = "http://cloud.invalid";

    /// Keeps an object without metadata.
    pub fn put(&self, path: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap().insert(path.to_owned(), MemoryObject { bytes, place: None });
    }

    /// Forgets an object.
    pub fn remove(&self, path: &str) {
        self.0.lock().unwrap().remove(path);
    }

    /// Forgets all objects.
    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// All objects by path.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, MemoryObject> {
        self.0.lock().unwrap().clone()
    }

    /// The path that a request is about, with the version that it names.
    fn path(request: &HttpRequest) -> String {
        let uri = request.uri().strip_prefix(Self::ENDPOINT).unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let version = query.split('&').find_map(|pair| pair.strip_prefix("versionId="));
        version.map_or_else(|| path.to_owned(), |version| format!("{path}?{version}"))
    }

    fn serve(&self, request: &HttpRequest) -> HttpResponse {
        let path = Self::path(request);
        let header = |name| request.headers().get(name);
        let mut objects = self.0.lock().unwrap();
        let standing = objects.get(&path);
        let is_same = |expected: &str| standing.is_some_and(|object| expected.trim_matches('"') == tag(&object.bytes));
        if request.method() == "PUT" {
            match (header("if-match"), header("if-none-match")) {
                (Some(_), _) if standing.is_none() => return failure(404, "NoSuchKey"),
                (Some(expected), _) if !is_same(expected) => return failure(412, "PreconditionFailed"),
                (None, Some("*")) if standing.is_some() => return failure(412, "PreconditionFailed"),
                (None, None) => panic!("{path} would be written whatever stands there"),
                _ => {}
            }
            let place = header("x-amz-meta-sequencer").map(str::to_owned);
            objects.insert(path, MemoryObject { bytes: request.body().bytes().unwrap().to_vec(), place });
            return respond(200, Vec::new());
        }
        let Some(object) = standing else { return failure(404, "NoSuchKey") };
        if header("if-match").is_some_and(|expected| !is_same(expected)) {
            return failure(412, "PreconditionFailed");
        }
        let bytes = if request.method() == "HEAD" { Vec::new() } else { object.bytes.clone() };
        let mut answer = respond(200, bytes);
        answer.headers_mut().insert("etag", format!("\"{}\"", tag(&object.bytes)));
        if let Some(place) = &object.place {
            answer.headers_mut().insert("x-amz-meta-sequencer", place.clone());
        }
        answer
    }
}

fn respond(status: u16, body: Vec<u8>) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body))
}

fn failure(status: u16, code: &str) -> HttpResponse {
    respond(status, format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>").into_bytes())
}
