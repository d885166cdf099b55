//! Settings that guard.

use super::{Nothing, Pair, Verdict, Wider, between, judge, verdict_of};

/// Type, older and newer properties, and the verdict.
const CHANGED: [(&str, &str, &str, Verdict); 58] = [
    ("AWS::Lambda::Url", "AuthType: AWS_IAM", "AuthType: NONE", Wider),
    ("AWS::Lambda::Url", "AuthType: NONE", "AuthType: AWS_IAM", Nothing),
    ("AWS::Lambda::Url", "AuthType: !Ref AWS::Region", "AuthType: AWS_IAM", Nothing),
    ("AWS::Lambda::Url", "AuthType: AWS_IAM", "AuthType: !Ref AWS::Region", Wider),
    ("AWS::ApiGatewayV2::Route", "AuthorizationType: JWT", "AuthorizationType: NONE", Wider),
    ("AWS::ApiGatewayV2::Route", "{ AuthorizationType: JWT, AuthorizerId: a }", "RouteKey: k", Wider),
    ("AWS::ApiGatewayV2::Route", "AuthorizationType: JWT", "AuthorizationType: AWS_IAM", Nothing),
    ("AWS::ApiGatewayV2::Route", "RouteKey: k", "AuthorizationType: JWT", Nothing),
    (
        "AWS::ApiGatewayV2::Route",
        "{ AuthorizationType: JWT, AuthorizationScopes: [a, b] }",
        "{ AuthorizationType: JWT, AuthorizationScopes: [a] }",
        Nothing,
    ),
    (
        "AWS::ApiGatewayV2::Route",
        "{ AuthorizationType: JWT, AuthorizationScopes: [a] }",
        "{ AuthorizationType: JWT, AuthorizationScopes: [a, b] }",
        Wider,
    ),
    (
        "AWS::ApiGatewayV2::Route",
        "{ AuthorizationType: JWT, AuthorizationScopes: [a] }",
        "AuthorizationType: JWT",
        Wider,
    ),
    ("AWS::ApiGateway::Method", "AuthorizationType: AWS_IAM", "AuthorizationType: NONE", Wider),
    ("AWS::ApiGateway::Method", "AuthorizationType: NONE", "AuthorizationType: NONE", Nothing),
    ("AWS::ApiGateway::Method", "{ AuthorizationType: NONE, ApiKeyRequired: true }", "AuthorizationType: NONE", Wider),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }",
        "PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: false, IgnorePublicAcls: true, RestrictPublicBuckets: true }",
        Wider,
    ),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }",
        "BucketName: b",
        Wider,
    ),
    (
        "AWS::S3::Bucket",
        "BucketName: b",
        "PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: 'true', IgnorePublicAcls: true, RestrictPublicBuckets: true }",
        Nothing,
    ),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration: { BlockPublicAcls: false, BlockPublicPolicy: false }",
        "PublicAccessBlockConfiguration: { BlockPublicAcls: true }",
        Nothing,
    ),
    ("AWS::S3::Bucket", "AccessControl: Private", "AccessControl: PublicRead", Wider),
    ("AWS::S3::Bucket", "AccessControl: PublicRead", "AccessControl: PublicReadWrite", Wider),
    ("AWS::S3::Bucket", "AccessControl: PublicRead", "BucketName: b", Nothing),
    (
        "AWS::S3::Bucket",
        "OwnershipControls: { Rules: [{ ObjectOwnership: BucketOwnerEnforced }] }",
        "OwnershipControls: { Rules: [{ ObjectOwnership: ObjectWriter }] }",
        Wider,
    ),
    ("AWS::S3::Bucket", "BucketName: b", "WebsiteConfiguration: { IndexDocument: i }", Wider),
    ("AWS::S3::Bucket", "WebsiteConfiguration: { IndexDocument: i }", "BucketName: b", Nothing),
    (
        "AWS::S3::Bucket",
        "VersioningConfiguration: { Status: Enabled }",
        "VersioningConfiguration: { Status: Suspended }",
        Wider,
    ),
    ("AWS::S3::Bucket", "VersioningConfiguration: { Status: Enabled }", "BucketName: b", Wider),
    ("AWS::S3::Bucket", "BucketName: b", "VersioningConfiguration: { Status: Enabled }", Nothing),
    (
        "AWS::S3::Bucket",
        "BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] }",
        "BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: AES256 } }] }",
        Wider,
    ),
    ("AWS::RDS::DBInstance", "PubliclyAccessible: false", "PubliclyAccessible: true", Wider),
    ("AWS::RDS::DBInstance", "PubliclyAccessible: true", "PubliclyAccessible: 'false'", Nothing),
    ("AWS::RDS::DBInstance", "DeletionProtection: true", "DeletionProtection: false", Wider),
    ("AWS::RDS::DBInstance", "DeletionProtection: true", "Engine: e", Wider),
    ("AWS::RDS::DBInstance", "DeletionProtection: 'true'", "DeletionProtection: true", Nothing),
    ("AWS::RDS::DBInstance", "StorageEncrypted: true", "StorageEncrypted: false", Wider),
    ("AWS::RDS::DBInstance", "BackupRetentionPeriod: 7", "BackupRetentionPeriod: 1", Wider),
    ("AWS::RDS::DBInstance", "BackupRetentionPeriod: 7", "BackupRetentionPeriod: 14", Nothing),
    ("AWS::EC2::Subnet", "MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true", Wider),
    ("AWS::Logs::LogGroup", "RetentionInDays: 30", "RetentionInDays: 7", Wider),
    ("AWS::Logs::LogGroup", "RetentionInDays: 7", "LogGroupName: l", Nothing),
    ("AWS::Logs::LogGroup", "LogGroupName: l", "RetentionInDays: 365", Wider),
    ("AWS::DynamoDB::Table", "DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false", Wider),
    (
        "AWS::DynamoDB::Table",
        "PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }",
        "PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false }",
        Wider,
    ),
    ("AWS::SNS::Topic", "KmsMasterKeyId: k", "TopicName: t", Wider),
    ("AWS::SQS::Queue", "QueueName: q", "SqsManagedSseEnabled: false", Wider),
    ("AWS::KMS::Key", "EnableKeyRotation: true", "EnableKeyRotation: false", Wider),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig: { ViewerCertificate: { MinimumProtocolVersion: TLSv1.2_2021 } }",
        "DistributionConfig: { ViewerCertificate: { MinimumProtocolVersion: TLSv1.1_2016 } }",
        Wider,
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig: { ViewerCertificate: { MinimumProtocolVersion: TLSv1.2_2021 } }",
        "DistributionConfig: { ViewerCertificate: { MinimumProtocolVersion: TLSv1.3_2025 } }",
        Nothing,
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig: { DefaultCacheBehavior: { ViewerProtocolPolicy: https-only } }",
        "DistributionConfig: { DefaultCacheBehavior: { ViewerProtocolPolicy: redirect-to-https } }",
        Nothing,
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig: { CacheBehaviors: [{ PathPattern: a, ViewerProtocolPolicy: https-only }] }",
        "DistributionConfig: { CacheBehaviors: [{ PathPattern: b, ViewerProtocolPolicy: https-only }, { PathPattern: a, ViewerProtocolPolicy: allow-all }] }",
        Wider,
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig: { Origins: [{ Id: a, OriginAccessControlId: o }, { Id: b }] }",
        "DistributionConfig: { Origins: [{ Id: b }, { Id: a, OriginAccessControlId: p }] }",
        Nothing,
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig: { Origins: [{ Id: a, OriginAccessControlId: o }] }",
        "DistributionConfig: { Origins: [{ Id: a, OriginAccessControlId: '' }] }",
        Wider,
    ),
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig: { WebACLId: w }",
        "DistributionConfig: { Enabled: true }",
        Wider,
    ),
    (
        "AWS::ApiGatewayV2::DomainName",
        "DomainNameConfigurations: [{ SecurityPolicy: TLS_1_2 }]",
        "DomainNameConfigurations: [{ SecurityPolicy: TLS_1_0 }]",
        Wider,
    ),
    (
        "AWS::ApiGatewayV2::Api",
        "CorsConfiguration: { AllowOrigins: ['https://a'], AllowCredentials: true }",
        "CorsConfiguration: { AllowOrigins: ['*'], AllowCredentials: true }",
        Wider,
    ),
    (
        "AWS::ApiGatewayV2::Api",
        "CorsConfiguration: { AllowOrigins: ['https://a'], AllowCredentials: true }",
        "CorsConfiguration: { AllowOrigins: ['*'] }",
        Nothing,
    ),
    ("AWS::IAM::Role", "MaxSessionDuration: 3600", "MaxSessionDuration: 43200", Wider),
    ("AWS::IAM::Role", "MaxSessionDuration: 7200", "Path: /", Nothing),
    ("AWS::IAM::Role", "PermissionsBoundary: b", "Path: /", Wider),
];

fn resource(kind: &str, properties: &str) -> String {
    let properties = if properties.starts_with('{') { properties.to_owned() } else { format!("{{ {properties} }}") };
    format!("Resources:\n  X: {{ Type: '{kind}', Properties: {properties} }}\n  Y: {{ Type: AWS::SNS::Topic }}\n")
}

#[test]
fn settings_that_change() {
    for (kind, old, new, expected) in CHANGED {
        let found = between(&resource(kind, old), &resource(kind, new));
        assert_eq!(verdict_of(&found), expected, "{kind}: {old} -> {new}: {found:#?}");
        let back = between(&resource(kind, new), &resource(kind, new));
        assert_eq!(back, [], "{kind}: {new}");
    }
}

/// Whole resources that come.
const NEW: [Pair; 18] = [
    (
        "a setting that a condition leaves out",
        "X: { Type: AWS::RDS::DBInstance, Properties: { DeletionProtection: true } }",
        "X: { Type: AWS::RDS::DBInstance, Properties: { DeletionProtection: !If [Big, true, !Ref AWS::NoValue] } }",
        Wider,
    ),
    (
        "a setting that a condition left out",
        "X: { Type: AWS::RDS::DBInstance, Properties: { DeletionProtection: !If [Big, true, !Ref AWS::NoValue] } }",
        "X: { Type: AWS::RDS::DBInstance, Properties: { DeletionProtection: true } }",
        Nothing,
    ),
    (
        "a part that a condition leaves out",
        "X: { Type: AWS::DynamoDB::Table, Properties: { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } } }",
        "X: { Type: AWS::DynamoDB::Table, Properties: { PointInTimeRecoverySpecification: !If [Big, { PointInTimeRecoveryEnabled: true }, !Ref AWS::NoValue] } }",
        Wider,
    ),
    (
        "a block of public access under a condition",
        "X: { Type: AWS::S3::Bucket, Properties: { PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true } } }",
        "X: { Type: AWS::S3::Bucket, Properties: { PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: !If [Big, true, false], IgnorePublicAcls: true, RestrictPublicBuckets: true } } }",
        Wider,
    ),
    ("a URL for everyone", "", "X: { Type: AWS::Lambda::Url, Properties: { AuthType: NONE } }", Wider),
    ("a URL for some", "", "X: { Type: AWS::Lambda::Url, Properties: { AuthType: AWS_IAM } }", Nothing),
    ("a route for everyone", "", "X: { Type: AWS::ApiGatewayV2::Route, Properties: { RouteKey: k } }", Wider),
    (
        "a method for everyone",
        "",
        "X: { Type: AWS::ApiGateway::Method, Properties: { HttpMethod: GET, AuthorizationType: NONE } }",
        Wider,
    ),
    (
        "a preflight",
        "",
        "X: { Type: AWS::ApiGateway::Method, Properties: { HttpMethod: OPTIONS, AuthorizationType: NONE } }",
        Nothing,
    ),
    ("a bucket", "", "X: { Type: AWS::S3::Bucket }", Nothing),
    (
        "a bucket that blocks nothing",
        "",
        "X: { Type: AWS::S3::Bucket, Properties: { PublicAccessBlockConfiguration: { BlockPublicPolicy: false } } }",
        Wider,
    ),
    (
        "a table without protection",
        "",
        "X: { Type: AWS::DynamoDB::Table, Properties: { DeletionProtectionEnabled: false } }",
        Nothing,
    ),
    (
        "a database with a public address",
        "",
        "X: { Type: AWS::RDS::DBInstance, Properties: { PubliclyAccessible: true } }",
        Wider,
    ),
    ("a database", "", "X: { Type: AWS::RDS::DBInstance }", Nothing),
    (
        "a subnet with public addresses",
        "",
        "X: { Type: AWS::EC2::Subnet, Properties: { MapPublicIpOnLaunch: true } }",
        Wider,
    ),
    (
        "an association that goes",
        "X: { Type: AWS::WAFv2::WebACLAssociation, Properties: { ResourceArn: !Ref Y, WebACLArn: w } }",
        "",
        Wider,
    ),
    (
        "an association that goes with what it guards",
        "Z: { Type: AWS::SNS::Topic }
  X: { Type: AWS::WAFv2::WebACLAssociation, Properties: { ResourceArn: !Ref Z, WebACLArn: w } }",
        "",
        Nothing,
    ),
    (
        "a setting under a condition that it had before",
        "X: { Type: AWS::EC2::Subnet, Properties: { MapPublicIpOnLaunch: !If [Big, true, false] } }",
        "X: { Type: AWS::EC2::Subnet, Properties: { MapPublicIpOnLaunch: !If [Big, true, false], CidrBlock: c } }",
        Nothing,
    ),
];

#[test]
fn settings_of_what_comes_and_goes() {
    judge(&NEW, |resources| {
        format!(
            "Conditions: {{ Big: !Equals [!Ref AWS::Region, x] }}\nResources:\n  Y: {{ Type: AWS::SNS::Topic }}\n  {resources}\n"
        )
    });
}

#[test]
fn a_place_is_told_as_the_template_has_it() {
    let found = between(
        &resource(
            "AWS::CloudFront::Distribution",
            "DistributionConfig: { Origins: [{ Id: z }, { Id: a, OriginAccessControlId: o }] }",
        ),
        &resource("AWS::CloudFront::Distribution", "DistributionConfig: { Origins: [{ Id: z }, { Id: a }] }"),
    );
    assert_eq!(found[0].path, "Properties.DistributionConfig.Origins[1].OriginAccessControlId");
}
