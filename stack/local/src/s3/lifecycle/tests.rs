//! What expires at the beginning of which day.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn version(id: &str, day: i64) -> Version {
    Version {
        id: id.to_owned(),
        modified: day * DAY + 1,
        delete_marker: id.starts_with("marker"),
        etag: String::new(),
        segments: Vec::new(),
        parts: Vec::new(),
        headers: crate::s3::store::Headers::default(),
        checksum: None,
        tags: BTreeMap::new(),
    }
}

fn bucket(versioning: Option<&str>, versions: Vec<Version>) -> Bucket {
    let mut bucket = Bucket::default();
    bucket.objects.insert("tmp/a".to_owned(), versions);
    if let Some(status) = versioning {
        bucket.configuration.insert(Kind::Versioning, json!(status));
    }
    bucket
}

/// The events of what expires at the beginning of a day.
fn at_day(bucket: &Bucket, rule: LifecycleRule, day: i64) -> Vec<String> {
    let mut expired = Vec::new();
    let configuration = BucketLifecycleConfiguration { rules: vec![rule] };
    expire("b", bucket, &configuration, day * DAY, Moment::at(0), &mut expired);
    expired
        .iter()
        .map(|(record, happening)| match (record, happening) {
            (Record::VersionDeleted { id, .. }, _) => format!("deleted {id}"),
            (_, Some(happening)) => happening.name.to_owned(),
            (record, None) => format!("{record:?}").split_whitespace().next().unwrap_or_default().to_owned(),
        })
        .collect()
}

fn rule(value: &serde_json::Value) -> LifecycleRule {
    let mut whole = json!({"status": "Enabled", "prefix": "tmp/"});
    for (name, part) in value.as_object().unwrap() {
        whole[name] = part.clone();
    }
    let expiration = whole.get("expiration").map(|expiration| s3s::dto::LifecycleExpiration {
        date: None,
        days: expiration["days"].as_i64().map(|days| i32::try_from(days).unwrap()),
        expired_object_delete_marker: expiration["marker"].as_bool(),
    });
    let noncurrent = whole.get("noncurrent").map(|noncurrent| s3s::dto::NoncurrentVersionExpiration {
        newer_noncurrent_versions: noncurrent["keep"].as_i64().map(|keep| i32::try_from(keep).unwrap()),
        noncurrent_days: noncurrent["days"].as_i64().map(|days| i32::try_from(days).unwrap()),
    });
    LifecycleRule {
        abort_incomplete_multipart_upload: whole.get("abort").map(|days| s3s::dto::AbortIncompleteMultipartUpload {
            days_after_initiation: days.as_i64().map(|days| i32::try_from(days).unwrap()),
        }),
        expiration,
        filter: None,
        id: None,
        noncurrent_version_expiration: noncurrent,
        noncurrent_version_transitions: None,
        prefix: whole["prefix"].as_str().map(str::to_owned),
        status: whole["status"].as_str().unwrap().to_owned().into(),
        transitions: None,
    }
}

#[test]
fn objects_expire_at_the_midnight_after_their_days() {
    let plain = bucket(None, vec![version("null", 10)]);
    let days = || rule(&json!({"expiration": {"days": 3}}));
    assert_eq!(at_day(&plain, days(), 13), Vec::<String>::new());
    assert_eq!(at_day(&plain, days(), 14), ["deleted null"]);
    assert!(at_day(&plain, rule(&json!({"expiration": {"days": 3}, "prefix": "other/"})), 99).is_empty());
    assert!(at_day(&plain, rule(&json!({"expiration": {"days": 3}, "status": "Disabled"})), 99).is_empty());
}

#[test]
fn in_a_versioned_bucket_a_marker_takes_the_place() {
    let versioned = bucket(Some("Enabled"), vec![version("1", 10)]);
    assert_eq!(
        at_day(&versioned, rule(&json!({"expiration": {"days": 1}})), 99),
        ["LifecycleExpiration:DeleteMarkerCreated"]
    );
    let hidden = bucket(Some("Enabled"), vec![version("1", 10), version("marker", 11)]);
    assert!(at_day(&hidden, rule(&json!({"expiration": {"days": 1}})), 99).is_empty());
    let alone = bucket(Some("Enabled"), vec![version("marker", 11)]);
    assert_eq!(at_day(&alone, rule(&json!({"expiration": {"marker": true}})), 12), ["deleted marker"]);
}

#[test]
fn replaced_versions_expire_and_the_newest_of_them_stay() {
    let versions = vec![version("1", 1), version("2", 2), version("3", 3), version("4", 4)];
    let versioned = bucket(Some("Enabled"), versions);
    assert_eq!(at_day(&versioned, rule(&json!({"noncurrent": {"days": 10}})), 14), ["deleted 2", "deleted 1"]);
    assert_eq!(at_day(&versioned, rule(&json!({"noncurrent": {"days": 10, "keep": 2}})), 99), ["deleted 1"]);
}

#[test]
fn uploads_that_were_not_completed_end() {
    let mut uploading = Bucket::default();
    let upload = crate::s3::store::Upload {
        key: "tmp/big".to_owned(),
        initiated: 10 * DAY,
        headers: crate::s3::store::Headers::default(),
        tags: BTreeMap::new(),
        checksum: None,
        parts: BTreeMap::new(),
    };
    uploading.uploads.insert("id".to_owned(), upload);
    assert!(at_day(&uploading, rule(&json!({"abort": 1})), 10).is_empty());
    assert_eq!(at_day(&uploading, rule(&json!({"abort": 1})), 11), ["UploadAborted"]);
}
