//! Compression at the edge, for viewers that want it and behaviors that allow it.

use std::io::Write as _;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

/// Bytes between which a body is compressed, as on AWS.
const LEAST: usize = 1000;
const MOST: usize = 10_000_000;

/// Types that are compressed.
const TYPES: [&str; 14] = [
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "application/wasm",
    "application/x-javascript",
    "application/xhtml+xml",
    "application/xml",
    "font/otf",
    "font/ttf",
    "image/svg+xml",
    "image/x-icon",
    "application/rss+xml",
    "application/vnd.ms-fontobject",
    "image/bmp",
];

/// The body compressed, with the headers that say so; `None` where it stays as it is.
pub(super) fn compressed(accepts: Option<&str>, headers: &HeaderMap, body: &Bytes) -> Option<(HeaderMap, Bytes)> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase();
    let possible = (kind.starts_with("text/") || TYPES.contains(&kind.as_str()))
        && (LEAST..=MOST).contains(&body.len())
        && !headers.contains_key(header::CONTENT_ENCODING);
    if !possible || !accepts_gzip(accepts?) {
        return None;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).ok()?;
    let zipped = encoder.finish().ok()?;
    let mut headers = headers.clone();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::ACCEPT_RANGES);
    // The bytes are others than those that the strong tag names.
    let weak = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
    if let Some(weak) = weak.and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok()) {
        headers.insert(header::ETAG, weak);
    }
    Some((headers, zipped.into()))
}

fn accepts_gzip(accepts: &str) -> bool {
    accepts.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_some_length_are_compressed_for_who_wants_it() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::ETAG, HeaderValue::from_static("\"tag\""));
        let body: Bytes = vec![b'x'; 5000].into();
        let (zipped_headers, zipped) = compressed(Some("br, gzip;q=0.5"), &headers, &body).unwrap();
        assert!(zipped.len() < 200);
        assert_eq!(zipped_headers[header::ETAG], "W/\"tag\"");
        assert!(compressed(Some("gzip;q=0"), &headers, &body).is_none());
        assert!(compressed(None, &headers, &body).is_none());
        assert!(compressed(Some("gzip"), &headers, &body.slice(..999)).is_none());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
        assert!(compressed(Some("gzip"), &headers, &body).is_none());
    }
}
