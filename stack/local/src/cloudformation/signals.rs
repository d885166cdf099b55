//! What comes back from outside while a stack waits: answers of custom resources, signals of wait conditions.
//!
//! Both are sent with `PUT` to an address that nobody can guess: `/_stack/cloudformation/response/<secret>` takes one answer,
//! `/_stack/cloudformation/wait/<secret>` signals as long as its handle exists.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::{Notify, oneshot};

use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::persist::lock;
use crate::wire::read_body;

/// Where requests of this module come in.
pub(crate) const PREFIX: &str = "/_stack/cloudformation/";

/// Greatest answer of a custom resource in bytes, as on AWS.
const RESPONSE_BYTES: usize = 4096;

/// Signals that one handle or resource keeps.
const SIGNALS: usize = 1024;

/// Answer of a custom resource.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CustomResponse {
    /// `SUCCESS` or `FAILED`.
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) physical_resource_id: Option<String>,
    pub(crate) stack_id: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) logical_resource_id: Option<String>,
    pub(crate) data: Option<Map<String, Value>>,
}

/// A signal.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Signal {
    /// `SUCCESS` or `FAILURE`.
    pub(crate) status: String,
    pub(crate) unique_id: String,
    pub(crate) reason: Option<String>,
    pub(crate) data: Option<String>,
}

/// Who waits for what.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// By secret.
    responses: Mutex<HashMap<String, oneshot::Sender<CustomResponse>>>,
    /// By address of a handle, or `<stack id> <logical id>`; each signal under its unique id.
    received: Mutex<BTreeMap<String, BTreeMap<String, Signal>>>,
    arrived: Notify,
}

impl Signals {
    /// An address that takes one answer, and the answer when it comes.
    pub(super) fn expect_response(&self, cloud_url: &str) -> (String, oneshot::Receiver<CustomResponse>) {
        let secret = secret();
        let (sender, receiver) = oneshot::channel();
        let mut responses = lock(&self.responses);
        // Those that nobody waits for any more.
        responses.retain(|_, sender| !sender.is_closed());
        responses.insert(secret.clone(), sender);
        (format!("{cloud_url}{PREFIX}response/{secret}"), receiver)
    }

    /// An address for signals.
    pub(super) fn new_handle(cloud_url: &str) -> String {
        format!("{cloud_url}{PREFIX}wait/{}", secret())
    }

    /// Begins to take signals under a key.
    pub(super) fn open(&self, key: &str) {
        lock(&self.received).entry(key.to_owned()).or_default();
    }

    /// Forgets the signals of a key.
    pub(super) fn close(&self, key: &str) {
        lock(&self.received).remove(key);
    }

    /// Keeps a signal; false when nobody takes signals under the key. The same unique id counts once.
    pub(super) fn keep(&self, key: &str, signal: Signal) -> bool {
        let mut received = lock(&self.received);
        let Some(signals) = received.get_mut(key) else { return false };
        if signals.len() < SIGNALS {
            signals.entry(signal.unique_id.clone()).or_insert(signal);
        }
        drop(received);
        self.arrived.notify_waiters();
        true
    }

    /// Addresses at which an answer is waited for, as paths.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> Vec<String> {
        lock(&self.responses).keys().map(|secret| format!("{PREFIX}response/{secret}")).collect()
    }

    /// Waits until `count` signals of success came, or one of failure: that is the error.
    pub(super) async fn wait(&self, key: &str, count: usize) -> Result<BTreeMap<String, Signal>, Signal> {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            // From here on no signal is missed.
            arrived.as_mut().enable();
            let signals = lock(&self.received).get(key).cloned().unwrap_or_default();
            if let Some(failure) = signals.values().find(|signal| signal.status == "FAILURE") {
                return Err(failure.clone());
            }
            if signals.len() >= count {
                return Ok(signals);
            }
            arrived.await;
        }
    }

    /// How many signals of success came so far.
    pub(super) fn count(&self, key: &str) -> usize {
        lock(&self.received).get(key).map_or(0, BTreeMap::len)
    }
}

/// 64 hexadecimal digits.
fn secret() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// Answers a request to one of the addresses.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if request.method() != Method::PUT {
        return text(StatusCode::METHOD_NOT_ALLOWED, "send the answer with PUT\n");
    }
    let Ok(body) = read_body(request, RESPONSE_BYTES).await else {
        return text(StatusCode::PAYLOAD_TOO_LARGE, "an answer may have 4,096 bytes\n");
    };
    let signals = &cloud.cloudformation.signals;
    let rest = path.strip_prefix(PREFIX).unwrap_or_default();
    let taken = match rest.split_once('/') {
        Some(("response", secret)) => {
            let Ok(response) = serde_json::from_slice::<CustomResponse>(&body) else {
                return text(StatusCode::BAD_REQUEST, "the body is no JSON answer of a custom resource\n");
            };
            let waiting = lock(&signals.responses).remove(secret);
            waiting.is_some_and(|waiting| waiting.send(response).is_ok())
        }
        Some(("wait", _)) => {
            let Ok(signal) = serde_json::from_slice::<Signal>(&body) else {
                return text(StatusCode::BAD_REQUEST, "the body is no JSON signal\n");
            };
            if !matches!(signal.status.as_str(), "SUCCESS" | "FAILURE") || signal.unique_id.is_empty() {
                return text(StatusCode::BAD_REQUEST, "a signal has Status SUCCESS or FAILURE and a UniqueId\n");
            }
            signals.keep(&format!("{}{path}", cloud.url), signal)
        }
        _ => false,
    };
    if taken {
        text(StatusCode::OK, "")
    } else {
        text(StatusCode::FORBIDDEN, "nobody waits for an answer at this address\n")
    }
}

fn text(status: StatusCode, body: &'static str) -> Response {
    respond(status, "text/plain; charset=utf-8", body)
}
