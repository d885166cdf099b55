//! The client for requests to other machines, and to this cloud by names that resolve nowhere.

use std::sync::OnceLock;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A client for HTTP, encrypted or not.
pub(crate) type HttpClient = Client<hyper_rustls::HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client that is made when it is first needed: reading the machine's root certificates takes longer than starting.
#[derive(Default)]
pub(crate) struct LazyClient(OnceLock<HttpClient>);

impl LazyClient {
    /// The client.
    ///
    /// # Errors
    /// The machine has no root certificates.
    pub(crate) fn get(&self) -> Result<HttpClient, String> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| format!("no root certificates: {error}"))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(self.0.get_or_init(|| Client::builder(TokioExecutor::new()).build(connector)).clone())
    }
}

impl std::fmt::Debug for LazyClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LazyClient")
    }
}
