//! Where a distribution or a website answers here.
//!
//! A template writes `https://` and the domain name, which is right on AWS. Here is no TLS, a domain name carries no port,
//! and not every resolver knows names under `.localhost`: what answers everywhere is a path on the cloud's own port.

/// Prefix of the paths that name a distribution.
pub(crate) const PREFIX: &str = "/_stack/cloudfront/";

/// What follows the id in a domain name.
const SUFFIX: &str = ".cloudfront.localhost";

/// `<id>.cloudfront.localhost`, in lower case.
pub(super) fn domain_name(id: &str) -> String {
    format!("{}{SUFFIX}", id.to_ascii_lowercase())
}

/// The address at which a distribution of the local cloud at `cloud_url` (`http://127.0.0.1:4566`) answers any client,
/// without a slash at its end.
#[must_use]
pub fn distribution_url(cloud_url: &str, id: &str) -> String {
    format!("{cloud_url}{PREFIX}{id}")
}

/// The same text with the address of every distribution, website and API as one that answers: `https://<id>.cloudfront.localhost`
/// becomes [`distribution_url`], `https://<id>.execute-api.<region>.amazonaws.com` [`crate::api_url`], the host of a bucket's
/// website a path of the cloud. What is no such address, one with a port among them, stays as it is.
pub(crate) fn answering(text: &str, cloud_url: &str) -> String {
    let mut answering = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, host)) = split_at_host(rest) {
        let found = crate::execute_api::address::answering_host(host, cloud_url)
            .or_else(|| distribution(host, cloud_url))
            .or_else(|| website(host, cloud_url));
        if let Some((address, after)) = found {
            let scheme = if before.ends_with("https://") { "https://" } else { "http://" };
            answering.push_str(&before[..before.len() - scheme.len()]);
            answering.push_str(&address);
            rest = after;
        } else {
            answering.push_str(before);
            rest = host;
        }
    }
    answering.push_str(rest);
    answering
}

/// Whether a text is the domain name of a distribution, and nothing but that.
pub(crate) fn is_host(text: &str) -> bool {
    let id = text.strip_suffix(SUFFIX).unwrap_or_default();
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The address of the distribution whose domain name the text begins with, and what follows the name.
fn distribution<'a>(text: &'a str, cloud_url: &str) -> Option<(String, &'a str)> {
    let id = &text[..text.bytes().take_while(u8::is_ascii_alphanumeric).count()];
    let after = text[id.len()..].strip_prefix(SUFFIX).filter(|after| !id.is_empty() && !goes_on(after))?;
    // Ids are upper case.
    Some((distribution_url(cloud_url, &id.to_ascii_uppercase()), after))
}

/// The address of the website whose host (`<bucket>.s3-website-<region>.amazonaws.com`) the text begins with, and what follows it.
fn website<'a>(text: &'a str, cloud_url: &str) -> Option<(String, &'a str)> {
    let host = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
    let (host, after) = text.split_at(host);
    let bucket = crate::s3::website::bucket_of_host(host).filter(|_| !after.starts_with(':'))?;
    Some((format!("{cloud_url}{}{bucket}", crate::s3::website::PREFIX), after))
}

/// The text up to and including the next `http://` or `https://`, and what follows it.
fn split_at_host(text: &str) -> Option<(&str, &str)> {
    text.match_indices("://")
        .map(|(at, separator)| text.split_at(at + separator.len()))
        .find(|(before, _)| before.ends_with("https://") || before.ends_with("http://"))
}

/// Whether a host name, or a port, goes on here.
fn goes_on(after: &str) -> bool {
    after.starts_with(|next: char| next.is_ascii_alphanumeric() || matches!(next, '.' | '-' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOUD: &str = "http://127.0.0.1:4566";

    #[test]
    fn the_address_of_a_distribution_becomes_one_that_answers() {
        let path = "http://127.0.0.1:4566/_stack/cloudfront/E1ABC2";
        for (text, expected) in [
            ("https://e1abc2.cloudfront.localhost", path.to_owned()),
            ("https://e1abc2.cloudfront.localhost/avatars/", format!("{path}/avatars/")),
            ("http://e1abc2.cloudfront.localhost/?a=b", format!("{path}/?a=b")),
            (
                "a https://e1abc2.cloudfront.localhost, b https://e9.cloudfront.localhost/x",
                format!("a {path}, b {CLOUD}/_stack/cloudfront/E9/x"),
            ),
            (
                "http://photos.s3-website-us-east-1.amazonaws.com/index.html",
                format!("{CLOUD}/_stack/s3-website/photos/index.html"),
            ),
            (
                "https://abc.execute-api.eu-west-1.amazonaws.com/api/videos",
                format!("{CLOUD}/_stack/execute-api/abc/api/videos"),
            ),
            ("https://abc.execute-api.localhost", format!("{CLOUD}/_stack/execute-api/abc")),
            ("https://a.example https://e1abc2.cloudfront.localhost", format!("https://a.example {path}")),
        ] {
            assert_eq!(answering(text, CLOUD), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "",
            "avatars-alice-assets",
            "https://d111111abcdef8.cloudfront.net/avatars/",
            "e1abc2.cloudfront.localhost",
            "http://e1abc2.cloudfront.localhost:4566/",
            "https://e1abc2.cloudfront.localhost.localstack.cloud/",
            "https://e1abc2.cloudfront.localhostile/",
            "https://.cloudfront.localhost/",
            "https://a.b.cloudfront.localhost/",
            "s3://e1abc2.cloudfront.localhost/",
            "https://",
            "http://photos.s3.us-east-1.amazonaws.com/",
            "http://photos.s3-website-us-east-1.amazonaws.com:80/",
            "https://ü.cloudfront.localhost/",
        ] {
            assert_eq!(answering(text, CLOUD), text);
        }
    }

    #[test]
    fn a_domain_name_is_lower_case() {
        assert_eq!(domain_name("E1ABC2"), "e1abc2.cloudfront.localhost");
    }
}
