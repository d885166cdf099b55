//! Addresses of the local cloud as ones that answer any client.

use crate::{cloudfront, lambda, s3};

/// The same text with the address of every distribution, website and function URL as one that answers: a path of the cloud at
/// `cloud_url` (`http://127.0.0.1:4566`). What is no such address stays as it is.
#[must_use]
pub fn answering(text: &str, cloud_url: &str) -> String {
    lambda::address::answering(&cloudfront::address::answering(text, cloud_url), cloud_url)
}

/// The value of a function's variable with addresses that answer from here, in a list separated by commas as well. An origin
/// of pages (`https://e1abc2.cloudfront.localhost`, nothing behind it) stays an origin, the one that browsers send for it here:
/// functions compare it with theirs, and a path would be none.
pub(crate) fn answering_variable(value: &str, cloud_url: &str) -> String {
    let item = |item: &str| page_origin(item, cloud_url).unwrap_or_else(|| answering(item, cloud_url));
    value.split(',').map(item).collect::<Vec<_>>().join(",")
}

/// The origin of a distribution or website here, when the text is nothing but one.
fn page_origin(text: &str, cloud_url: &str) -> Option<String> {
    let origin = text.trim();
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
    if host.contains(['/', ':', '?', '#']) {
        return None;
    }
    let host = match s3::website::bucket_of_host(host) {
        Some(bucket) => format!("{bucket}{}", s3::website::LOCAL_SUFFIX),
        None if cloudfront::address::is_host(host) => host.to_owned(),
        None => return None,
    };
    let port = cloud_url.rsplit_once(':').map_or("80", |(_, port)| port);
    Some(text.replace(origin, &format!("http://{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_kind_are_found_in_one_text() {
        let text = "https://e1abc2.cloudfront.localhost/a http://ab12.lambda-url.us-east-1.localhost:4566/b";
        let cloud = "http://127.0.0.1:4566";
        let expected = format!("{cloud}/_stack/cloudfront/E1ABC2/a {cloud}/_stack/lambda-url/ab12/b");
        assert_eq!(answering(text, cloud), expected);
    }

    #[test]
    fn an_origin_in_a_variable_stays_one() {
        let cloud = "http://127.0.0.1:4566";
        let base = format!("{cloud}/_stack/cloudfront/E1ABC2/");
        for (value, expected) in [
            ("https://e1abc2.cloudfront.localhost/", base.clone()),
            ("https://e1abc2.cloudfront.localhost", "http://e1abc2.cloudfront.localhost:4566".to_owned()),
            (
                "https://e1abc2.cloudfront.localhost, https://a.example",
                "http://e1abc2.cloudfront.localhost:4566, https://a.example".to_owned(),
            ),
            ("http://photos.s3-website-us-east-1.amazonaws.com", "http://photos.s3-website.localhost:4566".to_owned()),
            ("http://photos.s3-website-us-east-1.amazonaws.com/a", format!("{cloud}/_stack/s3-website/photos/a")),
            ("http://ab12.lambda-url.us-east-1.localhost:4566", format!("{cloud}/_stack/lambda-url/ab12")),
            ("{\"base\":\"https://e1abc2.cloudfront.localhost/\",\"a\":1}", format!("{{\"base\":\"{base}\",\"a\":1}}")),
            ("https://.cloudfront.localhost", "https://.cloudfront.localhost".to_owned()),
            ("*", "*".to_owned()),
            (",", ",".to_owned()),
            ("", String::new()),
        ] {
            assert_eq!(answering_variable(value, cloud), expected, "{value}");
        }
    }
}
