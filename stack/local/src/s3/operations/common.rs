//! What several operations need: finding versions, conditions, headers, times.

use std::collections::BTreeMap;

use s3s::dto::{ETag, ETagCondition, ObjectCannedACL, ObjectOwnership, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use crate::s3::errors::{
    custom, invalid_argument, invalid_tag, no_such_bucket, no_such_key, no_such_version, precondition_failed,
};
use crate::s3::notification::RequestIds;
use crate::s3::store::{Bucket, Kind, Moment, State, Version};
use crate::wire::form_decode;

/// A bucket that must exist.
pub(super) fn bucket<'a>(state: &'a State, name: &str) -> S3Result<&'a Bucket> {
    state.buckets.get(name).ok_or_else(no_such_bucket)
}

/// The version that a request is about: the named one, or the newest that is no delete marker.
pub(super) fn version<'a>(state: &'a State, name: &str, key: &str, id: Option<&str>) -> S3Result<&'a Version> {
    let bucket = bucket(state, name)?;
    let versions = bucket.objects.get(key).map(Vec::as_slice).unwrap_or_default();
    let Some(id) = id else {
        return match versions.last() {
            Some(version) if !version.delete_marker => Ok(version),
            Some(marker) => Err(with_marker_headers(no_such_key(), marker)),
            None => Err(no_such_key()),
        };
    };
    match versions.iter().find(|version| version.id == id) {
        Some(version) if !version.delete_marker => Ok(version),
        Some(marker) => {
            let refusal = S3Error::with_message(
                S3ErrorCode::MethodNotAllowed,
                "The specified method is not allowed against this resource.",
            );
            Err(with_marker_headers(refusal, marker))
        }
        None => Err(no_such_version()),
    }
}

fn with_marker_headers(mut error: S3Error, marker: &Version) -> S3Error {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-amz-delete-marker", http::HeaderValue::from_static("true"));
    if let Ok(id) = http::HeaderValue::from_str(&marker.id) {
        headers.insert("x-amz-version-id", id);
    }
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/xml"));
    error.set_headers(headers);
    error
}

/// Conditions of a read.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the HTTP headers")]
pub(super) struct ReadConditions<'a> {
    pub(super) if_match: Option<&'a ETagCondition>,
    pub(super) if_none_match: Option<&'a ETagCondition>,
    pub(super) if_modified_since: Option<&'a Timestamp>,
    pub(super) if_unmodified_since: Option<&'a Timestamp>,
}

impl ReadConditions<'_> {
    /// Refuses with 412, or with 304 where the client has what it asks for.
    pub(super) fn check(&self, version: &Version) -> S3Result<()> {
        let modified = version.modified.div_euclid(1000);
        match (self.if_match, self.if_unmodified_since) {
            (Some(condition), _) if !matches_etag(condition, version) => return Err(precondition_failed()),
            (None, Some(time)) if modified > seconds(time) => return Err(precondition_failed()),
            _ => {}
        }
        match (self.if_none_match, self.if_modified_since) {
            (Some(condition), _) if matches_etag(condition, version) => Err(not_modified(version)),
            (None, Some(time)) if modified <= seconds(time) => Err(not_modified(version)),
            _ => Ok(()),
        }
    }
}

fn not_modified(version: &Version) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    let mut headers = http::HeaderMap::new();
    if let Ok(etag) = http::HeaderValue::from_str(&format!("\"{}\"", version.etag)) {
        headers.insert(http::header::ETAG, etag);
    }
    if let Some(modified) = crate::s3::http_date(version.modified)
        && let Ok(modified) = http::HeaderValue::from_str(&modified)
    {
        headers.insert(http::header::LAST_MODIFIED, modified);
    }
    error.set_headers(headers);
    error
}

/// Conditions of a write: `If-None-Match: *` and `If-Match`.
pub(super) fn check_write(
    bucket: &Bucket,
    key: &str,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    let current = bucket.current(key);
    match if_none_match {
        Some(ETagCondition::Any) if current.is_some() => return Err(precondition_failed()),
        Some(ETagCondition::ETag(_)) => {
            return Err(S3Error::with_message(
                S3ErrorCode::NotImplemented,
                "A header you provided implies functionality that is not implemented",
            ));
        }
        _ => {}
    }
    match (if_match, current) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(no_such_key()),
        (Some(condition), Some(version)) if matches_etag(condition, version) => Ok(()),
        (Some(_), Some(_)) => Err(precondition_failed()),
    }
}

fn matches_etag(condition: &ETagCondition, version: &Version) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == version.etag,
    }
}

/// Refuses an ACL where the bucket does not have any (the default since 2023).
pub(super) fn check_acl(bucket: &Bucket, acl: Option<&ObjectCannedACL>) -> S3Result<()> {
    let Some(acl) = acl.map(ObjectCannedACL::as_str) else { return Ok(()) };
    let enforced = bucket
        .configured::<String>(Kind::Ownership)
        .is_none_or(|ownership| ownership == ObjectOwnership::BUCKET_OWNER_ENFORCED);
    if acl == "private" || acl == "bucket-owner-full-control" {
        Ok(())
    } else if enforced {
        Err(custom(http::StatusCode::BAD_REQUEST, "AccessControlListNotSupported", "The bucket does not allow ACLs"))
    } else {
        Err(crate::s3::errors::not_served("object ACLs; use a bucket policy"))
    }
}

/// The id of a new version: `null` unless the bucket's versioning is on.
pub(super) fn new_version_id(bucket: &Bucket, moment: Moment) -> String {
    if bucket.versioning() == Some(true) { fresh_version_id(moment) } else { "null".to_owned() }
}

/// A version id in the form of S3's: 32 characters, of which nobody can guess the next.
pub(in crate::s3) fn fresh_version_id(moment: Moment) -> String {
    use base64::Engine as _;
    let bytes = [&moment.milliseconds().to_be_bytes()[..], &uuid::Uuid::new_v4().into_bytes()].concat();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes).replace('-', ".")
}

/// The version id that an answer names: none in a bucket that never had versioning.
pub(super) fn shown_version_id(bucket: &Bucket, id: &str) -> Option<String> {
    bucket.versioning().map(|_| id.to_owned())
}

/// A strong entity tag.
pub(super) fn etag(value: &str) -> ETag {
    ETag::Strong(value.to_owned())
}

/// Milliseconds since 1970 as the protocol library has it.
pub(super) fn timestamp(milliseconds: i64) -> Timestamp {
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
        .into()
}

/// Seconds since 1970.
pub(super) fn seconds(timestamp: &Timestamp) -> i64 {
    time::OffsetDateTime::from(timestamp.clone()).unix_timestamp()
}

/// A count for a field that AWS has as a signed number.
pub(super) fn count<T: TryFrom<usize> + From<i16>>(number: usize) -> T {
    T::try_from(number).unwrap_or_else(|_| T::from(i16::MAX))
}

/// A length for a field that AWS has as a signed number.
pub(super) fn length(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// The ids of the request and the access key of its caller, for events.
pub(super) fn request_facts<T>(request: &S3Request<T>) -> (RequestIds, Option<String>) {
    (
        request.extensions.get::<RequestIds>().cloned().unwrap_or_else(RequestIds::fresh),
        request.credentials.as_ref().map(|credentials| credentials.access_key.clone()),
    )
}

/// The tags of an `x-amz-tagging` header.
pub(super) fn header_tags(header: Option<&str>) -> S3Result<BTreeMap<String, String>> {
    let mut tags = BTreeMap::new();
    for pair in header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = form_decode(name).zip(form_decode(value));
        let unique = decoded.is_some_and(|(name, value)| tags.insert(name, value).is_none());
        if !unique {
            return Err(invalid_argument(
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
            ));
        }
    }
    check_tags(&tags, 10)?;
    Ok(tags)
}

/// Refuses tags that S3 refuses.
pub(super) fn check_tags(tags: &BTreeMap<String, String>, limit: usize) -> S3Result<()> {
    let allowed = |text: &str| {
        text.chars().all(|character| character.is_alphanumeric() || character == ' ' || "+-=._:/@".contains(character))
    };
    if tags.len() > limit {
        return Err(S3Error::with_message(
            S3ErrorCode::Custom("BadRequest".into()),
            format!("Object tags cannot be greater than {limit}"),
        ));
    }
    for (name, value) in tags {
        if name.is_empty() || name.chars().count() > 128 || !allowed(name) {
            return Err(invalid_tag("The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 || !allowed(value) {
            return Err(invalid_tag("The TagValue you have provided is invalid"));
        }
        if name.starts_with("aws:") {
            return Err(invalid_tag("System tags cannot be added/updated by requester"));
        }
    }
    Ok(())
}
