//! Reading S3 event notifications.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// An object that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Bucket that holds it.
    pub bucket: String,
    /// Its key, decoded.
    pub key: String,
}

/// What S3 tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// S3 tries out a new notification configuration.
    Test,
    /// Objects were created.
    Created(Vec<Created>),
}

/// A payload that this function does not serve.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum EventError {
    /// No `Records` of S3.
    #[error("the payload is not an S3 event: {reason}")]
    NotS3 {
        /// What is missing or different.
        reason: String,
    },
    /// An S3 event of another type.
    #[error("record {index} is an S3 event of type `{name}`, and only `ObjectCreated:*` is served")]
    OtherType {
        /// Record, from 0.
        index: usize,
        /// `eventName` of the record.
        name: String,
    },
    /// A key that does not decode to UTF-8.
    #[error("record {index} has the key `{key}`, which is not percent-encoded UTF-8")]
    Key {
        /// Record, from 0.
        index: usize,
        /// The key as it arrived.
        key: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

/// Reads a payload.
///
/// # Errors
///
/// [`EventError`], when it is anything but S3's test event or records of created objects.
pub fn parse_notification(payload: Value) -> Result<Notification, EventError> {
    let not_s3 = |reason: String| EventError::NotS3 { reason };
    let Value::Object(mut payload) = payload else { return Err(not_s3("it is not a JSON object".into())) };
    if payload.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(Notification::Test);
    }
    let records = payload.remove("Records").ok_or_else(|| not_s3("it has no `Records`".into()))?;
    let Value::Array(records) = records else { return Err(not_s3("`Records` is not a list".into())) };
    let records = records.into_iter().enumerate().map(|(index, record)| {
        let source = ["eventSource", "EventSource"].iter().find_map(|name| record.get(name)).and_then(Value::as_str);
        if source != Some("aws:s3") {
            return Err(not_s3(format!("record {index} comes from `{}`", source.unwrap_or("an unnamed source"))));
        }
        let record: Record =
            serde_json::from_value(record).map_err(|error| not_s3(format!("record {index}: {error}")))?;
        if !record.event_name.trim_start_matches("s3:").starts_with("ObjectCreated:") {
            return Err(EventError::OtherType { index, name: record.event_name });
        }
        let encoded = record.s3.object.key;
        let key = decode_key(&encoded).ok_or(EventError::Key { index, key: encoded })?;
        Ok(Created { bucket: record.s3.bucket.name, key })
    });
    Ok(Notification::Created(records.collect::<Result<_, _>>()?))
}

/// Undoes S3's form encoding of keys, once: `+` is a space, `%2B` a plus. `None` when the bytes are not UTF-8.
fn decode_key(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (*first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest = after;
            }
            // A lone percent sign is no encoding of S3's; it is kept as it is.
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Value of an ASCII hexadecimal digit.
fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_lowercase() - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(source: &str, name: &str, key: &str) -> Value {
        json!({ "Records": [{
            "eventSource": source, "eventName": name,
            "s3": { "bucket": { "name": "uploads" }, "object": { "key": key, "size": 5 } }
        }]})
    }

    #[test]
    fn keys_are_decoded_once() {
        for (encoded, key) in [
            ("plain.jpg", "plain.jpg"),
            ("a+b%2Bc.jpg", "a b+c.jpg"),
            ("%252F.jpg", "%2F.jpg"),
            ("%E2%98%83%f0%9f%93%b7/%2F//..jpg", "\u{2603}\u{1f4f7}////..jpg"),
            ("100%.jpg", "100%.jpg"),
            ("%zz%4", "%zz%4"),
        ] {
            let Notification::Created(records) =
                parse_notification(event("aws:s3", "ObjectCreated:Put", encoded)).unwrap()
            else {
                panic!("{encoded}")
            };
            assert_eq!(records, [Created { bucket: "uploads".into(), key: key.into() }]);
        }
        let error = parse_notification(event("aws:s3", "ObjectCreated:Put", "%ff.jpg")).unwrap_err();
        assert_eq!(error, EventError::Key { index: 0, key: "%ff.jpg".into() });
    }

    #[test]
    fn the_test_event_of_s3_is_answered() {
        let event = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads" });
        assert_eq!(parse_notification(event), Ok(Notification::Test));
    }

    #[test]
    fn other_events_are_refused_with_their_reason() {
        let reason = |payload| parse_notification(payload).unwrap_err().to_string();
        assert_eq!(reason(json!([1])), "the payload is not an S3 event: it is not a JSON object");
        assert_eq!(reason(json!({ "detail-type": "x" })), "the payload is not an S3 event: it has no `Records`");
        assert_eq!(
            reason(json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {} }] })),
            "the payload is not an S3 event: record 0 comes from `aws:sns`"
        );
        assert_eq!(
            reason(event("aws:s3", "ObjectRemoved:Delete", "a.jpg")),
            "record 0 is an S3 event of type `ObjectRemoved:Delete`, and only `ObjectCreated:*` is served"
        );
        assert_eq!(
            reason(json!({ "Records": [{ "eventSource": "aws:s3", "eventName": "ObjectCreated:Put" }] })),
            "the payload is not an S3 event: record 0: missing field `s3`"
        );
    }
}
