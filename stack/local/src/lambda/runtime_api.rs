//! The Runtime API (2018-06-01) of one instance, on a loopback port of its own: who connects there is that instance.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::payload::{FunctionError, RESPONSE_LIMIT};
use crate::http_types::{Request, Response, respond};
use crate::persist::lock;
use crate::wire::read_body;

/// Connections that one instance may have open.
const CONNECTION_LIMIT: usize = 16;

/// Where the answer to a job goes.
type Reply = oneshot::Sender<Result<Bytes, FunctionError>>;

/// One invocation on its way to the runtime.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    /// Milliseconds since 1970.
    pub(super) deadline: i64,
    pub(super) function_arn: String,
    pub(super) trace_id: String,
    pub(super) client_context: Option<String>,
    /// Set once the runtime has it.
    pub(super) taken: Arc<AtomicBool>,
    pub(super) reply: Reply,
}

/// What the runtime and the invoker share.
pub(super) struct Exchange {
    /// `127.0.0.1:PORT`, the only Host that is answered.
    pub(super) host: String,
    pub(super) jobs: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    /// The invocation that the runtime works on.
    pub(super) current: Mutex<Option<(String, Reply)>>,
    /// Set by the first `/next`: initialization is over.
    pub(super) ready: watch::Sender<bool>,
    /// What the runtime reported to `/init/error`.
    pub(super) init_error: Mutex<Option<FunctionError>>,
}

impl Exchange {
    /// Of an instance that has not asked for anything yet.
    pub(super) fn new(host: String, jobs: mpsc::Receiver<Job>) -> Self {
        Self {
            host,
            jobs: tokio::sync::Mutex::new(jobs),
            current: Mutex::default(),
            ready: watch::Sender::new(false),
            init_error: Mutex::default(),
        }
    }
}

/// Serves until the task is dropped.
pub(super) async fn serve(listener: TcpListener, exchange: Arc<Exchange>) {
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::debug!(%error, "the Runtime API cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                }
            },
            Some(_) = connections.join_next() => continue,
        };
        if connections.len() >= CONNECTION_LIMIT {
            continue;
        }
        let _ = stream.set_nodelay(true);
        let exchange = Arc::clone(&exchange);
        let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let exchange = Arc::clone(&exchange);
            async move {
                let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
                Ok::<_, Infallible>(answer(&exchange, request).await)
            }
        });
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.timer(TokioTimer::new());
        connections.spawn(builder.serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(exchange: &Exchange, request: Request) -> Response {
    let host = request.headers().get(http::header::HOST).map(HeaderValue::as_bytes);
    if host != Some(exchange.host.as_bytes()) || request.headers().contains_key(http::header::ORIGIN) {
        return refuse(StatusCode::FORBIDDEN, "Forbidden", "only the function itself may use its Runtime API");
    }
    let path = request.uri().path().to_owned();
    let Some(rest) = path.strip_prefix("/2018-06-01/runtime/") else {
        return refuse(
            StatusCode::NOT_FOUND,
            "NotFound",
            "the local cloud serves the Runtime API 2018-06-01 here, no extensions",
        );
    };
    match (request.method(), rest.split('/').collect::<Vec<_>>().as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(exchange).await,
        (&Method::POST, ["invocation", id, "response"]) => {
            let result = match read_body(request, RESPONSE_LIMIT).await {
                Ok(body) => Ok(body),
                Err(error) if error.status == StatusCode::PAYLOAD_TOO_LARGE => Err(FunctionError::new(
                    "Function.ResponseSizeTooLarge",
                    format!("Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."),
                )),
                Err(error) => return refuse(error.status, &error.code, &error.message),
            };
            finish(exchange, id, result)
        }
        (&Method::POST, ["invocation", id, "error"]) => {
            let id = (*id).to_owned();
            match reported_error(request).await {
                Ok(error) => finish(exchange, &id, Err(error)),
                Err(response) => response,
            }
        }
        (&Method::POST, ["init", "error"]) => match reported_error(request).await {
            Ok(error) => {
                *lock(&exchange.init_error) = Some(error);
                accepted()
            }
            Err(response) => response,
        },
        _ => refuse(StatusCode::NOT_FOUND, "NotFound", "this is no path of the Runtime API"),
    }
}

/// Waits for an invocation. When the runtime gives up waiting, nothing is lost: a job is taken only as it is answered.
async fn next(exchange: &Exchange) -> Response {
    // Asking for the next invocation without having answered ends the one before; its invoker sees the sender go.
    lock(&exchange.current).take();
    exchange.ready.send_replace(true);
    let Some(job) = exchange.jobs.lock().await.recv().await else {
        return refuse(StatusCode::GONE, "Gone", "this instance is being stopped");
    };
    job.taken.store(true, Ordering::Release);
    let mut response = respond(StatusCode::OK, "application/json", job.payload);
    let headers = [
        ("lambda-runtime-aws-request-id", job.request_id.clone()),
        ("lambda-runtime-deadline-ms", job.deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", job.function_arn),
        ("lambda-runtime-trace-id", job.trace_id),
    ];
    let client_context = job.client_context.map(|context| ("lambda-runtime-client-context", context));
    for (name, value) in headers.into_iter().chain(client_context) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    *lock(&exchange.current) = Some((job.request_id, job.reply));
    response
}

fn finish(exchange: &Exchange, request_id: &str, result: Result<Bytes, FunctionError>) -> Response {
    let reply = lock(&exchange.current).take_if(|(current, _)| current == request_id);
    match reply {
        Some((_, reply)) => {
            // The invoker may have given up: its time was over.
            let _ = reply.send(result);
            accepted()
        }
        None => refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
    }
}

async fn reported_error(request: Request) -> Result<FunctionError, Response> {
    let header = request.headers().get("lambda-runtime-function-error-type");
    let header = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body =
        read_body(request, RESPONSE_LIMIT).await.map_err(|error| refuse(error.status, &error.code, &error.message))?;
    Ok(match serde_json::from_slice::<Value>(&body) {
        Ok(payload @ Value::Object(_)) => FunctionError {
            kind: payload["errorType"].as_str().map(str::to_owned).or(header).unwrap_or_else(|| "Unhandled".to_owned()),
            payload: body,
        },
        _ => FunctionError::new(
            &header.unwrap_or_else(|| "Unhandled".to_owned()),
            String::from_utf8_lossy(&body).into_owned(),
        ),
    })
}

fn accepted() -> Response {
    respond(StatusCode::ACCEPTED, "application/json", json!({"status": "OK"}).to_string())
}

fn refuse(status: StatusCode, kind: &str, message: &str) -> Response {
    respond(status, "application/json", json!({"errorType": kind, "errorMessage": message}).to_string())
}
