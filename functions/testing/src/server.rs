//! An HTTP server on a free loopback port that answers what a test tells it to.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How a server answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// With a status and a body.
    Body(u16, Vec<u8>),
    /// With a status and a `Location`.
    Redirect(String),
    /// With a body, after a while.
    Slow(Duration, Vec<u8>),
    /// With a part of what it promises.
    Cut(Vec<u8>),
    /// By closing the connection.
    Refuse,
}

#[derive(Debug)]
struct State {
    reply: Reply,
    requests: Vec<String>,
}

/// The server. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts it.
    pub async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { reply, requests: Vec::new() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state, task }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers so from now on.
    pub fn reply(&self, reply: Reply) {
        self.state.lock().unwrap().reply = reply;
    }

    /// Paths and queries of the requests so far; of refused connections nothing but that they were there.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let reply = state.lock().unwrap().reply.clone();
    match reply {
        Reply::Refuse => state.lock().unwrap().requests.push("(refused)".to_owned()),
        Reply::Cut(body) => {
            state.lock().unwrap().requests.push("(cut)".to_owned());
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            // The client may have gone already.
            let _written = stream.write_all(head.as_bytes()).await;
            let _written = stream.write_all(&body[..body.len() / 2]).await;
        }
        _ => {
            let service = service_fn(move |request| answer(Arc::clone(&state), request));
            let _ended =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        }
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let reply = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.uri().to_string());
        state.reply.clone()
    };
    let respond = |status: u16, body: Vec<u8>| Response::builder().status(status).body(Full::new(body.into())).unwrap();
    Ok(match reply {
        Reply::Body(status, body) => respond(status, body),
        Reply::Redirect(location) => {
            Response::builder().status(302).header("location", location).body(Full::default()).unwrap()
        }
        Reply::Slow(delay, body) => {
            tokio::time::sleep(delay).await;
            respond(200, body)
        }
        Reply::Cut(_) | Reply::Refuse => respond(500, Vec::new()),
    })
}
