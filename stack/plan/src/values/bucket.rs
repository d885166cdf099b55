//! Values of buckets: CORS rules, events, storage classes, names.

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

/// A storage class that a lifecycle rule may move objects to, ordered from warm to cold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StorageClass {
    StandardIa,
    IntelligentTiering,
    OneZoneIa,
    GlacierIr,
    Glacier,
    DeepArchive,
}

impl StorageClass {
    const ALL: [Self; 6] = [
        Self::StandardIa,
        Self::IntelligentTiering,
        Self::OneZoneIa,
        Self::GlacierIr,
        Self::Glacier,
        Self::DeepArchive,
    ];

    /// The word of S3.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::StandardIa => "STANDARD_IA",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::OneZoneIa => "ONEZONE_IA",
            Self::GlacierIr => "GLACIER_IR",
            Self::Glacier => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
        }
    }

    /// The words of all.
    pub(crate) fn words() -> Vec<String> {
        Self::ALL.iter().map(|class| class.word().to_owned()).collect()
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == text)
    }

    /// Days before which S3 moves nothing into the class.
    pub(crate) fn least_days(self) -> u32 {
        match self {
            Self::StandardIa | Self::OneZoneIa => 30,
            _ => 0,
        }
    }
}

/// The name of a bucket that exists already, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportedBucket(pub(crate) Option<String>);

impl SettingValue for ImportedBucket {
    const EXPECTED: &'static str = "the name or the ARN of a bucket";
    const HELP: &'static str = "`import: my-bucket`; an empty value makes a bucket of the project's own";
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(None));
        }
        let is_arn = super::aws::is_arn(text, |service| service == "s3", |_| true);
        let name = if is_arn { text.rsplit(':').next()? } else { text };
        let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let is_name = (3..=63).contains(&name.len())
            && is_end(name.bytes().next())
            && is_end(name.bytes().next_back())
            && name.bytes().all(|byte| is_end(Some(byte)) || byte == b'-' || byte == b'.');
        is_name.then(|| Self(Some(name.to_owned())))
    }
}

/// A file name of a website: its index or its error page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebsiteKey(pub(crate) String);

impl SettingValue for WebsiteKey {
    const EXPECTED: &'static str = "the key of a page";
    const HELP: &'static str = "for example `index.html` or `errors/404.html`";
    fn parse(text: &str) -> Option<Self> {
        let is_key = !text.is_empty() && text.len() <= 1024 && !text.starts_with('/') && !text.ends_with('/');
        (is_key && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }
}

/// Who may do something with the objects of a bucket without being anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicAccess {
    /// Nobody.
    None,
    /// Everybody may read an object whose key is known.
    Read,
}

impl SettingValue for PublicAccess {
    const EXPECTED: &'static str = "`none` or `read`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "read" => Some(Self::Read),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_imported_by_name_or_arn() {
        let name = |text: &str| ImportedBucket::parse(text);
        assert_eq!(name(""), Some(ImportedBucket(None)));
        assert_eq!(name("assets.example.com"), Some(ImportedBucket(Some("assets.example.com".to_owned()))));
        assert_eq!(name("arn:aws:s3:::media"), Some(ImportedBucket(Some("media".to_owned()))));
        for wrong in ["ab", "Upper", "a_b", "-ab", "arn:aws:sns:::media", "arn:aws:s3:::media/key"] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
    }

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
