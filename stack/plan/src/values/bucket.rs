//! Values of buckets: CORS rules and events.

use super::SettingValue;

/// A method that S3 knows in CORS rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CorsMethod(pub(crate) String);

impl SettingValue for CorsMethod {
    const EXPECTED: &'static str = "a method that CORS rules of S3 know";
    const HELP: &'static str = "one of GET, PUT, POST, DELETE, HEAD (preflight OPTIONS is answered by itself)";
    fn parse(text: &str) -> Option<Self> {
        matches!(text, "GET" | "PUT" | "POST" | "DELETE" | "HEAD").then(|| Self(text.to_owned()))
    }
}

/// An origin of a CORS rule: `*`, or `scheme://host[:port]` with at most one `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CorsOrigin(pub(crate) String);

impl SettingValue for CorsOrigin {
    const EXPECTED: &'static str = "an origin";
    const HELP: &'static str =
        "write scheme, host and port only, without a path: `https://example.com`, `https://*.example.com` or `*`";
    fn parse(text: &str) -> Option<Self> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_origin = host.is_some_and(|host| {
            !host.is_empty() && !host.contains(['/', '?', '#', '@']) && text.matches('*').count() <= 1
        });
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (text == "*" || (is_origin && is_visible)).then(|| Self(text.to_owned()))
    }
}

/// A header name of a CORS rule, with at most one `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderName(pub(crate) String);

impl SettingValue for HeaderName {
    const EXPECTED: &'static str = "a header name";
    fn parse(text: &str) -> Option<Self> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        (!text.is_empty() && text.bytes().all(token) && text.matches('*').count() <= 1).then(|| Self(text.to_owned()))
    }
}

/// An event type of S3, without its `s3:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BucketEvent(pub(crate) String);

/// Event types that a notification may name.
const BUCKET_EVENTS: [&str; 27] = [
    "ObjectCreated:*",
    "ObjectCreated:Put",
    "ObjectCreated:Post",
    "ObjectCreated:Copy",
    "ObjectCreated:CompleteMultipartUpload",
    "ObjectRemoved:*",
    "ObjectRemoved:Delete",
    "ObjectRemoved:DeleteMarkerCreated",
    "ObjectRestore:*",
    "ObjectRestore:Post",
    "ObjectRestore:Completed",
    "ObjectRestore:Delete",
    "ObjectTagging:*",
    "ObjectTagging:Put",
    "ObjectTagging:Delete",
    "ObjectAcl:Put",
    "LifecycleExpiration:*",
    "LifecycleExpiration:Delete",
    "LifecycleExpiration:DeleteMarkerCreated",
    "LifecycleTransition",
    "IntelligentTiering",
    "ReducedRedundancyLostObject",
    "Replication:*",
    "Replication:OperationFailedReplication",
    "Replication:OperationMissedThreshold",
    "Replication:OperationReplicatedAfterThreshold",
    "Replication:OperationNotTracked",
];

impl SettingValue for BucketEvent {
    const EXPECTED: &'static str = "an event of a bucket";
    const HELP: &'static str =
        "for example `ObjectCreated:*`, `ObjectCreated:Put`, `ObjectRemoved:*`, `ObjectTagging:*`";
    fn parse(text: &str) -> Option<Self> {
        let event = text.strip_prefix("s3:").unwrap_or(text);
        let is_offered = BUCKET_EVENTS.contains(&event);
        is_offered.then(|| Self(event.to_owned()))
    }
}

impl BucketEvent {
    /// True when some occurrence is named by both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (family, _) = self.0.split_once(':').unwrap_or((&self.0, ""));
        let (other_family, _) = other.0.split_once(':').unwrap_or((&other.0, ""));
        family == other_family && (self.0 == other.0 || self.0.ends_with('*') || other.0.ends_with('*'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_events_meet_when_one_occurrence_has_both_names() {
        let event = |text: &str| BucketEvent::parse(text).unwrap();
        assert!(event("ObjectCreated:*").meets(&event("s3:ObjectCreated:Put")));
        assert!(event("ObjectCreated:Put").meets(&event("ObjectCreated:Put")));
        assert!(!event("ObjectCreated:Put").meets(&event("ObjectCreated:Copy")));
        assert!(!event("ObjectCreated:*").meets(&event("ObjectRemoved:*")));
        assert_eq!(BucketEvent::parse("ObjectCreate:*"), None);
    }

    #[test]
    fn origins_are_origins() {
        for right in ["*", "http://localhost:8080", "https://*.example.com"] {
            assert!(CorsOrigin::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "example.com", "https://", "https://a/b", "https://*.*.com", "https://a b", "https://é"] {
            assert!(CorsOrigin::parse(wrong).is_none(), "{wrong}");
        }
    }
}
