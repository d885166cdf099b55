//! The event of payload format 1.0: REST APIs have it, HTTP APIs may, and both hand it to their authorizers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::call::Call;

/// Headers that clients and gateways write in a form of their own. All others are handed over in lower case, because the
/// server does not know how they were written.
const WRITTEN: [&str; 24] = [
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "Origin",
    "Range",
    "Referer",
    "User-Agent",
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Amzn-Trace-Id",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Requested-With",
];

/// What an event says besides the request itself.
pub(crate) struct Surroundings<'a> {
    /// `/pets/{id}`.
    pub(crate) resource: &'a str,
    /// `path` of the event.
    pub(crate) path: String,
    pub(crate) path_parameters: Map<String, Value>,
    pub(crate) stage_variables: &'a Value,
    pub(crate) request_context: Value,
}

/// The event without its body.
pub(crate) fn head(call: &Call, surroundings: Surroundings<'_>) -> Value {
    let mut single = Map::new();
    let mut multiple = Map::new();
    for (name, values) in call.headers() {
        let name =
            WRITTEN.iter().find(|written| written.eq_ignore_ascii_case(&name)).map_or(name, |&name| name.to_owned());
        single.insert(name.clone(), json!(values.last()));
        multiple.insert(name, json!(values));
    }
    let mut query = Map::new();
    let mut queries: Map<String, Value> = Map::new();
    for (name, value) in call.query() {
        if let Some(values) = queries.entry(name.clone()).or_insert_with(|| json!([])).as_array_mut() {
            values.push(json!(value));
        }
        query.insert(name, json!(value));
    }
    json!({
        "resource": surroundings.resource,
        "path": surroundings.path,
        "httpMethod": call.method(),
        "headers": single,
        "multiValueHeaders": multiple,
        "queryStringParameters": or_null(query),
        "multiValueQueryStringParameters": or_null(queries),
        "pathParameters": or_null(surroundings.path_parameters),
        "stageVariables": surroundings.stage_variables.as_object().filter(|variables| !variables.is_empty()),
        "requestContext": surroundings.request_context,
    })
}

/// An object, `null` when it is empty.
pub(crate) fn or_null(object: Map<String, Value>) -> Value {
    if object.is_empty() { Value::Null } else { Value::Object(object) }
}

/// `body` and `isBase64Encoded` of an event. What is not UTF-8 can only be handed over as base64.
pub(crate) fn body(call: &Call, is_binary: bool) -> (Value, bool) {
    if call.body.is_empty() {
        return (Value::Null, false);
    }
    match std::str::from_utf8(&call.body) {
        Ok(text) if !is_binary => (json!(text), false),
        _ => (json!(STANDARD.encode(&call.body)), true),
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::tests::call;
    use super::*;

    #[test]
    fn the_head_of_an_event_has_what_a_request_has() {
        let call =
            call("/pets/1?a=1&a=2", &[("host", "abc.execute-api.localhost"), ("content-type", "x"), ("filename", "f")]);
        let event = head(
            &call,
            Surroundings {
                resource: "/pets/{id}",
                path: call.path.clone(),
                path_parameters: Map::from_iter([("id".to_owned(), json!("1"))]),
                stage_variables: &json!({}),
                request_context: json!({"stage": "prod"}),
            },
        );
        insta::assert_json_snapshot!(event);
    }

    #[test]
    fn a_body_is_text_or_base64() {
        let mut call = call("/", &[]);
        assert_eq!(body(&call, true), (Value::Null, false));
        call.body = "ü".into();
        assert_eq!(body(&call, false), (json!("ü"), false));
        assert_eq!(body(&call, true), (json!("w7w="), true));
        call.body = vec![0xff].into();
        assert_eq!(body(&call, false), (json!("/w=="), true));
    }
}
