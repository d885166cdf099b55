//! One GET.

use std::sync::OnceLock;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use thiserror::Error;

use crate::Address;

/// Fetches small documents, and posts them.
#[derive(Debug)]
pub struct Client {
    time_out: Duration,
    largest: usize,
    plain: HyperClient<HttpConnector, Full<Bytes>>,
    /// Made when it is first needed: reading the root certificates takes longer than starting a function.
    encrypted: OnceLock<HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>>,
}

/// What was answered to a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The whole answer was not there in time.
    #[error("no whole answer within {} ms", .0.as_millis())]
    TimeOut(Duration),
    /// No connection, or one that broke.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// An answer that is not 200.
    #[error("the answer has status {0}")]
    Status(u16),
    /// More bytes than may be read.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
}

impl Client {
    /// A client that waits `time_out` for a whole answer, and reads at most `largest` bytes of it.
    #[must_use]
    pub fn new(time_out: Duration, largest: usize) -> Self {
        // Fetches are rare, and a connection does not outlive the sleep of a function.
        let plain = HyperClient::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Self { time_out, largest, plain, encrypted: OnceLock::new() }
    }

    /// The document at an address. Redirections are not followed.
    ///
    /// # Errors
    ///
    /// [`FetchError`] for anything but a whole answer with status 200 in time.
    pub async fn get(&self, address: &Address) -> Result<Vec<u8>, FetchError> {
        match tokio::time::timeout(self.time_out, self.fetch(address)).await {
            Ok(result) => result,
            Err(_) => Err(FetchError::TimeOut(self.time_out)),
        }
    }

    /// Posts a body with headers, and takes whatever is answered. Redirections are not followed.
    ///
    /// # Errors
    ///
    /// [`FetchError`] for anything but a whole answer in time, of any status.
    pub async fn post(
        &self,
        address: &Address,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<Answered, FetchError> {
        let mut request = Request::post(address.uri());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::from(body)).map_err(|error| broken(&error))?;
        let whole = async {
            let response = self.send(address, request).await?;
            let status = response.status().as_u16();
            Ok(Answered { status, body: self.read(response).await? })
        };
        match tokio::time::timeout(self.time_out, whole).await {
            Ok(result) => result,
            Err(_) => Err(FetchError::TimeOut(self.time_out)),
        }
    }

    async fn fetch(&self, address: &Address) -> Result<Vec<u8>, FetchError> {
        let request = Request::get(address.uri())
            .header(http::header::ACCEPT, "*/*")
            .body(Full::default())
            .map_err(|error| broken(&error))?;
        let response = self.send(address, request).await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        self.read(response).await
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Vec<u8>, FetchError> {
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| broken(&error))?;
            if let Some(data) = frame.data_ref() {
                if bytes.len() + data.len() > self.largest {
                    return Err(FetchError::TooLarge(self.largest));
                }
                bytes.extend_from_slice(data);
            }
        }
        Ok(bytes)
    }

    async fn send(&self, address: &Address, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, FetchError> {
        let answer = if address.is_plain() {
            self.plain.request(request).await
        } else {
            self.encrypted()?.request(request).await
        };
        answer.map_err(|error| broken(&error))
    }

    fn encrypted(&self) -> Result<&HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>, FetchError> {
        if let Some(client) = self.encrypted.get() {
            return Ok(client);
        }
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| broken(&error))?
            .https_only()
            .enable_http1()
            .build();
        let client = HyperClient::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(self.encrypted.get_or_init(|| client))
    }
}

/// An error with all of its causes.
fn broken(error: &dyn std::error::Error) -> FetchError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    FetchError::Unreachable(text)
}
