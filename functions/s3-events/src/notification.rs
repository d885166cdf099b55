//! Reading S3 event notifications.

use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::Sequencer;
use crate::key::decode_key;

/// An object that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEvent {
    /// Bucket that holds it.
    pub bucket: String,
    /// Its key, decoded.
    pub key: String,
    /// Its size in bytes, where S3 tells it.
    pub size: Option<u64>,
    /// Its entity tag without quotes.
    pub etag: Option<String>,
    /// Its version, in a bucket that keeps versions.
    pub version: Option<String>,
    /// Its place among the events of the same key.
    pub sequencer: Option<Sequencer>,
    /// When it was created: `2026-01-02T03:04:05.678Z`.
    pub time: Option<String>,
}

/// What S3 tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// S3 tries out a new notification configuration.
    Test,
    /// Objects were created.
    Created(Vec<ObjectEvent>),
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

impl From<EventError> for Diagnostic {
    fn from(error: EventError) -> Self {
        Self { error_type: "unsupported-event".into(), error_message: error.to_string() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    event_time: Option<String>,
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
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    size: Option<u64>,
    // S3 writes it in this way.
    #[serde(rename = "eTag")]
    etag: Option<String>,
    version_id: Option<String>,
    sequencer: Option<String>,
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
        let object = record.s3.object;
        let key = decode_key(&object.key).ok_or(EventError::Key { index, key: object.key })?;
        Ok(ObjectEvent {
            bucket: record.s3.bucket.name,
            key,
            size: object.size,
            etag: object.etag.map(|etag| etag.trim_matches('"').to_owned()).filter(|etag| !etag.is_empty()),
            version: object.version_id.filter(|version| version != "null"),
            sequencer: object.sequencer.as_deref().and_then(Sequencer::parse),
            time: record.event_time,
        })
    });
    Ok(Notification::Created(records.collect::<Result<_, _>>()?))
}

/// Reads the body of an SQS message: a notification of S3, or one that came through a topic of SNS.
///
/// # Errors
///
/// [`EventError`], when it is neither.
pub fn parse_body(body: &str) -> Result<Notification, EventError> {
    let read = |text: &str| {
        serde_json::from_str::<Value>(text)
            .map_err(|error| EventError::NotS3 { reason: format!("it is not JSON: {error}") })
    };
    let payload = read(body)?;
    match payload.get("Message").and_then(Value::as_str) {
        Some(message) if payload.get("TopicArn").is_some() => parse_notification(read(message)?),
        _ => parse_notification(payload),
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
            let found: Vec<_> = records.iter().map(|record| (record.bucket.as_str(), record.key.as_str())).collect();
            assert_eq!(found, [("uploads", key)]);
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
    fn what_s3_says_of_an_object_is_read_through_sns_and_sqs_too() {
        let event = json!({ "Records": [{
            "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-01-02T03:04:05.678Z",
            "s3": { "bucket": { "name": "uploads" }, "object": {
                "key": "a.jpg", "size": 5, "eTag": "\"900150983cd24fb0\"", "versionId": "v1", "sequencer": "00ab"
            } }
        }]});
        let Notification::Created(records) = parse_notification(event.clone()).unwrap() else { panic!() };
        let expected = ObjectEvent {
            bucket: "uploads".into(),
            key: "a.jpg".into(),
            size: Some(5),
            etag: Some("900150983cd24fb0".into()),
            version: Some("v1".into()),
            sequencer: Sequencer::parse("00AB"),
            time: Some("2026-01-02T03:04:05.678Z".into()),
        };
        assert_eq!(records, [expected]);
        let through_sns =
            json!({ "Type": "Notification", "TopicArn": "arn:aws:sns:::t", "Message": event.to_string() });
        let created = Ok(Notification::Created(records));
        assert_eq!(parse_body(&event.to_string()), created);
        assert_eq!(parse_body(&through_sns.to_string()), created);
        let reason = parse_body("{").unwrap_err().to_string();
        assert!(reason.starts_with("the payload is not an S3 event: it is not JSON"), "{reason}");
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
