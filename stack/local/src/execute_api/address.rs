//! Where an API answers here.
//!
//! Templates and attributes name an API as AWS does, `https://<id>.execute-api.<region>.amazonaws.com`. Here it answers to
//! that Host, to `<id>.execute-api.localhost`, and, for clients that resolve neither, under a path on the cloud's own port.

use http::Uri;

/// Prefix of the paths that name an API, by its id or by a custom domain name.
pub(crate) const PREFIX: &str = "/_stack/execute-api/";

/// What follows the id in a host name.
const LOCAL_SUFFIX: &str = ".execute-api.localhost";

/// The address at which an API of the local cloud at `cloud_url` (`http://127.0.0.1:4566`) answers any client, without a
/// slash at its end. What follows is as on AWS: a stage, unless it is `$default`, and a path.
#[must_use]
pub fn api_url(cloud_url: &str, id: &str) -> String {
    format!("{cloud_url}{PREFIX}{id}")
}

/// The endpoint of an API as AWS names it.
pub(crate) fn endpoint(id: &str, region: &str) -> String {
    format!("https://{}", host_name(id, region))
}

/// The host of an API as AWS names it.
pub(crate) fn host_name(id: &str, region: &str) -> String {
    format!("{id}.execute-api.{region}.amazonaws.com")
}

/// What a request names: an API by its id, or a custom domain, and the path that follows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Addressed {
    /// By id.
    Api { id: String, path: String },
    /// By a domain name.
    Domain { name: String, path: String },
}

/// Reads Host (without a port, in lower case) and path.
pub(super) fn addressed(host: &str, uri: &Uri) -> Addressed {
    let path = uri.path();
    let (name, path) = match path.strip_prefix(PREFIX) {
        Some(rest) => {
            let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
            (name.to_ascii_lowercase(), format!("/{path}"))
        }
        None => (id_of_host(host).unwrap_or(host).to_owned(), path.to_owned()),
    };
    if name.contains('.') { Addressed::Domain { name, path } } else { Addressed::Api { id: name, path } }
}

/// The API's id in a host name of either form.
pub(crate) fn id_of_host(host: &str) -> Option<&str> {
    let id = host.strip_suffix(LOCAL_SUFFIX).or_else(|| {
        let (id, rest) = host.split_once(".execute-api.")?;
        rest.strip_suffix(".amazonaws.com").map(|_region| id)
    })?;
    is_id(id).then_some(id)
}

/// Whether this is what ids of APIs are made of.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The host that begins `text` when it is that of an API: the address that answers instead, and what follows the host.
pub(crate) fn answering_host<'a>(text: &'a str, cloud_url: &str) -> Option<(String, &'a str)> {
    let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
    let end = text.bytes().position(|byte| !goes_on(byte)).unwrap_or(text.len());
    // A sentence may end in a full stop.
    let host = text[..end].trim_end_matches('.');
    id_of_host(host).map(|id| (api_url(cloud_url, id), &text[host.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOUD: &str = "http://127.0.0.1:4566";

    #[test]
    fn an_api_is_named_by_host_or_path() {
        let api = |id: &str, path: &str| Addressed::Api { id: id.to_owned(), path: path.to_owned() };
        let domain = |name: &str, path: &str| Addressed::Domain { name: name.to_owned(), path: path.to_owned() };
        for (host, uri, expected) in [
            ("abc1.execute-api.localhost", "/prod/pets?x=1", api("abc1", "/prod/pets")),
            ("abc1.execute-api.eu-west-1.amazonaws.com", "/", api("abc1", "/")),
            ("127.0.0.1", "/_stack/execute-api/abc1", api("abc1", "/")),
            ("127.0.0.1", "/_stack/execute-api/abc1/prod/a%20b", api("abc1", "/prod/a%20b")),
            ("api.example.com", "/v1/pets", domain("api.example.com", "/v1/pets")),
            ("127.0.0.1", "/_stack/execute-api/Api.example.com/v1", domain("api.example.com", "/v1")),
        ] {
            assert_eq!(addressed(host, &uri.parse().unwrap()), expected, "{host}{uri}");
        }
    }

    #[test]
    fn only_the_host_of_an_api_is_answered_elsewhere() {
        let url = format!("{CLOUD}/_stack/execute-api/abc1");
        for (text, expected) in [
            ("abc1.execute-api.us-east-1.amazonaws.com", Some((url.clone(), ""))),
            ("abc1.execute-api.us-east-1.amazonaws.com/prod/x", Some((url.clone(), "/prod/x"))),
            ("abc1.execute-api.localhost. Next", Some((url, ". Next"))),
            ("abc1.execute-api.localhost:4566/x", None),
            ("a.b.execute-api.us-east-1.amazonaws.com/x", None),
            ("abc1.execute-api.us-east-1.amazonaws.com.evil/x", None),
            ("example.com", None),
        ] {
            assert_eq!(answering_host(text, CLOUD), expected, "{text}");
        }
    }
}
