//! Mistakes of form: names, types, values, references.

/// What is replaced, by what, and the code of the finding on the line of the replacement.
pub(super) const MUTATIONS: [(&str, &str, &str); 79] = [
    // Types and sections.
    ("  Topic: {Type: AWS::SNS::Topic,", "  Topic: {Type: AWS::SNS::Topik,", "unknown-type"),
    ("Type: AWS::CloudFront::OriginAccessControl", "Type: AWS::Cloudfront::OriginAccessControl", "unknown-type"),
    ("\nOutputs:\n", "\nOutput:\n", "unsupported-property"),
    ("AWSTemplateFormatVersion: '2010-09-09'", "AWSTemplateFormatVersion: '2012-10-17'", "not-allowed"),
    ("    DeletionPolicy: RetainExceptOnCreate", "    DeletionPolicy: Keep", "not-allowed"),
    (
        "    DependsOn: [ImagesBucketPermission, TopicPolicy]",
        "    DependsOn: [ImagesBucketPermision, TopicPolicy]",
        "undeclared-name",
    ),
    (
        "    DependsOn: [ImagesBucketPermission, TopicPolicy]",
        "    DependOn: [ImagesBucketPermission, TopicPolicy]",
        "unsupported-property",
    ),
    // Names of properties.
    ("      BucketName: !Sub images", "      BuckeName: !Sub images", "unsupported-property"),
    ("      MemorySize: 512", "      Memory: 512", "unsupported-property"),
    (
        "{BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}\n      OwnershipControls",
        "{BlockPublicAcl: true}\n      OwnershipControls",
        "unsupported-property",
    ),
    ("{PointInTimeRecoveryEnabled: true}", "{PointInTimeRecovery: true}", "unsupported-property"),
    // Enumerations.
    (
        "      Runtime: provided.al2023\n      Handler: bootstrap\n      Architectures: [arm64]\n      Role: !GetAtt ThumbRole.Arn",
        "      Runtime: provided.al2024\n      Handler: bootstrap\n      Architectures: [arm64]\n      Role: !GetAtt ThumbRole.Arn",
        "not-allowed",
    ),
    ("      BillingMode: PAY_PER_REQUEST", "      BillingMode: PER_REQUEST", "not-allowed"),
    ("AttributeType: S}, {AttributeName: sk", "AttributeType: X}, {AttributeName: sk", "not-allowed"),
    ("StreamViewType: NEW_AND_OLD_IMAGES", "StreamViewType: EVERYTHING", "not-allowed"),
    ("ObjectOwnership: BucketOwnerEnforced", "ObjectOwnership: BucketOwner", "not-allowed"),
    ("SigningProtocol: sigv4", "SigningProtocol: sigv5", "pattern-mismatch"),
    ("        HttpVersion: http2and3", "        HttpVersion: http4", "not-allowed"),
    ("ViewerProtocolPolicy: redirect-to-https", "ViewerProtocolPolicy: https", "not-allowed"),
    ("RetentionInDays: 30}}\n  ApiLogs", "RetentionInDays: 31}}\n  ApiLogs", "not-allowed"),
    (
        "Architectures: [arm64]\n      Role: !GetAtt ThumbRole.Arn",
        "Architectures: [arm65]\n      Role: !GetAtt ThumbRole.Arn",
        "not-allowed",
    ),
    ("LogFormat: JSON", "LogFormat: XML", "not-allowed"),
    ("KeyType: HASH}, {AttributeName: sk", "KeyType: HASHES}, {AttributeName: sk", "wrong-form"),
    ("Effect: Deny", "Effect: Refuse", "not-allowed"),
    // Types of values.
    ("      Timeout: 30", "      Timeout: soon", "type-mismatch"),
    ("      MemorySize: 512", "      MemorySize: [512]", "type-mismatch"),
    ("        Enabled: true", "        Enabled: maybe", "type-mismatch"),
    ("        Aliases: [!Sub 'www.${Domain}']", "        Aliases: {Name: www}", "type-mismatch"),
    ("VisibilityTimeout: 180", "VisibilityTimeout: {Seconds: 180}", "type-mismatch"),
    ("      Topics: [!Ref Topic]", "      Topics: !Ref Topic", "type-mismatch"),
    (
        "      Handler: bootstrap\n      Architectures: [arm64]\n      Role: !GetAtt ApiRole.Arn",
        "      Handler: [bootstrap]\n      Architectures: [arm64]\n      Role: !GetAtt ApiRole.Arn",
        "type-mismatch",
    ),
    // Ranges and lengths.
    ("      MemorySize: 512", "      MemorySize: 64", "out-of-range"),
    ("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 1209601", "out-of-range"),
    ("VisibilityTimeout: 180", "VisibilityTimeout: 43201", "out-of-range"),
    ("maxReceiveCount: 5", "maxReceiveCounts: 5", "unsupported-property"),
    ("LogGroupName: !Sub '/aws/lambda/thumb-${Suffix}'", "LogGroupName: ''", "wrong-count"),
    ("{Id: a, Arn: !GetAtt ApiFn.Arn}", "{Id: '', Arn: !GetAtt ApiFn.Arn}", "wrong-count"),
    // Patterns and formats.
    ("      FunctionName: !Sub thumb-${Suffix}", "      FunctionName: thumb images", "pattern-mismatch"),
    (
        "      BucketName: !Sub images-${AWS::AccountId}-${Suffix}",
        "      BucketName: Images_Bucket",
        "pattern-mismatch",
    ),
    (
        "Action: lambda:InvokeFunction\n      Principal: s3.amazonaws.com",
        "Action: InvokeFunction\n      Principal: s3.amazonaws.com",
        "pattern-mismatch",
    ),
    ("SourceAccount: !Ref AWS::AccountId", "SourceAccount: 12345", "pattern-mismatch"),
    (
        "{S3Bucket: !Ref CodeBucket, S3Key: thumb/0123456789abcdef.zip}",
        "{S3Bucket: My_Bucket, S3Key: thumb.zip}",
        "wrong-format",
    ),
    // What is missing.
    ("      Role: !GetAtt ThumbRole.Arn\n", "", "missing-property"),
    (
        "      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]\n",
        "",
        "missing-property",
    ),
    ("            DomainName: !GetAtt SiteBucket.RegionalDomainName\n", "", "missing-property"),
    (", Protocol: sqs, Endpoint", ", Endpoint", "missing-property"),
    ("RouteKey: 'GET /items', ", "", "missing-property"),
    ("PolicyName: main\n          PolicyDocument:\n", "PolicyDocument:\n", "missing-property"),
    ("{Effect: Allow, Action: ['s3:GetObject'], Resource", "{Action: ['s3:GetObject'], Resource", "missing-property"),
    ("            Action: s3:GetObject\n", "", "one-of-properties"),
    ("            Resource: !Sub ${SiteBucket.Arn}/*\n", "", "one-of-properties"),
    // Keys that are there twice.
    ("      Timeout: 30\n", "      Timeout: 30\n      Timeout: 60\n", "repeated-key"),
    (
        "  Domain: {Type: String, Default: example.com}",
        "  Domain: {Type: String, Default: example.com}\n  Suffix: {Type: String}",
        "repeated-key",
    ),
    // References.
    ("!GetAtt ThumbFn.Arn\n      Action", "!GetAtt ThumbFn.Arnn\n      Action", "unknown-attribute"),
    (
        "!GetAtt Cdn.DomainName, HostedZoneId: Z2FDTNDATAQYW2}}}\n  Alias6",
        "!GetAtt Cdn.Domain, HostedZoneId: Z2FDTNDATAQYW2}}}\n  Alias6",
        "unknown-attribute",
    ),
    ("!GetAtt Dlq.Arn", "!GetAtt Dlqq.Arn", "undeclared-name"),
    ("      Bucket: !Ref SiteBucket", "      Bucket: !Ref SiteBuckett", "undeclared-name"),
    ("SourceAccount: !Ref AWS::AccountId", "SourceAccount: !Ref AWS::Account", "undeclared-name"),
    ("!Sub 'site-${Suffix}'", "!Sub 'site-${Sufix}'", "undeclared-name"),
    ("!Sub 'integrations/${ApiInt}'", "!Sub 'integrations/${ApiInt.Idd}'", "unknown-attribute"),
    ("  Url: {Value: !GetAtt Api.ApiEndpoint}", "  Url: {Value: !GetAtt Api.Endpoint}", "unknown-attribute"),
    ("Role: !GetAtt ApiRole.Arn", "Role: !GetAtt [ApiRole]", "invalid-function"),
    ("!Sub '${ThumbLogs.Arn}'", "!Join ['${ThumbLogs.Arn}']", "invalid-function"),
    // The wrong kind of target.
    ("Role: !GetAtt ThumbRole.Arn", "Role: !GetAtt Table.Arn", "wrong-target"),
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
        "contradiction",
    ),
    (
        "KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]",
        "KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: other, KeyType: RANGE}]",
        "contradiction",
    ),
    // Schedules.
    ("ScheduleExpression: rate(1 hour)", "ScheduleExpression: rate(1 hours)", "invalid-schedule"),
    ("ScheduleExpression: rate(1 hour)", "ScheduleExpression: cron(0 12 * * *)", "invalid-schedule"),
    ("ScheduleExpression: rate(1 hour)", "ScheduleExpression: cron(0 25 * * ? *)", "invalid-schedule"),
    // Policies.
    ("Action: ['s3:GetObject']", "Action: ['s3:GetObjekt']", "unknown-action"),
    ("'dynamodb:PutItem', 'dynamodb:UpdateItem'", "'dynamo:PutItem', 'dynamodb:UpdateItem'", "unknown-action"),
    ("Action: sns:Publish", "Action: publish", "unknown-action"),
    ("Resource: !GetAtt ApiLogs.Arn", "Resource: logs", "wrong-format"),
    // Limits that lie between properties.
    ("      Timeout: 30", "      Timeout: 901", "broken-rule"),
    ("      BillingMode: PAY_PER_REQUEST", "      BillingMode: PROVISIONED", "broken-rule"),
    ("VisibilityTimeout: 180, ", "FifoQueue: true, VisibilityTimeout: 180, ", "broken-rule"),
    (
        "Alias4: {Type: AWS::Route53::RecordSet, Properties: {",
        "Alias4: {Type: AWS::Route53::RecordSet, Properties: {TTL: '300', ",
        "broken-rule",
    ),
    ("TargetOriginId: site,", "TargetOriginId: sight,", "undeclared-name"),
];
