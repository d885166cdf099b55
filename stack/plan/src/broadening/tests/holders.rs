//! Policies that move, that are attached, and templates that are new as a whole.

use super::{Broadening, Nothing, Pair, Severe, Template, Wider, judge, parse, verdict_of};

fn resources(resources: &str) -> String {
    format!(
        "Conditions: {{ C: !Equals [!Ref AWS::Region, x] }}
Resources:
  Other: {{ Type: AWS::SNS::Topic }}
  {resources}
"
    )
}

const INLINE: &str = "R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: a }] } }] } }";

const PAIRS: [Pair; 27] = [
    (
        "an inline policy to a policy of its own",
        INLINE,
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [!Ref R], PolicyDocument: { Statement: { Effect: Allow, Action: [s3:GetObject], Resource: [a] } } } }",
        Nothing,
    ),
    (
        "an inline policy to a role policy",
        INLINE,
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::RolePolicy, Properties: { PolicyName: p, RoleName: !Ref R, PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        Nothing,
    ),
    (
        "an inline policy to a managed policy that the role names",
        INLINE,
        "R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: [!Ref P] } }
  P: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        Nothing,
    ),
    (
        "an inline policy to a managed policy that names the role",
        INLINE,
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::ManagedPolicy, Properties: { Roles: [!Ref R], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        Nothing,
    ),
    (
        "a policy of another name and place",
        INLINE,
        "R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyName: other, PolicyDocument: { Statement: [] } }, { PolicyName: q, PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: a }] } }] } }",
        Nothing,
    ),
    (
        "a role under another logical id",
        INLINE,
        "S: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: a }] } }] } }",
        Nothing,
    ),
    (
        "the policy for another role",
        "R: { Type: AWS::IAM::Role, Properties: { Path: /r/ } }
  S: { Type: AWS::IAM::Role, Properties: { Path: /s/ } }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [!Ref R], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        "R: { Type: AWS::IAM::Role, Properties: { Path: /r/ } }
  S: { Type: AWS::IAM::Role, Properties: { Path: /s/ } }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [!Ref S], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        Wider,
    ),
    ("a role that goes", INLINE, "", Nothing),
    ("a role that comes", "", INLINE, Wider),
    (
        "a managed policy of AWS",
        "R: { Type: AWS::IAM::Role }",
        "R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] } }",
        Wider,
    ),
    (
        "a managed policy of AWS less",
        "R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::aws:policy/job-function/Billing'] } }",
        "R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess'] } }",
        Nothing,
    ),
    (
        "everything",
        "R: { Type: AWS::IAM::Role }",
        "R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] } }",
        Severe,
    ),
    (
        "everything of a service",
        "R: { Type: AWS::IAM::Role }",
        "R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess'] } }",
        Severe,
    ),
    (
        "everything to something",
        "R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] } }",
        INLINE,
        Nothing,
    ),
    (
        "everything to a managed policy of AWS",
        "R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Allow, Action: '*', Resource: '*' }] } }] } }",
        "R: { Type: AWS::IAM::Role, Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] } }",
        Nothing,
    ),
    (
        "another boundary",
        "R: { Type: AWS::IAM::Role, Properties: { PermissionsBoundary: a } }",
        "R: { Type: AWS::IAM::Role, Properties: { PermissionsBoundary: b } }",
        Wider,
    ),
    (
        "a boundary in every case",
        "R: { Type: AWS::IAM::Role, Properties: { PermissionsBoundary: !If [C, b, !Ref AWS::NoValue] } }",
        "R: { Type: AWS::IAM::Role, Properties: { PermissionsBoundary: b } }",
        Nothing,
    ),
    (
        "a boundary in some cases",
        "R: { Type: AWS::IAM::Role, Properties: { PermissionsBoundary: b } }",
        "R: { Type: AWS::IAM::Role, Properties: { PermissionsBoundary: !If [C, b, !Ref AWS::NoValue] } }",
        Wider,
    ),
    (
        "a boundary",
        "R: { Type: AWS::IAM::Role }",
        "R: { Type: AWS::IAM::Role, Properties: { PermissionsBoundary: b } }",
        Nothing,
    ),
    (
        "a boundary that allows more",
        "B: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: '*' } } } }",
        "B: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: { Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: '*' } } } }",
        Wider,
    ),
    (
        "a role that a condition leaves out no more",
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [!If [C, !Ref R, !Ref AWS::NoValue], other], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [!Ref R, other], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        Wider,
    ),
    (
        "a role that a condition leaves out",
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [!Ref R, other], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [!If [C, !Ref R, !Ref AWS::NoValue], other], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        Nothing,
    ),
    (
        "a policy that comes under a condition",
        INLINE,
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::Policy, Condition: C, Properties: { PolicyName: p, Roles: [!Ref R], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        Nothing,
    ),
    (
        "a policy whose condition goes",
        "R: { Type: AWS::IAM::Role }
  P: { Type: AWS::IAM::Policy, Condition: C, Properties: { PolicyName: p, Roles: [!Ref R], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        INLINE,
        Wider,
    ),
    (
        "a managed policy that its last user leaves",
        "U: { Type: AWS::IAM::User, Properties: { ManagedPolicyArns: [!Ref P] } }
  P: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: a }, { Effect: Deny, Action: s3:Put*, Resource: '*' }] } } }",
        "P: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: a }, { Effect: Deny, Action: s3:Put*, Resource: '*' }] } } }",
        Nothing,
    ),
    (
        "a denial that goes with its role",
        "R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Deny, Action: s3:GetObject, Resource: a }] } }] } }",
        "",
        Nothing,
    ),
    (
        "a role by its name",
        "R: { Type: AWS::IAM::Role, Properties: { RoleName: r } }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [!Ref R], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        "R: { Type: AWS::IAM::Role, Properties: { RoleName: r } }
  P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p, Roles: [r], PolicyDocument: { Statement: { Effect: Allow, Action: s3:GetObject, Resource: a } } } }",
        Nothing,
    ),
];

#[test]
fn policies_that_move() {
    judge(&PAIRS, resources);
}

#[test]
fn of_a_first_deployment_only_what_is_severe_is_told() {
    for (new, expected) in [
        (INLINE, Nothing),
        ("U: { Type: AWS::Lambda::Url, Properties: { AuthType: NONE } }", Nothing),
        (
            "R: { Type: AWS::IAM::Role, Properties: { Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Allow, Action: 's3:*', Resource: a }] } }] } }",
            Severe,
        ),
        (
            "P: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: b, PolicyDocument: { Statement: [{ Effect: Allow, Action: s3:GetObject, Principal: '*', Resource: a }] } } }",
            Severe,
        ),
        (
            "R: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Statement: [{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }] } } }",
            Nothing,
        ),
    ] {
        let found = Broadening::between(&Template::default(), &parse(&resources(new)));
        assert_eq!(verdict_of(&found), expected, "{new}: {found:#?}");
    }
}
