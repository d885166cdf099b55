//! An S3 that keeps its objects in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// An object as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredObject {
    /// `Content-Type` of its writing.
    pub content_type: String,
    /// `Cache-Control` of its writing.
    pub cache_control: String,
    /// Its metadata: `x-amz-meta-*` with their values.
    pub metadata: BTreeMap<String, String>,
    /// Its bytes.
    pub bytes: Bytes,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, StoredObject>,
    broken: BTreeSet<String>,
}

/// The storage. It stops when it is dropped.
#[derive(Debug)]
pub struct Storage {
    url: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Storage {
    /// Starts it, empty. It serves `GetObject` and `HeadObject` (with `If-Match`), `PutObject` (with `If-Match` and
    /// `If-None-Match`) and `ListObjectsV2` of one page, path style.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                let server = hyper::server::conn::http1::Builder::new();
                tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, state, task }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Keeps an object; `path` is `/bucket/key`, percent-encoded as clients send it. Returns its entity tag, without quotes.
    pub fn put(&self, path: &str, bytes: impl Into<Bytes>) -> String {
        let object = StoredObject { bytes: bytes.into(), ..StoredObject::default() };
        let tag = tag(&object.bytes);
        self.state.lock().unwrap().objects.insert(path.to_owned(), object);
        tag
    }

    /// An object by path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<StoredObject> {
        self.state.lock().unwrap().objects.get(path).cloned()
    }

    /// Paths of all objects, sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    /// From now on these paths, and no others, answer `SlowDown`.
    pub fn break_paths(&self, paths: &[&str]) {
        self.state.lock().unwrap().broken = paths.iter().map(|&path| path.to_owned()).collect();
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An entity tag, without quotes, that differs where bytes do. That of S3 is an MD5, on which nothing may rely.
#[must_use]
pub fn tag(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

fn error(status: StatusCode, code: &str) -> Response<Full<Bytes>> {
    let body = format!("<Error><Code>{code}</Code><Message>{code} it is.</Message></Error>");
    Response::builder().status(status).header("x-amz-request-id", "R1").body(Full::new(body.into())).unwrap()
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let header =
        |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let (content_type, cache_control, if_match) = (header("content-type"), header("cache-control"), header("if-match"));
    let is_only_new = header("if-none-match") == "*";
    if state.lock().unwrap().broken.contains(&path) {
        return Ok(error(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"));
    }
    if request.method() == Method::PUT {
        let metadata = request.headers().iter().filter(|(name, _)| name.as_str().starts_with("x-amz-meta-"));
        let metadata = metadata.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let bytes = request.into_body().collect().await.unwrap().to_bytes();
        let objects = &mut state.lock().unwrap().objects;
        let standing = objects.get(&path).map(|object| format!("\"{}\"", tag(&object.bytes)));
        match standing {
            None if !if_match.is_empty() => return Ok(error(StatusCode::NOT_FOUND, "NoSuchKey")),
            Some(standing) if is_only_new || !if_match.is_empty() && if_match != standing => {
                return Ok(error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed"));
            }
            _ => {}
        }
        objects.insert(path, StoredObject { content_type, cache_control, metadata, bytes });
        return Ok(Response::new(Full::default()));
    }
    if query.contains("list-type=2") {
        return Ok(Response::new(Full::new(list(&state.lock().unwrap(), &path).into())));
    }
    let Some(object) = state.lock().unwrap().objects.get(&path).cloned() else {
        return Ok(error(StatusCode::NOT_FOUND, "NoSuchKey"));
    };
    let tag = format!("\"{}\"", tag(&object.bytes));
    if !if_match.is_empty() && if_match != tag {
        return Ok(error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed"));
    }
    let answer = Response::builder().header("etag", tag).header("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT");
    let answer = object.metadata.iter().fold(answer, |answer, (name, value)| answer.header(name, value));
    Ok(answer.body(Full::new(object.bytes)).unwrap())
}

/// Everything in a bucket, on one page.
fn list(state: &State, bucket: &str) -> String {
    let bucket = format!("{}/", bucket.trim_end_matches('/'));
    let mut contents = String::new();
    for (path, object) in &state.objects {
        if let Some(key) = path.strip_prefix(&bucket) {
            let size = object.bytes.len();
            write!(contents, "<Contents><Key>{key}</Key><Size>{size}</Size></Contents>").unwrap();
        }
    }
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")
}
