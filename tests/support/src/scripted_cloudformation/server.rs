//! The HTTP side: requests in, answers or faults out.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::answer::{Answer, decode};
use super::gate::{Door, Gate};
use super::world::World;
use super::{REGION, cloudformation, others, s3};

/// What happens to a request instead of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `Throttling` (S3: 503 `SlowDown`), nothing done.
    Throttled,
    /// HTTP 500, nothing done.
    ServerError,
    /// The connection is cut, nothing done.
    CutBefore,
    /// The connection is cut although it was done: the answer is lost.
    AnswerLost,
    /// It was done, and half of the answer arrives.
    CutInTheMiddle,
    /// Nothing done, and no answer ever.
    NeverAnswered,
    /// It was done, and no answer ever comes: time to kill who waits for it.
    AnswerWithheld,
    /// It was done, and the answer is good in its status alone.
    Nonsense,
}

impl Fault {
    /// Every fault that differs for who outlives it.
    pub const ALL: [Self; 6] = [
        Self::Throttled,
        Self::ServerError,
        Self::CutBefore,
        Self::AnswerLost,
        Self::CutInTheMiddle,
        Self::NeverAnswered,
    ];
}

#[derive(Debug, Default)]
struct State {
    world: World,
    calls: Vec<String>,
    /// Fault by number of the request, from 1.
    faults: BTreeMap<usize, Fault>,
    /// Where the requests of two clients wait for their turn.
    gate: Option<Gate>,
}

/// A running scripted cloud. It stops with the runtime of its test.
#[derive(Debug, Clone)]
pub struct ScriptedCloud {
    endpoint: String,
    state: Arc<Mutex<State>>,
}

impl ScriptedCloud {
    /// Starts an empty cloud on a free port.
    pub async fn start() -> Self {
        Self::open(Arc::default(), 0).await
    }

    /// Starts an empty cloud for two clients, each with an address of its own. In which order their requests are served is
    /// decided by the seed; tell the gate when a client is done.
    pub async fn start_for_two(seed: u64) -> ([Self; 2], Gate) {
        let gate = Gate::new(seed);
        let state = Arc::new(Mutex::new(State { gate: Some(gate.clone()), ..State::default() }));
        ([Self::open(Arc::clone(&state), 0).await, Self::open(state, 1).await], gate)
    }

    /// An address of a cloud.
    async fn open(state: Arc<Mutex<State>>, door: Door) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| serve(Arc::clone(&state), door, request));
                    // An error here is a fault that the script asked for.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service)
                        .await;
                });
            }
        });
        Self { endpoint, state }
    }

    /// URL of the cloud.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Lets a fault strike the request with this number, from 1, counted from now.
    pub fn fault(&self, call: usize, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        let number = state.calls.len() + call;
        state.faults.insert(number, fault);
    }

    /// Number of calls since they were last taken. A call that is counted has had its effect.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }

    /// Names of the calls since the last time, in order; those signed for another region than the cloud's begin with it.
    #[must_use = "the calls are forgotten"]
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// Looks at the world, or changes it.
    pub fn world<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        look(&mut self.state.lock().unwrap().world)
    }
}

type Body = BoxBody<Bytes, io::Error>;

async fn serve(state: Arc<Mutex<State>>, door: Door, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let gate = state.lock().unwrap().gate.clone();
    if let Some(gate) = gate {
        gate.enter(door).await;
    }
    let other = others::operation_name(&head);
    let is_query = other.is_none() && head.method == "POST" && head.uri.path() == "/";
    let form: BTreeMap<String, String> =
        if is_query { parse_form(&String::from_utf8_lossy(&body)) } else { BTreeMap::new() };
    let (fault, answer) = {
        let mut state = state.lock().unwrap();
        let name = if let Some(other) = other {
            other.to_owned()
        } else if is_query {
            form.get("Action").cloned().unwrap_or_default()
        } else {
            s3::operation_name(&head).to_owned()
        };
        let region = signed_region(&head);
        state.calls.push(if region == REGION { name } else { format!("{region} {name}") });
        state.world.region = region;
        let number = state.calls.len();
        let fault = state.faults.remove(&number);
        let takes_effect =
            !matches!(fault, Some(Fault::Throttled | Fault::ServerError | Fault::CutBefore | Fault::NeverAnswered));
        let answer = takes_effect.then(|| {
            if let Some(other) = other {
                others::answer(&mut state.world, other, &head, &body)
            } else if is_query {
                cloudformation::answer(&mut state.world, &form)
            } else {
                s3::answer(&mut state.world, &head, &body)
            }
        });
        (fault, answer)
    };
    match (fault, answer) {
        (Some(Fault::Throttled), _) if !is_query => Ok(whole(&Answer::s3_error(503, "SlowDown"))),
        (Some(Fault::Throttled), _) => Ok(whole(&Answer::query_error(400, "Throttling", "Rate exceeded"))),
        (Some(Fault::ServerError), _) => Ok(whole(&Answer::query_error(500, "InternalFailure", "try again"))),
        (Some(Fault::NeverAnswered | Fault::AnswerWithheld), _) => std::future::pending().await,
        (Some(Fault::CutInTheMiddle), Some(answer)) => Ok(half(&answer)),
        (Some(Fault::Nonsense), Some(_)) => Ok(whole(&Answer::new(200, &b"<a><b c='\xff\xfe'>]]>{\"d\":[&e;\0"[..]))),
        (None, Some(answer)) => Ok(whole(&answer)),
        _ => Err(io::Error::other("cut")),
    }
}

fn builder(answer: &Answer) -> http::response::Builder {
    answer
        .headers
        .iter()
        .fold(Response::builder().status(answer.status), |builder, (name, value)| builder.header(name, value))
}

fn whole(answer: &Answer) -> Response<Body> {
    let body = Full::new(answer.body.clone()).map_err(|never: Infallible| match never {}).boxed();
    builder(answer).body(body).unwrap()
}

/// The head promises the whole body; half of it comes, then the end of the connection.
fn half(answer: &Answer) -> Response<Body> {
    let length = answer.body.len().max(2);
    let part = answer.body.slice(..answer.body.len() / 2);
    let frames = [Ok(Frame::data(part)), Err(io::Error::other("cut"))];
    let body = BodyExt::boxed(StreamBody::new(Frames(frames.into_iter())));
    builder(answer).header("content-length", length).body(body).unwrap()
}

struct Frames(std::array::IntoIter<Result<Frame<Bytes>, io::Error>, 2>);

impl futures_core::Stream for Frames {
    type Item = Result<Frame<Bytes>, io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

/// The region in the scope of the signature: `Credential=<key>/<date>/<region>/<service>/aws4_request`.
fn signed_region(head: &http::request::Parts) -> String {
    let signature = head.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    signature.split('/').nth(2).unwrap_or(REGION).to_owned()
}

fn parse_form(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decode(key, true), decode(value, true)))
        .collect()
}
