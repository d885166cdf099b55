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
    RestAccount = "AWS::ApiGateway::Account": crate::apigateway::resources, create_account, update_account, delete_account, crate::apigateway::resources::read_account;
    RestApiKey = "AWS::ApiGateway::ApiKey": crate::apigateway::resources, create_api_key, update_api_key, delete_api_key, crate::apigateway::resources::read_api_key;
    RestAuthorizer = "AWS::ApiGateway::Authorizer": crate::apigateway::resources, create_authorizer, update_authorizer, delete_authorizer, crate::apigateway::resources::read_authorizer;
    RestBasePathMapping = "AWS::ApiGateway::BasePathMapping": crate::apigateway::resources, create_base_path_mapping, update_base_path_mapping, delete_base_path_mapping, crate::apigateway::resources::read_base_path_mapping;
    RestDeployment = "AWS::ApiGateway::Deployment": crate::apigateway::resources, create_deployment, update_deployment, delete_deployment, crate::apigateway::resources::read_deployment;
    RestDomainName = "AWS::ApiGateway::DomainName": crate::apigateway::resources, create_domain_name, update_domain_name, delete_domain_name, crate::apigateway::resources::read_domain_name;
    RestGatewayResponse = "AWS::ApiGateway::GatewayResponse": crate::apigateway::resources, create_gateway_response, update_gateway_response, delete_gateway_response, crate::apigateway::resources::read_gateway_response;
    RestMethod = "AWS::ApiGateway::Method": crate::apigateway::resources, create_method, update_method, delete_method, crate::apigateway::resources::read_method;
    RestModel = "AWS::ApiGateway::Model": crate::apigateway::resources, create_model, update_model, delete_model, crate::apigateway::resources::read_model;
    RestRequestValidator = "AWS::ApiGateway::RequestValidator": crate::apigateway::resources, create_request_validator, update_request_validator, delete_request_validator, crate::apigateway::resources::read_request_validator;
    RestResource = "AWS::ApiGateway::Resource": crate::apigateway::resources, create_resource, update_resource, delete_resource, crate::apigateway::resources::read_resource;
    RestApi = "AWS::ApiGateway::RestApi": crate::apigateway::resources, create_rest_api, update_rest_api, delete_rest_api, crate::apigateway::resources::read_rest_api;
    RestStage = "AWS::ApiGateway::Stage": crate::apigateway::resources, create_stage, update_stage, delete_stage, crate::apigateway::resources::read_stage;
    RestUsagePlan = "AWS::ApiGateway::UsagePlan": crate::apigateway::resources, create_usage_plan, update_usage_plan, delete_usage_plan, crate::apigateway::resources::read_usage_plan;
    RestUsagePlanKey = "AWS::ApiGateway::UsagePlanKey": crate::apigateway::resources, create_usage_plan_key, update_usage_plan_key, delete_usage_plan_key, crate::apigateway::resources::read_usage_plan_key;
    HttpApi = "AWS::ApiGatewayV2::Api": crate::apigatewayv2::resources, create_api, update_api, delete_api, crate::apigatewayv2::resources::read_api;
    HttpApiMapping = "AWS::ApiGatewayV2::ApiMapping": crate::apigatewayv2::resources, create_api_mapping, update_api_mapping, delete_api_mapping, crate::apigatewayv2::resources::read_api_mapping;
    HttpAuthorizer = "AWS::ApiGatewayV2::Authorizer": crate::apigatewayv2::resources, create_authorizer, update_authorizer, delete_authorizer, crate::apigatewayv2::resources::read_authorizer;
    HttpDeployment = "AWS::ApiGatewayV2::Deployment": crate::apigatewayv2::resources, create_deployment, update_deployment, delete_deployment, crate::apigatewayv2::resources::read_deployment;
    HttpDomainName = "AWS::ApiGatewayV2::DomainName": crate::apigatewayv2::resources, create_domain_name, update_domain_name, delete_domain_name, crate::apigatewayv2::resources::read_domain_name;
    HttpIntegration = "AWS::ApiGatewayV2::Integration": crate::apigatewayv2::resources, create_integration, update_integration, delete_integration, crate::apigatewayv2::resources::read_integration;
    HttpRoute = "AWS::ApiGatewayV2::Route": crate::apigatewayv2::resources, create_route, update_route, delete_route, crate::apigatewayv2::resources::read_route;
    HttpStage = "AWS::ApiGatewayV2::Stage": crate::apigatewayv2::resources, create_stage, update_stage, delete_stage, crate::apigatewayv2::resources::read_stage;
    Certificate = "AWS::CertificateManager::Certificate": crate::acm::resources, create_certificate, update_certificate, delete_certificate, crate::acm::resources::read_certificate;
    CachePolicy = "AWS::CloudFront::CachePolicy": crate::cloudfront::resources, create_cache_policy, update_cache_policy, delete_cache_policy, crate::cloudfront::live::read_cache_policy;
    Distribution = "AWS::CloudFront::Distribution": crate::cloudfront::resources, create_distribution, update_distribution, delete_distribution, crate::cloudfront::live::read_distribution;
    OriginAccessControl = "AWS::CloudFront::OriginAccessControl": crate::cloudfront::resources, create_origin_access_control, update_origin_access_control, delete_origin_access_control, crate::cloudfront::live::read_origin_access_control;
    OriginRequestPolicy = "AWS::CloudFront::OriginRequestPolicy": crate::cloudfront::resources, create_origin_request_policy, update_origin_request_policy, delete_origin_request_policy, crate::cloudfront::live::read_origin_request_policy;
    ResponseHeadersPolicy = "AWS::CloudFront::ResponseHeadersPolicy": crate::cloudfront::resources, create_response_headers_policy, update_response_headers_policy, delete_response_headers_policy, crate::cloudfront::live::read_response_headers_policy;
    Alarm = "AWS::CloudWatch::Alarm": crate::cloudwatch::resources, create_alarm, update_alarm, delete_alarm, crate::cloudwatch::resources::read_alarm;
    CompositeAlarm = "AWS::CloudWatch::CompositeAlarm": crate::cloudwatch::resources, create_composite_alarm, update_composite_alarm, delete_alarm, crate::cloudwatch::resources::read_alarm;
    CodeBuildProject = "AWS::CodeBuild::Project": crate::code::resources::project, create, update, delete, crate::code::resources::project::read;
    CodeConnection = "AWS::CodeConnections::Connection": crate::code::resources::connection, create, update, delete, crate::code::resources::connection::read;
    CodePipeline = "AWS::CodePipeline::Pipeline": crate::code::resources::pipeline, create, update, delete, crate::code::resources::pipeline::read;
    UserPool = "AWS::Cognito::UserPool": crate::cognito::resources, create_user_pool, update_user_pool, delete_user_pool, crate::cognito::resources::read_user_pool;
    UserPoolClient = "AWS::Cognito::UserPoolClient": crate::cognito::resources, create_client, update_client, delete_client, crate::cognito::resources::read_client;
    UserPoolDomain = "AWS::Cognito::UserPoolDomain": crate::cognito::resources, create_domain, update_domain, delete_domain, crate::cognito::resources::read_domain;
    UserPoolGroup = "AWS::Cognito::UserPoolGroup": crate::cognito::resources, create_group, update_group, delete_group, crate::cognito::resources::read_group;
    GlobalTable = "AWS::DynamoDB::GlobalTable": crate::dynamodb::global_table, create_global_table, update_global_table, delete_global_table, crate::dynamodb::global_table::read_global_table;
    Table = "AWS::DynamoDB::Table": crate::dynamodb::resources, create_table, update_table, delete_table, crate::dynamodb::live::read_table;
    Eip = "AWS::EC2::EIP": crate::ec2::resources::eip, create, update, delete, crate::ec2::resources::eip::read;
    InternetGateway = "AWS::EC2::InternetGateway": crate::ec2::resources::internet_gateway, create, update, delete, crate::ec2::resources::internet_gateway::read;
    NatGateway = "AWS::EC2::NatGateway": crate::ec2::resources::nat_gateway, create, update, delete, crate::ec2::resources::nat_gateway::read;
    Route = "AWS::EC2::Route": crate::ec2::resources::route, create, update, delete, crate::ec2::resources::route::read;
    RouteTable = "AWS::EC2::RouteTable": crate::ec2::resources::route_table, create, update, delete, crate::ec2::resources::route_table::read;
    SecurityGroup = "AWS::EC2::SecurityGroup": crate::ec2::resources::security_group, create, update, delete, crate::ec2::resources::security_group::read;
    SecurityGroupEgress = "AWS::EC2::SecurityGroupEgress": crate::ec2::resources::egress, create, update, delete, crate::ec2::resources::egress::read;
    SecurityGroupIngress = "AWS::EC2::SecurityGroupIngress": crate::ec2::resources::ingress, create, update, delete, crate::ec2::resources::ingress::read;
    Subnet = "AWS::EC2::Subnet": crate::ec2::resources::subnet, create, update, delete, crate::ec2::resources::subnet::read;
    SubnetRouteTableAssociation = "AWS::EC2::SubnetRouteTableAssociation": crate::ec2::resources::association, create, update, delete, crate::ec2::resources::association::read;
    Vpc = "AWS::EC2::VPC": crate::ec2::resources::vpc, create, update, delete, crate::ec2::resources::vpc::read;
    VpcEndpoint = "AWS::EC2::VPCEndpoint": crate::ec2::resources::vpc_endpoint, create, update, delete, crate::ec2::resources::vpc_endpoint::read;
    VpcGatewayAttachment = "AWS::EC2::VPCGatewayAttachment": crate::ec2::resources::vpc_gateway_attachment, create, update, delete, crate::ec2::resources::vpc_gateway_attachment::read;
    EcrRepository = "AWS::ECR::Repository": crate::ecr::resources, create_repository, update_repository, delete_repository, crate::ecr::resources::read_repository;
    EcsCluster = "AWS::ECS::Cluster": crate::ecs::resources::cluster, create, update, delete, crate::ecs::resources::cluster::read;
    EcsExpressGatewayService = "AWS::ECS::ExpressGatewayService": crate::ecs::resources::express, create, update, delete, crate::ecs::resources::express::read;
    EventBus = "AWS::Events::EventBus": crate::events::resources, create_event_bus, update_event_bus, delete_event_bus, crate::events::resources::read_event_bus;
    EventBusPolicy = "AWS::Events::EventBusPolicy": crate::events::resources, create_event_bus_policy, update_event_bus_policy, delete_event_bus_policy, crate::events::resources::read_event_bus_policy;
    EventRule = "AWS::Events::Rule": crate::events::resources, create_rule, update_rule, delete_rule, crate::events::resources::read_rule;
    AccessKey = "AWS::IAM::AccessKey": crate::iam::user_resources, create_access_key, update_access_key, delete_access_key, crate::iam::user_resources::read_access_key;
    IamGroup = "AWS::IAM::Group": crate::iam::user_resources, create_group, update_group, delete_group, crate::iam::user_resources::read_group;
    IamGroupPolicy = "AWS::IAM::GroupPolicy": crate::iam::user_resources::group_policy, create, update, delete, crate::iam::user_resources::group_policy::read;
    InstanceProfile = "AWS::IAM::InstanceProfile": crate::iam::account_resources, create_instance_profile, update_instance_profile, delete_instance_profile, crate::iam::account_resources::read_instance_profile;
    ManagedPolicy = "AWS::IAM::ManagedPolicy": crate::iam::resources, create_managed_policy, update_managed_policy, delete_managed_policy, crate::iam::live::read_managed_policy;
    OidcProvider = "AWS::IAM::OIDCProvider": crate::iam::provider_resources, create_oidc_provider, update_oidc_provider, delete_oidc_provider, crate::iam::provider_resources::read_oidc_provider;
    Policy = "AWS::IAM::Policy": crate::iam::resources, create_policy, update_policy, delete_policy, crate::iam::live::read_policy;
    Role = "AWS::IAM::Role": crate::iam::resources, create_role, update_role, delete_role, crate::iam::live::read_role;
    RolePolicy = "AWS::IAM::RolePolicy": crate::iam::resources, create_role_policy, update_role_policy, delete_role_policy, crate::iam::live::read_role_policy;
    ServiceLinkedRole = "AWS::IAM::ServiceLinkedRole": crate::iam::account_resources, create_service_linked_role, update_service_linked_role, delete_service_linked_role, crate::iam::account_resources::read_service_linked_role;
    IamUser = "AWS::IAM::User": crate::iam::user_resources, create_user, update_user, delete_user, crate::iam::user_resources::read_user;
    IamUserPolicy = "AWS::IAM::UserPolicy": crate::iam::user_resources::user_policy, create, update, delete, crate::iam::user_resources::user_policy::read;
    UserToGroupAddition = "AWS::IAM::UserToGroupAddition": crate::iam::user_resources, create_addition, update_addition, delete_addition, crate::iam::user_resources::read_addition;
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
    MediaConvertJobTemplate = "AWS::MediaConvert::JobTemplate": crate::mediaconvert::resources::job_template, create, update, delete, crate::mediaconvert::resources::job_template::read;
    MediaConvertPreset = "AWS::MediaConvert::Preset": crate::mediaconvert::resources::preset, create, update, delete, crate::mediaconvert::resources::preset::read;
    MediaConvertQueue = "AWS::MediaConvert::Queue": crate::mediaconvert::resources::queue, create, update, delete, crate::mediaconvert::resources::queue::read;
    DbInstance = "AWS::RDS::DBInstance": crate::rds::resources, create_instance, update_instance, delete_instance, crate::rds::resources::read_instance;
    DbParameterGroup = "AWS::RDS::DBParameterGroup": crate::rds::resources::parameter_group, create, update, delete, crate::rds::resources::parameter_group::read;
    DbSubnetGroup = "AWS::RDS::DBSubnetGroup": crate::rds::resources::subnet_group, create, update, delete, crate::rds::resources::subnet_group::read;
    HostedZone = "AWS::Route53::HostedZone": crate::route53::resources, create_hosted_zone, update_hosted_zone, delete_hosted_zone, crate::route53::resources::read_hosted_zone;
    RecordSet = "AWS::Route53::RecordSet": crate::route53::resources, create_record_set, update_record_set, delete_record_set, crate::route53::resources::read_record_set;
    RecordSetGroup = "AWS::Route53::RecordSetGroup": crate::route53::resources, create_record_set_group, update_record_set_group, delete_record_set_group, read_unsupported;
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
    Schedule = "AWS::Scheduler::Schedule": crate::scheduler::resources, create_schedule, update_schedule, delete_schedule, crate::scheduler::resources::read_schedule;
    ScheduleGroup = "AWS::Scheduler::ScheduleGroup": crate::scheduler::resources, create_schedule_group, update_schedule_group, delete_schedule_group, crate::scheduler::resources::read_schedule_group;
    SecretResourcePolicy = "AWS::SecretsManager::ResourcePolicy": crate::secrets_manager::resources, create_resource_policy, update_resource_policy, delete_resource_policy, crate::secrets_manager::resources::read_resource_policy;
    RotationSchedule = "AWS::SecretsManager::RotationSchedule": crate::secrets_manager::resources, create_rotation_schedule, update_rotation_schedule, delete_rotation_schedule, crate::secrets_manager::resources::read_rotation_schedule;
    Secret = "AWS::SecretsManager::Secret": crate::secrets_manager::resources, create_secret, update_secret, delete_secret, crate::secrets_manager::resources::read_secret;
    SecretTargetAttachment = "AWS::SecretsManager::SecretTargetAttachment": crate::secrets_manager::resources, create_target_attachment, update_target_attachment, delete_target_attachment, crate::secrets_manager::resources::read_target_attachment;
    #[cfg(test)]
    TestThing = "Test::Fault::Thing": super::test_kind, create_thing, update_thing, delete_thing, super::test_kind::read_thing, ["Name"];
}
