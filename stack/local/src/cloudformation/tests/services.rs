//! The resource types of the services, made and removed through the engine.

use std::io::Write as _;

use super::*;

/// What the main job needs, in the shape in which the planner renders it.
const TEMPLATE: &str = r"
Parameters:
  ArtifactBucket: {Type: String}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/lambda/s-f, RetentionInDays: 7}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}
      Policies:
        - PolicyName: main
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'logs:PutLogEvents', Resource: !GetAtt Logs.Arn}]}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: s-f
      Runtime: provided.al2023
      Handler: bootstrap
      Role: !GetAtt Role.Arn
      Code: {S3Bucket: !Ref ArtifactBucket, S3Key: f.zip}
      LoggingConfig: {LogGroup: !Ref Logs}
  Invoke: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Function, Qualifier: $LATEST, MaximumRetryAttempts: 1}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !GetAtt Function.Arn
      Action: lambda:InvokeFunction
      Principal: s3.amazonaws.com
      SourceAccount: !Ref AWS::AccountId
      SourceArn: !Sub arn:${AWS::Partition}:s3:::uploads-1
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: s-topic}}
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: sns:Publish, Resource: !Ref Topic, Condition: {ArnLike: {'aws:SourceArn': 'arn:aws:s3:::uploads-1'}}}]
  Uploads:
    Type: AWS::S3::Bucket
    DependsOn: [Permission, TopicPolicy]
    Properties:
      BucketName: uploads-1
      NotificationConfiguration:
        LambdaConfigurations: [{Event: 's3:ObjectCreated:*', Function: !GetAtt Function.Arn}]
        TopicConfigurations: [{Event: 's3:ObjectRemoved:*', Topic: !Ref Topic}]
  Site: {Type: AWS::S3::Bucket, Properties: {BucketName: site-1}}
  Access: {Type: AWS::CloudFront::OriginAccessControl, Properties: {OriginAccessControlConfig: {Name: site, OriginAccessControlOriginType: s3, SigningBehavior: always, SigningProtocol: sigv4}}}
  Distribution:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{Id: site, DomainName: !GetAtt Site.RegionalDomainName, OriginAccessControlId: !GetAtt Access.Id, S3OriginConfig: {}}]
        DefaultCacheBehavior: {TargetOriginId: site, ViewerProtocolPolicy: allow-all, CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6}
  SitePolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Site
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: cloudfront.amazonaws.com}, Action: s3:GetObject, Resource: !Sub '${Site.Arn}/*', Condition: {StringEquals: {'AWS:SourceArn': !Sub 'arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}'}}}]
Outputs:
  Url: {Value: !GetAtt Distribution.DomainName}
";

pub(super) async fn artifact_bucket(world: &World) {
    let bucket = "Resources: {B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: artifacts}}}";
    world.ok("CreateStack", &[("StackName", "artifacts"), ("TemplateBody", bucket)]).await;
    world.settle().await;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("bootstrap", zip::write::SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
    zip.write_all(b"#!/bin/sh\nexit 1\n").unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    world.cloud.s3.put_object(&world.cloud, "artifacts", "f.zip", None, bytes.into()).await.unwrap();
}

async fn create(world: &World) {
    let fields = [
        ("StackName", "s"),
        ("TemplateBody", TEMPLATE),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
        ("Parameters.member.1.ParameterKey", "ArtifactBucket"),
        ("Parameters.member.1.ParameterValue", "artifacts"),
    ];
    let without = world.refused("CreateStack", &[&fields[..2], &fields[3..]].concat()).await;
    assert_eq!(without, "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]");
    world.ok("CreateStack", &fields).await;
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_services_make_what_the_main_job_needs() {
    let world = World::new();
    artifact_bucket(&world).await;
    create(&world).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:#?}", world.events());
    let url = world.ok("DescribeStacks", &[("StackName", "s")]).await.field("OutputValue");
    assert!(url.contains("cloudfront"), "{url}");
    world.ok("DetectStackDrift", &[("StackName", "s")]).await;
    let drifts = world.ok("DescribeStackResourceDrifts", &[("StackName", "s")]).await;
    assert_eq!(drifts.fields("StackResourceDriftStatus"), ["IN_SYNC"; 12], "{}", drifts.body);
    // An object in the way: the bucket stays, and says why.
    world
        .cloud
        .s3
        .put_object(&world.cloud, "site-1", "index.html", None, bytes::Bytes::from_static(b"x"))
        .await
        .unwrap();
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "DELETE_FAILED");
    let events = world.events();
    assert!(
        events.iter().any(|event| event.starts_with("Site DELETE_FAILED") && event.contains("not empty")),
        "{events:#?}"
    );
    world.ok("DeleteStack", &[("StackName", "s"), ("RetainResources.member.1", "Site")]).await;
    world.settle().await;
    assert_eq!(
        world.refused("DescribeStacks", &[("StackName", "s")]).await,
        "ValidationError: Stack with id s does not exist"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_code_fails_the_function_and_leaves_nothing() {
    let world = World::new();
    create(&world).await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE", "{:#?}", world.events());
    assert!(world.events().iter().any(|event| event.starts_with("Function CREATE_FAILED")), "{:#?}", world.events());
}
