//! A request to an API, as both kinds of API look at it.

use bytes::Bytes;
use http::request::Parts;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::wire::{form_decode, percent_decode};

/// Where requests come from: this machine.
pub(crate) const SOURCE_IP: &str = "127.0.0.1";

/// A request to an API, its body read.
pub(crate) struct Call {
    /// Head of the request, as it came.
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    pub(crate) api_id: String,
    /// Name of the stage.
    pub(crate) stage: String,
    /// Path within the API, percent-encoded as it came, with its leading slash.
    pub(crate) path: String,
    /// What stands before it: `/<stage>`, `/<base path of a custom domain>`, or nothing.
    pub(crate) prefix: String,
    /// Host name that the API was called by.
    pub(crate) domain: String,
    /// Whether it is a custom domain.
    pub(crate) is_custom_domain: bool,
    pub(crate) request_id: String,
    /// Fifteen characters and `=`, as `x-amz-apigw-id` has them.
    pub(crate) extended_id: String,
    pub(crate) begun: OffsetDateTime,
}

impl Call {
    /// A header, its values joined.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Names and values of the query in their order, decoded where they are well encoded.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let decode = |text: &str| form_decode(text).unwrap_or_else(|| text.to_owned());
        let pairs = self.parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect()
    }

    /// The last value of a query parameter.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        self.query().into_iter().rev().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The whole path as the client sent it, without the prefix of addressing by path.
    pub(crate) fn whole_path(&self) -> String {
        match (self.prefix.as_str(), self.path.as_str()) {
            ("", path) => path.to_owned(),
            (prefix, "/") if !self.parts.uri.path().ends_with('/') => prefix.to_owned(),
            (prefix, path) => format!("{prefix}{path}"),
        }
    }

    /// `GET`.
    pub(crate) fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    /// `HTTP/1.1`.
    pub(crate) fn protocol(&self) -> String {
        format!("{:?}", self.parts.version)
    }

    /// `28/Nov/2026:06:15:00 +0000`.
    pub(crate) fn time_text(&self) -> String {
        let format = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
        self.begun.format(format).unwrap_or_default()
    }

    /// Milliseconds since 1970.
    pub(crate) fn time_epoch(&self) -> i64 {
        i64::try_from(self.begun.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
    }

    /// `User-Agent`.
    pub(crate) fn user_agent(&self) -> String {
        self.header("user-agent").unwrap_or_default()
    }

    /// Headers with what a gateway adds, their names in lower case; values of one name are joined.
    pub(crate) fn headers(&self) -> Vec<(String, Vec<String>)> {
        let mut headers: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in &self.parts.headers {
            if matches!(name.as_str(), "connection" | "transfer-encoding" | "keep-alive" | "upgrade") {
                continue;
            }
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            match headers.iter_mut().find(|(found, _)| found == name.as_str()) {
                Some((_, values)) => values.push(value),
                None => headers.push((name.as_str().to_owned(), vec![value])),
            }
        }
        let port = self.header("host").and_then(|host| host.rsplit_once(':').map(|(_, port)| port.to_owned()));
        for (name, value) in [
            ("x-forwarded-for", SOURCE_IP),
            ("x-forwarded-port", port.as_deref().unwrap_or("80")),
            ("x-forwarded-proto", "http"),
        ] {
            if !headers.iter().any(|(found, _)| found == name) {
                headers.push((name.to_owned(), vec![value.to_owned()]));
            }
        }
        headers.sort();
        headers
    }
}

/// Parameters of a path, decoded where they are well encoded.
pub(crate) fn decoded(parameters: &[(String, String)]) -> Map<String, Value> {
    parameters
        .iter()
        .map(|(name, value)| (name.clone(), json!(percent_decode(value).unwrap_or_else(|| value.clone()))))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A GET of a URI.
    pub(crate) fn call(uri: &str, headers: &[(&str, &str)]) -> Call {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Call {
            path: parts.uri.path().to_owned(),
            parts,
            body: Bytes::new(),
            api_id: "abc".to_owned(),
            stage: "$default".to_owned(),
            prefix: String::new(),
            domain: "abc.execute-api.localhost".to_owned(),
            is_custom_domain: false,
            request_id: "r-1".to_owned(),
            extended_id: "e".to_owned(),
            begun: time::macros::datetime!(2026-11-28 06:15:01.5 UTC),
        }
    }

    #[test]
    fn times_query_and_headers_are_as_events_have_them() {
        let call = call("/a?x=1&y=a%20b&x=2&bad=%zz", &[("host", "h:4566"), ("a", "1"), ("a", "2")]);
        assert_eq!(call.time_text(), "28/Nov/2026:06:15:01 +0000");
        assert_eq!(call.time_epoch(), 1_795_846_501_500);
        assert_eq!(call.query_value("x").as_deref(), Some("2"));
        assert_eq!(call.query_value("y").as_deref(), Some("a b"));
        assert_eq!(call.query_value("bad").as_deref(), Some("%zz"));
        assert_eq!(call.header("a").as_deref(), Some("1, 2"));
        let headers = call.headers();
        assert!(headers.contains(&("x-forwarded-port".to_owned(), vec!["4566".to_owned()])));
        assert!(headers.contains(&("a".to_owned(), vec!["1".to_owned(), "2".to_owned()])));
    }
}
