//! An HTTP service on a free loopback port whose answers a test computes.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Call {
    /// `POST /path?query`.
    pub line: String,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// The operation that a client of AWS names in `x-amz-target`, without its service: `GetItem`; else the request line.
    #[must_use]
    pub fn operation(&self) -> &str {
        let target = self.headers.get("x-amz-target").and_then(|target| target.rsplit('.').next());
        target.unwrap_or(&self.line)
    }

    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The service. It stops when it is dropped.
#[derive(Debug)]
pub struct Service {
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
    task: JoinHandle<()>,
}

impl Service {
    /// Starts a service that answers a status and a body to each request.
    pub async fn start(answer: impl Fn(&Call) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (shared, answer) = (Arc::clone(&calls), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (calls, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                let service = service_fn(move |request| respond(Arc::clone(&calls), Arc::clone(&answer), request));
                tokio::spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    // The client may have gone already.
                    let _ended = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, calls, task }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Requests so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Their operations, oldest first.
    #[must_use]
    pub fn operations(&self) -> Vec<String> {
        self.calls().iter().map(|call| call.operation().to_owned()).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond<F: Fn(&Call) -> (u16, String)>(
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<F>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let call = Call {
        line: format!("{} {}", head.method, head.uri),
        headers: headers.collect(),
        body: body.collect().await.unwrap().to_bytes().to_vec(),
    };
    calls.lock().unwrap().push(call.clone());
    let (status, body) = answer(&call);
    Ok(Response::builder().status(status).header("x-amzn-requestid", "R1").body(Full::from(body)).unwrap())
}
