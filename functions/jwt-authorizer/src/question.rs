//! What API Gateway asks an authorizer.

use lambda_runtime::Diagnostic;
use serde_json::{Map, Value};
use thiserror::Error;

/// The authorization scheme that tokens are sent with.
const SCHEME: &str = "Bearer ";

/// A question and the form of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The token, without its scheme. `None` when the request carries none, or several.
    pub token: Option<String>,
    /// How API Gateway wants to be answered.
    pub form: Form,
}

/// Form of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// HTTP API, payload 2.0: `isAuthorized`.
    Simple,
    /// REST API, WebSocket API, HTTP API with payload 1.0: an IAM policy on this resource.
    Policy {
        /// All methods and paths of the stage.
        resource: String,
    },
}

/// A payload that asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the payload is not an authorizer event of API Gateway: {reason}")]
pub struct EventError {
    /// What is missing or different.
    pub reason: &'static str,
}

impl From<EventError> for Diagnostic {
    fn from(error: EventError) -> Self {
        Self { error_type: "unsupported-event".into(), error_message: error.to_string() }
    }
}

/// Reads a payload: `TOKEN`, or `REQUEST` of version 1.0 or 2.0.
///
/// # Errors
///
/// [`EventError`] for every other payload.
pub fn parse_question(payload: &Value) -> Result<Question, EventError> {
    let wrong = |reason| EventError { reason };
    let event = payload.as_object().ok_or(wrong("it is not a JSON object"))?;
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let policy = || {
        let method = text("methodArn").ok_or(wrong("it has no `methodArn`"))?;
        let resource = whole_stage(method).ok_or(wrong("its `methodArn` is not one of execute-api"))?;
        Ok(Form::Policy { resource })
    };
    let (value, form) = match (text("type"), text("version")) {
        (Some("TOKEN"), _) => (text("authorizationToken"), policy()?),
        (Some("REQUEST"), Some("2.0")) if text("routeArn").is_some() => {
            (authorization(event).or_else(|| identity_source(event)), Form::Simple)
        }
        (Some("REQUEST"), Some("2.0")) => return Err(wrong("it has no `routeArn`")),
        (Some("REQUEST"), _) => (authorization(event), policy()?),
        _ => return Err(wrong("its `type` is neither TOKEN nor REQUEST")),
    };
    Ok(Question { token: value.map(without_scheme).map(str::to_owned), form })
}

/// The one value of the Authorization header.
fn authorization(event: &Map<String, Value>) -> Option<&str> {
    let of = |field: &str| {
        let headers = event.get(field).and_then(Value::as_object).into_iter().flatten();
        headers.filter(|(name, _)| name.eq_ignore_ascii_case("authorization")).map(|(_, value)| value)
    };
    // The lists have what `headers` leaves out when a header is sent twice.
    let mut values: Vec<&Value> = of("multiValueHeaders").filter_map(Value::as_array).flatten().collect();
    if values.is_empty() {
        values = of("headers").collect();
    }
    match values.as_slice() {
        [only] => only.as_str(),
        _ => None,
    }
}

/// What the API took out of the request for its authorizer, where that is one value: a cookie, a query parameter.
fn identity_source(event: &Map<String, Value>) -> Option<&str> {
    match event.get("identitySource")?.as_array()?.as_slice() {
        [only] => only.as_str(),
        _ => None,
    }
}

/// Takes off `Bearer `, in any case of letters.
fn without_scheme(value: &str) -> &str {
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => token,
        _ => value,
    }
}

/// API Gateway keeps an answer for other requests with the same token, so it must hold for the whole stage:
/// `arn:aws:execute-api:region:account:api/stage/GET/path` becomes `arn:aws:execute-api:region:account:api/stage/*`.
fn whole_stage(method_arn: &str) -> Option<String> {
    let mut parts = method_arn.splitn(3, '/');
    let (api, stage, _method) = (parts.next()?, parts.next()?, parts.next()?);
    let is_api = api.starts_with("arn:") && api.contains(":execute-api:");
    is_api.then(|| format!("{api}/{stage}/*"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const METHOD: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/GET/a/b";
    const STAGE: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/*";

    fn token(event: &Value) -> Option<String> {
        parse_question(event).unwrap().token
    }

    fn simple(fields: Value) -> Value {
        let mut event = json!({ "version": "2.0", "type": "REQUEST", "routeArn": METHOD });
        let Value::Object(fields) = fields else { return event };
        event.as_object_mut().unwrap().extend(fields);
        event
    }

    #[test]
    fn the_form_of_the_answer_follows_the_question() {
        let form = |event| parse_question(&event).unwrap().form;
        assert_eq!(form(simple(json!({}))), Form::Simple);
        let policy = Form::Policy { resource: STAGE.into() };
        assert_eq!(form(json!({ "type": "TOKEN", "authorizationToken": "x", "methodArn": METHOD })), policy);
        assert_eq!(form(json!({ "type": "REQUEST", "methodArn": METHOD })), policy);
        assert_eq!(form(json!({ "type": "REQUEST", "version": "1.0", "methodArn": METHOD })), policy);
    }

    #[test]
    fn the_scheme_is_taken_off_once() {
        let of = |value: &str| token(&simple(json!({ "headers": { "authorization": value } }))).unwrap();
        assert_eq!(of("Bearer abc"), "abc");
        assert_eq!(of("bEARER abc"), "abc");
        assert_eq!(of("abc"), "abc");
        assert_eq!(of("Bearer  abc"), " abc");
        assert_eq!(of("Bearer Bearer abc"), "Bearer abc");
        assert_eq!(of("Bearer"), "Bearer");
        assert_eq!(of("Bearer\u{2603}abc"), "Bearer\u{2603}abc");
        let event = json!({ "type": "TOKEN", "authorizationToken": "bearer abc", "methodArn": METHOD });
        assert_eq!(token(&event).unwrap(), "abc");
    }

    #[test]
    fn one_header_is_a_token_and_two_are_none() {
        assert_eq!(token(&simple(json!({ "headers": { "AUTHORIZATION": "a" } }))).unwrap(), "a");
        assert_eq!(token(&simple(json!({ "headers": { "Authorization": "a", "authorization": "b" } }))), None);
        assert_eq!(token(&simple(json!({ "headers": { "authorization": 5 } }))), None);
        let rest = |headers: Value, lists: Value| {
            token(&json!({ "type": "REQUEST", "methodArn": METHOD, "headers": headers, "multiValueHeaders": lists }))
        };
        let header = json!({ "Authorization": "b" });
        assert_eq!(rest(header.clone(), json!({ "Authorization": ["b"] })).unwrap(), "b");
        assert_eq!(rest(header.clone(), json!({ "Authorization": ["a", "b"] })), None);
        assert_eq!(rest(header, json!(null)).unwrap(), "b");
        assert_eq!(rest(json!(null), json!(null)), None);
        let basic = json!({ "type": "TOKEN", "methodArn": METHOD });
        assert_eq!(token(&basic), None);
    }

    #[test]
    fn another_identity_source_serves_where_there_is_no_header() {
        assert_eq!(token(&simple(json!({ "identitySource": ["Bearer a"] }))).unwrap(), "a");
        assert_eq!(token(&simple(json!({ "identitySource": ["a", "b"] }))), None);
        assert_eq!(
            token(&simple(json!({ "identitySource": ["a"], "headers": { "authorization": "b" } }))).unwrap(),
            "b"
        );
    }

    #[test]
    fn other_payloads_are_refused_with_their_reason() {
        let reason = |event| parse_question(&event).unwrap_err().reason;
        assert_eq!(reason(json!("x")), "it is not a JSON object");
        assert_eq!(reason(json!({})), "its `type` is neither TOKEN nor REQUEST");
        assert_eq!(reason(json!({ "type": "REQUEST", "version": "2.0" })), "it has no `routeArn`");
        assert_eq!(reason(json!({ "type": "TOKEN" })), "it has no `methodArn`");
        for method in ["x", "arn:aws:execute-api:a:b:c/prod", "arn:aws:s3:::b/a/c", "x:execute-api:y/a/b"] {
            let event = json!({ "type": "REQUEST", "methodArn": method });
            assert_eq!(reason(event), "its `methodArn` is not one of execute-api", "{method}");
        }
        let diagnostic = Diagnostic::from(parse_question(&json!({})).unwrap_err());
        assert_eq!(diagnostic.error_type, "unsupported-event");
        assert!(diagnostic.error_message.contains("neither TOKEN nor REQUEST"));
    }
}
