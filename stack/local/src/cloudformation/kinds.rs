//! The resource types that can be made, and who makes them.

use serde_json::Value;

use super::provider::{Live, ProviderError, Provisioned, ResourceContext, Update, read_unsupported};
use super::resources;

/// Declares [`ResourceKind`]: type name, the four functions of its provider, its create-only properties.
macro_rules! kinds {
    ($($(#[$attribute:meta])* $kind:ident = $name:literal: $module:path, $create:ident, $update:ident, $delete:ident, $read:path, [$($create_only:literal),*];)*) => {
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
                    _ => None,
                }
            }

            /// Properties of which a change needs a new resource, as far as a change set foresees it.
            pub(crate) fn create_only(self) -> &'static [&'static str] {
                match self {
                    $($(#[$attribute])* Self::$kind => &[$($create_only),*],)*
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
    WaitConditionHandle = "AWS::CloudFormation::WaitConditionHandle": resources, create_wait_condition_handle, update_nothing, delete_nothing, read_unsupported, [];
    CdkMetadata = "AWS::CDK::Metadata": resources, create_cdk_metadata, update_nothing, delete_nothing, read_unsupported, [];
    UserPool = "AWS::Cognito::UserPool": crate::cognito::resources, create_user_pool, update_user_pool, delete_user_pool, crate::cognito::resources::read_user_pool, ["AliasAttributes", "UserPoolName", "UsernameAttributes", "UsernameConfiguration"];
    UserPoolClient = "AWS::Cognito::UserPoolClient": crate::cognito::resources, create_client, update_client, delete_client, crate::cognito::resources::read_client, ["GenerateSecret", "UserPoolId"];
    UserPoolDomain = "AWS::Cognito::UserPoolDomain": crate::cognito::resources, create_domain, update_domain, delete_domain, crate::cognito::resources::read_domain, ["Domain", "UserPoolId"];
    UserPoolGroup = "AWS::Cognito::UserPoolGroup": crate::cognito::resources, create_group, update_group, delete_group, crate::cognito::resources::read_group, ["GroupName", "UserPoolId"];
    Role = "AWS::IAM::Role": crate::iam::resources, create_role, update_role, delete_role, read_unsupported, ["RoleName", "Path"];
    Policy = "AWS::IAM::Policy": crate::iam::resources, create_policy, update_policy, delete_policy, read_unsupported, [];
    RolePolicy = "AWS::IAM::RolePolicy": crate::iam::resources, create_role_policy, update_role_policy, delete_role_policy, read_unsupported, ["PolicyName", "RoleName"];
    ManagedPolicy = "AWS::IAM::ManagedPolicy": crate::iam::resources, create_managed_policy, update_managed_policy, delete_managed_policy, read_unsupported, ["ManagedPolicyName", "Path", "Description"];
    LogGroup = "AWS::Logs::LogGroup": crate::logs::resources, create_log_group, update_log_group, delete_log_group, read_unsupported, ["LogGroupName"];
    Bucket = "AWS::S3::Bucket": crate::s3::resources, create_bucket, update_bucket, delete_bucket, read_unsupported, ["BucketName", "BucketNamePrefix", "BucketNamespace"];
    BucketPolicy = "AWS::S3::BucketPolicy": crate::s3::resources, create_bucket_policy, update_bucket_policy, delete_bucket_policy, read_unsupported, ["Bucket"];
    Distribution = "AWS::CloudFront::Distribution": crate::cloudfront::resources, create_distribution, update_distribution, delete_distribution, read_unsupported, [];
    OriginAccessControl = "AWS::CloudFront::OriginAccessControl": crate::cloudfront::resources, create_origin_access_control, update_origin_access_control, delete_origin_access_control, read_unsupported, [];
    CachePolicy = "AWS::CloudFront::CachePolicy": crate::cloudfront::resources, create_cache_policy, update_cache_policy, delete_cache_policy, read_unsupported, [];
    ResponseHeadersPolicy = "AWS::CloudFront::ResponseHeadersPolicy": crate::cloudfront::resources, create_response_headers_policy, update_response_headers_policy, delete_response_headers_policy, read_unsupported, [];
    OriginRequestPolicy = "AWS::CloudFront::OriginRequestPolicy": crate::cloudfront::resources, create_origin_request_policy, update_origin_request_policy, delete_origin_request_policy, read_unsupported, [];
    Function = "AWS::Lambda::Function": crate::lambda::resources, create_function, update_function, delete_function, read_unsupported, ["FunctionName", "PackageType"];
    Permission = "AWS::Lambda::Permission": crate::lambda::resources, create_permission, update_permission, delete_permission, read_unsupported, ["Action", "EventSourceToken", "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal", "PrincipalOrgID", "SourceAccount", "SourceArn"];
    EventInvokeConfig = "AWS::Lambda::EventInvokeConfig": crate::lambda::resources, create_event_invoke_config, update_event_invoke_config, delete_event_invoke_config, read_unsupported, ["FunctionName", "Qualifier"];
    Topic = "AWS::SNS::Topic": crate::sns::resources, create_topic, update_topic, delete_topic, read_unsupported, ["FifoTopic", "TopicName"];
    TopicPolicy = "AWS::SNS::TopicPolicy": crate::sns::resources, create_topic_policy, update_topic_policy, delete_topic_policy, read_unsupported, [];
    TopicInlinePolicy = "AWS::SNS::TopicInlinePolicy": crate::sns::resources, create_topic_inline_policy, update_topic_inline_policy, delete_topic_inline_policy, read_unsupported, ["TopicArn"];
    Subscription = "AWS::SNS::Subscription": crate::sns::resources, create_subscription, update_subscription, delete_subscription, read_unsupported, ["Endpoint", "Protocol", "TopicArn"];
    #[cfg(test)]
    TestThing = "Test::Fault::Thing": super::test_kind, create_thing, update_thing, delete_thing, read_unsupported, ["Name"];
}
