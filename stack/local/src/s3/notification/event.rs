//! The JSON of an event.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::s3::key_encoding::form_encode;
use crate::s3::store::Moment;

/// The ids that a request is answered with, which its events repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::s3) struct RequestIds {
    pub(in crate::s3) request_id: String,
    pub(in crate::s3) host_id: String,
}

impl RequestIds {
    /// Fresh ids in the form of S3's.
    pub(in crate::s3) fn fresh() -> Self {
        use base64::Engine as _;
        let random = uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase();
        let host_id = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
        Self { request_id: random[..16].to_owned(), host_id: base64::engine::general_purpose::STANDARD.encode(host_id) }
    }
}

/// What happened to an object.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Happening {
    /// `ObjectCreated:Put`.
    pub(in crate::s3) name: &'static str,
    pub(in crate::s3) bucket: String,
    pub(in crate::s3) key: String,
    /// Absent when the object was removed.
    pub(in crate::s3) size: Option<u64>,
    /// Without quotes; absent when the object was removed.
    pub(in crate::s3) etag: Option<String>,
    /// Absent in a bucket without versioning.
    pub(in crate::s3) version_id: Option<String>,
    pub(in crate::s3) moment: Moment,
    /// Access key of the caller.
    pub(in crate::s3) access_key: Option<String>,
    pub(in crate::s3) ids: RequestIds,
}

/// Who owns the buckets of an account.
pub(in crate::s3) fn owner_id(account: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(account.as_bytes()))
}

/// An event of version 2.1 with one record.
pub(super) fn render(happening: &Happening, configuration_id: &str, region: &str, account: &str) -> Value {
    let owner = owner_id(account);
    let mut object = json!({"key": form_encode(&happening.key)});
    if let Some(size) = happening.size {
        object["size"] = json!(size);
    }
    if let Some(etag) = &happening.etag {
        object["eTag"] = json!(etag);
    }
    if let Some(version_id) = &happening.version_id {
        object["versionId"] = json!(version_id);
    }
    object["sequencer"] = json!(happening.moment.sequencer());
    let principal = happening.access_key.as_ref().map_or_else(|| "Anonymous".to_owned(), |key| format!("AWS:{key}"));
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": iso_time(happening.moment),
        "eventName": happening.name,
        "userIdentity": {"principalId": principal},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": happening.ids.request_id, "x-amz-id-2": happening.ids.host_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": happening.bucket,
                "ownerIdentity": {"principalId": owner},
                "arn": format!("arn:aws:s3:::{}", happening.bucket),
            },
            "object": object,
        },
    }]})
}

/// The message that a topic gets when a configuration names it.
pub(super) fn render_test(bucket: &str, moment: Moment, ids: &RequestIds) -> Value {
    json!({
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_time(moment),
        "Bucket": bucket,
        "RequestId": ids.request_id,
        "HostId": ids.host_id,
    })
}

fn iso_time(moment: Moment) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.milliseconds()) * 1_000_000)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happening() -> Happening {
        Happening {
            name: "ObjectCreated:Put",
            bucket: "uploads".to_owned(),
            key: "in/my photo+1.jpg".to_owned(),
            size: Some(1024),
            etag: Some("0123456789abcdef0123456789abcdef".to_owned()),
            version_id: None,
            moment: Moment::at(1_700_000_000_123_456_789),
            access_key: Some("test".to_owned()),
            ids: RequestIds { request_id: "ID".to_owned(), host_id: "HOST".to_owned() },
        }
    }

    /// The paths of all leaves of a value.
    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{name}"), found));
            }
            Value::Array(items) => items.iter().for_each(|item| leaves(item, &format!("{path}/0"), found)),
            _ => found.push(path.to_owned()),
        }
        found.sort();
    }

    #[test]
    fn an_event_has_encoded_key_time_and_sequencer() {
        let event = render(&happening(), "rule", "us-east-1", "000000000000");
        let record = &event["Records"][0];
        assert_eq!(record["s3"]["object"]["key"], "in/my+photo%2B1.jpg");
        assert_eq!(record["eventTime"], "2023-11-14T22:13:20.123Z");
        assert_eq!(record["s3"]["object"]["sequencer"], "0017979CFE3D85CD15");
        assert_eq!(record["eventVersion"], "2.1");
        assert_eq!(record["s3"]["bucket"]["arn"], "arn:aws:s3:::uploads");
    }

    #[test]
    fn the_fields_are_those_of_the_published_sample() {
        let root = std::env::var("STACK_SHARED").map_or_else(
            |_| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
            std::path::PathBuf::from,
        );
        let path = root.join("data/sam_generate_event/samcli/lib/generated_sample_events/events/s3/S3Put.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("skipped: {} is not there", path.display());
            return;
        };
        let sample: Value = serde_json::from_str(&text).unwrap();
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        leaves(&sample, "", &mut theirs);
        leaves(&render(&happening(), "rule", "us-east-1", "000000000000"), "", &mut ours);
        assert_eq!(ours, theirs);
    }
}
