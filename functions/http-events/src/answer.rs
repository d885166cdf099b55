//! What a function answers to a request.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// An HTTP answer in the shape that all payload versions take: `{statusCode, headers, body, isBase64Encoded}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// HTTP status.
    pub status_code: u16,
    /// Headers; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body as text.
    pub body: String,
    /// Always false: bodies are text.
    pub is_base64_encoded: bool,
}

impl Answer {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status_code: u16) -> Self {
        Self { status_code, headers: BTreeMap::new(), body: String::new(), is_base64_encoded: false }
    }

    /// A JSON answer, which nobody on the way keeps.
    #[must_use]
    pub fn json(status_code: u16, body: &Value) -> Self {
        Self { body: body.to_string(), ..Self::empty(status_code) }
            .with_header("content-type", "application/json")
            .with_header("cache-control", "no-store")
            .with_header("x-content-type-options", "nosniff")
    }

    /// A page, which nobody on the way keeps, and which no other page may frame or misread.
    #[must_use]
    pub fn html(status_code: u16, page: String) -> Self {
        Self { body: page, ..Self::empty(status_code) }
            .with_header("content-type", "text/html; charset=utf-8")
            .with_header("cache-control", "no-store")
            .with_header("referrer-policy", "same-origin")
            .with_header("x-content-type-options", "nosniff")
            .with_header("x-frame-options", "DENY")
    }

    /// Sends the browser to another page by `GET`, after a form too (303).
    #[must_use]
    pub fn see_other(location: &str) -> Self {
        Self::empty(303).with_header("location", location).with_header("cache-control", "no-store")
    }

    /// Sets a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_ascii_lowercase(), value.into());
        self
    }
}
