//! A large template that fails at each of its resources in turn, and leaves nothing behind.

use std::fmt::Write as _;

use super::*;
use crate::settings::{Fault, FaultAction};

/// Resources of which there are several.
const REPEATED: usize = 4;

/// 44 resources of the services; `value` stands in a property of every one that can change in place.
fn template(value: &str) -> String {
    let mut text = format!(
        r"
Resources:
  Managed: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{Version: '2012-10-17', Statement: [{{Sid: {value}, Effect: Allow, Action: 'a:D', Resource: '*'}}]}}}}}}
  Access: {{Type: AWS::CloudFront::OriginAccessControl, Properties: {{OriginAccessControlConfig: {{Name: a, Description: {value}, OriginAccessControlOriginType: s3, SigningBehavior: always, SigningProtocol: sigv4}}}}}}
  Headers: {{Type: AWS::CloudFront::ResponseHeadersPolicy, Properties: {{ResponseHeadersPolicyConfig: {{Name: h, Comment: {value}, CustomHeadersConfig: {{Items: [{{Header: x-a, Value: b, Override: true}}]}}}}}}}}
  Requests: {{Type: AWS::CloudFront::OriginRequestPolicy, Properties: {{OriginRequestPolicyConfig: {{Name: o, Comment: {value}, CookiesConfig: {{CookieBehavior: none}}, HeadersConfig: {{HeaderBehavior: none}}, QueryStringsConfig: {{QueryStringBehavior: all}}}}}}}}
"
    );
    for index in 0..REPEATED {
        // Formatting into a text cannot fail.
        let _ = write!(
            text,
            r"  Role{index}:
    Type: AWS::IAM::Role
    Properties:
      Description: {value}
      AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}]}}
      ManagedPolicyArns: [!Ref Managed]
  Inline{index}: {{Type: AWS::IAM::RolePolicy, Properties: {{PolicyName: own, RoleName: !Ref Role{index}, PolicyDocument: {{Version: '2012-10-17', Statement: [{{Sid: {value}, Effect: Allow, Action: 'a:C', Resource: '*'}}]}}}}}}
  Logs{index}: {{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: /logs/{index}, Tags: [{{Key: value, Value: {value}}}]}}}}
  Topic{index}: {{Type: AWS::SNS::Topic, Properties: {{TopicName: topic-{index}, DisplayName: {value}}}}}
  TopicPolicy{index}: {{Type: AWS::SNS::TopicInlinePolicy, Properties: {{TopicArn: !Ref Topic{index}, PolicyDocument: {{Version: '2012-10-17', Statement: [{{Sid: {value}, Effect: Allow, Principal: {{Service: s3.amazonaws.com}}, Action: 'sns:Publish', Resource: !Ref Topic{index}}}]}}}}}}
  Subscription{index}: {{Type: AWS::SNS::Subscription, Properties: {{TopicArn: !Ref Topic{index}, Protocol: email, Endpoint: a@example.com, FilterPolicy: {{kind: [{value}]}}}}}}
  Bucket{index}:
    Type: AWS::S3::Bucket
    DependsOn: TopicPolicy{index}
    Properties:
      BucketName: bucket-number-{index}
      Tags: [{{Key: value, Value: {value}}}]
      NotificationConfiguration: {{TopicConfigurations: [{{Event: 's3:ObjectCreated:*', Topic: !Ref Topic{index}}}]}}
  BucketPolicy{index}: {{Type: AWS::S3::BucketPolicy, Properties: {{Bucket: !Ref Bucket{index}, PolicyDocument: {{Version: '2012-10-17', Statement: [{{Sid: {value}, Effect: Deny, Principal: '*', Action: 's3:*', Resource: !Sub '${{Bucket{index}.Arn}}/*', Condition: {{Bool: {{'aws:SecureTransport': false}}}}}}]}}}}}}
  Cache{index}: {{Type: AWS::CloudFront::CachePolicy, Properties: {{CachePolicyConfig: {{Name: c{index}, Comment: {value}, DefaultTTL: 60, MaxTTL: 60, MinTTL: 1, ParametersInCacheKeyAndForwardedToOrigin: {{CookiesConfig: {{CookieBehavior: none}}, HeadersConfig: {{HeaderBehavior: none}}, QueryStringsConfig: {{QueryStringBehavior: none}}, EnableAcceptEncodingGzip: true}}}}}}}}
  Site{index}:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Comment: {value}
        Origins: [{{Id: site, DomainName: !GetAtt Bucket{index}.RegionalDomainName, OriginAccessControlId: !GetAtt Access.Id, S3OriginConfig: {{}}}}]
        DefaultCacheBehavior: {{TargetOriginId: site, ViewerProtocolPolicy: allow-all, CachePolicyId: !Ref Cache{index}, ResponseHeadersPolicyId: !Ref Headers, OriginRequestPolicyId: !Ref Requests}}
"
        );
    }
    text
}

fn logical_ids() -> Vec<String> {
    let template = stack_plan::Template::parse(&template("v")).unwrap();
    template.resources.keys().cloned().collect()
}

impl World {
    /// Everything that is in the services, by name.
    fn inventory(&self) -> Vec<String> {
        let cloud = &self.cloud;
        let roles = cloud.iam.roles().into_iter().map(|role| format!("role {} {:?}", role.name, role.policies.keys()));
        let policies = cloud.iam.policies().into_iter().map(|policy| format!("policy {}", policy.name));
        let groups = cloud.logs.groups("").into_iter().map(|group| format!("log group {}", group.name));
        let topics = cloud.sns.topics().into_iter().map(|topic| format!("topic {} {:?}", topic.name, topic.attributes));
        let subscriptions = cloud.sns.subscriptions().into_iter().map(|one| format!("subscription {}", one.arn));
        let buckets = cloud.s3.list_bucket_names().into_iter().map(|name| format!("bucket {name}"));
        let sites =
            cloud.cloudfront.distributions_view().into_iter().map(|site| format!("site {} {}", site.id, site.comment));
        let parts = cloud.cloudfront.part_ids().into_iter().map(|id| format!("part {id}"));
        let all = roles.chain(policies).chain(groups).chain(topics).chain(subscriptions).chain(buckets);
        all.chain(sites).chain(parts).collect()
    }

    fn break_at(&self, action: FaultAction, logical_id: &str) {
        self.cloud.cloudformation.faults.replace(&[Fault { action, logical_id: logical_id.to_owned() }]);
    }

    async fn send(&self, action: &str, body: &str) -> String {
        let fields = [("StackName", "s"), ("TemplateBody", body), ("Capabilities.member.1", "CAPABILITY_IAM")];
        self.ok(action, &fields).await;
        self.settle().await;
        self.status("s").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_that_fails_anywhere_leaves_nothing_in_any_service() {
    assert_eq!(logical_ids().len(), 44);
    let world = World::new();
    for id in logical_ids() {
        world.break_at(FaultAction::Create, &id);
        assert_eq!(
            world.send("CreateStack", &template("one")).await,
            "ROLLBACK_COMPLETE",
            "{id}: {:#?}",
            world.events()
        );
        assert_eq!(world.inventory(), Vec::<String>::new(), "{id}");
        world.ok("DeleteStack", &[("StackName", "s")]).await;
        world.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_fails_anywhere_leads_back_to_what_was() {
    let world = World::new();
    assert_eq!(world.send("CreateStack", &template("one")).await, "CREATE_COMPLETE", "{:#?}", world.events());
    let before = world.inventory();
    for id in logical_ids() {
        world.break_at(FaultAction::Update, &id);
        let status = world.send("UpdateStack", &template("two")).await;
        assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE", "{id}: {:#?}", world.events());
        assert_eq!(world.inventory(), before, "{id}");
        world.ok("DetectStackDrift", &[("StackName", "s")]).await;
        let stack = world.ok("DescribeStacks", &[("StackName", "s")]).await;
        assert_eq!(stack.field("StackDriftStatus"), "IN_SYNC", "{id}");
    }
    world.break_at(FaultAction::Delete, "Role2");
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "DELETE_FAILED");
    world.cloud.cloudformation.faults.replace(&[]);
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.inventory(), Vec::<String>::new());
}
