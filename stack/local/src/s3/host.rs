//! Which bucket a Host names.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// Virtual-host style addressing.
pub(in crate::s3) struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let named = VirtualHost::new(host);
        Ok(match bucket_of_host(host) {
            Some(bucket) => named.with_bucket(bucket),
            None => named,
        })
    }
}

/// The bucket of `<bucket>.s3.localhost`, `<bucket>.s3.<region>.amazonaws.com` and `<bucket>.localhost`, with or without
/// a port; `None` for hosts that take the bucket from the path.
pub(crate) fn bucket_of_host(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host.as_str(),
    };
    let bucket = if name.ends_with(".amazonaws.com") || name.ends_with(".s3.localhost") {
        name.rfind(".s3.").or_else(|| name.rfind(".s3-")).map(|end| &name[..end])
    } else {
        name.strip_suffix(".localhost").filter(|bucket| *bucket != "s3" && !bucket.starts_with("s3."))
    };
    bucket.filter(|bucket| !bucket.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::bucket_of_host;

    #[test]
    fn hosts_name_buckets_or_do_not() {
        for (host, bucket) in [
            ("photos.s3.localhost:4566", Some("photos")),
            ("my.s3.photos.s3.localhost", Some("my.s3.photos")),
            ("photos.s3.eu-west-1.amazonaws.com", Some("photos")),
            ("photos.s3.amazonaws.com", Some("photos")),
            ("Photos.S3.localhost:1", Some("photos")),
            ("photos.localhost:4566", Some("photos")),
            ("s3.localhost:4566", None),
            ("s3.eu-west-1.amazonaws.com", None),
            ("localhost:4566", None),
            ("127.0.0.1:4566", None),
            ("[::1]:4566", None),
        ] {
            assert_eq!(bucket_of_host(host).as_deref(), bucket, "{host}");
        }
    }
}
