//! Asks a local cloud at its own addresses (`/_stack/...`), over plain HTTP on a connection that ends with the answer.

use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serde::Deserialize;

/// How long a connection and a health request may take: whoever is there answers at once.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// Greatest health answer that is read, in bytes.
const HEALTH_LIMIT: u64 = 64 * 1024;

/// What a local cloud says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Health {
    /// Region of what it makes for callers that name none; a local cloud of an older version does not tell.
    pub(crate) region: Option<String>,
}

/// A request to a local cloud.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    /// How long each read and write may take.
    timeout: Duration,
    /// Greatest answer that is read, in bytes.
    limit: u64,
}

struct Answer {
    status: u16,
    body: String,
}

/// What our own local cloud at this endpoint says of itself; nothing when none answers there.
pub(crate) fn fetch_health(url: &str) -> Option<Health> {
    let request = Request { method: "GET", path: "/_stack/health", timeout: HEALTH_TIMEOUT, limit: HEALTH_LIMIT };
    read_health(&ask(url, &request).ok()?)
}

/// Other emulators answer this path too, with an error or a page of theirs.
fn read_health(answer: &Answer) -> Option<Health> {
    let is_ours = answer.status == 200 && answer.body.contains("\"services\"") && answer.body.contains("\"version\"");
    if is_ours { serde_json::from_str(&answer.body).ok() } else { None }
}

fn ask(url: &str, request: &Request<'_>) -> std::io::Result<Answer> {
    let Request { method, path, timeout, limit } = request;
    let unusable = || Error::new(ErrorKind::InvalidInput, "a local cloud is reached by plain HTTP");
    let authority = url.strip_prefix("http://").ok_or_else(unusable)?;
    let address = authority.to_socket_addrs()?.next().ok_or_else(unusable)?;
    let mut stream = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT)?;
    stream.set_read_timeout(Some(*timeout))?;
    stream.set_write_timeout(Some(*timeout))?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")?;
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
