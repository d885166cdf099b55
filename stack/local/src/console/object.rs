//! Objects for the page: shown where that is safe, downloaded otherwise, and stored.

use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};

use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::wire::{Form, ServiceError, read_body};

/// Greatest file that the page stores, in bytes. Larger ones are for S3 clients, which send parts.
const UPLOAD_LIMIT: usize = 256 * 1024 * 1024;

/// Types that a browser shows without running anything.
const INERT: [&str; 8] =
    ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp", "text/plain", "application/json"];

/// The bytes of an object.
pub(super) async fn get(cloud: &Arc<Cloud>, query: &Form) -> Result<Response, ServiceError> {
    let (bucket, key) = (query.require("bucket")?, query.require("key")?);
    let object = cloud
        .s3
        .object(bucket, key)
        .await?
        .ok_or_else(|| ServiceError::not_found("NoSuchKey", format!("`{bucket}` has no object `{key}`")))?;
    let declared = object.content_type.as_deref().unwrap_or_default();
    let shown = INERT.into_iter().find(|inert| declared.split(';').next().is_some_and(|kind| kind.trim() == *inert));
    let mut response = respond(StatusCode::OK, shown.unwrap_or("application/octet-stream"), object.bytes);
    let headers = response.headers_mut();
    // An object is somebody else's text: whatever it is, it runs nothing here.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    if shown.is_none() {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    // The page names the entity tag in the address, so these bytes never change under it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    super::seal(headers);
    Ok(response)
}

/// Stores the body as an object, notifications included.
pub(super) async fn put(cloud: &Arc<Cloud>, query: &Form, request: Request) -> Result<Response, ServiceError> {
    super::require_console(&request, "only the console page stores objects here; use an S3 client")?;
    let (bucket, key) = (query.require("bucket")?, query.require("key")?);
    let content_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let bytes = read_body(request, UPLOAD_LIMIT).await?;
    cloud.s3.put_object(cloud, bucket, key, content_type.as_deref(), bytes).await?;
    let mut response = respond(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", "");
    super::seal(response.headers_mut());
    Ok(response)
}
