//! Addresses of the local cloud as ones that answer any client.

use crate::{cloudfront, lambda};

/// The same text with the address of every distribution, website and function URL as one that answers: a path of the cloud at
/// `cloud_url` (`http://127.0.0.1:4566`). What is no such address stays as it is.
#[must_use]
pub fn answering(text: &str, cloud_url: &str) -> String {
    lambda::address::answering(&cloudfront::address::answering(text, cloud_url), cloud_url)
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
}
