//! Rules of services that lie between properties and between resources.

use super::*;

/// Lines and codes that are found once `from` is replaced by `to` in a template without a finding.
fn changed(text: &str, from: &str, to: &str) -> Vec<String> {
    assert_eq!(findings(text), Vec::<String>::new());
    assert!(text.contains(from), "{from}");
    findings(&text.replacen(from, to, 1))
}

const NETWORK: &str = "Conditions: {Wide: !Equals [!Ref AWS::Region, eu-west-1]}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  One: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Two: {Type: AWS::EC2::Subnet, Properties: {VpcId: !GetAtt Vpc.VpcId, CidrBlock: !If [Wide, 10.0.1.0/24, 10.0.2.0/24]}}
  Api: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, PrivateDnsEnabled: true, ServiceName: com.amazonaws.us-east-1.sqs}}
  Other: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, PrivateDnsEnabled: true, ServiceName: com.amazonaws.us-east-1.sns}}
";

#[test]
fn networks() {
    assert_eq!(changed(NETWORK, "10.0.2.0/24", "10.0.0.0/25"), ["4: contradiction", "5: contradiction"]);
    assert_eq!(changed(NETWORK, "us-east-1.sns", "us-east-1.sqs"), ["7: contradiction"]);
}

const CLUSTER: &str = "Resources:
  Group: {Type: AWS::ElastiCache::ParameterGroup, Properties: {CacheParameterGroupFamily: redis7, Description: g, Properties: {cluster-enabled: 'yes'}}}
  Cache:
    Type: AWS::ElastiCache::ReplicationGroup
    Properties:
      ReplicationGroupDescription: c
      Engine: redis
      CacheNodeType: cache.t3.micro
      CacheParameterGroupName: !Ref Group
      AutomaticFailoverEnabled: true
      NumCacheClusters: 2
";

#[test]
fn caches_in_cluster_mode() {
    assert_eq!(changed(CLUSTER, "FailoverEnabled: true", "FailoverEnabled: false")[0], "10: contradiction");
    assert_eq!(changed(CLUSTER, "NumCacheClusters: 2", "NumCacheClusters: 1")[0], "11: contradiction");
}

const PIPELINE: &str = "Resources:
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/p
      ArtifactStore: {Type: S3, Location: artifacts}
      Stages:
        - Name: Source
          Actions:
            - {Name: s, ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: '1'}, Configuration: {S3Bucket: b, S3ObjectKey: k}, OutputArtifacts: [{Name: code}]}
        - Name: Build
          Actions:
            - {Name: b, ActionTypeId: {Category: Build, Owner: AWS, Provider: CodeBuild, Version: '1'}, Configuration: {ProjectName: p}, InputArtifacts: [{Name: code}]}
";

#[test]
fn artifacts_of_pipelines() {
    assert_eq!(
        changed(PIPELINE, "InputArtifacts: [{Name: code}]", "InputArtifacts: [{Name: core}]"),
        ["13: undeclared-name"]
    );
    assert_eq!(changed(PIPELINE, ", InputArtifacts: [{Name: code}]", ""), ["13: wrong-count"]);
    assert_eq!(
        changed(PIPELINE, "OutputArtifacts: [{Name: code}]", "OutputArtifacts: [{Name: code}, {Name: more}]"),
        ["10: wrong-count"]
    );
}

const DELIVERY: &str = "Resources:
  Role: {Type: AWS::IAM::Role, Properties: {Path: /, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: codebuild.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}
  Project:
    Type: AWS::CodeBuild::Project
    Properties:
      ServiceRole: !Ref Role
      Artifacts: {Type: NO_ARTIFACTS}
      Environment: {ComputeType: BUILD_GENERAL1_SMALL, Image: 'aws/codebuild/standard:7.0', Type: LINUX_CONTAINER}
      Source: {Type: NO_SOURCE, BuildSpec: 'version: 0.2'}
";

#[test]
fn roles_with_a_path_are_named_by_their_arn() {
    assert_eq!(changed(DELIVERY, "Path: /,", "Path: /builds/,"), ["6: contradiction"]);
    assert_eq!(changed(DELIVERY, "codebuild.amazonaws.com", "codebiuld.amazonaws.com"), ["2: not-allowed"]);
    assert_eq!(changed(DELIVERY, "codebuild.amazonaws.com", "codebuild.amazonaws.con"), ["2: wrong-format"]);
}

#[test]
fn log_groups_take_five_filters() {
    let text = (0..5)
        .map(|number| format!("  F{number}: {{Type: AWS::Logs::SubscriptionFilter, Properties: {{LogGroupName: g, FilterPattern: '', DestinationArn: 'arn:aws:lambda:us-east-1:123456789012:function:f', FilterName: f{number}}}}}\n"))
        .collect::<Vec<_>>().concat();
    let text = format!("Resources:\n{text}");
    assert_eq!(findings(&text), Vec::<String>::new());
    let more = format!("{text}{}", text.lines().nth(1).unwrap().replace("F0", "F6").replace("f0", "f6"));
    assert_eq!(findings(&more).len(), 6);
}

#[test]
fn one_name_for_two_buckets_is_found_in_every_form() {
    let text = "Conditions: {Here: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
  One: {Type: AWS::S3::Bucket, Properties: {'Fn::If': [Here, {BucketName: one-name}, !Ref AWS::NoValue]}}
  Two: {Type: AWS::S3::Bucket, Properties: {BucketName: !If [Here, other-name, !Ref AWS::NoValue]}}
";
    assert_eq!(changed(text, "other-name", "one-name"), ["3: contradiction", "4: contradiction"]);
}

#[test]
fn conditions_compare_no_lists() {
    let text = "Parameters: {Names: {Type: CommaDelimitedList, Default: 'a,b'}, Name: {Type: String, Default: a}}
Conditions: {Some: !Equals [!Ref Name, '']}
Resources: {Topic: {Type: AWS::SNS::Topic, Condition: Some, Properties: {DisplayName: !Join ['', !Ref Names]}}}
";
    assert_eq!(changed(text, "!Ref Name,", "!Ref Names,"), ["2: invalid-function"]);
}
