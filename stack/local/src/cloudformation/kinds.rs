//! The resource types that can be made, and who makes them.

use serde_json::Value;

use super::provider::{Live, ProviderError, Provisioned, ResourceContext, Update, read_unsupported};
use super::resources;

/// Declares [`ResourceKind`]: type name, the four functions of its provider. A type that the specification does not know lists
/// its create-only properties besides.
macro_rules! kinds {
    ($($(#[$attribute:meta])* $kind:ident = $name:literal: $module:path, $create:ident, $update:ident, $delete:ident, $read:path $(, [$($create_only:literal),*])?;)*) => {
        /// A resource type that can be made here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum ResourceKind {
            $($(#[$attribute])* $kind,)*
        }

        impl ResourceKind {
            /// The kind of a type name, `None` when nobody makes it.
            pub(crate) fn of(resource_type: &str) -> Option<Self> {
                match resource_type {
                    $($(#[$attribute])* $name => Some(Self::$kind),)*
                    _ if resource_type.starts_with("Custom::") => Some(Self::CustomResource),
                    _ => None,
                }
            }

            /// Properties of which a change needs a new resource, for a type that the specification does not know.
            pub(crate) fn create_only(self) -> &'static [&'static str] {
                match self {
                    $($(#[$attribute])* Self::$kind => &[$($($create_only),*)?],)*
                }
            }

            pub(crate) async fn create(
                self,
                context: &ResourceContext,
                properties: &Value,
            ) -> Result<Provisioned, ProviderError> {
                match self {
                    $($(#[$attribute])* Self::$kind => { use $module as provider; provider::$create(context, properties).await })*
                }
            }

            pub(crate) async fn update(
                self,
                context: &ResourceContext,
                physical_id: &str,
                old: &Value,
                new: &Value,
            ) -> Result<Update, ProviderError> {
                match self {
                    $($(#[$attribute])* Self::$kind => { use $module as provider; provider::$update(context, physical_id, old, new).await })*
                }
            }

            pub(crate) async fn delete(
                self,
                context: &ResourceContext,
                physical_id: &str,
                properties: &Value,
            ) -> Result<(), ProviderError> {
                match self {
                    $($(#[$attribute])* Self::$kind => { use $module as provider; provider::$delete(context, physical_id, properties).await })*
                }
            }

            /// What the resource is like now; `declared` are the properties that the template gives it.
            pub(crate) async fn read(
                self,
                context: &ResourceContext,
                physical_id: &str,
                declared: &Value,
            ) -> Result<Live, ProviderError> {
                match self {
                    $($(#[$attribute])* Self::$kind => $read(context, physical_id, declared).await,)*
                }
            }
        }
    };
}

kinds! {
    CustomResource = "AWS::CloudFormation::CustomResource": super::custom, create_custom_resource, update_custom_resource, delete_custom_resource, super::custom::read_custom_resource;
    Stack = "AWS::CloudFormation::Stack": super::nested, create_nested_stack, update_nested_stack, delete_nested_stack, super::nested::read_nested_stack;
    WaitCondition = "AWS::CloudFormation::WaitCondition": super::wait, create_wait_condition, update_wait_condition, delete_wait_condition, read_unsupported;
    WaitConditionHandle = "AWS::CloudFormation::WaitConditionHandle": super::wait, create_wait_condition_handle, update_wait_condition_handle, delete_wait_condition_handle, read_unsupported;
    CdkMetadata = "AWS::CDK::Metadata": resources, create_cdk_metadata, update_nothing, delete_nothing, read_unsupported;
    Role = "AWS::IAM::Role": crate::iam::resources, create_role, update_role, delete_role, crate::iam::live::read_role;
    Policy = "AWS::IAM::Policy": crate::iam::resources, create_policy, update_policy, delete_policy, crate::iam::live::read_policy;
    RolePolicy = "AWS::IAM::RolePolicy": crate::iam::resources, create_role_policy, update_role_policy, delete_role_policy, crate::iam::live::read_role_policy;
    ManagedPolicy = "AWS::IAM::ManagedPolicy": crate::iam::resources, create_managed_policy, update_managed_policy, delete_managed_policy, crate::iam::live::read_managed_policy;
    LogGroup = "AWS::Logs::LogGroup": crate::logs::resources, create_log_group, update_log_group, delete_log_group, crate::logs::live::read_log_group;
    Bucket = "AWS::S3::Bucket": crate::s3::resources, create_bucket, update_bucket, delete_bucket, crate::s3::resources::live::read_bucket;
    BucketPolicy = "AWS::S3::BucketPolicy": crate::s3::resources, create_bucket_policy, update_bucket_policy, delete_bucket_policy, crate::s3::resources::live::read_bucket_policy;
    Distribution = "AWS::CloudFront::Distribution": crate::cloudfront::resources, create_distribution, update_distribution, delete_distribution, crate::cloudfront::live::read_distribution;
    OriginAccessControl = "AWS::CloudFront::OriginAccessControl": crate::cloudfront::resources, create_origin_access_control, update_origin_access_control, delete_origin_access_control, crate::cloudfront::live::read_origin_access_control;
    CachePolicy = "AWS::CloudFront::CachePolicy": crate::cloudfront::resources, create_cache_policy, update_cache_policy, delete_cache_policy, crate::cloudfront::live::read_cache_policy;
    ResponseHeadersPolicy = "AWS::CloudFront::ResponseHeadersPolicy": crate::cloudfront::resources, create_response_headers_policy, update_response_headers_policy, delete_response_headers_policy, crate::cloudfront::live::read_response_headers_policy;
    OriginRequestPolicy = "AWS::CloudFront::OriginRequestPolicy": crate::cloudfront::resources, create_origin_request_policy, update_origin_request_policy, delete_origin_request_policy, crate::cloudfront::live::read_origin_request_policy;
    Function = "AWS::Lambda::Function": crate::lambda::resources, create_function, update_function, delete_function, crate::lambda::live::read_function;
    Permission = "AWS::Lambda::Permission": crate::lambda::resources, create_permission, update_permission, delete_permission, crate::lambda::live::read_permission;
    EventInvokeConfig = "AWS::Lambda::EventInvokeConfig": crate::lambda::resources, create_event_invoke_config, update_event_invoke_config, delete_event_invoke_config, crate::lambda::live::read_event_invoke_config;
    Topic = "AWS::SNS::Topic": crate::sns::resources, create_topic, update_topic, delete_topic, crate::sns::live::read_topic;
    TopicPolicy = "AWS::SNS::TopicPolicy": crate::sns::resources, create_topic_policy, update_topic_policy, delete_topic_policy, crate::sns::live::read_topic_policy;
    TopicInlinePolicy = "AWS::SNS::TopicInlinePolicy": crate::sns::resources, create_topic_inline_policy, update_topic_inline_policy, delete_topic_inline_policy, crate::sns::live::read_topic_inline_policy;
    Subscription = "AWS::SNS::Subscription": crate::sns::resources, create_subscription, update_subscription, delete_subscription, crate::sns::live::read_subscription;
    #[cfg(test)]
    TestThing = "Test::Fault::Thing": super::test_kind, create_thing, update_thing, delete_thing, super::test_kind::read_thing, ["Name"];
}
