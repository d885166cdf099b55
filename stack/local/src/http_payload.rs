//! HTTP as functions see it: payload format 2.0, in which function URLs and HTTP APIs hand a request over and take an answer.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::http_types::{Response, full};
use crate::wire::form_decode;

/// A request that is to be handed over.
pub(crate) struct HttpCall<'a> {
    pub(crate) parts: &'a Parts,
    /// Path as the function is to see it, encoded as it came, with a slash at its beginning.
    pub(crate) raw_path: &'a str,
    pub(crate) body: &'a [u8],
    /// Account of the caller, `anonymous` for nobody.
    pub(crate) account: &'a str,
    /// Id of the function URL or API.
    pub(crate) api_id: &'a str,
    pub(crate) domain_name: &'a str,
    pub(crate) request_id: &'a str,
    /// `$default`, or the route's key.
    pub(crate) route_key: &'a str,
    pub(crate) stage: &'a str,
    /// What an authorizer found out.
    pub(crate) authorizer: Option<Value>,
    pub(crate) time: OffsetDateTime,
}

impl HttpCall<'_> {
    /// The payload for the function.
    pub(crate) fn payload(&self) -> Value {
        let (headers, cookies) = lower_headers(&self.parts.headers);
        let query = self.parts.uri.query().unwrap_or_default();
        let text = body_text(self.body, self.parts.headers.get(header::CONTENT_TYPE));
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let mut context =
            Map::from_iter([("accountId".to_owned(), json!(self.account)), ("apiId".to_owned(), json!(self.api_id))]);
        if let Some(authorizer) = &self.authorizer {
            context.insert("authorizer".to_owned(), authorizer.clone());
        }
        let rest = json!({
            "domainName": self.domain_name,
            "domainPrefix": self.domain_name.split('.').next().unwrap_or_default(),
            "http": {
                "method": self.parts.method.as_str(),
                "path": self.raw_path,
                "protocol": format!("{:?}", self.parts.version),
                "sourceIp": "127.0.0.1",
                "userAgent": header("user-agent"),
            },
            "requestId": self.request_id,
            "routeKey": self.route_key,
            "stage": self.stage,
            "time": self.time
                .format(format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000"))
                .unwrap_or_default(),
            "timeEpoch": i64::try_from(self.time.unix_timestamp_nanos() / 1_000_000).unwrap_or(0),
        });
        context.extend(rest.as_object().cloned().unwrap_or_default());
        let mut payload = json!({
            "version": "2.0",
            "routeKey": self.route_key,
            "rawPath": self.raw_path,
            "rawQueryString": query,
        });
        if !cookies.is_empty() {
            payload["cookies"] = json!(cookies);
        }
        payload["headers"] = json!(headers);
        let parameters = query_parameters(query);
        if !parameters.is_empty() {
            payload["queryStringParameters"] = json!(parameters);
        }
        payload["requestContext"] = Value::Object(context);
        if !self.body.is_empty() {
            payload["body"] = text.map_or_else(|| json!(STANDARD.encode(self.body)), |text| json!(text));
        }
        payload["isBase64Encoded"] = json!(!self.body.is_empty() && text.is_none());
        payload
    }
}

/// The answer that a function's result stands for: an object with `statusCode` says all, any other value is the body.
///
/// # Errors
/// What is wrong with the result.
pub(crate) fn answer(result: &[u8]) -> Result<Response, String> {
    let value: Value = serde_json::from_slice(result).map_err(|error| format!("the result is no JSON: {error}"))?;
    let Some(status) = value.get("statusCode") else {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Ok(with_type(http::Response::new(full(text))));
    };
    let status = status.as_u64().or_else(|| status.as_str()?.parse().ok()).and_then(|code| u16::try_from(code).ok());
    let status = status.and_then(|code| StatusCode::from_u16(code).ok()).ok_or("`statusCode` is no HTTP status")?;
    let body = match &value["body"] {
        Value::Null => Vec::new(),
        Value::String(text) if value["isBase64Encoded"] == true => {
            STANDARD.decode(text).map_err(|error| format!("`body` is not base64: {error}"))?
        }
        Value::String(text) => text.clone().into_bytes(),
        _ => return Err("`body` is not a text".to_owned()),
    };
    let mut response = http::Response::new(full(body));
    *response.status_mut() = status;
    for (name, value) in value["headers"].as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(format!("the header `{name}` is not a text")),
        };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no name of a header"))?;
        let value =
            HeaderValue::from_bytes(text.as_bytes()).map_err(|_| format!("`{text}` is no value of a header"))?;
        // The length and the connection are the server's to say.
        if ![header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION].contains(&name) {
            response.headers_mut().insert(name, value);
        }
    }
    for cookie in value["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let value = HeaderValue::from_str(cookie).map_err(|_| format!("`{cookie}` is no cookie"))?;
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(with_type(response))
}

/// Adds the content type that an answer without one has.
fn with_type(mut response: Response) -> Response {
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().entry(header::CONTENT_TYPE).or_insert(json);
    response
}

/// Headers by name in lower case, several of a name joined by commas; and the cookies, which are apart.
fn lower_headers(headers: &HeaderMap) -> (BTreeMap<String, String>, Vec<String>) {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut lower: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != header::COOKIE) {
        lower
            .entry(name.as_str().to_owned())
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(&text(value));
            })
            .or_insert_with(|| text(value));
    }
    let cookies = headers.get_all(header::COOKIE).iter().map(text);
    let cookies = cookies.flat_map(|line| line.split("; ").map(str::to_owned).collect::<Vec<_>>()).collect();
    (lower, cookies)
}

/// Parameters of a query, several of a name joined by commas. What is not well encoded stays as it came.
fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| form_decode(text).unwrap_or_else(|| text.to_owned());
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value);
        parameters
            .entry(decoded(name))
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(&value);
            })
            .or_insert(value);
    }
    parameters
}

/// The body as text when its content type says that it is; everything else is handed over in base64.
fn body_text<'a>(body: &'a [u8], content_type: Option<&HeaderValue>) -> Option<&'a str> {
    let kind = content_type?.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase();
    let is_text = kind.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&kind.as_str())
        || kind.ends_with("+json")
        || kind.ends_with("+xml");
    is_text.then(|| std::str::from_utf8(body).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn payload(request: http::request::Builder, body: &[u8]) -> Value {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        HttpCall {
            raw_path: parts.uri.path(),
            parts: &parts,
            body,
            account: "anonymous",
            api_id: "abc",
            domain_name: "abc.lambda-url.us-east-1.localhost",
            request_id: "id",
            route_key: "$default",
            stage: "$default",
            authorizer: None,
            time: time::macros::datetime!(2026-11-08 03:04:05 UTC),
        }
        .payload()
    }

    #[test]
    fn a_request_is_handed_over_in_format_2() {
        let request = http::Request::post("/a%20b?q=1&multi=x&multi=%2Fy+z&flag")
            .header("Host", "abc")
            .header("X-Two", "1")
            .header("x-two", "2")
            .header("cookie", "a=b; c=d")
            .header("content-type", "application/json; charset=utf-8");
        let payload = payload(request, b"{\"k\":1}");
        insta::assert_json_snapshot!(payload);
    }

    #[test]
    fn bodies_are_text_or_base64_as_their_type_says() {
        for (kind, body, expected) in [
            (Some("text/plain"), &b"hi"[..], Some("hi")),
            (Some("application/problem+json"), b"{}", Some("{}")),
            (Some("application/x-www-form-urlencoded"), b"a=b", None),
            (Some("image/png"), b"hi", None),
            (Some("text/plain"), b"\xff", None),
            (None, b"hi", None),
        ] {
            let kind = kind.map(HeaderValue::from_static);
            assert_eq!(body_text(body, kind.as_ref()), expected, "{kind:?}");
        }
        let empty = payload(http::Request::get("/"), b"");
        assert_eq!((empty.get("body"), &empty["isBase64Encoded"]), (None, &json!(false)));
        assert_eq!(empty.get("queryStringParameters"), None);
    }

    async fn shown(result: &Value) -> (u16, String, String) {
        let response = answer(result.to_string().as_bytes()).unwrap();
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn any_result_is_an_answer() {
        let json = "application/json".to_owned();
        for (result, body) in [
            (json!("hello"), "hello"),
            (json!(3.1), "3.1"),
            (json!(true), "true"),
            (json!(["hello", 3, true]), r#"["hello",3,true]"#),
            (json!({"hello": "world"}), r#"{"hello":"world"}"#),
            (json!(null), "null"),
        ] {
            assert_eq!(shown(&result).await, (200, json.clone(), body.to_owned()), "{result}");
        }
        let whole = json!({"statusCode": 201, "headers": {"Content-Type": "text/html", "X-Count": 3}, "body": "PGI+", "isBase64Encoded": true, "cookies": ["a=b", "c=d; Secure"]});
        assert_eq!(shown(&whole).await, (201, "text/html".to_owned(), "<b>".to_owned()));
        let response = answer(whole.to_string().as_bytes()).unwrap();
        assert_eq!(response.headers()["x-count"], "3");
        assert_eq!(response.headers().get_all(header::SET_COOKIE).iter().count(), 2);
        assert_eq!(shown(&json!({"statusCode": "204"})).await, (204, json, String::new()));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for (result, part) in [
            (json!({"statusCode": 99}), "`statusCode`"),
            (json!({"statusCode": "ok"}), "`statusCode`"),
            (json!({"statusCode": 200, "body": {}}), "`body` is not a text"),
            (json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}), "not base64"),
            (json!({"statusCode": 200, "headers": {"a b": "c"}}), "`a b`"),
            (json!({"statusCode": 200, "headers": {"a": ["c"]}}), "`a`"),
            (json!({"statusCode": 200, "cookies": ["a\n"]}), "cookie"),
        ] {
            let wrong = answer(result.to_string().as_bytes()).unwrap_err();
            assert!(wrong.contains(part), "{wrong}");
        }
    }
}
