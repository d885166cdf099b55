//! Who may take a role.

use super::{Nothing, Pair, Severe, Wider, judge};

fn trusting(statements: &str) -> String {
    format!(
        "Resources:
  Other: {{ Type: AWS::IAM::Role, Properties: {{ AssumeRolePolicyDocument: {{}} }} }}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{ Version: '2012-10-17', Statement: [{statements}] }}
"
    )
}

const PAIRS: [Pair; 21] = [
    (
        "another service",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: [lambda.amazonaws.com, ec2.amazonaws.com] } }",
        Wider,
    ),
    (
        "one service less",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: [lambda.amazonaws.com, ec2.amazonaws.com] } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }",
        Nothing,
    ),
    (
        "an account by its id and by its root",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111122223333:root' } }",
        Nothing,
    ),
    (
        "an account by its root and by its id",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: ['arn:aws:iam::111122223333:root'] } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: 111122223333 } }",
        Nothing,
    ),
    (
        "this account in two spellings",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: !Ref AWS::AccountId } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } }",
        Nothing,
    ),
    (
        "another account",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '444455556666' } }",
        Severe,
    ),
    (
        "another account under a condition",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '444455556666' }, Condition: { StringEquals: { 'sts:ExternalId': x } } }",
        Wider,
    ),
    (
        "another account under a condition that leaves nothing out",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '444455556666' }, Condition: { StringLike: { 'sts:ExternalId': '*' } } }",
        Severe,
    ),
    (
        "an account to a role in it",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111122223333:role/deploy' } }",
        Nothing,
    ),
    (
        "a role to its account",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111122223333:role/deploy' } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        Severe,
    ),
    (
        "a role of this template, as its account had it",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: !Ref AWS::AccountId } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: !GetAtt Other.Arn } }",
        Nothing,
    ),
    (
        "everyone",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: '*' }",
        Severe,
    ),
    (
        "everyone in two spellings",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: '*' }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '*' } }",
        Nothing,
    ),
    (
        "everyone to one",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: '*' }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        Nothing,
    ),
    (
        "a condition less",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '1' }, Condition: { StringEquals: { 'sts:ExternalId': x } } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '1' } }",
        Severe,
    ),
    (
        "an action more",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }",
        "{ Effect: Allow, Action: ['sts:AssumeRole', 'sts:TagSession'], Principal: { Service: lambda.amazonaws.com } }",
        Wider,
    ),
    (
        "users of a provider without `sub`",
        "",
        "{ Effect: Allow, Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: 'arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com' }, Condition: { StringEquals: { 'token.actions.githubusercontent.com:aud': sts.amazonaws.com } } }",
        Severe,
    ),
    (
        "users of a provider with `sub`",
        "",
        "{ Effect: Allow, Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: 'arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com' }, Condition: { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:o/r:*' } } }",
        Wider,
    ),
    (
        "more branches of a repository",
        "{ Effect: Allow, Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: p }, Condition: { StringEquals: { 'g:sub': 'repo:o/r:ref:refs/heads/main' } } }",
        "{ Effect: Allow, Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: p }, Condition: { StringLike: { 'g:sub': 'repo:o/r:*' } } }",
        Wider,
    ),
    (
        "users of an identity pool",
        "",
        "{ Effect: Allow, Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: cognito-identity.amazonaws.com }, Condition: { StringEquals: { 'cognito-identity.amazonaws.com:aud': pool } } }",
        Wider,
    ),
    (
        "all but one",
        "{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }",
        "{ Effect: Allow, Action: 'sts:AssumeRole', NotPrincipal: { AWS: '444455556666' } }",
        Wider,
    ),
];

#[test]
fn who_may_take_a_role() {
    judge(&PAIRS, |statements| if statements.is_empty() { trusting("") } else { trusting(statements) });
}
