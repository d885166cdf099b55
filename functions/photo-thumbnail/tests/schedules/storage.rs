//! S3 and Secrets Manager below the SDK.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use crate::gate::{Gate, Verdict};

/// An object. Its entity tag is its bytes alone, as that of S3 is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) place: Option<String>,
}

/// Objects by path: `/bucket/key`, and `/input/key?version` in a bucket that keeps versions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Storage(pub(crate) Arc<Mutex<BTreeMap<String, Object>>>);

/// The entity tag of bytes, without quotes.
pub(crate) fn tag(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// How an environment reaches them.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    pub(crate) environment: usize,
    pub(crate) gate: Gate,
    pub(crate) storage: Storage,
    /// What Secrets Manager answers.
    pub(crate) secret: String,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { connector.answer(request).await })
    }
}

impl Connector {
    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let verdict = self.gate.pass(self.environment).await;
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

impl Storage {
    /// Keeps a photo.
    pub(crate) fn put(&self, path: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap().insert(path.to_owned(), Object { bytes, place: None });
    }

    fn serve(&self, request: &HttpRequest) -> HttpResponse {
        let uri = request.uri().strip_prefix("http://cloud.invalid").unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let version = query.split('&').find_map(|pair| pair.strip_prefix("versionId="));
        let path = version.map_or_else(|| path.to_owned(), |version| format!("{path}?{version}"));
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
            objects.insert(path, Object { bytes: request.body().bytes().unwrap().to_vec(), place });
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
