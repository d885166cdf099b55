//! Policies of resources.

use super::{Nothing, Pair, Severe, Wider, between, judge};

/// Whole resources.
const ALL: [Pair; 34] = [
    (
        "a table that another account reads",
        "T: { Type: AWS::DynamoDB::Table }",
        "T: { Type: AWS::DynamoDB::Table, Properties: { ResourcePolicy: { PolicyDocument: { Statement: { Effect: Allow, Action: dynamodb:GetItem, Resource: '*', Principal: { AWS: '111122223333' } } } } } }",
        Wider,
    ),
    (
        "a cluster's policy, as the specification knows it",
        "P: { Type: AWS::MSK::ClusterPolicy, Properties: { ClusterArn: c, Policy: { Statement: { Effect: Allow, Action: 'kafka:*', Resource: '*', Principal: { AWS: '1' } } } } }",
        "P: { Type: AWS::MSK::ClusterPolicy, Properties: { ClusterArn: c, Policy: { Statement: { Effect: Allow, Action: kafka:CreateVpcConnection, Resource: '*', Principal: { AWS: '1' } } } } }",
        Nothing,
    ),
    (
        "a dead letter queue that takes fewer",
        "Q: { Type: AWS::SQS::Queue, Properties: { RedriveAllowPolicy: { redrivePermission: allowAll } } }",
        "Q: { Type: AWS::SQS::Queue, Properties: { RedriveAllowPolicy: { redrivePermission: denyAll } } }",
        Nothing,
    ),
    (
        "people who get a permission set",
        "",
        "A: { Type: AWS::SSO::Assignment, Properties: { PrincipalId: p, TargetId: '1' } }",
        Wider,
    ),
    (
        "a denial that a retained bucket loses",
        "B: { Type: AWS::S3::Bucket, DeletionPolicy: Retain }
  P: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: !Ref B, PolicyDocument: { Statement: [{ Effect: Deny, Action: 's3:*', Principal: '*', Resource: '*' }] } } }",
        "",
        Wider,
    ),
    (
        "a denial that stays with a retained bucket",
        "B: { Type: AWS::S3::Bucket, DeletionPolicy: Retain }
  P: { Type: AWS::S3::BucketPolicy, DeletionPolicy: Retain, Properties: { Bucket: !Ref B, PolicyDocument: { Statement: [{ Effect: Deny, Action: 's3:*', Principal: '*', Resource: '*' }] } } }",
        "",
        Nothing,
    ),
    (
        "a new key with the default policy",
        "",
        "K: { Type: AWS::KMS::Key, Properties: { KeyPolicy: { Statement: { Effect: Allow, Action: 'kms:*', Resource: '*', Principal: { AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } } } } }",
        Nothing,
    ),
    (
        "a new key for everyone",
        "",
        "K: { Type: AWS::KMS::Key, Properties: { KeyPolicy: { Statement: { Effect: Allow, Action: 'kms:*', Resource: '*', Principal: '*' } } } }",
        Severe,
    ),
    (
        "a bucket that goes out of the stack while its policy, which knows it by name, stays",
        "B: { Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: { BucketName: !Sub 'b-${AWS::Region}' } }
  P: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: !Sub 'b-${AWS::Region}', PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Principal: { AWS: '1' }, Resource: '*' }] } } }",
        "P: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: !Sub 'b-${AWS::Region}', PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Principal: { AWS: '1' }, Resource: '*' }] } } }",
        Nothing,
    ),
    (
        "a bucket that comes under the stack of its policy",
        "P: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: photos, PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Principal: { AWS: '1' }, Resource: '*' }, { Effect: Deny, Action: 's3:*', Principal: '*', Resource: '*' }] } } }",
        "B: { Type: AWS::S3::Bucket, Properties: { BucketName: photos } }
  P: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: !Ref B, PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Principal: { AWS: '1' }, Resource: '*' }, { Effect: Deny, Action: 's3:*', Principal: '*', Resource: '*' }] } } }",
        Nothing,
    ),
    (
        "a policy that moves to the inline type",
        "P: { Type: AWS::SQS::QueuePolicy, Properties: { Queues: [!Ref Queue], PolicyDocument: { Statement: { Effect: Allow, Action: sqs:SendMessage, Principal: { AWS: '1' }, Resource: '*' } } } }",
        "Q: { Type: AWS::SQS::QueueInlinePolicy, Properties: { Queue: !Ref Queue, PolicyDocument: { Statement: { Effect: Allow, Action: sqs:SendMessage, Principal: { AWS: '1' }, Resource: '*' } } } }",
        Nothing,
    ),
    (
        "a policy of one queue more",
        "P: { Type: AWS::SQS::QueuePolicy, Properties: { Queues: [!Ref Queue], PolicyDocument: { Statement: { Effect: Allow, Action: sqs:SendMessage, Principal: { AWS: '1' }, Resource: '*' } } } }",
        "P: { Type: AWS::SQS::QueuePolicy, Properties: { Queues: [!Ref Queue, !Ref Other], PolicyDocument: { Statement: { Effect: Allow, Action: sqs:SendMessage, Principal: { AWS: '1' }, Resource: '*' } } } }",
        Wider,
    ),
    (
        "a topic that everyone may publish to",
        "",
        "P: { Type: AWS::SNS::TopicPolicy, Properties: { Topics: [!Ref Topic], PolicyDocument: { Statement: { Effect: Allow, Action: sns:Publish, Principal: '*', Resource: !Ref Topic } } } }",
        Severe,
    ),
    (
        "a topic that a bucket publishes to",
        "",
        "P: { Type: AWS::SNS::TopicPolicy, Properties: { Topics: [!Ref Topic], PolicyDocument: { Statement: { Effect: Allow, Action: sns:Publish, Principal: { Service: s3.amazonaws.com }, Resource: !Ref Topic, Condition: { StringEquals: { 'aws:SourceAccount': !Ref AWS::AccountId } } } } } }",
        Wider,
    ),
    (
        "a denial that goes with its policy while the topic stays",
        "P: { Type: AWS::SNS::TopicPolicy, Properties: { Topics: [!Ref Topic], PolicyDocument: { Statement: { Effect: Deny, Action: sns:Publish, Principal: '*', Resource: '*' } } } }",
        "",
        Wider,
    ),
    (
        "a denial that goes with what it guards",
        "T: { Type: AWS::SNS::Topic }
  P: { Type: AWS::SNS::TopicPolicy, Properties: { Topics: [!Ref T], PolicyDocument: { Statement: { Effect: Deny, Action: sns:Publish, Principal: '*', Resource: '*' } } } }",
        "",
        Nothing,
    ),
    (
        "a permission for a bucket",
        "",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com, SourceArn: 'arn:aws:s3:::b', SourceAccount: '1' } }",
        Wider,
    ),
    (
        "a permission for any bucket of the world",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com, SourceArn: 'arn:aws:s3:::b' } }",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com } }",
        Severe,
    ),
    (
        "a permission under another logical id and another spelling of the function",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com, SourceArn: 'arn:aws:s3:::b' } }",
        "Q: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !GetAtt Function.Arn, Action: lambda:invokeFunction, Principal: s3.amazonaws.com, SourceArn: 'arn:aws:s3:::b' } }",
        Nothing,
    ),
    (
        "a permission that names its account as well",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com, SourceArn: 'arn:aws:s3:::b' } }",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com, SourceArn: 'arn:aws:s3:::b', SourceAccount: '1' } }",
        Nothing,
    ),
    (
        "a permission for everyone by a function URL",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunctionUrl, Principal: '1', FunctionUrlAuthType: AWS_IAM } }",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunctionUrl, Principal: '*', FunctionUrlAuthType: NONE } }",
        Severe,
    ),
    (
        "a permission less",
        "P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: '1' } }",
        "",
        Nothing,
    ),
    (
        "a key without a policy and with the default one",
        "K: { Type: AWS::KMS::Key }",
        "K: { Type: AWS::KMS::Key, Properties: { KeyPolicy: { Statement: { Effect: Allow, Action: 'kms:*', Resource: '*', Principal: { AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root' } } } } }",
        Nothing,
    ),
    (
        "a key for another account",
        "K: { Type: AWS::KMS::Key }",
        "K: { Type: AWS::KMS::Key, Properties: { KeyPolicy: { Statement: { Effect: Allow, Action: kms:Decrypt, Resource: '*', Principal: { AWS: '111122223333' } } } } }",
        Wider,
    ),
    (
        "an endpoint that gets a policy",
        "E: { Type: AWS::EC2::VPCEndpoint, Properties: { ServiceName: s } }",
        "E: { Type: AWS::EC2::VPCEndpoint, Properties: { ServiceName: s, PolicyDocument: { Statement: { Effect: Allow, Action: 's3:*', Resource: a, Principal: '*' } } } }",
        Nothing,
    ),
    (
        "an endpoint that loses its policy",
        "E: { Type: AWS::EC2::VPCEndpoint, Properties: { ServiceName: s, PolicyDocument: { Statement: { Effect: Allow, Action: 's3:*', Resource: a, Principal: '*' } } } }",
        "E: { Type: AWS::EC2::VPCEndpoint, Properties: { ServiceName: s } }",
        Severe,
    ),
    (
        "a repository that another account reads",
        "R: { Type: AWS::ECR::Repository }",
        "R: { Type: AWS::ECR::Repository, Properties: { RepositoryPolicyText: { Statement: { Effect: Allow, Action: ecr:BatchGetImage, Principal: { AWS: '111122223333' } } } } }",
        Wider,
    ),
    (
        "a repository that is as it was, in a text",
        "R: { Type: AWS::ECR::Repository, Properties: { RepositoryPolicyText: { Statement: { Effect: Allow, Action: ecr:BatchGetImage, Principal: { AWS: '1' } } } } }",
        r#"R: { Type: AWS::ECR::Repository, Properties: { RepositoryPolicyText: '{"Statement":[{"Effect":"Allow","Principal":{"AWS":["1"]},"Action":["ecr:BatchGetImage"]}]}' } }"#,
        Nothing,
    ),
    (
        "logs that a service of the account writes",
        "",
        r#"L: { Type: AWS::Logs::ResourcePolicy, Properties: { PolicyName: p, PolicyDocument: '{"Statement":[{"Effect":"Allow","Principal":{"Service":"route53.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"1"}}}]}' } }"#,
        Wider,
    ),
    (
        "an API that is open to fewer",
        "A: { Type: AWS::ApiGateway::RestApi, Properties: { Name: a } }",
        "A: { Type: AWS::ApiGateway::RestApi, Properties: { Name: a, Policy: { Statement: { Effect: Allow, Action: execute-api:Invoke, Resource: '*', Principal: { AWS: '1' } } } } }",
        Nothing,
    ),
    (
        "a secret that another account reads",
        "S: { Type: AWS::SecretsManager::Secret }",
        "S: { Type: AWS::SecretsManager::Secret }
  P: { Type: AWS::SecretsManager::ResourcePolicy, Properties: { SecretId: !Ref S, ResourcePolicy: { Statement: { Effect: Allow, Action: secretsmanager:GetSecretValue, Resource: '*', Principal: { AWS: '111122223333' } } } } }",
        Wider,
    ),
    (
        "an event bus that another account sends to, as a statement and as properties",
        "P: { Type: AWS::Events::EventBusPolicy, Properties: { StatementId: s, Action: events:PutEvents, Principal: '111122223333' } }",
        "P: { Type: AWS::Events::EventBusPolicy, Properties: { StatementId: s, Statement: { Effect: Allow, Action: events:PutEvents, Principal: { AWS: '111122223333' } } } }",
        Nothing,
    ),
    (
        "an event bus that everyone sends to",
        "P: { Type: AWS::Events::EventBusPolicy, Properties: { StatementId: s, Action: events:PutEvents, Principal: '111122223333' } }",
        "P: { Type: AWS::Events::EventBusPolicy, Properties: { StatementId: s, Action: events:PutEvents, Principal: '*' } }",
        Severe,
    ),
    (
        "a layer for an organization",
        "",
        "P: { Type: AWS::Lambda::LayerVersionPermission, Properties: { LayerVersionArn: l, Action: lambda:GetLayerVersion, Principal: '111122223333' } }",
        Wider,
    ),
];

#[test]
fn policies_of_other_resources() {
    judge(&ALL, |resources| {
        format!(
            "Resources:
  Queue: {{ Type: AWS::SQS::Queue }}
  Other: {{ Type: AWS::SQS::Queue }}
  Topic: {{ Type: AWS::SNS::Topic }}
  Function: {{ Type: AWS::Lambda::Function, Properties: {{ Code: {{ ZipFile: x }} }} }}
  {resources}
"
        )
    });
}

#[test]
fn a_new_resource_is_not_wider_for_what_holds_without_a_policy() {
    let old = "Resources: { Topic: { Type: AWS::SNS::Topic } }";
    let new = "Resources: { Topic: { Type: AWS::SNS::Topic }, Key: { Type: AWS::KMS::Key }, Api: { Type: AWS::ApiGateway::RestApi } }";
    assert_eq!(between(old, new), []);
}
