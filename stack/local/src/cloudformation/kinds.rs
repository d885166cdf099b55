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
    CachePolicy = "AWS::CloudFront::CachePolicy": crate::cloudfront::resources, create_cache_policy, update_cache_policy, delete_cache_policy, crate::cloudfront::live::read_cache_policy;
    Distribution = "AWS::CloudFront::Distribution": crate::cloudfront::resources, create_distribution, update_distribution, delete_distribution, crate::cloudfront::live::read_distribution;
    OriginAccessControl = "AWS::CloudFront::OriginAccessControl": crate::cloudfront::resources, create_origin_access_control, update_origin_access_control, delete_origin_access_control, crate::cloudfront::live::read_origin_access_control;
    OriginRequestPolicy = "AWS::CloudFront::OriginRequestPolicy": crate::cloudfront::resources, create_origin_request_policy, update_origin_request_policy, delete_origin_request_policy, crate::cloudfront::live::read_origin_request_policy;
    ResponseHeadersPolicy = "AWS::CloudFront::ResponseHeadersPolicy": crate::cloudfront::resources, create_response_headers_policy, update_response_headers_policy, delete_response_headers_policy, crate::cloudfront::live::read_response_headers_policy;
    Alarm = "AWS::CloudWatch::Alarm": crate::cloudwatch::resources, create_alarm, update_alarm, delete_alarm, crate::cloudwatch::resources::read_alarm;
    CompositeAlarm = "AWS::CloudWatch::CompositeAlarm": crate::cloudwatch::resources, create_composite_alarm, update_composite_alarm, delete_alarm, crate::cloudwatch::resources::read_alarm;
    Table = "AWS::DynamoDB::Table": crate::dynamodb::resources, create_table, update_table, delete_table, crate::dynamodb::resources::read_table;
    EventBus = "AWS::Events::EventBus": crate::events::resources, create_event_bus, update_event_bus, delete_event_bus, crate::events::resources::read_event_bus;
    EventBusPolicy = "AWS::Events::EventBusPolicy": crate::events::resources, create_event_bus_policy, update_event_bus_policy, delete_event_bus_policy, crate::events::resources::read_event_bus_policy;
    EventRule = "AWS::Events::Rule": crate::events::resources, create_rule, update_rule, delete_rule, crate::events::resources::read_rule;
    ManagedPolicy = "AWS::IAM::ManagedPolicy": crate::iam::resources, create_managed_policy, update_managed_policy, delete_managed_policy, crate::iam::live::read_managed_policy;
    Policy = "AWS::IAM::Policy": crate::iam::resources, create_policy, update_policy, delete_policy, crate::iam::live::read_policy;
    Role = "AWS::IAM::Role": crate::iam::resources, create_role, update_role, delete_role, crate::iam::live::read_role;
    RolePolicy = "AWS::IAM::RolePolicy": crate::iam::resources, create_role_policy, update_role_policy, delete_role_policy, crate::iam::live::read_role_policy;
    KeyAlias = "AWS::KMS::Alias": crate::kms::resources, create_alias, update_alias, delete_alias, crate::kms::resources::read_alias;
    Key = "AWS::KMS::Key": crate::kms::resources, create_key, update_key, delete_key, crate::kms::resources::read_key;
    LambdaAlias = "AWS::Lambda::Alias": crate::lambda::resources, create_alias, update_alias, delete_alias, crate::lambda::resources::read_alias;
    EventInvokeConfig = "AWS::Lambda::EventInvokeConfig": crate::lambda::resources, create_event_invoke_config, update_event_invoke_config, delete_event_invoke_config, crate::lambda::resources::read_event_invoke_config;
    EventSourceMapping = "AWS::Lambda::EventSourceMapping": crate::lambda::event_sources::resources, create_event_source_mapping, update_event_source_mapping, delete_event_source_mapping, crate::lambda::event_sources::resources::read_event_source_mapping;
    Function = "AWS::Lambda::Function": crate::lambda::resources, create_function, update_function, delete_function, crate::lambda::resources::read_function;
    LayerVersion = "AWS::Lambda::LayerVersion": crate::lambda::resources, create_layer_version, replace_layer, delete_layer_version, crate::lambda::resources::read_layer_version;
    LayerVersionPermission = "AWS::Lambda::LayerVersionPermission": crate::lambda::resources, create_layer_permission, replace_layer, delete_layer_permission, crate::lambda::resources::read_layer_permission;
    Permission = "AWS::Lambda::Permission": crate::lambda::resources, create_permission, update_permission, delete_permission, crate::lambda::resources::read_permission;
    LambdaUrl = "AWS::Lambda::Url": crate::lambda::resources, create_url, update_url, delete_url, crate::lambda::resources::read_url;
    LambdaVersion = "AWS::Lambda::Version": crate::lambda::resources, create_version, update_version, delete_version, crate::lambda::resources::read_version;
    LogGroup = "AWS::Logs::LogGroup": crate::logs::resources, create_log_group, update_log_group, delete_log_group, crate::logs::live::read_log_group;
    LogStream = "AWS::Logs::LogStream": crate::logs::filter_resources, create_log_stream, update_log_stream, delete_log_stream, crate::logs::filter_resources::read_log_stream;
    MetricFilter = "AWS::Logs::MetricFilter": crate::logs::filter_resources, create_metric_filter, update_metric_filter, delete_metric_filter, crate::logs::filter_resources::read_metric_filter;
    LogsResourcePolicy = "AWS::Logs::ResourcePolicy": crate::logs::filter_resources, create_resource_policy, update_resource_policy, delete_resource_policy, crate::logs::filter_resources::read_resource_policy;
    SubscriptionFilter = "AWS::Logs::SubscriptionFilter": crate::logs::filter_resources, create_subscription_filter, update_subscription_filter, delete_subscription_filter, crate::logs::filter_resources::read_subscription_filter;
    Bucket = "AWS::S3::Bucket": crate::s3::resources, create_bucket, update_bucket, delete_bucket, crate::s3::resources::live::read_bucket;
    BucketPolicy = "AWS::S3::BucketPolicy": crate::s3::resources, create_bucket_policy, update_bucket_policy, delete_bucket_policy, crate::s3::resources::live::read_bucket_policy;
    Subscription = "AWS::SNS::Subscription": crate::sns::resources, create_subscription, update_subscription, delete_subscription, crate::sns::live::read_subscription;
    Topic = "AWS::SNS::Topic": crate::sns::resources, create_topic, update_topic, delete_topic, crate::sns::live::read_topic;
    TopicInlinePolicy = "AWS::SNS::TopicInlinePolicy": crate::sns::resources, create_topic_inline_policy, update_topic_inline_policy, delete_topic_inline_policy, crate::sns::live::read_topic_inline_policy;
    TopicPolicy = "AWS::SNS::TopicPolicy": crate::sns::resources, create_topic_policy, update_topic_policy, delete_topic_policy, crate::sns::live::read_topic_policy;
    Queue = "AWS::SQS::Queue": crate::sqs::resources, create_queue, update_queue, delete_queue, crate::sqs::resources::read_queue;
    QueueInlinePolicy = "AWS::SQS::QueueInlinePolicy": crate::sqs::resources, create_queue_inline_policy, update_queue_inline_policy, delete_queue_inline_policy, crate::sqs::resources::read_queue_inline_policy;
    QueuePolicy = "AWS::SQS::QueuePolicy": crate::sqs::resources, create_queue_policy, update_queue_policy, delete_queue_policy, crate::sqs::resources::read_queue_policy;
    SsmParameter = "AWS::SSM::Parameter": crate::ssm::resources, create_parameter, update_parameter, delete_parameter, crate::ssm::resources::read_parameter;
    Schedule = "AWS::Scheduler::Schedule": crate::scheduler::resources, create_schedule, update_schedule, delete_schedule, crate::scheduler::resources::read_schedule, ["GroupName", "Name"];
    ScheduleGroup = "AWS::Scheduler::ScheduleGroup": crate::scheduler::resources, create_schedule_group, update_schedule_group, delete_schedule_group, crate::scheduler::resources::read_schedule_group, ["Name"];
    SecretResourcePolicy = "AWS::SecretsManager::ResourcePolicy": crate::secrets_manager::resources, create_resource_policy, update_resource_policy, delete_resource_policy, crate::secrets_manager::resources::read_resource_policy;
    RotationSchedule = "AWS::SecretsManager::RotationSchedule": crate::secrets_manager::resources, create_rotation_schedule, update_rotation_schedule, delete_rotation_schedule, crate::secrets_manager::resources::read_rotation_schedule;
    Secret = "AWS::SecretsManager::Secret": crate::secrets_manager::resources, create_secret, update_secret, delete_secret, crate::secrets_manager::resources::read_secret;
    SecretTargetAttachment = "AWS::SecretsManager::SecretTargetAttachment": crate::secrets_manager::resources, create_target_attachment, update_target_attachment, delete_target_attachment, crate::secrets_manager::resources::read_target_attachment;
    #[cfg(test)]
    TestThing = "Test::Fault::Thing": super::test_kind, create_thing, update_thing, delete_thing, super::test_kind::read_thing, ["Name"];
}
