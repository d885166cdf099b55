//! Reading the events that carry HTTP requests.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_runtime::Diagnostic;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{Problem, form};

/// A request, whichever kind of API it came through.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Method in upper case.
    pub method: String,
    /// Path without the stage: `/avatars/key_upload`.
    pub path: String,
    /// Body, decoded; empty when there is none.
    pub body: Vec<u8>,
    /// Headers by lower-case name; those sent several times are joined by commas.
    headers: BTreeMap<String, String>,
    /// Path parameters of the route (`{handle}`).
    parameters: BTreeMap<String, String>,
    /// Parameters of the query, decoded, in the order of their names.
    query: BTreeMap<String, String>,
    /// Cookies: name and value, as they were sent.
    cookies: Vec<(String, String)>,
    /// What the authorizer of the route said, `null` without one.
    authorizer: Value,
}

/// A payload that is no HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the payload is not an HTTP request of API Gateway or a Function URL: {reason}")]
pub struct EventError {
    /// What is missing or different.
    pub reason: String,
}

impl From<EventError> for Diagnostic {
    fn from(error: EventError) -> Self {
        Self { error_type: "unsupported-event".into(), error_message: error.to_string() }
    }
}

impl Request {
    /// A header by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A path parameter of the route.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// A parameter of the query, decoded; the first of several. An empty one is there.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A cookie; the first of several with this name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the authorizer said, `null` without one.
    #[must_use]
    pub fn authorizer(&self) -> &Value {
        &self.authorizer
    }

    /// The fields of a form (`application/x-www-form-urlencoded`) of at most `largest` bytes.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: `body-too-large`, `body-not-form`.
    pub fn form(&self, largest: usize) -> Result<BTreeMap<String, String>, Problem> {
        self.check_size(largest)?;
        let content_type = self.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let message = "the body must be a form: `content-type: application/x-www-form-urlencoded`";
            return Err(Problem::new(415, "body-not-form", message));
        }
        let fields = std::str::from_utf8(&self.body).ok().and_then(form::decode);
        let fields =
            fields.ok_or_else(|| Problem::new(400, "body-not-form", "the fields of the form are not UTF-8"))?;
        Ok(form::first_of_each(fields))
    }

    fn check_size(&self, largest: usize) -> Result<(), Problem> {
        if self.body.len() > largest {
            let message = format!("the body has {} bytes, and at most {largest} are read", self.body.len());
            return Err(Problem::new(413, "body-too-large", message));
        }
        Ok(())
    }

    /// What the authorizer vouches for under a name (`sub`): from the context of a Lambda authorizer, or from the claims
    /// of a JWT or Cognito authorizer. Never from anything that the client itself sent.
    #[must_use]
    pub fn vouched(&self, name: &str) -> Option<&str> {
        let authorizer = &self.authorizer;
        [&authorizer["lambda"], &authorizer["jwt"]["claims"], &authorizer["claims"], authorizer]
            .into_iter()
            .find_map(|context| context[name].as_str())
            .filter(|value| !value.is_empty())
    }

    /// The body as JSON of a known shape, of at most `largest` bytes.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: `body-missing`, `body-too-large`, `body-not-json`, `body-invalid`.
    pub fn json<T: DeserializeOwned>(&self, largest: usize) -> Result<T, Problem> {
        if self.body.is_empty() {
            return Err(Problem::new(400, "body-missing", "the request has no body, and a JSON object is expected"));
        }
        self.check_size(largest)?;
        serde_json::from_slice(&self.body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                Problem::new(400, "body-invalid", format!("the body is wrong: {error}"))
            }
            _ => Problem::new(400, "body-not-json", format!("the body is not JSON: {error}")),
        })
    }
}

/// Reads a payload: version 2.0 (HTTP API, Function URL) or 1.0 (HTTP API, REST API).
///
/// # Errors
///
/// [`EventError`] for every other payload: events of other services, of load balancers, of WebSocket APIs, of authorizers.
pub fn parse_request(payload: Value) -> Result<Request, EventError> {
    let wrong = |reason: &str| EventError { reason: reason.to_owned() };
    let Value::Object(mut event) = payload else { return Err(wrong("it is not a JSON object")) };
    if event.contains_key("methodArn") || event.contains_key("routeArn") {
        return Err(wrong("it asks an authorizer"));
    }
    let Some(context @ Value::Object(_)) = event.remove("requestContext") else {
        return Err(wrong("it has no `requestContext`"));
    };
    if context.get("elb").is_some() {
        return Err(wrong("it comes from a load balancer"));
    }
    let (method, path) = match event.get("version").and_then(Value::as_str) {
        Some("2.0") => (context["http"]["method"].as_str(), event.get("rawPath").and_then(Value::as_str)),
        None | Some("1.0") => {
            (event.get("httpMethod").and_then(Value::as_str), event.get("path").and_then(Value::as_str))
        }
        Some(_) => return Err(wrong("its `version` is neither 1.0 nor 2.0")),
    };
    let (Some(method), Some(path)) = (method, path) else { return Err(wrong("it has no method or no path")) };
    let (method, path) = (method.to_ascii_uppercase(), without_stage(path, &context).to_owned());
    let body = body(&event).ok_or_else(|| wrong("its body is not the base64 that it claims to be"))?;
    let headers = headers(&event).ok_or_else(|| wrong("its headers are not texts"))?;
    let parameters = texts(event.get("pathParameters")).ok_or_else(|| wrong("its path parameters are not texts"))?;
    let query = query(&event).ok_or_else(|| wrong("its query is not made of texts"))?;
    let cookies = cookies(&event, &headers).ok_or_else(|| wrong("its cookies are not texts"))?;
    let authorizer = context.get("authorizer").cloned().unwrap_or_default();
    Ok(Request { method, path, body, headers, parameters: parameters.collect(), query, cookies, authorizer })
}

/// Version 2.0 has the stage in the path, unless it is the default stage.
fn without_stage<'a>(path: &'a str, context: &Value) -> &'a str {
    let stage = context["stage"].as_str().filter(|stage| *stage != "$default" && context["http"].is_object());
    let rest = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

fn body(event: &Map<String, Value>) -> Option<Vec<u8>> {
    let text = match event.get("body") {
        None | Some(Value::Null) => return Some(Vec::new()),
        Some(body) => body.as_str()?,
    };
    match event.get("isBase64Encoded") {
        Some(Value::Bool(true)) => STANDARD.decode(text).ok(),
        _ => Some(text.as_bytes().to_vec()),
    }
}

/// Headers, from `multiValueHeaders` where the event has them.
fn headers(event: &Map<String, Value>) -> Option<BTreeMap<String, String>> {
    let mut headers: BTreeMap<_, _> =
        texts(event.get("headers"))?.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    if let Some(Value::Object(several)) = event.get("multiValueHeaders") {
        for (name, values) in several {
            let values: Vec<&str> = values.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
            headers.insert(name.to_ascii_lowercase(), values.join(","));
        }
    }
    Some(headers)
}

/// The query: as it was sent in version 2.0, which joins several values of a name by commas elsewhere; decoded already in 1.0.
fn query(event: &Map<String, Value>) -> Option<BTreeMap<String, String>> {
    if let Some(raw) = event.get("rawQueryString").filter(|raw| !raw.is_null() && *raw != "") {
        return form::decode(raw.as_str()?).map(form::first_of_each);
    }
    Some(texts(event.get("queryStringParameters"))?.collect())
}

/// Cookies: a list in version 2.0, the header `cookie` in 1.0.
fn cookies(event: &Map<String, Value>, headers: &BTreeMap<String, String>) -> Option<Vec<(String, String)>> {
    let sent: Vec<&str> = match event.get("cookies") {
        None | Some(Value::Null) => headers.get("cookie").map(String::as_str).into_iter().collect(),
        Some(list) => list.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?,
    };
    let pairs = sent.into_iter().flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    Some(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// The texts of an object; null values are left out.
fn texts(value: Option<&Value>) -> Option<impl Iterator<Item = (String, String)>> {
    let texts: Vec<(String, String)> = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(values)) => values
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect::<Option<_>>()?,
        Some(_) => return None,
    };
    Some(texts.into_iter())
}
