//! The properties of `AWS::S3::Bucket` as the protocol has them.

use std::collections::BTreeMap;

use s3s::dto::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, CORSConfiguration, CORSRule, Condition,
    ErrorDocument, Event, EventBridgeConfiguration, FilterRule, IndexDocument, LambdaFunctionConfiguration,
    LifecycleExpiration, LifecycleRule, LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration,
    NoncurrentVersionTransition, NotificationConfiguration, NotificationConfigurationFilter,
    PublicAccessBlockConfiguration, QueueConfiguration, Redirect, RedirectAllRequestsTo, RoutingRule, S3KeyFilter,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag,
    TopicConfiguration, Transition, WebsiteConfiguration,
};
use serde_json::Value;

use crate::cloudformation::provider::ProviderError;
use crate::s3::notification::with_ids;
use crate::wire::properties::{as_flag, as_integer, reference_list, required_text, text};

/// Properties that are served.
const SERVED: [&str; 13] = [
    "BucketEncryption",
    "BucketName",
    "BucketNamePrefix",
    "BucketNamespace",
    "CorsConfiguration",
    "LifecycleConfiguration",
    "NotificationConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
    "WebsiteConfiguration",
    "AccessControl",
];

/// All configurations of a bucket.
pub(super) struct Configurations {
    pub(super) cors: Option<CORSConfiguration>,
    pub(super) encryption: Option<ServerSideEncryptionConfiguration>,
    pub(super) lifecycle: Option<BucketLifecycleConfiguration>,
    pub(super) notification: Option<NotificationConfiguration>,
    pub(super) ownership: String,
    pub(super) public_access_block: PublicAccessBlockConfiguration,
    pub(super) tags: Option<BTreeMap<String, String>>,
    pub(super) versioning: Option<String>,
    pub(super) website: Option<WebsiteConfiguration>,
}

impl Configurations {
    /// Reads the properties of a template.
    pub(super) fn read(properties: &Value, tags: BTreeMap<String, String>) -> Result<Self, ProviderError> {
        let unserved = properties.as_object().into_iter().flatten().find(|(name, _)| !SERVED.contains(&name.as_str()));
        if let Some((name, _)) = unserved {
            return Err(ProviderError::invalid(format!("the local cloud does not serve the bucket property `{name}`")));
        }
        if let Some(acl) = text(properties, "AccessControl").filter(|acl| *acl != "Private") {
            return Err(ProviderError::invalid(format!(
                "the local cloud does not serve bucket ACLs (`AccessControl: {acl}`); use a bucket policy"
            )));
        }
        let part = |name: &str| properties.get(name).filter(|value| !value.is_null());
        Ok(Self {
            cors: part("CorsConfiguration").map(cors),
            encryption: part("BucketEncryption").map(encryption).transpose()?,
            lifecycle: part("LifecycleConfiguration").map(lifecycle).transpose()?,
            notification: part("NotificationConfiguration").map(notification).transpose()?.map(with_ids),
            ownership: part("OwnershipControls")
                .and_then(|controls| text(controls.pointer("/Rules/0")?, "ObjectOwnership"))
                .unwrap_or("BucketOwnerEnforced")
                .to_owned(),
            public_access_block: part("PublicAccessBlockConfiguration").map_or(
                PublicAccessBlockConfiguration {
                    block_public_acls: Some(true),
                    block_public_policy: Some(true),
                    ignore_public_acls: Some(true),
                    restrict_public_buckets: Some(true),
                },
                public_access_block,
            ),
            tags: Some(tags).filter(|tags| !tags.is_empty()),
            versioning: part("VersioningConfiguration")
                .map(|versioning| required_text(versioning, "Status").map(str::to_owned))
                .transpose()?,
            website: part("WebsiteConfiguration").map(website).transpose()?,
        })
    }
}

fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn integer(value: &Value, name: &str) -> Option<i32> {
    value.get(name).and_then(as_integer).and_then(|number| i32::try_from(number).ok())
}

fn flag(value: &Value, name: &str) -> Option<bool> {
    value.get(name).and_then(as_flag)
}

fn owned(value: &Value, name: &str) -> Option<String> {
    text(value, name).map(str::to_owned)
}

fn cors(value: &Value) -> CORSConfiguration {
    let cors_rules = items(value, "CorsRules")
        .map(|rule| CORSRule {
            allowed_headers: Some(reference_list(rule, "AllowedHeaders")).filter(|headers| !headers.is_empty()),
            allowed_methods: reference_list(rule, "AllowedMethods"),
            allowed_origins: reference_list(rule, "AllowedOrigins"),
            expose_headers: Some(reference_list(rule, "ExposedHeaders")).filter(|headers| !headers.is_empty()),
            id: owned(rule, "Id"),
            max_age_seconds: integer(rule, "MaxAge"),
        })
        .collect();
    CORSConfiguration { cors_rules }
}

fn encryption(value: &Value) -> Result<ServerSideEncryptionConfiguration, ProviderError> {
    let rules = items(value, "ServerSideEncryptionConfiguration")
        .map(|rule| {
            let default = rule.get("ServerSideEncryptionByDefault");
            let by_default = default
                .map(|default| {
                    Ok::<_, ProviderError>(ServerSideEncryptionByDefault {
                        kms_master_key_id: owned(default, "KMSMasterKeyID"),
                        sse_algorithm: required_text(default, "SSEAlgorithm")?.to_owned().into(),
                    })
                })
                .transpose()?;
            Ok(ServerSideEncryptionRule {
                apply_server_side_encryption_by_default: by_default,
                bucket_key_enabled: flag(rule, "BucketKeyEnabled"),
            })
        })
        .collect::<Result<_, ProviderError>>()?;
    Ok(ServerSideEncryptionConfiguration { rules })
}

fn lifecycle(value: &Value) -> Result<BucketLifecycleConfiguration, ProviderError> {
    let rules = items(value, "Rules").map(lifecycle_rule).collect::<Result<_, _>>()?;
    Ok(BucketLifecycleConfiguration { rules })
}

fn lifecycle_rule(rule: &Value) -> Result<LifecycleRule, ProviderError> {
    let expiration =
        (rule.get("ExpirationInDays").is_some() || rule.get("ExpiredObjectDeleteMarker").is_some()).then(|| {
            LifecycleExpiration {
                date: None,
                days: integer(rule, "ExpirationInDays"),
                expired_object_delete_marker: flag(rule, "ExpiredObjectDeleteMarker"),
            }
        });
    let noncurrent = rule.get("NoncurrentVersionExpiration").map(|noncurrent| NoncurrentVersionExpiration {
        newer_noncurrent_versions: integer(noncurrent, "NewerNoncurrentVersions"),
        noncurrent_days: integer(noncurrent, "NoncurrentDays"),
    });
    let old_form = integer(rule, "NoncurrentVersionExpirationInDays")
        .map(|days| NoncurrentVersionExpiration { newer_noncurrent_versions: None, noncurrent_days: Some(days) });
    let transitions: Vec<Transition> = items(rule, "Transitions")
        .chain(rule.get("Transition"))
        .map(|transition| Transition {
            date: None,
            days: integer(transition, "TransitionInDays"),
            storage_class: owned(transition, "StorageClass").map(Into::into),
        })
        .collect();
    let noncurrent_transitions: Vec<NoncurrentVersionTransition> = items(rule, "NoncurrentVersionTransitions")
        .chain(rule.get("NoncurrentVersionTransition"))
        .map(|transition| NoncurrentVersionTransition {
            newer_noncurrent_versions: integer(transition, "NewerNoncurrentVersions"),
            noncurrent_days: integer(transition, "TransitionInDays"),
            storage_class: owned(transition, "StorageClass").map(Into::into),
        })
        .collect();
    if rule.get("ExpirationDate").is_some() {
        return Err(ProviderError::invalid("the local cloud does not serve `ExpirationDate` of lifecycle rules"));
    }
    Ok(LifecycleRule {
        abort_incomplete_multipart_upload: rule.get("AbortIncompleteMultipartUpload").map(|abort| {
            AbortIncompleteMultipartUpload { days_after_initiation: integer(abort, "DaysAfterInitiation") }
        }),
        expiration,
        filter: Some(lifecycle_filter(rule)),
        id: Some(owned(rule, "Id").unwrap_or_else(|| uuid::Uuid::new_v4().to_string())),
        noncurrent_version_expiration: noncurrent.or(old_form),
        noncurrent_version_transitions: Some(noncurrent_transitions).filter(|transitions| !transitions.is_empty()),
        prefix: None,
        status: required_text(rule, "Status")?.to_owned().into(),
        transitions: Some(transitions).filter(|transitions| !transitions.is_empty()),
    })
}

/// What a rule is about: one thing stands alone, several are joined by `And`.
fn lifecycle_filter(rule: &Value) -> LifecycleRuleFilter {
    let prefix = owned(rule, "Prefix");
    let mut tags: Vec<Tag> =
        items(rule, "TagFilters").map(|tag| Tag { key: owned(tag, "Key"), value: owned(tag, "Value") }).collect();
    let size = |name: &str| rule.get(name).and_then(as_integer);
    let (greater, less) = (size("ObjectSizeGreaterThan"), size("ObjectSizeLessThan"));
    let count =
        usize::from(prefix.is_some()) + tags.len() + usize::from(greater.is_some()) + usize::from(less.is_some());
    if count > 1 {
        let and = LifecycleRuleAndOperator {
            object_size_greater_than: greater,
            object_size_less_than: less,
            prefix,
            tags: Some(tags),
        };
        return LifecycleRuleFilter { and: Some(and), ..Default::default() };
    }
    LifecycleRuleFilter {
        and: None,
        object_size_greater_than: greater,
        object_size_less_than: less,
        tag: tags.pop(),
        prefix: prefix.or_else(|| (count == 0).then(String::new)),
    }
}

fn notification(value: &Value) -> Result<NotificationConfiguration, ProviderError> {
    // Naming it switches it on, unless it says that it is off.
    let bridged =
        value.get("EventBridgeConfiguration").filter(|bridge| flag(bridge, "EventBridgeEnabled") != Some(false));
    let functions = items(value, "LambdaConfigurations")
        .map(|entry| {
            Ok(LambdaFunctionConfiguration {
                events: vec![Event::from(required_text(entry, "Event")?.to_owned())],
                filter: filter(entry),
                id: None,
                lambda_function_arn: required_text(entry, "Function")?.to_owned(),
            })
        })
        .collect::<Result<Vec<_>, ProviderError>>()?;
    let topics = items(value, "TopicConfigurations")
        .map(|entry| {
            Ok(TopicConfiguration {
                events: vec![Event::from(required_text(entry, "Event")?.to_owned())],
                filter: filter(entry),
                id: None,
                topic_arn: required_text(entry, "Topic")?.to_owned(),
            })
        })
        .collect::<Result<Vec<_>, ProviderError>>()?;
    let queues = items(value, "QueueConfigurations")
        .map(|entry| {
            Ok(QueueConfiguration {
                events: vec![Event::from(required_text(entry, "Event")?.to_owned())],
                filter: filter(entry),
                id: None,
                queue_arn: required_text(entry, "Queue")?.to_owned(),
            })
        })
        .collect::<Result<Vec<_>, ProviderError>>()?;
    Ok(NotificationConfiguration {
        event_bridge_configuration: bridged.map(|_| EventBridgeConfiguration::default()),
        lambda_function_configurations: Some(functions).filter(|list| !list.is_empty()),
        queue_configurations: Some(queues).filter(|list| !list.is_empty()),
        topic_configurations: Some(topics).filter(|list| !list.is_empty()),
    })
}

fn filter(entry: &Value) -> Option<NotificationConfigurationFilter> {
    let rules = entry.pointer("/Filter/S3Key")?;
    let filter_rules: Vec<FilterRule> = items(rules, "Rules")
        .map(|rule| FilterRule { name: owned(rule, "Name").map(Into::into), value: owned(rule, "Value") })
        .collect();
    Some(NotificationConfigurationFilter { key: Some(S3KeyFilter { filter_rules: Some(filter_rules) }) })
}

fn public_access_block(value: &Value) -> PublicAccessBlockConfiguration {
    // In a template, a setting that is left out is off.
    let setting = |name: &str| Some(flag(value, name).unwrap_or_default());
    PublicAccessBlockConfiguration {
        block_public_acls: setting("BlockPublicAcls"),
        block_public_policy: setting("BlockPublicPolicy"),
        ignore_public_acls: setting("IgnorePublicAcls"),
        restrict_public_buckets: setting("RestrictPublicBuckets"),
    }
}

fn website(value: &Value) -> Result<WebsiteConfiguration, ProviderError> {
    let redirect = value
        .get("RedirectAllRequestsTo")
        .map(|redirect| {
            Ok::<_, ProviderError>(RedirectAllRequestsTo {
                host_name: required_text(redirect, "HostName")?.to_owned(),
                protocol: owned(redirect, "Protocol").map(Into::into),
            })
        })
        .transpose()?;
    Ok(WebsiteConfiguration {
        error_document: owned(value, "ErrorDocument").map(|key| ErrorDocument { key }),
        index_document: owned(value, "IndexDocument").map(|suffix| IndexDocument { suffix }),
        redirect_all_requests_to: redirect,
        routing_rules: routing_rules(value)?,
    })
}

fn routing_rules(value: &Value) -> Result<Option<Vec<RoutingRule>>, ProviderError> {
    let Some(_) = value.get("RoutingRules") else { return Ok(None) };
    let rules = items(value, "RoutingRules").map(|rule| {
        let redirect = rule.get("RedirectRule").ok_or_else(|| {
            ProviderError::invalid("the required property `RedirectRule` of a routing rule is missing")
        })?;
        Ok(RoutingRule {
            condition: rule.get("RoutingRuleCondition").map(|condition| Condition {
                http_error_code_returned_equals: owned(condition, "HttpErrorCodeReturnedEquals"),
                key_prefix_equals: owned(condition, "KeyPrefixEquals"),
            }),
            redirect: Redirect {
                host_name: owned(redirect, "HostName"),
                http_redirect_code: owned(redirect, "HttpRedirectCode"),
                protocol: owned(redirect, "Protocol").map(Into::into),
                replace_key_prefix_with: owned(redirect, "ReplaceKeyPrefixWith"),
                replace_key_with: owned(redirect, "ReplaceKeyWith"),
            },
        })
    });
    rules.collect::<Result<Vec<_>, ProviderError>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bucket_of_ours_is_read_in_full() {
        let properties = json!({
            "BucketName": "b",
            "CorsConfiguration": {"CorsRules": [{
                "AllowedOrigins": ["https://a.test"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"], "MaxAge": 60,
            }]},
            "NotificationConfiguration": {"LambdaConfigurations": [{
                "Event": "s3:ObjectCreated:*", "Function": "arn:aws:lambda:us-east-1:000000000000:function:f",
                "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}},
            }]},
            "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Prefix": "tmp/", "ExpirationInDays": "3"}]},
            "VersioningConfiguration": {"Status": "Enabled"},
        });
        let read = Configurations::read(&properties, BTreeMap::new()).unwrap();
        assert_eq!(read.cors.unwrap().cors_rules[0].max_age_seconds, Some(60));
        let functions = read.notification.unwrap().lambda_function_configurations.unwrap();
        assert!(functions[0].id.is_some());
        assert_eq!(functions[0].events[0].as_ref(), "s3:ObjectCreated:*");
        let rule = &read.lifecycle.unwrap().rules[0];
        assert_eq!(rule.expiration.as_ref().unwrap().days, Some(3));
        assert_eq!(rule.filter.as_ref().unwrap().prefix.as_deref(), Some("tmp/"));
        assert_eq!(read.versioning.as_deref(), Some("Enabled"));
        assert_eq!(read.public_access_block.block_public_policy, Some(true));
        assert_eq!(read.tags, None);
    }

    #[test]
    fn what_is_not_served_is_refused_by_name() {
        for (property, value) in [("ReplicationConfiguration", json!({})), ("AccessControl", json!("PublicRead"))] {
            let error = Configurations::read(&json!({property: value}), BTreeMap::new()).err().unwrap();
            assert_eq!(error.code, "InvalidRequest", "{property}");
        }
    }
}
