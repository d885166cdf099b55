//! Buckets and their policies as they are now, in the form of templates.

use std::collections::BTreeMap;

use s3s::dto::{
    BucketLifecycleConfiguration, CORSConfiguration, Event, LifecycleRule, NotificationConfiguration,
    NotificationConfigurationFilter, PublicAccessBlockConfiguration, ServerSideEncryptionConfiguration,
    WebsiteConfiguration,
};
use serde_json::{Map, Value, json};

use super::Kind;
use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};
use crate::wire::properties::tag_list;

/// Configurations that are absent when they are not set.
const OPTIONAL: [&str; 7] = [
    "CorsConfiguration",
    "LifecycleConfiguration",
    "NotificationConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "VersioningConfiguration",
    "WebsiteConfiguration",
];

/// `AWS::S3::Bucket`.
pub(crate) async fn read_bucket(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let kept = context.cloud.s3.store.read(|state| {
        let bucket = state.buckets.get(physical_id)?;
        Some(Kept {
            cors: bucket.configured(Kind::Cors),
            encryption: bucket.configured(Kind::Encryption),
            lifecycle: bucket.configured(Kind::Lifecycle),
            notification: bucket.configured(Kind::Notification),
            ownership: bucket.configured(Kind::Ownership),
            public_access_block: bucket.configured(Kind::PublicAccessBlock),
            tags: bucket.configured::<BTreeMap<String, String>>(Kind::Tagging).unwrap_or_default(),
            versioning: bucket.configured(Kind::Versioning),
            website: bucket.configured(Kind::Website),
        })
    });
    let Some(kept) = kept else { return Ok(Live::Gone) };
    let mut live = json!({"BucketName": physical_id, "Tags": tag_list(&kept.tags)});
    for (name, value) in [
        ("BucketEncryption", Some(kept.encryption.as_ref().map_or_else(default_encryption, encryption))),
        ("CorsConfiguration", kept.cors.as_ref().map(cors)),
        ("LifecycleConfiguration", kept.lifecycle.as_ref().map(lifecycle)),
        ("NotificationConfiguration", kept.notification.as_ref().map(notification)),
        ("OwnershipControls", kept.ownership.map(|ownership| json!({"Rules": [{"ObjectOwnership": ownership}]}))),
        ("PublicAccessBlockConfiguration", kept.public_access_block.as_ref().map(public_access_block)),
        ("VersioningConfiguration", kept.versioning.map(|status| json!({ "Status": status }))),
        ("WebsiteConfiguration", kept.website.as_ref().map(website)),
    ] {
        if let Some(value) = value {
            live[name] = value;
        }
    }
    Ok(Live::readable(live, declared, &OPTIONAL))
}

/// `AWS::S3::BucketPolicy`.
pub(crate) async fn read_bucket_policy(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    let Some(policy) = context.cloud.s3.configuration(physical_id, Kind::Policy) else { return Ok(Live::Gone) };
    // It is kept as the text that the client sent.
    Ok(Live::Properties(json!({"Bucket": physical_id, "PolicyDocument": policy})))
}

/// The configurations of a bucket.
struct Kept {
    cors: Option<CORSConfiguration>,
    encryption: Option<ServerSideEncryptionConfiguration>,
    lifecycle: Option<BucketLifecycleConfiguration>,
    notification: Option<NotificationConfiguration>,
    ownership: Option<String>,
    public_access_block: Option<PublicAccessBlockConfiguration>,
    tags: BTreeMap<String, String>,
    versioning: Option<String>,
    website: Option<WebsiteConfiguration>,
}

/// An object of the members that are there.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn optional<T: serde::Serialize>(value: Option<&T>) -> Option<Value> {
    value.map(|value| json!(value))
}

fn cors(configuration: &CORSConfiguration) -> Value {
    let rules = configuration.cors_rules.iter().map(|rule| {
        object([
            ("AllowedHeaders", optional(rule.allowed_headers.as_ref())),
            ("AllowedMethods", Some(json!(rule.allowed_methods))),
            ("AllowedOrigins", Some(json!(rule.allowed_origins))),
            ("ExposedHeaders", optional(rule.expose_headers.as_ref())),
            ("Id", optional(rule.id.as_ref())),
            ("MaxAge", optional(rule.max_age_seconds.as_ref())),
        ])
    });
    json!({"CorsRules": rules.collect::<Vec<_>>()})
}

/// What S3 does when nothing else is asked for.
fn default_encryption() -> Value {
    json!({"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
}

fn encryption(configuration: &ServerSideEncryptionConfiguration) -> Value {
    let rules = configuration.rules.iter().map(|rule| {
        let by_default = rule.apply_server_side_encryption_by_default.as_ref().map(|default| {
            object([
                ("KMSMasterKeyID", optional(default.kms_master_key_id.as_ref())),
                ("SSEAlgorithm", Some(json!(default.sse_algorithm.as_str()))),
            ])
        });
        object([
            ("BucketKeyEnabled", optional(rule.bucket_key_enabled.as_ref())),
            ("ServerSideEncryptionByDefault", by_default),
        ])
    });
    json!({"ServerSideEncryptionConfiguration": rules.collect::<Vec<_>>()})
}

fn lifecycle(configuration: &BucketLifecycleConfiguration) -> Value {
    json!({"Rules": configuration.rules.iter().map(lifecycle_rule).collect::<Vec<_>>()})
}

fn lifecycle_rule(rule: &LifecycleRule) -> Value {
    let filter = rule.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref());
    let prefix = and
        .and_then(|and| and.prefix.as_ref())
        .or_else(|| filter.and_then(|filter| filter.prefix.as_ref()))
        .or(rule.prefix.as_ref())
        .filter(|prefix| !prefix.is_empty());
    let tags: Vec<Value> = and
        .and_then(|and| and.tags.as_ref())
        .into_iter()
        .flatten()
        .chain(filter.and_then(|filter| filter.tag.as_ref()))
        .map(|tag| object([("Key", optional(tag.key.as_ref())), ("Value", optional(tag.value.as_ref()))]))
        .collect();
    let size = |of_and: Option<i64>, alone: Option<i64>| of_and.or(alone).map(|size| json!(size.to_string()));
    let greater = size(
        and.and_then(|and| and.object_size_greater_than),
        filter.and_then(|filter| filter.object_size_greater_than),
    );
    let less =
        size(and.and_then(|and| and.object_size_less_than), filter.and_then(|filter| filter.object_size_less_than));
    let expiration = rule.expiration.as_ref();
    let noncurrent = rule.noncurrent_version_expiration.as_ref();
    let transitions: Vec<Value> = rule
        .transitions
        .iter()
        .flatten()
        .map(|transition| {
            object([
                ("StorageClass", transition.storage_class.as_ref().map(|class| json!(class.as_str()))),
                ("TransitionInDays", optional(transition.days.as_ref())),
            ])
        })
        .collect();
    object([
        (
            "AbortIncompleteMultipartUpload",
            rule.abort_incomplete_multipart_upload
                .as_ref()
                .map(|abort| json!({"DaysAfterInitiation": abort.days_after_initiation})),
        ),
        ("ExpirationInDays", expiration.and_then(|expiration| optional(expiration.days.as_ref()))),
        (
            "ExpiredObjectDeleteMarker",
            expiration.and_then(|expiration| optional(expiration.expired_object_delete_marker.as_ref())),
        ),
        ("Id", optional(rule.id.as_ref())),
        (
            "NoncurrentVersionExpiration",
            noncurrent.map(|noncurrent| {
                object([
                    ("NewerNoncurrentVersions", optional(noncurrent.newer_noncurrent_versions.as_ref())),
                    ("NoncurrentDays", optional(noncurrent.noncurrent_days.as_ref())),
                ])
            }),
        ),
        ("NoncurrentVersionExpirationInDays", noncurrent.map(|noncurrent| json!(noncurrent.noncurrent_days))),
        ("ObjectSizeGreaterThan", greater),
        ("ObjectSizeLessThan", less),
        ("Prefix", optional(prefix)),
        ("Status", Some(json!(rule.status.as_str()))),
        ("TagFilters", (!tags.is_empty()).then(|| json!(tags))),
        ("Transition", (transitions.len() == 1).then(|| transitions[0].clone())),
        ("Transitions", (!transitions.is_empty()).then(|| json!(transitions))),
    ])
}

/// One entry for each event, as templates have it.
fn entries(name: &str, target: &str, events: &[Event], filter: Option<&NotificationConfigurationFilter>) -> Vec<Value> {
    let rules: Vec<Value> = filter
        .and_then(|filter| filter.key.as_ref())
        .and_then(|key| key.filter_rules.as_ref())
        .into_iter()
        .flatten()
        .map(|rule| {
            json!({
                "Name": rule.name.as_ref().map(|name| name.as_str().to_lowercase()),
                "Value": rule.value,
            })
        })
        .collect();
    let filter = (!rules.is_empty()).then(|| json!({"S3Key": {"Rules": rules}}));
    events
        .iter()
        .map(|event| {
            object([("Event", Some(json!(event.as_ref()))), (name, Some(json!(target))), ("Filter", filter.clone())])
        })
        .collect()
}

fn notification(configuration: &NotificationConfiguration) -> Value {
    let functions: Vec<Value> = configuration
        .lambda_function_configurations
        .iter()
        .flatten()
        .flat_map(|entry| entries("Function", &entry.lambda_function_arn, &entry.events, entry.filter.as_ref()))
        .collect();
    let topics: Vec<Value> = configuration
        .topic_configurations
        .iter()
        .flatten()
        .flat_map(|entry| entries("Topic", &entry.topic_arn, &entry.events, entry.filter.as_ref()))
        .collect();
    let queues: Vec<Value> = configuration
        .queue_configurations
        .iter()
        .flatten()
        .flat_map(|entry| entries("Queue", &entry.queue_arn, &entry.events, entry.filter.as_ref()))
        .collect();
    let bridge = configuration.event_bridge_configuration.as_ref().map(|_| json!({"EventBridgeEnabled": true}));
    let some = |list: Vec<Value>| (!list.is_empty()).then(|| json!(list));
    object([
        ("EventBridgeConfiguration", bridge),
        ("LambdaConfigurations", some(functions)),
        ("QueueConfigurations", some(queues)),
        ("TopicConfigurations", some(topics)),
    ])
}

fn public_access_block(block: &PublicAccessBlockConfiguration) -> Value {
    json!({
        "BlockPublicAcls": block.block_public_acls.unwrap_or_default(),
        "BlockPublicPolicy": block.block_public_policy.unwrap_or_default(),
        "IgnorePublicAcls": block.ignore_public_acls.unwrap_or_default(),
        "RestrictPublicBuckets": block.restrict_public_buckets.unwrap_or_default(),
    })
}

fn website(configuration: &WebsiteConfiguration) -> Value {
    let redirect = configuration.redirect_all_requests_to.as_ref().map(|redirect| {
        object([
            ("HostName", Some(json!(redirect.host_name))),
            ("Protocol", redirect.protocol.as_ref().map(|protocol| json!(protocol.as_str()))),
        ])
    });
    object([
        ("ErrorDocument", configuration.error_document.as_ref().map(|document| json!(document.key))),
        ("IndexDocument", configuration.index_document.as_ref().map(|document| json!(document.suffix))),
        ("RedirectAllRequestsTo", redirect),
        // Routing rules are in the form of the protocol only.
        ("RoutingRules", configuration.routing_rules.as_ref().map(|_| Value::Null)),
    ])
}
