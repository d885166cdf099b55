//! A plain HTTP client: what is on the wire, nothing followed, nothing retried.

pub use ::http::Method;
use ::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }

    /// A header as text, empty when it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// GET.
pub async fn get(url: &str) -> Answer {
    request(Method::GET, url, &[], Bytes::new()).await
}

/// True when somebody answers there, whatever the answer is.
pub async fn answers(url: &str) -> bool {
    try_request(Method::GET, url, &[], Bytes::new()).await.is_ok()
}

/// GET of a URL whose host need not resolve (`http://<id>.cloudfront.localhost:4566/...`): asked at `server`, which is told
/// the URL's own host.
pub async fn get_from(server: &str, url: &str) -> Answer {
    let uri: ::http::Uri = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
    let path = uri.path_and_query().map_or("/", ::http::uri::PathAndQuery::as_str);
    let host = uri.authority().unwrap_or_else(|| panic!("{url} has no host")).as_str();
    request(Method::GET, &format!("{server}{path}"), &[("host", host)], Bytes::new()).await
}

/// One request over a connection of its own. Panics when there is no answer.
pub async fn request(method: Method, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    try_request(method, url, headers, body).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// The same, with a failed connection as an error.
///
/// # Errors
/// What the client said, in words.
pub async fn try_request(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Answer, String> {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = ::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).map_err(|error| error.to_string())?;
    let response = client.request(request).await.map_err(|error| format!("{error:?}"))?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    Ok(Answer { status: head.status, headers: head.headers, body })
}
