//! Asks a local cloud at its own addresses (`/_stack/...`), over plain HTTP on a connection that ends with the answer.

use std::fmt::Write as _;
use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::access::Recorded;
use crate::error::{CliError, LocalCloudError};

/// How long a connection and a health request may take: whoever is there answers at once.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// Greatest health answer that is read, in bytes.
const HEALTH_LIMIT: u64 = 64 * 1024;

/// How long any other answer may take: it is made from what is in memory, but a loaded machine is slow.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Greatest other answer that is read, in bytes: some thousand decisions of some hundred bytes each are the most there is.
const LIMIT: u64 = 64 * 1024 * 1024;

/// What a local cloud says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Health {
    /// Region of what it makes for callers that name none; a local cloud of an older version does not tell.
    pub(crate) region: Option<String>,
}

/// Whose token is wanted, and for which client, by logical ids in the stack.
#[derive(Debug, Serialize)]
pub(crate) struct WantedToken<'a> {
    pub(crate) stack: &'a str,
    pub(crate) pool: &'a str,
    pub(crate) client: &'a str,
    pub(crate) user: &'a str,
}

/// Tokens of a user.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    /// What the pool calls the user.
    pub(crate) user: String,
    /// True when the user was not there before.
    pub(crate) created: bool,
    pub(crate) access_token: String,
    pub(crate) id_token: String,
    /// Seconds that the access token is good for.
    pub(crate) expires_in: i64,
}

/// A request to a local cloud.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    /// How long each read and write may take.
    timeout: Duration,
    /// Greatest answer that is read, in bytes.
    limit: u64,
    /// JSON, sent with the header that lets writes in; empty for a question.
    body: String,
}

struct Answer {
    status: u16,
    body: String,
}

/// What our own local cloud at this endpoint says of itself; nothing when none answers there.
pub(crate) fn fetch_health(url: &str) -> Option<Health> {
    let request = Request {
        method: "GET",
        path: "/_stack/health",
        timeout: HEALTH_TIMEOUT,
        limit: HEALTH_LIMIT,
        body: String::new(),
    };
    read_health(&ask(url, &request).ok()?)
}

/// What roles and users did in the local cloud at this endpoint.
///
/// # Errors
/// [`LocalCloudError::LocalCloudRefuses`], [`LocalCloudError::LocalCloudAnswer`].
pub(crate) fn fetch_access(url: &str) -> Result<Recorded, CliError> {
    fetch(url, "GET", "/_stack/access.json", String::new())
}

/// Tokens of a user of a pool in the local cloud at this endpoint; who is not there is made.
///
/// # Errors
/// [`LocalCloudError::LocalCloudRefuses`], [`LocalCloudError::LocalCloudAnswer`].
pub(crate) fn fetch_token(url: &str, wanted: &WantedToken<'_>) -> Result<Tokens, CliError> {
    fetch(url, "POST", "/_stack/api/token", serde_json::to_string(wanted).unwrap_or_default())
}

fn fetch<T: DeserializeOwned>(url: &str, method: &str, path: &'static str, body: String) -> Result<T, CliError> {
    let unreadable = |source| LocalCloudError::LocalCloudAnswer { url: url.to_owned(), path, source };
    let request = Request { method, path, timeout: TIMEOUT, limit: LIMIT, body };
    let Answer { status, body } = ask(url, &request).map_err(unreadable)?;
    if status != 200 {
        let message = body.trim().to_owned();
        return Err(LocalCloudError::LocalCloudRefuses { url: url.to_owned(), path, status, message }.into());
    }
    serde_json::from_str(&body).map_err(|error| unreadable(error.into()).into())
}

/// Other emulators answer this path too, with an error or a page of theirs.
fn read_health(answer: &Answer) -> Option<Health> {
    let is_ours = answer.status == 200 && answer.body.contains("\"services\"") && answer.body.contains("\"version\"");
    if is_ours { serde_json::from_str(&answer.body).ok() } else { None }
}

fn ask(url: &str, request: &Request<'_>) -> std::io::Result<Answer> {
    let Request { method, path, timeout, limit, body } = request;
    let unusable = || Error::new(ErrorKind::InvalidInput, "a local cloud is reached by plain HTTP");
    let authority = url.strip_prefix("http://").ok_or_else(unusable)?;
    let address = authority.to_socket_addrs()?.next().ok_or_else(unusable)?;
    let mut stream = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT)?;
    stream.set_read_timeout(Some(*timeout))?;
    stream.set_write_timeout(Some(*timeout))?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n");
    if !body.is_empty() {
        let length = body.len();
        // Writing to a String cannot fail.
        let _ = write!(text, "Content-Type: application/json\r\nContent-Length: {length}\r\nX-Stack-Console: 1\r\n");
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
    let mut text = String::new();
    stream.take(*limit).read_to_string(&mut text)?;
    parse_answer(&text).ok_or_else(|| Error::new(ErrorKind::InvalidData, "the answer is not HTTP"))
}

fn parse_answer(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(answer: &str) -> Option<Health> {
        read_health(&parse_answer(answer)?)
    }

    #[test]
    fn only_our_own_health_is_health() {
        let ours = "HTTP/1.1 200 OK\r\na: b\r\n\r\n{\"version\":\"0.1.0\",\"services\":{}}";
        assert_eq!(health(ours), Some(Health { region: None }));
        for other in [
            "HTTP/1.1 404 Not Found\r\n\r\n{\"version\":\"0\",\"services\":{}}",
            "HTTP/1.1 200 OK\r\n\r\n<html></html>",
            "HTTP/1.1 200 OK\r\n\r\n\"services\" \"version\"",
            "",
        ] {
            assert_eq!(health(other), None, "{other}");
        }
    }

    #[test]
    fn health_tells_the_region() {
        let ours = "HTTP/1.1 200 OK\r\n\r\n{\"version\":\"0.1.0\",\"region\":\"eu-west-1\",\"services\":{}}";
        assert_eq!(health(ours), Some(Health { region: Some("eu-west-1".to_owned()) }));
    }
}
