//! Services that answer the same operations in three protocols: Query, JSON and smithy-rpc-v2-cbor.
//!
//! Input and output are JSON values in between. In a Query request every scalar is a text, so readers take numbers and
//! booleans as texts, too ([`super::properties`]).

use std::io::Read as _;

use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::query::query_response;
use super::{CONTROL_BODY_LIMIT, Form, Protocol, ServiceError, XmlWriter, cbor, read_body, target_operation};
use crate::http_types::{Request, Response, respond};

/// Name of the one member of a [`moment`].
const MOMENT: &str = "$moment";

/// A time inside an answer, in milliseconds since 1970: each protocol writes it in its own way.
pub(crate) fn moment(milliseconds: i64) -> Value {
    json!({ MOMENT: milliseconds })
}

/// The time that a value of [`moment`] holds.
pub(super) fn moment_of(value: &Value) -> Option<i64> {
    value.get(MOMENT).and_then(Value::as_i64)
}

/// A time of a request in milliseconds since 1970: seconds, or ISO 8601 text.
pub(crate) fn read_time(value: &Value) -> Option<i64> {
    use time::format_description::well_known::Rfc3339;
    if let Some(seconds) = value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "a time beyond the range becomes its end")]
        return Some((seconds * 1000.0).round() as i64);
    }
    let text = value.as_str()?;
    let zoned = time::OffsetDateTime::parse(text, &Rfc3339).ok();
    let time = zoned.or_else(|| time::OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339).ok())?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Milliseconds since 1970 as `2026-11-28T09:00:00.123Z`.
pub(crate) fn iso_milliseconds(milliseconds: i64) -> String {
    let format =
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}

/// The protocol that a request speaks: what its headers say, else the one that its service is known for.
pub(crate) fn spoken(request: &Request, usual: Protocol) -> Protocol {
    let is = |name: &str, value: &str| {
        request.headers().get(name).is_some_and(|found| found.as_bytes().starts_with(value.as_bytes()))
    };
    let targets = request.headers().contains_key("x-amz-target");
    match usual {
        _ if is("smithy-protocol", "rpc-v2-cbor") => Protocol::Cbor,
        Protocol::Query if targets => Protocol::Json10,
        // Services that have JSON now had Query before.
        Protocol::Json | Protocol::Json10 if !targets => Protocol::Query,
        usual => usual,
    }
}

/// A request that was read.
pub(crate) struct Call {
    pub(crate) protocol: Protocol,
    pub(crate) operation: String,
    pub(crate) input: Value,
}

/// Reads a request in whichever of the three protocols it is.
///
/// # Errors
/// A body that is too large or not well-formed, with the protocol to answer in.
pub(crate) async fn read_call(request: Request) -> Result<Call, (Protocol, ServiceError)> {
    let protocol = spoken(&request, Protocol::Query);
    read(protocol, request).await.map_err(|error| (protocol, error))
}

async fn read(protocol: Protocol, request: Request) -> Result<Call, ServiceError> {
    let malformed = |what: &str| ServiceError::bad_request("SerializationException", format!("the body is no {what}"));
    let operation = match protocol {
        Protocol::Cbor => request.uri().path().rsplit('/').next().unwrap_or_default().to_owned(),
        _ => target_operation(&request),
    };
    let zipped = request.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    let query = request.uri().query().unwrap_or_default().to_owned();
    let mut body = read_body(request, CONTROL_BODY_LIMIT).await?;
    if zipped {
        body = unzip(&body).ok_or_else(|| malformed("gzip"))?.into();
    }
    let input = match protocol {
        Protocol::Cbor if body.is_empty() => json!({}),
        Protocol::Cbor => cbor::decode(&body).filter(Value::is_object).ok_or_else(|| malformed("CBOR map"))?,
        Protocol::Query => {
            let text = std::str::from_utf8(&body).map_err(|_| malformed("form"))?;
            let form = Form::parse(&format!("{query}&{text}"))?;
            let operation = form.action().to_owned();
            let mut input = form.into_value();
            if let Some(fields) = input.as_object_mut() {
                fields.retain(|name, _| !matches!(name.as_str(), "Action" | "Version"));
            }
            return Ok(Call { protocol, operation, input });
        }
        _ if body.is_empty() => json!({}),
        _ => serde_json::from_slice(&body).map_err(|_| malformed("JSON"))?,
    };
    Ok(Call { protocol, operation, input })
}

/// Clients compress large bodies. What unpacks to more than a body may have is refused.
fn unzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let limit = u64::try_from(CONTROL_BODY_LIMIT).ok()?;
    flate2::read::MultiGzDecoder::new(body).take(limit + 1).read_to_end(&mut whole).ok()?;
    (whole.len() <= CONTROL_BODY_LIMIT).then_some(whole)
}

/// Writes an answer in the protocol of its request.
pub(crate) fn render_answer(protocol: Protocol, namespace: &str, operation: &str, answer: &Value) -> Response {
    match protocol {
        Protocol::Query => query_response(namespace, operation, |xml| write_fields(xml, answer)),
        Protocol::Cbor => {
            let mut response = respond(StatusCode::OK, "application/cbor", cbor::encode(answer));
            response.headers_mut().insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
            response
        }
        other => other.json_response(StatusCode::OK, &with_seconds(answer)),
    }
}

fn with_seconds(value: &Value) -> Value {
    if let Some(milliseconds) = moment_of(value) {
        return json!(cbor::seconds(milliseconds));
    }
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), with_seconds(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(with_seconds).collect()),
        other => other.clone(),
    }
}

fn write_fields(xml: &mut XmlWriter, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        if !value.is_null() {
            xml.element(name, |xml| write_value(xml, value));
        }
    }
}

fn write_value(xml: &mut XmlWriter, value: &Value) {
    if let Some(milliseconds) = moment_of(value) {
        return xml.escape(&iso_milliseconds(milliseconds));
    }
    match value {
        Value::Object(_) => write_fields(xml, value),
        Value::Array(items) => {
            for item in items {
                xml.element("member", |xml| write_value(xml, item));
            }
        }
        Value::String(text) => xml.escape(text),
        other => xml.escape(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::http_types::full;

    async fn body(response: Response) -> Vec<u8> {
        response.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    #[tokio::test]
    async fn one_request_in_three_protocols() {
        let form =
            "Action=PutThings&Things.member.1.Name=a&Things.member.1.Sizes.member.1=1&Things.member.2.Name=b&Flag=true";
        let query = http::Request::post("/").body(full(form)).unwrap();
        let json = http::Request::post("/")
            .header("x-amz-target", "Granite.PutThings")
            .body(full(r#"{"Flag": true}"#))
            .unwrap();
        let cbor = http::Request::post("/service/Granite/operation/PutThings")
            .header("smithy-protocol", "rpc-v2-cbor")
            .body(full(hex::decode("a164466c6167f5").unwrap()))
            .unwrap();
        for (request, protocol, input) in [
            (query, Protocol::Query, json!({"Things": [{"Name": "a", "Sizes": ["1"]}, {"Name": "b"}], "Flag": "true"})),
            (json, Protocol::Json10, json!({"Flag": true})),
            (cbor, Protocol::Cbor, json!({"Flag": true})),
        ] {
            let call = read_call(request).await.map_err(|(_, error)| error).unwrap();
            assert_eq!((call.protocol, call.operation.as_str(), call.input), (protocol, "PutThings", input));
        }
    }

    #[tokio::test]
    async fn one_answer_in_three_protocols() {
        let answer = json!({"At": moment(1500), "Values": [1.5], "Nothing": null});
        let xml = String::from_utf8(body(render_answer(Protocol::Query, "ns", "Get", &answer)).await).unwrap();
        assert!(
            xml.contains(
                "<GetResult><At>1970-01-01T00:00:01.500Z</At><Values><member>1.5</member></Values></GetResult>"
            ),
            "{xml}"
        );
        let json = body(render_answer(Protocol::Json10, "ns", "Get", &answer)).await;
        assert_eq!(
            serde_json::from_slice::<Value>(&json).unwrap(),
            json!({"At": 1.5, "Values": [1.5], "Nothing": null})
        );
        let cbor = body(render_answer(Protocol::Cbor, "ns", "Get", &answer)).await;
        assert_eq!(cbor::decode(&cbor).unwrap(), json!({"At": 1.5, "Values": [1.5], "Nothing": null}));
    }

    #[test]
    fn times_of_requests() {
        for (value, expected) in [
            (json!(1.5), Some(1500)),
            (json!("1970-01-01T00:00:01.5Z"), Some(1500)),
            (json!("1970-01-01T00:00:02"), Some(2000)),
            (json!("1970-01-01T01:00:00+01:00"), Some(0)),
            (json!("soon"), None),
        ] {
            assert_eq!(read_time(&value), expected, "{value}");
        }
    }
}
