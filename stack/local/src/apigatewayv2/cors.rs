//! Cross-origin requests, answered by the API itself when it has a CORS configuration.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use crate::execute_api::call::Call;
use crate::http_types::{Response, full};

/// Headers that a configuration takes from functions: theirs are thrown away.
const OWNED: [header::HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// The answer to a preflight; `None` when the request is none, or nothing is configured.
pub(super) fn preflight(configuration: &Value, call: &Call) -> Option<Response> {
    let is_preflight = call.parts.method == Method::OPTIONS
        && call.header("origin").is_some()
        && call.header("access-control-request-method").is_some();
    if !is_preflight || !configuration.is_object() {
        return None;
    }
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    if allow_origin(configuration, call, response.headers_mut()) {
        for (name, member) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "allowMethods"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "allowHeaders"),
        ] {
            insert(response.headers_mut(), name, joined(&configuration[member]));
        }
        if let Some(age) = configuration["maxAge"].as_i64() {
            response.headers_mut().insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(age));
        }
    }
    Some(response)
}

/// Writes the headers of an actual request's answer.
pub(super) fn apply(configuration: &Value, call: &Call, headers: &mut HeaderMap) {
    if !configuration.is_object() {
        return;
    }
    for name in &OWNED {
        headers.remove(name);
    }
    allow_origin(configuration, call, headers);
}

/// Whether the origin of the request may; the headers that say so are written.
fn allow_origin(configuration: &Value, call: &Call, headers: &mut HeaderMap) -> bool {
    let Some(origin) = call.header("origin") else { return false };
    let allowed: Vec<&str> =
        configuration["allowOrigins"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let answer = if allowed.contains(&"*") {
        "*".to_owned()
    } else if allowed.iter().any(|pattern| covers(pattern, &origin)) {
        origin
    } else {
        return false;
    };
    if answer != "*" {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    insert(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, answer);
    if configuration["allowCredentials"] == true {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    insert(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, joined(&configuration["exposeHeaders"]));
    true
}

/// An origin, or `https://*` for all of a scheme.
fn covers(pattern: &str, origin: &str) -> bool {
    pattern
        .strip_suffix("://*")
        .map_or(pattern == origin, |scheme| origin.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("://")))
}

fn joined(list: &Value) -> String {
    let items: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    items.join(",")
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::execute_api::call::tests::call;

    fn configuration() -> Value {
        json!({
            "allowOrigins": ["https://app.example.com", "http://*"], "allowMethods": ["GET", "POST"],
            "allowHeaders": ["authorization"], "exposeHeaders": ["etag"], "maxAge": 600, "allowCredentials": true,
        })
    }

    fn headers_of(response: &Response) -> Vec<String> {
        let mut headers: Vec<String> =
            response.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        headers.sort();
        headers
    }

    #[test]
    fn a_preflight_is_answered_for_allowed_origins() {
        let ask = |origin| {
            let mut call = call("/x", &[("origin", origin), ("access-control-request-method", "POST")]);
            call.parts.method = Method::OPTIONS;
            preflight(&configuration(), &call).unwrap()
        };
        let allowed = ask("https://app.example.com");
        assert_eq!(allowed.status(), StatusCode::NO_CONTENT);
        insta::assert_debug_snapshot!(headers_of(&allowed));
        assert!(headers_of(&ask("https://evil.example.com")).is_empty());
        assert!(headers_of(&ask("http://any.example.com")).iter().any(|header| header.contains("http://any")));
        assert!(preflight(&configuration(), &call("/x", &[("origin", "https://app.example.com")])).is_none());
    }

    #[test]
    fn headers_of_functions_give_way_to_the_configuration() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        apply(&configuration(), &call("/", &[("origin", "https://evil.example.com")]), &mut headers);
        assert!(headers.is_empty());
        apply(&Value::Null, &call("/", &[]), &mut headers);
        let wildcard = json!({"allowOrigins": ["*"]});
        apply(&wildcard, &call("/", &[("origin", "https://a.example")]), &mut headers);
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}
