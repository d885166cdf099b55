//! Where a website answers: by Host as on AWS, or by path for who does not resolve such names.

/// Prefix of the paths that name a website's bucket.
pub(crate) const PREFIX: &str = "/_stack/s3-website/";

/// What follows a bucket in the host of its website.
const HOST_PART: &str = ".s3-website";

/// What follows a bucket in the host that browsers resolve to this machine.
pub(crate) const LOCAL_SUFFIX: &str = ".s3-website.localhost";

/// The bucket of `<bucket>.s3-website-<region>.amazonaws.com`, `<bucket>.s3-website.<region>.amazonaws.com` and
/// `<bucket>.s3-website.localhost`, with or without a port.
pub(crate) fn bucket_of_host(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let name = host.split(':').next().unwrap_or_default();
    let (bucket, rest) = name.rsplit_once(HOST_PART)?;
    let known = rest == ".localhost" || (rest.starts_with(['-', '.']) && rest.ends_with(".amazonaws.com"));
    (known && !bucket.is_empty()).then(|| bucket.to_owned())
}

/// The bucket of `/_stack/s3-website/<bucket>/<path>`, and the path with its leading slash.
pub(crate) fn bucket_of_path(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(PREFIX)?;
    let end = rest.find('/').unwrap_or(rest.len());
    (end > 0).then(|| (&rest[..end], if end == rest.len() { "/" } else { &rest[end..] }))
}

/// Where a page without a slash behind the bucket is: relative links on it would lead out of the bucket.
pub(super) fn with_slash(path: &str, query: Option<&str>) -> Option<String> {
    let bucket = path.strip_prefix(PREFIX).filter(|bucket| !bucket.is_empty() && !bucket.contains('/'))?;
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{PREFIX}{bucket}/{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn websites_are_named_by_host_or_path() {
        for (host, bucket) in [
            ("photos.s3-website-us-east-1.amazonaws.com", Some("photos")),
            ("photos.s3-website.eu-central-1.amazonaws.com:80", Some("photos")),
            ("my.photos.s3-website.localhost:4566", Some("my.photos")),
            ("photos.s3.localhost", None),
            ("photos.s3-website.example.com", None),
            (".s3-website.localhost", None),
        ] {
            assert_eq!(bucket_of_host(host).as_deref(), bucket, "{host}");
        }
        assert_eq!(bucket_of_path("/_stack/s3-website/b/x/y"), Some(("b", "/x/y")));
        assert_eq!(bucket_of_path("/_stack/s3-website/b"), Some(("b", "/")));
        assert_eq!(bucket_of_path("/_stack/s3-website/"), None);
        assert_eq!(bucket_of_path("/other"), None);
    }

    #[test]
    fn a_path_ends_with_a_slash_at_least() {
        assert_eq!(with_slash("/_stack/s3-website/b", None).as_deref(), Some("/_stack/s3-website/b/"));
        assert_eq!(with_slash("/_stack/s3-website/b", Some("x=1")).as_deref(), Some("/_stack/s3-website/b/?x=1"));
        for path in ["/_stack/s3-website/b/", "/_stack/s3-website/b/x", "/_stack/s3-website/", "/other", "/"] {
            assert_eq!(with_slash(path, None), None, "{path}");
        }
    }
}
