//! What a reference may name: the types of resources, and which of their values, that common properties take.
//!
//! Relations in the resource specification are incomplete; these are the properties that tie a template together.

use serde_json::Value;

use super::conditions::Assumptions;
use super::found::{At, Found};
use super::{Checker, SchemaFault};
use crate::template::TemplateFault;
use crate::template::evaluate::attribute_parts;
use crate::template::function::function_of;

/// Values of one thing, under the names that they have in different types.
const API: &[&str] = &["AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Api.ApiId"];
const BUCKET: &[&str] = &["AWS::S3::Bucket"];
const FUNCTION: &[&str] = &["AWS::Lambda::Function", "AWS::Lambda::Function.Arn"];
const INVOKED: &[&str] = &[
    "AWS::Lambda::Function",
    "AWS::Lambda::Function.Arn",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Alias.AliasArn",
    "AWS::Lambda::Version",
    "AWS::Lambda::Version.FunctionArn",
];
const KEY: &[&str] = &[
    "AWS::KMS::Key",
    "AWS::KMS::Key.Arn",
    "AWS::KMS::Key.KeyId",
    "AWS::KMS::ReplicaKey",
    "AWS::KMS::ReplicaKey.Arn",
    "AWS::KMS::ReplicaKey.KeyId",
    "AWS::KMS::Alias",
];
const LOG_GROUP: &[&str] = &["AWS::Logs::LogGroup"];
const REST_API: &[&str] = &["AWS::ApiGateway::RestApi", "AWS::ApiGateway::RestApi.RestApiId"];
const REST_PATH: &[&str] =
    &["AWS::ApiGateway::Resource", "AWS::ApiGateway::Resource.ResourceId", "AWS::ApiGateway::RestApi.RootResourceId"];
const ROLE_ARN: &[&str] = &["AWS::IAM::Role.Arn"];
const SECURITY_GROUP: &[&str] = &[
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroup.GroupId",
    "AWS::EC2::SecurityGroup.Id",
    "AWS::EC2::VPC.DefaultSecurityGroup",
];
const SUBNET: &[&str] = &["AWS::EC2::Subnet", "AWS::EC2::Subnet.SubnetId"];
const TOPIC: &[&str] = &["AWS::SNS::Topic", "AWS::SNS::Topic.TopicArn"];
const VPC: &[&str] = &["AWS::EC2::VPC", "AWS::EC2::VPC.VpcId"];
const ROUTE_TABLE: &[&str] = &["AWS::EC2::RouteTable", "AWS::EC2::RouteTable.RouteTableId"];
const USER_POOL: &[&str] = &["AWS::Cognito::UserPool", "AWS::Cognito::UserPool.UserPoolId"];
/// What messages that failed, events and alarms can be sent to.
const RECEIVER: &[&str] = &[
    "AWS::ApiGateway::RestApi",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::ApplicationAutoScaling::ScalingPolicy.Arn",
    "AWS::AppSync::GraphQLApi.Arn",
    "AWS::AutoScaling::ScalingPolicy",
    "AWS::AutoScaling::ScalingPolicy.Arn",
    "AWS::Batch::JobQueue",
    "AWS::Batch::JobQueue.JobQueueArn",
    "AWS::CodeBuild::Project.Arn",
    "AWS::ECS::Cluster.Arn",
    "AWS::Events::ApiDestination.Arn",
    "AWS::Events::EventBus.Arn",
    "AWS::IoT::TopicRule.Arn",
    "AWS::Kinesis::Stream.Arn",
    "AWS::KinesisFirehose::DeliveryStream.Arn",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Alias.AliasArn",
    "AWS::Lambda::Function.Arn",
    "AWS::Lambda::Version",
    "AWS::Lambda::Version.FunctionArn",
    "AWS::Logs::LogGroup.Arn",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket.Arn",
    "AWS::SNS::Topic",
    "AWS::SNS::Topic.TopicArn",
    "AWS::SQS::Queue.Arn",
    "AWS::SSMIncidents::ResponsePlan.Arn",
    "AWS::StepFunctions::StateMachine",
    "AWS::StepFunctions::StateMachine.Arn",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineAlias.Arn",
];

/// Type, path in its properties, what may be given: `Type` for `Ref`, `Type.Attribute` for `Fn::GetAtt`.
const TARGETS: [(&str, &str, &[&str]); 78] = [
    ("AWS::ApiGateway::Authorizer", "RestApiId", REST_API),
    ("AWS::ApiGateway::Deployment", "RestApiId", REST_API),
    ("AWS::ApiGateway::GatewayResponse", "RestApiId", REST_API),
    (
        "AWS::ApiGateway::Method",
        "AuthorizerId",
        &["AWS::ApiGateway::Authorizer", "AWS::ApiGateway::Authorizer.AuthorizerId"],
    ),
    ("AWS::ApiGateway::Method", "ResourceId", REST_PATH),
    ("AWS::ApiGateway::Method", "RestApiId", REST_API),
    ("AWS::ApiGateway::Model", "RestApiId", REST_API),
    ("AWS::ApiGateway::Resource", "ParentId", REST_PATH),
    ("AWS::ApiGateway::Resource", "RestApiId", REST_API),
    (
        "AWS::ApiGateway::Stage",
        "DeploymentId",
        &["AWS::ApiGateway::Deployment", "AWS::ApiGateway::Deployment.DeploymentId"],
    ),
    ("AWS::ApiGateway::Stage", "RestApiId", REST_API),
    (
        "AWS::ApiGatewayV2::ApiMapping",
        "ApiId",
        &[
            "AWS::ApiGatewayV2::Api",
            "AWS::ApiGatewayV2::Api.ApiId",
            "AWS::ApiGateway::RestApi",
            "AWS::ApiGateway::RestApi.RestApiId",
        ],
    ),
    ("AWS::ApiGatewayV2::Authorizer", "ApiId", API),
    ("AWS::ApiGatewayV2::Deployment", "ApiId", API),
    ("AWS::ApiGatewayV2::Integration", "ApiId", API),
    ("AWS::ApiGatewayV2::Route", "ApiId", API),
    ("AWS::ApiGatewayV2::Stage", "ApiId", API),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig/Logging/Bucket",
        &["AWS::S3::Bucket.DomainName", "AWS::S3::Bucket.RegionalDomainName"],
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig/Origins/*/OriginAccessControlId",
        &["AWS::CloudFront::OriginAccessControl", "AWS::CloudFront::OriginAccessControl.Id"],
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig/ViewerCertificate/AcmCertificateArn",
        &["AWS::CertificateManager::Certificate", "AWS::CertificateManager::Certificate.CertificateArn"],
    ),
    ("AWS::CloudWatch::Alarm", "AlarmActions/*", RECEIVER),
    ("AWS::CloudWatch::Alarm", "OKActions/*", RECEIVER),
    ("AWS::CodePipeline::Pipeline", "ArtifactStore/Location", BUCKET),
    ("AWS::CodePipeline::Pipeline", "RoleArn", ROLE_ARN),
    ("AWS::Cognito::UserPoolClient", "UserPoolId", USER_POOL),
    ("AWS::Cognito::UserPoolDomain", "UserPoolId", USER_POOL),
    ("AWS::EC2::NatGateway", "AllocationId", &["AWS::EC2::EIP.AllocationId"]),
    ("AWS::EC2::NatGateway", "SubnetId", SUBNET),
    ("AWS::EC2::Route", "NatGatewayId", &["AWS::EC2::NatGateway", "AWS::EC2::NatGateway.NatGatewayId"]),
    ("AWS::EC2::Route", "RouteTableId", ROUTE_TABLE),
    ("AWS::EC2::RouteTable", "VpcId", VPC),
    ("AWS::EC2::SecurityGroup", "VpcId", VPC),
    ("AWS::EC2::Subnet", "VpcId", VPC),
    ("AWS::EC2::SubnetRouteTableAssociation", "RouteTableId", ROUTE_TABLE),
    ("AWS::EC2::SubnetRouteTableAssociation", "SubnetId", SUBNET),
    ("AWS::EC2::VPCEndpoint", "RouteTableIds/*", ROUTE_TABLE),
    ("AWS::EC2::VPCEndpoint", "SecurityGroupIds/*", SECURITY_GROUP),
    ("AWS::EC2::VPCEndpoint", "SubnetIds/*", SUBNET),
    ("AWS::EC2::VPCEndpoint", "VpcId", VPC),
    (
        "AWS::EC2::VPCGatewayAttachment",
        "InternetGatewayId",
        &["AWS::EC2::InternetGateway", "AWS::EC2::InternetGateway.InternetGatewayId"],
    ),
    ("AWS::EC2::VPCGatewayAttachment", "VpcId", VPC),
    ("AWS::ECS::Service", "Cluster", &["AWS::ECS::Cluster", "AWS::ECS::Cluster.Arn"]),
    (
        "AWS::ECS::Service",
        "TaskDefinition",
        &["AWS::ECS::TaskDefinition", "AWS::ECS::TaskDefinition.TaskDefinitionArn"],
    ),
    ("AWS::Events::Rule", "Targets/*/Arn", RECEIVER),
    ("AWS::Events::Rule", "Targets/*/RoleArn", ROLE_ARN),
    ("AWS::IAM::InstanceProfile", "Roles/*", &["AWS::IAM::Role"]),
    ("AWS::IAM::ManagedPolicy", "Roles/*", &["AWS::IAM::Role"]),
    ("AWS::IAM::Policy", "Roles/*", &["AWS::IAM::Role"]),
    ("AWS::IAM::Role", "ManagedPolicyArns/*", &["AWS::IAM::ManagedPolicy", "AWS::IAM::ManagedPolicy.PolicyArn"]),
    ("AWS::Lambda::Alias", "FunctionName", FUNCTION),
    ("AWS::Lambda::Alias", "FunctionVersion", &["AWS::Lambda::Version.Version"]),
    ("AWS::Lambda::EventInvokeConfig", "FunctionName", FUNCTION),
    ("AWS::Lambda::EventSourceMapping", "FunctionName", INVOKED),
    ("AWS::Lambda::Function", "Code/S3Bucket", BUCKET),
    (
        "AWS::Lambda::Function",
        "DeadLetterConfig/TargetArn",
        &["AWS::SQS::Queue.Arn", "AWS::SNS::Topic", "AWS::SNS::Topic.TopicArn"],
    ),
    ("AWS::Lambda::Function", "KmsKeyArn", &["AWS::KMS::Key.Arn", "AWS::KMS::ReplicaKey.Arn"]),
    ("AWS::Lambda::Function", "Layers/*", &["AWS::Lambda::LayerVersion", "AWS::Lambda::LayerVersion.LayerVersionArn"]),
    ("AWS::Lambda::Function", "LoggingConfig/LogGroup", LOG_GROUP),
    ("AWS::Lambda::Function", "Role", ROLE_ARN),
    ("AWS::Lambda::Function", "VpcConfig/SecurityGroupIds/*", SECURITY_GROUP),
    ("AWS::Lambda::Function", "VpcConfig/SubnetIds/*", SUBNET),
    ("AWS::Lambda::Permission", "FunctionName", INVOKED),
    ("AWS::Lambda::Url", "TargetFunctionArn", FUNCTION),
    ("AWS::Lambda::Version", "FunctionName", FUNCTION),
    ("AWS::Logs::MetricFilter", "LogGroupName", LOG_GROUP),
    ("AWS::Logs::SubscriptionFilter", "LogGroupName", LOG_GROUP),
    ("AWS::RDS::DBInstance", "DBSubnetGroupName", &["AWS::RDS::DBSubnetGroup"]),
    ("AWS::RDS::DBSubnetGroup", "SubnetIds/*", SUBNET),
    ("AWS::Route53::RecordSet", "HostedZoneId", &["AWS::Route53::HostedZone", "AWS::Route53::HostedZone.Id"]),
    ("AWS::S3::BucketPolicy", "Bucket", BUCKET),
    ("AWS::SNS::Subscription", "TopicArn", TOPIC),
    ("AWS::SNS::Topic", "KmsMasterKeyId", KEY),
    ("AWS::SNS::TopicPolicy", "Topics/*", TOPIC),
    ("AWS::SQS::Queue", "KmsMasterKeyId", KEY),
    ("AWS::SQS::QueuePolicy", "Queues/*", &["AWS::SQS::Queue", "AWS::SQS::Queue.QueueUrl"]),
    ("AWS::Scheduler::Schedule", "Target/RoleArn", ROLE_ARN),
    (
        "AWS::SecretsManager::SecretTargetAttachment",
        "SecretId",
        &["AWS::SecretsManager::Secret", "AWS::SecretsManager::Secret.Id"],
    ),
    ("AWS::StepFunctions::StateMachine", "RoleArn", ROLE_ARN),
];

/// Values that one type gives for a property, where others are not known well enough to be refused.
const VALUES: [(&str, &str, &[&str]); 5] = [
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig/Origins/*/DomainName",
        &["AWS::S3::Bucket.DomainName", "AWS::S3::Bucket.RegionalDomainName"],
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        "EventSourceArn",
        &["AWS::DynamoDB::Table.StreamArn", "AWS::SQS::Queue.Arn", "AWS::Kinesis::Stream.Arn"],
    ),
    (
        "AWS::Lambda::Permission",
        "SourceArn",
        &[
            "AWS::Events::Rule.Arn",
            "AWS::SNS::Topic",
            "AWS::SNS::Topic.TopicArn",
            "AWS::S3::Bucket.Arn",
            "AWS::Cognito::UserPool.Arn",
            "AWS::Logs::LogGroup.Arn",
        ],
    ),
    ("AWS::Route53::RecordSet", "AliasTarget/DNSName", &["AWS::CloudFront::Distribution.DomainName"]),
    (
        "AWS::Scheduler::Schedule",
        "Target/Arn",
        &["AWS::Lambda::Function.Arn", "AWS::SQS::Queue.Arn", "AWS::SNS::Topic", "AWS::SNS::Topic.TopicArn"],
    ),
];

/// Checks the references of a resource.
pub(super) fn check(
    checker: &Checker<'_>,
    type_name: &str,
    properties: &Value,
    at: &At<'_>,
    under: &Assumptions,
    found: &mut Found,
) {
    for (table, is_closed) in [(&TARGETS[..], true), (&VALUES[..], false)] {
        for (_, path, allowed) in table.iter().filter(|(name, ..)| *name == type_name) {
            let steps: Vec<String> = path.split('/').map(str::to_owned).collect();
            checker.select(properties, &steps, at, under, &mut |value, at, _| {
                checker.target_of_kind(value, allowed, is_closed, at, found);
            });
        }
    }
}

impl Checker<'_> {
    /// A reference to a resource that is none of the allowed, or to another of its values. Where the list is not closed,
    /// only the types in it are looked at.
    pub(super) fn target_of_kind(
        &self,
        value: &Value,
        allowed: &[&str],
        is_closed: bool,
        at: &At<'_>,
        found: &mut Found,
    ) {
        let Some((name, arguments)) = value.as_object().and_then(function_of) else { return };
        let (id, attribute) = match (name, arguments) {
            ("Ref", Value::String(id)) => (id.as_str(), None),
            ("Fn::GetAtt", _) => match attribute_parts(arguments) {
                Some((id, Value::String(attribute))) => (id, Some(attribute.as_str())),
                _ => return,
            },
            _ => return,
        };
        let Some(resource) = self.resources.get(id) else { return };
        let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        // What these give is whatever their authors let them give.
        let is_free = !type_name.starts_with("AWS::")
            || ["AWS::CloudFormation::", "AWS::Serverless::", "AWS::ServiceCatalog::", "AWS::SSM::"]
                .iter()
                .any(|prefix| type_name.starts_with(prefix));
        let given = attribute.map_or_else(|| type_name.to_owned(), |attribute| format!("{type_name}.{attribute}"));
        let is_of_type = |entry: &&&str| entry.split('.').next() == Some(type_name);
        let of_type: Vec<&str> = allowed.iter().filter(is_of_type).copied().collect();
        if is_free || allowed.contains(&given.as_str()) || (of_type.is_empty() && !is_closed) {
            return;
        }
        let words = match attribute {
            None => format!("Ref of `{id}` ({type_name})"),
            Some(attribute) => format!("`{attribute}` of `{id}` ({type_name})"),
        };
        let choices = if of_type.is_empty() { allowed } else { &of_type[..] };
        let mut expected: Vec<String> = choices.iter().take(4).map(|entry| format!("`{entry}`")).collect();
        if choices.len() > expected.len() {
            expected.push("another receiver".to_owned());
        }
        let place = at.to_string();
        // The specification's own relations may have said so already.
        let is_known = found.faults.iter().any(|known| {
            let is_wrong_target = matches!(&known.fault, TemplateFault::Schema(fault) if matches!(**fault, SchemaFault::WrongTarget { .. }));
            is_wrong_target && known.path.starts_with(&place)
        });
        if !is_known {
            found.push(at, SchemaFault::WrongTarget { found: words, expected: expected.join(" or ") });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specification::Specification;

    #[test]
    fn every_type_property_and_value_of_the_tables_exists() {
        let specification = Specification::embedded();
        let mut unknown = Vec::new();
        for (name, path, allowed) in TARGETS.iter().chain(&VALUES) {
            let resource_type = specification.resource_type(name);
            if resource_type.is_none_or(|resource_type| resource_type.property(path).is_none()) {
                unknown.push(format!("{name} {path}"));
            }
            for entry in *allowed {
                let (name, attribute) = match entry.split_once('.') {
                    Some((name, attribute)) => (name, Some(attribute)),
                    None => (*entry, None),
                };
                let is_known = specification.resource_type(name).is_some_and(|resource_type| {
                    attribute.is_none_or(|attribute| resource_type.attributes().iter().any(|known| known == attribute))
                });
                if !is_known {
                    unknown.push((*entry).to_owned());
                }
            }
        }
        assert_eq!(unknown, Vec::<String>::new());
    }
}
