//! What is told, whole.

use super::between;

const OLD: &str = "
Resources:
  Files: { Type: AWS::S3::Bucket }
  Function: { Type: AWS::Lambda::Function, Properties: { Environment: { Variables: { STAGE: prod } } } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: files
          PolicyDocument:
            Statement:
              - { Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: !Sub '${Files.Arn}/*' }
              - { Effect: Deny, Action: s3:DeleteObject, Resource: '*' }
  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g } }
  Gone: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: !Ref Files, PolicyDocument: { Statement: [{ Effect: Deny, Principal: '*', Action: 's3:*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': false } } }] } } }
";

const NEW: &str = "
Resources:
  Files: { Type: AWS::S3::Bucket }
  Function: { Type: AWS::Lambda::Function, Properties: { Environment: { Variables: { STAGE: prod, API_TOKEN: k-8f2a7c } } } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']
      AssumeRolePolicyDocument:
        Statement:
          - { Effect: Allow, Principal: { AWS: ['111122223333', 'arn:aws:iam::444455556666:role/deploy'] }, Action: 'sts:AssumeRole' }
      Policies:
        - PolicyName: files
          PolicyDocument:
            Statement:
              - { Effect: Allow, Action: [s3:GetObject, s3:PutObject, s3:ListBucket, s3:DeleteObject, s3:GetObjectTagging], Resource: [!Sub '${Files.Arn}/*', !GetAtt Files.Arn] }
              - { Effect: Allow, NotAction: ['iam:*', 'sts:*'], Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': eu-central-1 } } }
  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g, SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }] } }
  Permission: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com } }
";

#[test]
fn everything_is_told_with_its_place() {
    let found = between(OLD, NEW);
    insta::assert_json_snapshot!("words", found);
    let narrower = between(NEW, OLD);
    let told: Vec<&str> = narrower.iter().map(|broadening| broadening.what.as_str()).collect();
    assert_eq!(told, Vec::<&str>::new());
}
