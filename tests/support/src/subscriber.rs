//! An HTTP endpoint that subscribes to a topic: it confirms and keeps what it is told.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// One message as it arrived.
#[derive(Debug, Clone)]
pub struct Message {
    /// `x-amz-sns-message-type`: `SubscriptionConfirmation` or `Notification`.
    pub kind: String,
    /// The JSON body.
    pub body: Value,
}

/// A server on a free loopback port. It confirms every subscription by visiting its `SubscribeURL`.
#[derive(Debug)]
pub struct Subscriber {
    url: String,
    messages: Arc<Mutex<Vec<Message>>>,
    server: JoinHandle<()>,
}

impl Subscriber {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sns", listener.local_addr().unwrap());
        let messages: Arc<Mutex<Vec<Message>>> = Arc::default();
        let kept = Arc::clone(&messages);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                let service = hyper::service::service_fn(move |request| answer(Arc::clone(&kept), request));
                tokio::spawn(async move {
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { url, messages, server }
    }

    /// URL to subscribe.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What arrived so far, of one kind.
    #[must_use]
    pub fn messages(&self, kind: &str) -> Vec<Value> {
        self.messages
            .lock()
            .unwrap()
            .iter()
            .filter(|message| message.kind == kind)
            .map(|message| message.body.clone())
            .collect()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    kept: Arc<Mutex<Vec<Message>>>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<bytes::Bytes>>, Infallible> {
    let kind = request
        .headers()
        .get("x-amz-sns-message-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let subscribe_url = body["SubscribeURL"].as_str().map(str::to_owned);
    kept.lock().unwrap().push(Message { kind: kind.clone(), body });
    if kind == "SubscriptionConfirmation"
        && let Some(url) = subscribe_url
    {
        tokio::spawn(async move { crate::http::get(&url).await });
    }
    Ok(http::Response::new(Full::default()))
}
