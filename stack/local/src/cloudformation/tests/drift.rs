use serde_json::json;

use super::*;
use crate::cloudformation::kinds::ResourceKind;
use crate::cloudformation::provider::ResourceContext;

const TEMPLATE: &str = r"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}
      Policies:
        - PolicyName: inline
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'logs:PutLogEvents', Resource: '*'}]}
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess', !Ref Managed]
      Tags: [{Key: team, Value: a}]
  Policy: {Type: AWS::IAM::Policy, Properties: {PolicyName: added, Roles: [!Ref Role], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: ['a:B'], Resource: '*'}]}}}
  Inline: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: own, RoleName: !Ref Role, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'a:C', Resource: '*'}]}}}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'a:D', Resource: '*'}]}}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /l, RetentionInDays: 7}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: drifting
      BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}
      CorsConfiguration: {CorsRules: [{AllowedMethods: [GET, PUT], AllowedOrigins: ['*'], AllowedHeaders: ['*'], MaxAge: '30'}]}
      LifecycleConfiguration: {Rules: [{Id: old, Status: Enabled, Prefix: tmp/, ExpirationInDays: 3, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}}]}
      NotificationConfiguration: {TopicConfigurations: [{Event: 's3:ObjectCreated:*', Topic: !Ref Topic, Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}}]}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      VersioningConfiguration: {Status: Enabled}
      WebsiteConfiguration: {IndexDocument: index.html, ErrorDocument: 404.html}
    DependsOn: TopicPolicy
  BucketPolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Deny, Principal: '*', Action: 's3:*', Resource: !Sub '${Bucket.Arn}/*', Condition: {Bool: {'aws:SecureTransport': false}}}]}}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t, DisplayName: Topic}}
  TopicPolicy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: 'sns:Publish', Resource: !Ref Topic}]}}}
  Other: {Type: AWS::SNS::Topic, Properties: {TopicName: o}}
  OtherPolicy: {Type: AWS::SNS::TopicInlinePolicy, Properties: {TopicArn: !Ref Other, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: 'sns:Publish', Resource: !Ref Other}]}}}
  Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: a@example.com, FilterPolicy: {kind: [x]}}}
  Access: {Type: AWS::CloudFront::OriginAccessControl, Properties: {OriginAccessControlConfig: {Name: a, OriginAccessControlOriginType: s3, SigningBehavior: always, SigningProtocol: sigv4}}}
  Cache: {Type: AWS::CloudFront::CachePolicy, Properties: {CachePolicyConfig: {Name: c, DefaultTTL: 60, MaxTTL: 60, MinTTL: 1, ParametersInCacheKeyAndForwardedToOrigin: {CookiesConfig: {CookieBehavior: none}, HeadersConfig: {HeaderBehavior: none}, QueryStringsConfig: {QueryStringBehavior: none}, EnableAcceptEncodingGzip: true}}}}
  Headers: {Type: AWS::CloudFront::ResponseHeadersPolicy, Properties: {ResponseHeadersPolicyConfig: {Name: h, CustomHeadersConfig: {Items: [{Header: x-a, Value: b, Override: true}]}}}}
  Requests: {Type: AWS::CloudFront::OriginRequestPolicy, Properties: {OriginRequestPolicyConfig: {Name: o, CookiesConfig: {CookieBehavior: none}, HeadersConfig: {HeaderBehavior: none}, QueryStringsConfig: {QueryStringBehavior: all}}}}
  Distribution:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{Id: site, DomainName: !GetAtt Bucket.RegionalDomainName, OriginAccessControlId: !GetAtt Access.Id, S3OriginConfig: {}}]
        DefaultCacheBehavior: {TargetOriginId: site, ViewerProtocolPolicy: allow-all, CachePolicyId: !Ref Cache}
  Waits: {Type: AWS::CloudFormation::WaitConditionHandle}
";

impl World {
    /// Changes a resource behind the back of its stack.
    pub(super) async fn put_by_service(
        &self,
        resource_type: &str,
        physical_id: &str,
        old: &serde_json::Value,
        new: &serde_json::Value,
    ) {
        let context = ResourceContext {
            cloud: Arc::clone(&self.cloud),
            account: self.cloud.account.clone(),
            region: "eu-central-1".to_owned(),
            stack_name: "elsewhere".to_owned(),
            logical_id: "Other".to_owned(),
            tags: std::collections::BTreeMap::new(),
        };
        ResourceKind::of(resource_type).unwrap().update(&context, physical_id, old, new).await.unwrap();
    }
}

/// `Resource STATUS` and the differences of every resource.
pub(super) async fn found(world: &World, stack: &str) -> Vec<String> {
    let detected = world.ok("DetectStackDrift", &[("StackName", stack)]).await.field("StackDriftDetectionId");
    let status = world.ok("DescribeStackDriftDetectionStatus", &[("StackDriftDetectionId", &detected)]).await;
    let mut lines = vec![format!("{} {}", status.field("StackDriftStatus"), status.field("DriftedStackResourceCount"))];
    let drifts = world.ok("DescribeStackResourceDrifts", &[("StackName", stack)]).await;
    for member in drifts.body.split("<member><StackId>").skip(1) {
        let member = Answered { status: 200, body: member.to_owned() };
        lines.push(format!("{} {}", member.field("LogicalResourceId"), member.field("StackResourceDriftStatus")));
        let (kinds, paths) = (member.fields("DifferenceType"), member.fields("PropertyPath"));
        let (expected, actual) = (member.fields("ExpectedValue"), member.fields("ActualValue"));
        for index in 0..kinds.len() {
            lines.push(format!("  {} {} {} -> {}", kinds[index], paths[index], expected[index], actual[index]));
        }
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_just_made_is_in_sync_and_changes_through_the_services_are_seen() {
    let world = World::new();
    let fields = [
        ("StackName", "s"),
        ("TemplateBody", TEMPLATE),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("Tags.member.1.Key", "of-the-stack"),
        ("Tags.member.1.Value", "x"),
    ];
    world.ok("CreateStack", &fields).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:#?}", world.events());
    let described = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(described.field("StackDriftStatus"), "NOT_CHECKED");

    let lines = found(&world, "s").await;
    assert_eq!(lines[0], "IN_SYNC 0", "{lines:#?}");
    assert_eq!(lines.len(), 18, "one for every resource that can be read, and the stack: {lines:#?}");
    assert!(lines[1..].iter().all(|line| line.ends_with(" IN_SYNC")), "{lines:#?}");

    let cloud = &world.cloud;
    let iam = &cloud.iam;
    let other = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "b:X", "Resource": "*"}]});
    iam.change_role("r", |role| {
        role.policies.insert("inline".to_owned(), other.clone());
        role.policies.insert("own".to_owned(), other.clone());
        role.policies.remove("added");
        role.attached.retain(|arn| !arn.contains("ReadOnly"));
        role.tags.insert("team".to_owned(), "b".to_owned());
        Ok(())
    })
    .unwrap();
    cloud.logs.change_group("/l", |group| group.retention_days = None).unwrap();
    let rules = json!({"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 31}]});
    let bucket = json!({"BucketName": "drifting", "CorsConfiguration": rules});
    world.put_by_service("AWS::S3::Bucket", "drifting", &json!({"BucketName": "drifting"}), &bucket).await;
    let topic = "arn:aws:sns:eu-central-1:000000000000:t";
    let named = |name: &str| json!({"TopicName": "t", "DisplayName": name});
    world.put_by_service("AWS::SNS::Topic", topic, &named("Topic"), &named("Changed")).await;
    let lines = found(&world, "s").await;
    insta::assert_snapshot!(lines.join("\n"));
    let described = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(described.field("StackDriftStatus"), "DRIFTED");
    assert!(!described.field("LastCheckTimestamp").is_empty());
    let modified = [("StackName", "s"), ("StackResourceDriftStatusFilters.member.1", "DELETED")];
    let deleted = world.ok("DescribeStackResourceDrifts", &modified).await;
    assert_eq!(deleted.fields("LogicalResourceId"), ["Policy"]);
    let rows = world.ok("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "Logs")]).await;
    assert_eq!(rows.field("StackResourceDriftStatus"), "MODIFIED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_resource_at_a_time_until_it_is_changed_again() {
    let world = World::new();
    world.create(&things(&[("A", "Properties: {Name: a, Value: x}"), ("B", "Properties: {Name: b}")])).await;
    world.cloud.cloudformation.things.existing.lock().unwrap().get_mut("a").unwrap()["Value"] = json!("y");
    let one = [("StackName", "s"), ("LogicalResourceId", "A")];
    let drift = world.ok("DetectStackResourceDrift", &one).await;
    assert_eq!(drift.field("StackResourceDriftStatus"), "MODIFIED");
    assert_eq!(drift.field("ActualProperties"), r#"{"Name":"a","Value":"y"}"#);
    assert_eq!(world.ok("DescribeStackResourceDrifts", &[("StackName", "s")]).await.fields("ResourceType").len(), 1);
    // An update of the resource makes what was found worthless.
    world.update(&things(&[("A", "Properties: {Name: a, Value: z}"), ("B", "Properties: {Name: b}")])).await;
    assert_eq!(world.ok("DescribeStackResource", &one).await.field("StackResourceDriftStatus"), "NOT_CHECKED");
    world.cloud.cloudformation.things.existing.lock().unwrap().remove("a");
    assert_eq!(world.ok("DetectStackResourceDrift", &one).await.field("StackResourceDriftStatus"), "DELETED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_said() {
    let world = World::new();
    world.create(&things(&[("A", ""), ("B", "")])).await;
    world.fail("read A");
    let detected = world.ok("DetectStackDrift", &[("StackName", "s")]).await.field("StackDriftDetectionId");
    let status = world.ok("DescribeStackDriftDetectionStatus", &[("StackDriftDetectionId", &detected)]).await;
    assert_eq!(status.field("DetectionStatus"), "DETECTION_FAILED");
    assert_eq!(status.field("DetectionStatusReason"), "Failed to detect drift on resource(s): [A]");
    assert_eq!(status.field("StackDriftStatus"), "UNKNOWN");
    for (action, fields, refusal) in [
        (
            "DescribeStackDriftDetectionStatus",
            vec![("StackDriftDetectionId", "x")],
            "ValidationError: Stack drift detection status for x does not exist.",
        ),
        ("DetectStackDrift", vec![("StackName", "n")], "ValidationError: Stack [n] does not exist"),
        (
            "DetectStackResourceDrift",
            vec![("StackName", "s"), ("LogicalResourceId", "C")],
            "ValidationError: Resource C does not exist for stack s",
        ),
    ] {
        assert_eq!(world.refused(action, &fields).await, refusal);
    }
}
