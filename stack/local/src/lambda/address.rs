//! Where functions and their packages answer here.
//!
//! On AWS a function URL is `https://<id>.lambda-url.<region>.on.aws/`. Here is no TLS, the port is the cloud's own, and not
//! every resolver knows names under `.localhost`: what answers everywhere is a path.

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::StatusCode;
use sha2::Sha256;

use super::{Lambda, urls};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::router::host;
use crate::wire::Form;

/// Prefix of the paths that name a function URL.
pub(crate) const PREFIX: &str = "/_stack/lambda-url/";

/// Prefix of the paths at which packages can be fetched.
pub(crate) const CODE_PREFIX: &str = "/_stack/lambda-code/";

/// What follows the id in a host name.
const LABEL: &str = ".lambda-url.";

/// How long the address of a package is good for, in seconds: as long as on AWS.
const CODE_LIFE: i64 = 600;

/// Whether a request for this Host (without the port) is one for a function URL.
pub(crate) fn is_host(host: &str) -> bool {
    host.contains(LABEL) && (host.ends_with(".localhost") || host.ends_with(".on.aws"))
}

/// `http://<id>.lambda-url.<region>.localhost:<port>/`, what the API says.
pub(crate) fn function_url(cloud: &Cloud, id: &str) -> String {
    let port = cloud.url.rsplit_once(':').map_or("80", |(_, port)| port);
    format!("http://{}:{port}/", domain_name(cloud, id))
}

/// `<id>.lambda-url.<region>.localhost`.
pub(super) fn domain_name(cloud: &Cloud, id: &str) -> String {
    format!("{id}{LABEL}{}.localhost", cloud.region)
}

/// The id of the function URL that a request is for, with the path within it.
pub(super) fn addressed(request: &Request) -> Option<(String, String)> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix(PREFIX) {
        let (id, path) = rest.split_once('/').unwrap_or((rest, ""));
        return Some((id.to_owned(), format!("/{path}")));
    }
    let host = host(request)?;
    let (id, _) = host.split_once(LABEL)?;
    Some((id.to_owned(), path.to_owned()))
}

/// The same text with every function URL of the local cloud as one that answers any client: a path of `cloud_url`
/// (`http://127.0.0.1:4566`). What is no such address stays as it is.
pub(crate) fn answering(text: &str, cloud_url: &str) -> String {
    let mut answering = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, host) = rest.split_at(at + "://".len());
        let scheme = ["https://", "http://"].into_iter().find(|scheme| before.ends_with(scheme));
        if let Some((scheme, (id, after))) = scheme.zip(split_host(host)) {
            answering.push_str(&before[..before.len() - scheme.len()]);
            answering.extend([cloud_url, PREFIX, id]);
            rest = after;
        } else {
            answering.push_str(before);
            rest = host;
        }
    }
    answering.push_str(rest);
    answering
}

/// The id of a function URL that the text begins with, and what follows host and port.
fn split_host(text: &str) -> Option<(&str, &str)> {
    let (id, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_alphanumeric).count());
    let rest = rest.strip_prefix(LABEL)?;
    let region = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
    let after = rest[region..].strip_prefix(".localhost")?;
    let after =
        after.strip_prefix(':').map_or(after, |port| port.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    let goes_on = after.starts_with(|next: char| next.is_ascii_alphanumeric() || matches!(next, '.' | '-' | ':'));
    (!id.is_empty() && region > 0 && !goes_on).then_some((id, after))
}

/// Answers a request for a function URL or for a package.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    if request.uri().path().starts_with(CODE_PREFIX) {
        return package(cloud, request.uri()).await;
    }
    urls::data_plane::handle(cloud, request).await
}

impl Lambda {
    /// An address at which a package can be fetched for ten minutes.
    pub(super) fn code_location(&self, cloud: &Cloud, code: &str) -> String {
        let expires = time::OffsetDateTime::now_utc().unix_timestamp() + CODE_LIFE;
        let signature = hex::encode(self.code_mac(code, expires).finalize().into_bytes());
        format!("{}{CODE_PREFIX}{code}?expires={expires}&signature={signature}", cloud.url)
    }

    fn code_mac(&self, code: &str, expires: i64) -> Hmac<Sha256> {
        // A key of 16 bytes, padded to the block size as HMAC does it: no length can be wrong.
        let mut block = [0; 64];
        block[..self.address_key.len()].copy_from_slice(&self.address_key);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(format!("{code}\n{expires}").as_bytes());
        mac
    }
}

/// Answers with a package.
async fn package(cloud: &Arc<Cloud>, uri: &http::Uri) -> Response {
    let refuse =
        |status| respond(status, "text/plain; charset=utf-8", "this address of a package is not valid (any more)\n");
    let code = uri.path().trim_start_matches(CODE_PREFIX);
    let Ok(query) = Form::parse(uri.query().unwrap_or_default()) else {
        return refuse(StatusCode::BAD_REQUEST);
    };
    let expires: i64 = query.get("expires").and_then(|text| text.parse().ok()).unwrap_or(0);
    let signature = hex::decode(query.get("signature").unwrap_or_default()).unwrap_or_default();
    let is_signed = cloud.lambda.code_mac(code, expires).verify_slice(&signature).is_ok();
    if !is_signed || expires < time::OffsetDateTime::now_utc().unix_timestamp() {
        return refuse(StatusCode::FORBIDDEN);
    }
    match tokio::fs::read(Lambda::code_file(cloud, code)).await {
        Ok(bytes) => respond(StatusCode::OK, "application/zip", bytes),
        Err(_) => refuse(StatusCode::NOT_FOUND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOUD: &str = "http://127.0.0.1:4566";

    #[test]
    fn a_function_url_becomes_a_path_that_answers() {
        let path = "http://127.0.0.1:4566/_stack/lambda-url/ab12";
        for (text, expected) in [
            ("http://ab12.lambda-url.us-east-1.localhost:4566/", format!("{path}/")),
            ("https://ab12.lambda-url.us-east-1.localhost/a?b=c", format!("{path}/a?b=c")),
            (
                "a http://ab12.lambda-url.eu-central-1.localhost:4566, http://cd.lambda-url.us-east-1.localhost",
                format!("a {path}, {CLOUD}/_stack/lambda-url/cd"),
            ),
            ("x://y http://ab12.lambda-url.us-east-1.localhost", format!("x://y {path}")),
        ] {
            assert_eq!(answering(text, CLOUD), expected, "{text}");
        }
        for text in [
            "",
            "https://ab12.lambda-url.us-east-1.on.aws/",
            "ab12.lambda-url.us-east-1.localhost",
            "https://.lambda-url.us-east-1.localhost/",
            "https://ab12.lambda-url..localhost/",
            "https://ab12.lambda-url.us-east-1.localhostile/",
            "https://ab12.lambda-url.us-east-1.localhost.example/",
            "https://a.b.lambda-url.us-east-1.localhost/",
            "s3://ab12.lambda-url.us-east-1.localhost/",
            "https://",
        ] {
            assert_eq!(answering(text, CLOUD), text);
        }
    }

    #[test]
    fn hosts_of_function_urls_are_known() {
        assert!(is_host("ab12.lambda-url.us-east-1.localhost") && is_host("ab12.lambda-url.us-east-1.on.aws"));
        assert!(!is_host("ab12.s3.localhost") && !is_host("x.lambda-url.example"));
    }
}
