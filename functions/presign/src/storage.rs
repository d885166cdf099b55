//! Where a bucket is found.

use fetch::Address;

use crate::encode::percent_encode;

/// Host and path of the objects of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    bucket: String,
    /// `https://BUCKET.s3.REGION.amazonaws.com`.
    origin: String,
    /// What the path starts with: `/`, or `/BUCKET/`.
    prefix: String,
}

impl Storage {
    /// A bucket on AWS; or, with an endpoint, below that. A name with dots stands in the path, because the certificate of S3
    /// does not cover it as a host.
    #[must_use]
    pub fn new(bucket: &str, region: &str, endpoint: Option<&Address>) -> Self {
        let in_path = format!("/{bucket}/");
        let bucket = bucket.to_owned();
        if let Some(endpoint) = endpoint {
            return Self { bucket, origin: endpoint.origin(), prefix: in_path };
        }
        let domain = match region {
            region if region.starts_with("cn-") => "amazonaws.com.cn",
            region if region.starts_with("eusc-") => "amazonaws.eu",
            _ => "amazonaws.com",
        };
        if bucket.contains('.') {
            return Self { bucket, origin: format!("https://s3.{region}.{domain}"), prefix: in_path };
        }
        let origin = format!("https://{bucket}.s3.{region}.{domain}");
        Self { bucket, origin, prefix: "/".to_owned() }
    }

    /// Name of the bucket, which the policy of a form says.
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Objects at the root of a host, as before buckets had regions in their names.
    #[cfg(test)]
    pub(crate) fn at(origin: &str) -> Self {
        Self { bucket: String::new(), origin: origin.to_owned(), prefix: "/".to_owned() }
    }

    /// Scheme and host.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Host, with its port where that is not the scheme's own: what `Host` says.
    pub(crate) fn host(&self) -> &str {
        let (scheme, host) = self.origin.split_once("://").unwrap_or(("", &self.origin));
        let own_port = if scheme == "https" { ":443" } else { ":80" };
        host.strip_suffix(own_port).unwrap_or(host)
    }

    /// What a form is posted to.
    pub(crate) fn form_url(&self) -> String {
        let path = if self.prefix == "/" { "/" } else { self.prefix.trim_end_matches('/') };
        format!("{}{path}", self.origin)
    }

    /// Path of an object, encoded.
    pub(crate) fn path(&self, key: &str) -> String {
        format!("{}{}", self.prefix, percent_encode(key, "/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_hosts_unless_their_names_forbid_it() {
        let place = |bucket, region, endpoint: Option<&str>| {
            let endpoint = endpoint.map(|url| Address::parse(url).unwrap());
            let storage = Storage::new(bucket, region, endpoint.as_ref());
            (format!("{}{}", storage.origin(), storage.path("a b/c")), storage.host().to_owned())
        };
        let (url, host) = place("uploads", "eu-central-1", None);
        assert_eq!(url, "https://uploads.s3.eu-central-1.amazonaws.com/a%20b/c");
        assert_eq!(host, "uploads.s3.eu-central-1.amazonaws.com");
        assert_eq!(place("u", "cn-north-1", None).1, "u.s3.cn-north-1.amazonaws.com.cn");
        assert_eq!(place("u", "eusc-de-east-1", None).1, "u.s3.eusc-de-east-1.amazonaws.eu");
        let (url, _) = place("a.example.com", "us-east-1", None);
        assert_eq!(url, "https://s3.us-east-1.amazonaws.com/a.example.com/a%20b/c");
        let (url, host) = place("uploads", "us-east-1", Some("http://127.0.0.1:4566"));
        assert_eq!((url.as_str(), host.as_str()), ("http://127.0.0.1:4566/uploads/a%20b/c", "127.0.0.1:4566"));
        assert_eq!(place("u", "us-east-1", Some("http://localhost:80/")).1, "localhost");
        assert_eq!(place("u", "us-east-1", Some("https://s3.example.com:443")).1, "s3.example.com");
    }
}
