//! Requests to the outside: backends of HTTP integrations and the keys of token issuers.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Greatest answer in bytes that is read.
const ANSWER_LIMIT: usize = 10 * 1024 * 1024;

type Inner = Client<hyper_rustls::HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FetchFault {
    /// The time was over.
    TimedOut,
    /// It could not be sent, or the answer could not be read.
    Failed(String),
}

/// A client that is made when it is first used.
#[derive(Default)]
pub(crate) struct HttpClient {
    client: OnceLock<Inner>,
}

impl HttpClient {
    fn client(&self) -> Result<Inner, FetchFault> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| FetchFault::Failed(format!("no root certificates: {error}")))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(self.client.get_or_init(|| Client::builder(TokioExecutor::new()).build(connector)).clone())
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// [`FetchFault`].
    pub(crate) async fn send(
        &self,
        request: http::Request<Full<Bytes>>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        let client = self.client()?;
        let exchange = async {
            let response = client.request(request).await.map_err(|error| {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
                FetchFault::Failed(format!("{error}{cause}"))
            })?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_LIMIT).collect().await;
            let body = body.map_err(|error| FetchFault::Failed(error.to_string()))?.to_bytes();
            Ok(http::Response::from_parts(parts, body))
        };
        tokio::time::timeout(timeout, exchange).await.unwrap_or(Err(FetchFault::TimedOut))
    }
}
