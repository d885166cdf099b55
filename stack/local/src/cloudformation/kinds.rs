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
    Certificate = "AWS::CertificateManager::Certificate": crate::acm::resources, create_certificate, update_certificate, delete_certificate, crate::acm::resources::read_certificate, ["CertificateAuthorityArn", "DomainName", "DomainValidationOptions", "KeyAlgorithm", "SubjectAlternativeNames", "ValidationMethod"];
    CodeBuildProject = "AWS::CodeBuild::Project": crate::code::resources::project, create, update, delete, crate::code::resources::project::read, ["Name"];
    CodeConnection = "AWS::CodeConnections::Connection": crate::code::resources::connection, create, update, delete, crate::code::resources::connection::read, ["ConnectionName", "HostArn", "ProviderType"];
    CodePipeline = "AWS::CodePipeline::Pipeline": crate::code::resources::pipeline, create, update, delete, crate::code::resources::pipeline::read, ["Name"];
    Eip = "AWS::EC2::EIP": crate::ec2::resources::eip, create, update, delete, crate::ec2::resources::eip::read, ["Domain", "NetworkBorderGroup", "PublicIpv4Pool", "TransferAddress"];
    InternetGateway = "AWS::EC2::InternetGateway": crate::ec2::resources::internet_gateway, create, update, delete, crate::ec2::resources::internet_gateway::read, [];
    NatGateway = "AWS::EC2::NatGateway": crate::ec2::resources::nat_gateway, create, update, delete, crate::ec2::resources::nat_gateway::read, ["AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId"];
    Route = "AWS::EC2::Route": crate::ec2::resources::route, create, update, delete, crate::ec2::resources::route::read, ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "RouteTableId"];
    RouteTable = "AWS::EC2::RouteTable": crate::ec2::resources::route_table, create, update, delete, crate::ec2::resources::route_table::read, ["VpcId"];
    SecurityGroup = "AWS::EC2::SecurityGroup": crate::ec2::resources::security_group, create, update, delete, crate::ec2::resources::security_group::read, ["GroupDescription", "GroupName", "VpcId"];
    SecurityGroupEgress = "AWS::EC2::SecurityGroupEgress": crate::ec2::resources::egress, create, update, delete, crate::ec2::resources::egress::read, ["CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId", "FromPort", "GroupId", "IpProtocol", "ToPort"];
    SecurityGroupIngress = "AWS::EC2::SecurityGroupIngress": crate::ec2::resources::ingress, create, update, delete, crate::ec2::resources::ingress::read, ["CidrIp", "CidrIpv6", "FromPort", "GroupId", "GroupName", "IpProtocol", "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName", "ToPort"];
    Subnet = "AWS::EC2::Subnet": crate::ec2::resources::subnet, create, update, delete, crate::ec2::resources::subnet::read, ["AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "VpcId"];
    SubnetRouteTableAssociation = "AWS::EC2::SubnetRouteTableAssociation": crate::ec2::resources::association, create, update, delete, crate::ec2::resources::association::read, ["RouteTableId", "SubnetId"];
    Vpc = "AWS::EC2::VPC": crate::ec2::resources::vpc, create, update, delete, crate::ec2::resources::vpc::read, ["CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength"];
    VpcEndpoint = "AWS::EC2::VPCEndpoint": crate::ec2::resources::vpc_endpoint, create, update, delete, crate::ec2::resources::vpc_endpoint::read, ["ServiceName", "VpcEndpointType", "VpcId"];
    VpcGatewayAttachment = "AWS::EC2::VPCGatewayAttachment": crate::ec2::resources::vpc_gateway_attachment, create, update, delete, crate::ec2::resources::vpc_gateway_attachment::read, ["InternetGatewayId", "VpcId"];
    EcrRepository = "AWS::ECR::Repository": crate::ecr::resources, create_repository, update_repository, delete_repository, crate::ecr::resources::read_repository, ["EncryptionConfiguration", "RepositoryName"];
    EcsCluster = "AWS::ECS::Cluster": crate::ecs::resources::cluster, create, update, delete, crate::ecs::resources::cluster::read, ["ClusterName"];
    EcsExpressGatewayService = "AWS::ECS::ExpressGatewayService": crate::ecs::resources::express, create, update, delete, crate::ecs::resources::express::read, ["Cluster", "InfrastructureRoleArn", "ServiceName"];
    Role = "AWS::IAM::Role": crate::iam::resources, create_role, update_role, delete_role, read_unsupported, ["RoleName", "Path"];
    Policy = "AWS::IAM::Policy": crate::iam::resources, create_policy, update_policy, delete_policy, read_unsupported, [];
    RolePolicy = "AWS::IAM::RolePolicy": crate::iam::resources, create_role_policy, update_role_policy, delete_role_policy, read_unsupported, ["PolicyName", "RoleName"];
    ManagedPolicy = "AWS::IAM::ManagedPolicy": crate::iam::resources, create_managed_policy, update_managed_policy, delete_managed_policy, read_unsupported, ["ManagedPolicyName", "Path", "Description"];
    LogGroup = "AWS::Logs::LogGroup": crate::logs::resources, create_log_group, update_log_group, delete_log_group, read_unsupported, ["LogGroupName"];
    MediaConvertJobTemplate = "AWS::MediaConvert::JobTemplate": crate::mediaconvert::resources::job_template, create, update, delete, crate::mediaconvert::resources::job_template::read, ["Name"];
    MediaConvertPreset = "AWS::MediaConvert::Preset": crate::mediaconvert::resources::preset, create, update, delete, crate::mediaconvert::resources::preset::read, ["Name"];
    MediaConvertQueue = "AWS::MediaConvert::Queue": crate::mediaconvert::resources::queue, create, update, delete, crate::mediaconvert::resources::queue::read, ["Name"];
    DbInstance = "AWS::RDS::DBInstance": crate::rds::resources, create_instance, update_instance, delete_instance, crate::rds::resources::read_instance, ["AvailabilityZone", "CharacterSetName", "DBInstanceIdentifier", "DBName", "DBSubnetGroupName", "Engine", "KmsKeyId", "MasterUsername", "NcharCharacterSetName", "SourceRegion", "StorageEncrypted", "Timezone"];
    DbParameterGroup = "AWS::RDS::DBParameterGroup": crate::rds::resources::parameter_group, create, update, delete, crate::rds::resources::parameter_group::read, ["DBParameterGroupName", "Description", "Family"];
    DbSubnetGroup = "AWS::RDS::DBSubnetGroup": crate::rds::resources::subnet_group, create, update, delete, crate::rds::resources::subnet_group::read, ["DBSubnetGroupName"];
    HostedZone = "AWS::Route53::HostedZone": crate::route53::resources, create_hosted_zone, update_hosted_zone, delete_hosted_zone, crate::route53::resources::read_hosted_zone, ["Name"];
    RecordSet = "AWS::Route53::RecordSet": crate::route53::resources, create_record_set, update_record_set, delete_record_set, crate::route53::resources::read_record_set, ["HostedZoneId", "HostedZoneName", "Name"];
    RecordSetGroup = "AWS::Route53::RecordSetGroup": crate::route53::resources, create_record_set_group, update_record_set_group, delete_record_set_group, read_unsupported, ["HostedZoneId", "HostedZoneName"];
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
