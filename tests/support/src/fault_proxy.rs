//! A proxy in front of any endpoint, which writes down what it is asked, and lets faults strike.

use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::http::{Answer, try_request};
use crate::scripted_cloudformation::Fault;

#[derive(Debug, Default)]
struct State {
    calls: Vec<String>,
    /// The call that a fault strikes, counted from 1 since the last look.
    fault: Option<(usize, Fault)>,
}

/// A proxy on a free loopback port. It ends with this value.
#[derive(Debug)]
pub struct FaultProxy {
    url: String,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl FaultProxy {
    /// Starts it in front of `endpoint` (`http://127.0.0.1:PORT`).
    pub async fn start(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (state, endpoint): (Arc<Mutex<State>>, Arc<str>) = (Arc::default(), Arc::from(endpoint));
        let noted = Arc::clone(&state);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (noted, endpoint) = (Arc::clone(&noted), Arc::clone(&endpoint));
                let service = hyper::service::service_fn(move |request| {
                    pass_on(Arc::clone(&noted), Arc::clone(&endpoint), request)
                });
                tokio::spawn(async move {
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { url, state, server }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked since the last time: the operation of a query or JSON protocol, else method and path.
    #[must_use = "the calls are forgotten"]
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// Number of calls since the last look.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }

    /// Lets a fault strike the call with this number, from 1: refused by the service, cut before it, or with its answer lost.
    pub fn fault(&self, call: usize, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        state.calls.clear();
        state.fault = Some((call, fault));
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass_on(
    state: Arc<Mutex<State>>,
    endpoint: Arc<str>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<bytes::Bytes>>, String> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let form = String::from_utf8_lossy(&body);
    let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let target = text("x-amz-target");
    let name = match (action, target.rsplit_once('.')) {
        (Some(action), _) if path == "/" => action.to_owned(),
        (_, Some((_, operation))) => operation.to_owned(),
        _ => format!("{} {}", head.method, head.uri.path()),
    };
    let fault = {
        let mut state = state.lock().unwrap();
        state.calls.push(name);
        let number = state.calls.len();
        state.fault.take_if(|(call, _)| *call == number).map(|(_, fault)| fault)
    };
    match fault {
        None | Some(Fault::AnswerLost) => {}
        Some(Fault::ServerError) => {
            let response = http::Response::builder().status(503);
            return response.body(Full::default()).map_err(|error| error.to_string());
        }
        // The connection ends without an answer.
        Some(_) => return Err("cut".to_owned()),
    }
    let headers: Vec<(&str, &str)> =
        head.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let Answer { status, headers, body } =
        try_request(head.method.clone(), &format!("{endpoint}{path}"), &headers, body.clone()).await?;
    if fault.is_some() {
        return Err("the answer is lost".to_owned());
    }
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers.iter().filter(|(name, _)| *name != "transfer-encoding") {
        response = response.header(name, value);
    }
    response.body(Full::new(body)).map_err(|error| error.to_string())
}
