//! As much of S3 and CloudFront as a deployment needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use http::request::Parts;
use md5::{Digest as _, Md5};

use super::answer::{Answer, decode, tag};
use super::world::{Object, World};

/// Name of the operation that a request asks for.
pub(super) fn operation_name(head: &Parts) -> &'static str {
    let query = head.uri.query().unwrap_or_default();
    let has_key = head.uri.path().trim_matches('/').contains('/');
    if head.uri.path().starts_with("/2020-05-31/") {
        return "CreateInvalidation";
    }
    match (head.method.as_str(), has_key) {
        ("HEAD", false) => "HeadBucket",
        ("HEAD", true) => "HeadObject",
        ("PUT", true) if head.headers.contains_key("x-amz-copy-source") => "CopyObject",
        ("PUT", true) => "PutObject",
        ("GET", true) => "GetObject",
        ("DELETE", true) => "DeleteObject",
        ("GET", false) if query.contains("notification") => "GetBucketNotificationConfiguration",
        ("PUT", false) if query.contains("notification") => "PutBucketNotificationConfiguration",
        ("GET", false) if query.contains("list-type=2") => "ListObjectsV2",
        ("GET", false) if query.contains("versions") => "ListObjectVersions",
        ("GET", false) if query.contains("uploads") => "ListMultipartUploads",
        ("POST", false) if query.contains("delete") => "DeleteObjects",
        _ => "Unknown",
    }
}

pub(super) fn answer(world: &mut World, head: &Parts, body: &Bytes) -> Answer {
    if operation_name(head) == "CreateInvalidation" {
        world.invalidations.push(head.uri.path().split('/').nth(3).unwrap_or_default().to_owned());
        return Answer::new(201, "<Invalidation><Id>I1</Id><Status>Completed</Status></Invalidation>");
    }
    let path = decode(head.uri.path().trim_start_matches('/'), false);
    let (name, key) = path.split_once('/').unwrap_or((&path, ""));
    let refusal = (operation_name(head) == "PutBucketNotificationConfiguration")
        .then(|| world.refused_notifications.pop_front())
        .flatten();
    let Some(bucket) = world.buckets.get_mut(name.trim_end_matches('/')) else {
        return Answer::s3_error(404, "NoSuchBucket");
    };
    match operation_name(head) {
        "HeadBucket" => Answer::new(200, ""),
        "GetBucketNotificationConfiguration" if bucket.notifications.is_empty() => {
            Answer::new(200, "<NotificationConfiguration></NotificationConfiguration>")
        }
        "GetBucketNotificationConfiguration" => Answer::new(200, bucket.notifications.clone()),
        "PutBucketNotificationConfiguration" => {
            if let Some((code, message)) = refusal {
                return Answer::new(400, format!("<Error>{}{}</Error>", tag("Code", &code), tag("Message", &message)));
            }
            let written = String::from_utf8_lossy(body).into_owned();
            bucket.notifications = world.overwritten_notifications.take().unwrap_or(written);
            Answer::new(200, "")
        }
        "HeadObject" => match bucket.objects.get(key) {
            None => Answer::new(404, ""),
            Some(object) => object
                .headers
                .iter()
                .fold(Answer::new(200, ""), |answer, (name, value)| answer.header(name, value))
                .header("etag", &etag(object)),
        },
        "GetObject" => match bucket.objects.get(key) {
            None => Answer::s3_error(404, "NoSuchKey"),
            Some(object) => Answer::new(200, object.bytes.clone()).header("etag", &etag(object)),
        },
        "DeleteObject" => {
            bucket.objects.remove(key);
            Answer::new(204, "")
        }
        "PutObject" => {
            if head.headers.contains_key("if-none-match") && bucket.objects.contains_key(key) {
                return Answer::s3_error(412, "PreconditionFailed");
            }
            let object = Object { bytes: unchunked(head, body), headers: kept_headers(head) };
            let etag = etag(&object);
            bucket.objects.insert(key.to_owned(), object);
            Answer::new(200, "").header("etag", &etag)
        }
        // Onto itself, with other metadata.
        "CopyObject" => {
            let Some(object) = bucket.objects.get_mut(key) else { return Answer::s3_error(404, "NoSuchKey") };
            object.headers = kept_headers(head);
            Answer::new(200, format!("<CopyObjectResult>{}</CopyObjectResult>", tag("ETag", &etag(object))))
        }
        "ListObjectsV2" => {
            let query = decode(head.uri.query().unwrap_or_default(), false);
            let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default();
            let mut list = String::new();
            for (key, object) in bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
                let (key, etag) = (tag("Key", key), tag("ETag", &etag(object)));
                let rest =
                    tag("Size", &object.bytes.len().to_string()) + &tag("LastModified", "2026-11-21T00:00:00.000Z");
                let _ = write!(list, "<Contents>{key}{etag}{rest}</Contents>");
            }
            Answer::new(200, format!("<ListBucketResult><IsTruncated>false</IsTruncated>{list}</ListBucketResult>"))
        }
        "ListObjectVersions" => {
            let mut list = String::new();
            for key in bucket.objects.keys() {
                let _ = write!(list, "<Version>{}<VersionId>null</VersionId></Version>", tag("Key", key));
            }
            Answer::new(200, format!("<ListVersionsResult>{list}</ListVersionsResult>"))
        }
        "ListMultipartUploads" => Answer::new(200, "<ListMultipartUploadsResult></ListMultipartUploadsResult>"),
        "DeleteObjects" => {
            let text = String::from_utf8_lossy(body);
            for key in text.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")) {
                bucket.objects.remove(key.0);
            }
            Answer::new(200, "<DeleteResult></DeleteResult>")
        }
        _ => Answer::s3_error(501, "NotImplemented"),
    }
}

fn etag(object: &Object) -> String {
    format!("\"{}\"", hex::encode(Md5::digest(&object.bytes)))
}

fn kept_headers(head: &Parts) -> BTreeMap<String, String> {
    head.headers
        .iter()
        .filter(|(name, _)| {
            matches!(name.as_str(), "content-type" | "cache-control") || name.as_str().starts_with("x-amz-meta-")
        })
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
        .collect()
}

/// The bytes of an object whose body came in `aws-chunked` pieces with a checksum behind them.
fn unchunked(head: &Parts, body: &Bytes) -> Vec<u8> {
    let is_chunked =
        head.headers.get("content-encoding").is_some_and(|encoding| encoding.to_str().unwrap().contains("aws-chunked"));
    if !is_chunked {
        return body.to_vec();
    }
    let mut bytes = Vec::new();
    let mut rest: &[u8] = body;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let line = std::str::from_utf8(&rest[..end]).unwrap();
        let length = usize::from_str_radix(line.split(';').next().unwrap(), 16).unwrap();
        if length == 0 {
            return bytes;
        }
        bytes.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
}
