//! A template of thirty resources, and one mistake at a time in it.

use std::path::{Path, PathBuf};

use super::*;

/// What is replaced, by what, and the code of the finding on the line of the replacement.
const MUTATIONS: [(&str, &str, &str); 79] = [
    // Types and sections.
    ("  Topic: {Type: AWS::SNS::Topic,", "  Topic: {Type: AWS::SNS::Topik,", "template-unknown-type"),
    (
        "Type: AWS::CloudFront::OriginAccessControl",
        "Type: AWS::Cloudfront::OriginAccessControl",
        "template-unknown-type",
    ),
    ("\nOutputs:\n", "\nOutput:\n", "template-unknown-property"),
    ("AWSTemplateFormatVersion: '2010-09-09'", "AWSTemplateFormatVersion: '2012-10-17'", "template-not-allowed"),
    ("    DeletionPolicy: RetainExceptOnCreate", "    DeletionPolicy: Keep", "template-not-allowed"),
    (
        "    DependsOn: [ImagesBucketPermission, TopicPolicy]",
        "    DependsOn: [ImagesBucketPermision, TopicPolicy]",
        "template-unknown-name",
    ),
    (
        "    DependsOn: [ImagesBucketPermission, TopicPolicy]",
        "    DependOn: [ImagesBucketPermission, TopicPolicy]",
        "template-unknown-property",
    ),
    // Names of properties.
    ("      BucketName: !Sub images", "      BuckeName: !Sub images", "template-unknown-property"),
    ("      MemorySize: 512", "      Memory: 512", "template-unknown-property"),
    (
        "{BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}\n      OwnershipControls",
        "{BlockPublicAcl: true}\n      OwnershipControls",
        "template-unknown-property",
    ),
    ("{PointInTimeRecoveryEnabled: true}", "{PointInTimeRecovery: true}", "template-unknown-property"),
    // Enumerations.
    (
        "      Runtime: provided.al2023\n      Handler: bootstrap\n      Architectures: [arm64]\n      Role: !GetAtt ThumbRole.Arn",
        "      Runtime: provided.al2024\n      Handler: bootstrap\n      Architectures: [arm64]\n      Role: !GetAtt ThumbRole.Arn",
        "template-not-allowed",
    ),
    ("      BillingMode: PAY_PER_REQUEST", "      BillingMode: PER_REQUEST", "template-not-allowed"),
    ("AttributeType: S}, {AttributeName: sk", "AttributeType: X}, {AttributeName: sk", "template-not-allowed"),
    ("StreamViewType: NEW_AND_OLD_IMAGES", "StreamViewType: EVERYTHING", "template-not-allowed"),
    ("ObjectOwnership: BucketOwnerEnforced", "ObjectOwnership: BucketOwner", "template-not-allowed"),
    ("SigningProtocol: sigv4", "SigningProtocol: sigv5", "template-pattern"),
    ("        HttpVersion: http2and3", "        HttpVersion: http4", "template-not-allowed"),
    ("ViewerProtocolPolicy: redirect-to-https", "ViewerProtocolPolicy: https", "template-not-allowed"),
    ("RetentionInDays: 30}}\n  ApiLogs", "RetentionInDays: 31}}\n  ApiLogs", "template-not-allowed"),
    (
        "Architectures: [arm64]\n      Role: !GetAtt ThumbRole.Arn",
        "Architectures: [arm65]\n      Role: !GetAtt ThumbRole.Arn",
        "template-not-allowed",
    ),
    ("LogFormat: JSON", "LogFormat: XML", "template-not-allowed"),
    ("KeyType: HASH}, {AttributeName: sk", "KeyType: HASHES}, {AttributeName: sk", "template-alternatives"),
    ("Effect: Deny", "Effect: Refuse", "template-not-allowed"),
    // Types of values.
    ("      Timeout: 30", "      Timeout: soon", "template-wrong-type"),
    ("      MemorySize: 512", "      MemorySize: [512]", "template-wrong-type"),
    ("        Enabled: true", "        Enabled: maybe", "template-wrong-type"),
    ("        Aliases: [!Sub 'www.${Domain}']", "        Aliases: {Name: www}", "template-wrong-type"),
    ("VisibilityTimeout: 180", "VisibilityTimeout: {Seconds: 180}", "template-wrong-type"),
    ("      Topics: [!Ref Topic]", "      Topics: !Ref Topic", "template-wrong-type"),
    (
        "      Handler: bootstrap\n      Architectures: [arm64]\n      Role: !GetAtt ApiRole.Arn",
        "      Handler: [bootstrap]\n      Architectures: [arm64]\n      Role: !GetAtt ApiRole.Arn",
        "template-wrong-type",
    ),
    // Ranges and lengths.
    ("      MemorySize: 512", "      MemorySize: 64", "template-range"),
    ("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 1209601", "template-range"),
    ("VisibilityTimeout: 180", "VisibilityTimeout: 43201", "template-range"),
    ("maxReceiveCount: 5", "maxReceiveCounts: 5", "template-unknown-property"),
    ("LogGroupName: !Sub '/aws/lambda/thumb-${Suffix}'", "LogGroupName: ''", "template-count"),
    ("{Id: a, Arn: !GetAtt ApiFn.Arn}", "{Id: '', Arn: !GetAtt ApiFn.Arn}", "template-count"),
    // Patterns and formats.
    ("      FunctionName: !Sub thumb-${Suffix}", "      FunctionName: thumb images", "template-pattern"),
    (
        "      BucketName: !Sub images-${AWS::AccountId}-${Suffix}",
        "      BucketName: Images_Bucket",
        "template-pattern",
    ),
    (
        "Action: lambda:InvokeFunction\n      Principal: s3.amazonaws.com",
        "Action: InvokeFunction\n      Principal: s3.amazonaws.com",
        "template-pattern",
    ),
    ("SourceAccount: !Ref AWS::AccountId", "SourceAccount: 12345", "template-pattern"),
    (
        "{S3Bucket: !Ref CodeBucket, S3Key: thumb/0123456789abcdef.zip}",
        "{S3Bucket: My_Bucket, S3Key: thumb.zip}",
        "template-format",
    ),
    // What is missing.
    ("      Role: !GetAtt ThumbRole.Arn\n", "", "template-missing-property"),
    (
        "      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]\n",
        "",
        "template-missing-property",
    ),
    ("            DomainName: !GetAtt SiteBucket.RegionalDomainName\n", "", "template-missing-property"),
    (", Protocol: sqs, Endpoint", ", Endpoint", "template-missing-property"),
    ("RouteKey: 'GET /items', ", "", "template-missing-property"),
    ("PolicyName: main\n          PolicyDocument:\n", "PolicyDocument:\n", "template-missing-property"),
    (
        "{Effect: Allow, Action: ['s3:GetObject'], Resource",
        "{Action: ['s3:GetObject'], Resource",
        "template-missing-property",
    ),
    ("            Action: s3:GetObject\n", "", "template-one-of"),
    ("            Resource: !Sub ${SiteBucket.Arn}/*\n", "", "template-one-of"),
    // Keys that are there twice.
    ("      Timeout: 30\n", "      Timeout: 30\n      Timeout: 60\n", "template-duplicate-key"),
    (
        "  Domain: {Type: String, Default: example.com}",
        "  Domain: {Type: String, Default: example.com}\n  Suffix: {Type: String}",
        "template-duplicate-key",
    ),
    // References.
    ("!GetAtt ThumbFn.Arn\n      Action", "!GetAtt ThumbFn.Arnn\n      Action", "template-unknown-attribute"),
    (
        "!GetAtt Cdn.DomainName, HostedZoneId: Z2FDTNDATAQYW2}}}\n  Alias6",
        "!GetAtt Cdn.Domain, HostedZoneId: Z2FDTNDATAQYW2}}}\n  Alias6",
        "template-unknown-attribute",
    ),
    ("!GetAtt Dlq.Arn", "!GetAtt Dlqq.Arn", "template-unknown-name"),
    ("      Bucket: !Ref SiteBucket", "      Bucket: !Ref SiteBuckett", "template-unknown-name"),
    ("SourceAccount: !Ref AWS::AccountId", "SourceAccount: !Ref AWS::Account", "template-unknown-name"),
    ("!Sub 'site-${Suffix}'", "!Sub 'site-${Sufix}'", "template-unknown-name"),
    ("!Sub 'integrations/${ApiInt}'", "!Sub 'integrations/${ApiInt.Idd}'", "template-unknown-attribute"),
    ("  Url: {Value: !GetAtt Api.ApiEndpoint}", "  Url: {Value: !GetAtt Api.Endpoint}", "template-unknown-attribute"),
    ("Role: !GetAtt ApiRole.Arn", "Role: !GetAtt [ApiRole]", "invalid-function"),
    ("!Sub '${ThumbLogs.Arn}'", "!Join ['${ThumbLogs.Arn}']", "invalid-function"),
    // The wrong kind of target.
    ("Role: !GetAtt ThumbRole.Arn", "Role: !GetAtt Table.Arn", "template-wrong-target"),
    // Circles.
    (
        "      SourceArn: !Sub arn:${AWS::Partition}:s3:::images-${AWS::AccountId}-${Suffix}\n",
        "      SourceArn: !GetAtt ImagesBucket.Arn\n",
        "circular-dependency",
    ),
    // Keys of the table.
    (
        "AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]",
        "AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]",
        "template-contradiction",
    ),
    (
        "KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]",
        "KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: other, KeyType: RANGE}]",
        "template-contradiction",
    ),
    // Schedules.
    ("ScheduleExpression: rate(1 hour)", "ScheduleExpression: rate(1 hours)", "template-schedule"),
    ("ScheduleExpression: rate(1 hour)", "ScheduleExpression: cron(0 12 * * *)", "template-schedule"),
    ("ScheduleExpression: rate(1 hour)", "ScheduleExpression: cron(0 25 * * ? *)", "template-schedule"),
    // Policies.
    ("Action: ['s3:GetObject']", "Action: ['s3:GetObjekt']", "template-unknown-action"),
    ("'dynamodb:PutItem', 'dynamodb:UpdateItem'", "'dynamo:PutItem', 'dynamodb:UpdateItem'", "template-unknown-action"),
    ("Action: sns:Publish", "Action: publish", "template-unknown-action"),
    ("Resource: !GetAtt ApiLogs.Arn", "Resource: logs", "template-format"),
    // Limits that lie between properties.
    ("      Timeout: 30", "      Timeout: 901", "template-rule"),
    ("      BillingMode: PAY_PER_REQUEST", "      BillingMode: PROVISIONED", "template-rule"),
    ("VisibilityTimeout: 180, ", "FifoQueue: true, VisibilityTimeout: 180, ", "template-rule"),
    (
        "Alias4: {Type: AWS::Route53::RecordSet, Properties: {",
        "Alias4: {Type: AWS::Route53::RecordSet, Properties: {TTL: '300', ",
        "template-rule",
    ),
    ("TargetOriginId: site,", "TargetOriginId: sight,", "template-unknown-name"),
];

/// The template, which lies beside the repository, if it is there.
fn reference() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let shared = std::env::var_os("STACK_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let file = shared.join("spec/good30.yaml");
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        println!("skipped: there is no {}", file.display());
    }
    text
}

#[test]
fn the_reference_has_no_finding() {
    let Some(text) = reference() else { return };
    assert_eq!(findings(&text), Vec::<String>::new());
}

#[test]
fn every_mistake_is_found_on_its_line() {
    let Some(text) = reference() else { return };
    let mut missed = Vec::new();
    for (from, to, code) in MUTATIONS {
        let Some(start) = text.find(from) else {
            missed.push(format!("not in the reference: {from}"));
            continue;
        };
        let changed = text.replacen(from, to, 1);
        // The change may begin with lines that stay as they are.
        let same = from.bytes().zip(to.bytes()).take_while(|(one, other)| one == other).count();
        let line = text[..start + same].matches('\n').count() + 1;
        let end = line + to[same..].lines().count().saturating_sub(1);
        let found = findings(&changed);
        // What is missing is missed at the object around it, a line or two before; a circle has a place of its own.
        let is_near = |found: &String| {
            let at: usize = found.split(':').next().unwrap().parse().unwrap();
            let around = matches!(
                code,
                "template-missing-property"
                    | "template-one-of"
                    | "template-contradiction"
                    | "template-rule"
                    | "template-alternatives"
            );
            code == "circular-dependency" || (at <= end && at + if around { 6 } else { 0 } >= line)
        };
        if !found.iter().any(|found| found.ends_with(code) && is_near(found)) {
            missed.push(format!("line {line}, {code}: {from:?} -> {to:?}: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
