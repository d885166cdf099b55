//! What services refuse and the resource specification does not say: small schemas at places of a type.
//!
//! Each is a fact of the service's API reference: enumerations, ranges, and properties that go together or do not.

use std::sync::LazyLock;

use serde_json::Value;

use super::Checker;
use super::found::{At, Found};
use super::walk::{Mode, Walk};

/// Type, path in its properties (empty for all of them), schema.
const EXTRA: [(&str, &str, &str); 37] = [
    ("AWS::ApiGatewayV2::Api", "ProtocolType", r#"{"enum": ["HTTP", "WEBSOCKET"]}"#),
    (
        "AWS::ApiGatewayV2::Authorizer",
        "",
        r#"{"if": {"properties": {"AuthorizerType": {"const": "JWT"}}, "required": ["AuthorizerType"]},
            "then": {"required": ["IdentitySource", "JwtConfiguration"]}, "else": {"required": ["AuthorizerUri"]}}"#,
    ),
    ("AWS::ApiGatewayV2::Authorizer", "AuthorizerType", r#"{"enum": ["JWT", "REQUEST"]}"#),
    (
        "AWS::ApiGatewayV2::Authorizer",
        "IdentitySource/*",
        r#"{"pattern": "^\\$?(request|context|stageVariables|route\\.request)\\."}"#,
    ),
    ("AWS::ApiGatewayV2::Authorizer", "JwtConfiguration/Issuer", r#"{"pattern": "^https://"}"#),
    ("AWS::ApiGatewayV2::Integration", "ConnectionType", r#"{"enum": ["INTERNET", "VPC_LINK"]}"#),
    (
        "AWS::ApiGatewayV2::Integration",
        "IntegrationType",
        r#"{"enum": ["AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"]}"#,
    ),
    ("AWS::ApiGatewayV2::Integration", "PayloadFormatVersion", r#"{"enum": ["1.0", "2.0"]}"#),
    ("AWS::ApiGatewayV2::Route", "AuthorizationType", r#"{"enum": ["AWS_IAM", "CUSTOM", "JWT", "NONE"]}"#),
    ("AWS::ApiGatewayV2::Stage", "StageName", r#"{"pattern": "^(\\$default|[A-Za-z0-9_-]{1,128})$"}"#),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig/DefaultCacheBehavior",
        r#"{"requiredOr": ["CachePolicyId", "ForwardedValues"]}"#,
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig/CacheBehaviors/*",
        r#"{"requiredOr": ["CachePolicyId", "ForwardedValues"]}"#,
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig/Origins/*",
        r#"{"requiredOr": ["CustomOriginConfig", "S3OriginConfig", "VpcOriginConfig"]}"#,
    ),
    ("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig/Name", r#"{"minLength": 1, "maxLength": 64}"#),
    ("AWS::DynamoDB::Table", "TableName", r#"{"pattern": "^[a-zA-Z0-9_.-]{3,255}$"}"#),
    ("AWS::Events::Rule", "Targets", r#"{"uniqueKeys": ["Id"], "maxItems": 5}"#),
    (
        "AWS::Events::Rule",
        "State",
        r#"{"enum": ["DISABLED", "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"]}"#,
    ),
    ("AWS::IAM::Group", "Policies/*/PolicyName", r#"{"pattern": "^[A-Za-z0-9_+=,.@-]{1,128}$"}"#),
    ("AWS::IAM::Policy", "PolicyName", r#"{"pattern": "^[A-Za-z0-9_+=,.@-]{1,128}$"}"#),
    ("AWS::IAM::Role", "Policies/*/PolicyName", r#"{"pattern": "^[A-Za-z0-9_+=,.@-]{1,128}$"}"#),
    ("AWS::IAM::User", "Policies/*/PolicyName", r#"{"pattern": "^[A-Za-z0-9_+=,.@-]{1,128}$"}"#),
    (
        "AWS::Lambda::Function",
        "",
        r#"{"if": {"anyOf": [
                {"properties": {"PackageType": {"const": "Image"}}, "required": ["PackageType"]},
                {"properties": {"Code": {"required": ["ImageUri"]}}, "required": ["Code"]}
            ]}, "else": {"required": ["Handler", "Runtime"]}}"#,
    ),
    (
        "AWS::Lambda::Function",
        "",
        r#"{"if": {"required": ["CapacityProviderConfig"]}, "else": {"properties": {"MemorySize": {"maximum": 10240}}}}"#,
    ),
    ("AWS::Lambda::Function", "Code", r#"{"dependentRequired": {"S3Bucket": ["S3Key"], "S3Key": ["S3Bucket"]}}"#),
    ("AWS::Lambda::Function", "Environment/Variables", r#"{"propertyNames": {"pattern": "^[a-zA-Z][a-zA-Z0-9_]+$"}}"#),
    (
        "AWS::Lambda::Permission",
        "Principal",
        r#"{"pattern": "^(\\*|[0-9]{12}|arn:.+|.+\\.(amazonaws\\.com|amazonaws\\.com\\.cn|amazonaws\\.eu|amazon\\.com))$"}"#,
    ),
    (
        "AWS::Route53::RecordSet",
        "",
        r#"{"dependentExcluded": {"AliasTarget": ["ResourceRecords"]}, "requiredOr": ["AliasTarget", "ResourceRecords"]}"#,
    ),
    (
        "AWS::S3::Bucket",
        "",
        r#"{"if": {"properties": {"OwnershipControls": {"properties": {"Rules": {"contains": {
                "properties": {"ObjectOwnership": {"const": "BucketOwnerEnforced"}}, "required": ["ObjectOwnership"]}}},
                "required": ["Rules"]}}, "required": ["OwnershipControls"]},
            "then": {"properties": {"AccessControl": {"enum": ["BucketOwnerFullControl", "Private"]}}}}"#,
    ),
    (
        "AWS::S3::Bucket",
        "NotificationConfiguration/*/*/Filter/S3Key/Rules/*/Name",
        r#"{"enumCaseInsensitive": ["prefix", "suffix"]}"#,
    ),
    (
        "AWS::SNS::Subscription",
        "Protocol",
        r#"{"enum": ["application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"]}"#,
    ),
    ("AWS::SNS::Topic", "TopicName", r#"{"pattern": "^[A-Za-z0-9_-]{1,256}(\\.fifo)?$"}"#),
    (
        "AWS::SNS::Topic",
        "",
        r#"{"if": {"properties": {"FifoTopic": {"const": true}}, "required": ["FifoTopic"]},
            "then": {"properties": {"TopicName": {"pattern": "\\.fifo$"}}}}"#,
    ),
    ("AWS::SQS::Queue", "QueueName", r#"{"pattern": "^([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\\.fifo)$"}"#),
    (
        "AWS::SQS::Queue",
        "",
        r#"{"if": {"properties": {"QueueName": {"pattern": "\\.fifo$"}}, "required": ["QueueName"]},
            "then": {"required": ["FifoQueue"]}}"#,
    ),
    ("AWS::SecretsManager::Secret", "", r#"{"dependentExcluded": {"GenerateSecretString": ["SecretString"]}}"#),
    (
        "AWS::SecretsManager::Secret",
        "GenerateSecretString",
        r#"{"dependentRequired": {"GenerateStringKey": ["SecretStringTemplate"], "SecretStringTemplate": ["GenerateStringKey"]}}"#,
    ),
    ("AWS::SecretsManager::Secret", "GenerateSecretString/PasswordLength", r#"{"minimum": 1, "maximum": 4096}"#),
];

static SCHEMAS: LazyLock<Vec<Value>> =
    LazyLock::new(|| EXTRA.iter().map(|(.., schema)| serde_json::from_str(schema).unwrap_or_default()).collect());

/// Checks a resource against what is known of its type here.
pub(super) fn check(
    checker: &Checker<'_>,
    type_name: &str,
    properties: &Value,
    at: &At<'_>,
    mode: &Mode,
    found: &mut Found,
) {
    for ((_, path, _), schema) in EXTRA.iter().zip(SCHEMAS.iter()).filter(|((name, ..), _)| *name == type_name) {
        let steps: Vec<String> = path.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect();
        checker.select(properties, &steps, at, &mode.under, &mut |value, at, under| {
            let mode = Mode { under: under.clone(), ..Mode::default() };
            Walk { checker, root: schema }.value(value, schema, at, &mode, found);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specification::Specification;

    #[test]
    fn every_schema_is_one_and_stands_at_a_place_that_there_is() {
        for ((name, path, text), schema) in EXTRA.iter().zip(SCHEMAS.iter()) {
            assert!(schema.is_object(), "{text}");
            let resource_type = Specification::embedded().resource_type(name).unwrap();
            let first = path.split('/').next().unwrap();
            assert!(first.is_empty() || resource_type.property(first).is_some(), "{name} {path}");
        }
    }
}
