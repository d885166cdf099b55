//! Policies of buckets.

use super::{Nothing, Pair, Severe, Wider, judge};

fn bucket(statements: &str) -> String {
    format!(
        "Resources:
  Bucket: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: photos }} }}
  Topic: {{ Type: AWS::SNS::Topic }}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties: {{ Bucket: !Ref Bucket, PolicyDocument: {{ Statement: [{statements}] }} }}
"
    )
}

const BUCKETS: [Pair; 12] = [
    (
        "everyone reads",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { AWS: '111122223333' }, Resource: !Sub '${Bucket.Arn}/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Principal: '*', Resource: !Sub '${Bucket.Arn}/*' }",
        Severe,
    ),
    (
        "nobody reads",
        "{ Effect: Allow, Action: s3:GetObject, Principal: '*', Resource: !Sub '${Bucket.Arn}/*' }",
        "",
        Nothing,
    ),
    (
        "a distribution reads",
        "",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { Service: cloudfront.amazonaws.com }, Resource: !Sub '${Bucket.Arn}/*', Condition: { StringEquals: { 'AWS:SourceArn': 'arn:aws:cloudfront::1:distribution/D' } } }",
        Wider,
    ),
    (
        "any distribution of the world reads",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { Service: cloudfront.amazonaws.com }, Resource: !Sub '${Bucket.Arn}/*', Condition: { StringEquals: { 'AWS:SourceArn': 'arn:aws:cloudfront::1:distribution/D' } } }",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { Service: cloudfront.amazonaws.com }, Resource: !Sub '${Bucket.Arn}/*' }",
        Severe,
    ),
    (
        "one distribution less",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { Service: cloudfront.amazonaws.com }, Resource: a, Condition: { StringEquals: { 'aws:SourceArn': [a, b] } } }",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { Service: cloudfront.amazonaws.com }, Resource: a, Condition: { StringEquals: { 'aws:SourceArn': b } } }",
        Nothing,
    ),
    (
        "plain HTTP is not denied any more",
        "{ Effect: Deny, Action: 's3:*', Principal: '*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': false } } }",
        "",
        Wider,
    ),
    (
        "a denial of everyone to one of some",
        "{ Effect: Deny, Action: 's3:*', Principal: '*', Resource: '*' }",
        "{ Effect: Deny, Action: 's3:*', Principal: { AWS: '111122223333' }, Resource: '*' }",
        Wider,
    ),
    (
        "a denial of all but one to all",
        "{ Effect: Deny, Action: 's3:*', NotPrincipal: { AWS: '111122223333' }, Resource: '*' }",
        "{ Effect: Deny, Action: 's3:*', Principal: '*', Resource: '*' }",
        Nothing,
    ),
    (
        "the ARN by an attribute, by a reference and by the name",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { AWS: '1' }, Resource: [!GetAtt Bucket.Arn, !Sub '${Bucket.Arn}/*'] }",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { AWS: '1' }, Resource: [!Sub 'arn:aws:s3:::${Bucket}', 'arn:aws:s3:::photos/*'] }",
        Nothing,
    ),
    (
        "a user of CloudFront of old",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { CanonicalUser: a }, Resource: a }",
        "{ Effect: Allow, Action: s3:GetObject, Principal: { CanonicalUser: b }, Resource: a }",
        Wider,
    ),
    (
        "kinds of principals in another order",
        "{ Effect: Allow, Action: a:B, Principal: { AWS: ['1', '2'], Service: s.amazonaws.com }, Resource: a }",
        "{ Effect: Allow, Action: a:B, Principal: { Service: [s.amazonaws.com], AWS: ['2', '1'] }, Resource: a }",
        Nothing,
    ),
    (
        "a service of the partition",
        "{ Effect: Allow, Action: a:B, Principal: { Service: logs.amazonaws.com }, Resource: a }",
        "{ Effect: Allow, Action: a:B, Principal: { Service: !Sub 'logs.${AWS::URLSuffix}' }, Resource: a }",
        Nothing,
    ),
];

#[test]
fn policies_of_a_bucket() {
    judge(&BUCKETS, bucket);
}
