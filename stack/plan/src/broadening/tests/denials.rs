//! Denials, and lists that mean everything but themselves.

use super::{Nothing, Pair, Severe, Wider, judge, role};

const ALL: &str = "{ Effect: Allow, Action: 's3:*', Resource: '*' }";

const PAIRS: [Pair; 24] = [
    ("a denial less", "{ Effect: Deny, Action: s3:DeleteObject, Resource: '*' }", "", Wider),
    ("a denial more", "", "{ Effect: Deny, Action: s3:DeleteObject, Resource: '*' }", Nothing),
    (
        "a denial of more actions",
        "{ Effect: Deny, Action: s3:DeleteObject, Resource: '*' }",
        "{ Effect: Deny, Action: 's3:Delete*', Resource: '*' }",
        Nothing,
    ),
    (
        "a denial of fewer actions",
        "{ Effect: Deny, Action: 's3:Delete*', Resource: '*' }",
        "{ Effect: Deny, Action: s3:DeleteObject, Resource: '*' }",
        Wider,
    ),
    (
        "a denial of fewer resources",
        "{ Effect: Deny, Action: s3:DeleteObject, Resource: [a, b] }",
        "{ Effect: Deny, Action: s3:DeleteObject, Resource: [a] }",
        Wider,
    ),
    (
        "a denial under a condition",
        "{ Effect: Deny, Action: s3:DeleteObject, Resource: a }",
        "{ Effect: Deny, Action: s3:DeleteObject, Resource: a, Condition: { Bool: { 'aws:SecureTransport': false } } }",
        Wider,
    ),
    (
        "a denial without its condition",
        "{ Effect: Deny, Action: s3:DeleteObject, Resource: a, Condition: { Bool: { 'aws:SecureTransport': false } } }",
        "{ Effect: Deny, Action: s3:DeleteObject, Resource: a }",
        Nothing,
    ),
    (
        "a denial in two parts",
        "{ Effect: Deny, Action: [s3:DeleteObject, s3:PutObject], Resource: a }",
        "{ Effect: Deny, Action: s3:PutObject, Resource: a }, { Effect: Deny, Action: s3:DeleteObject, Resource: '*' }",
        Nothing,
    ),
    (
        "a denial that becomes an allowance",
        "{ Effect: Deny, Action: dynamodb:Scan, Resource: a }",
        "{ Effect: Allow, Action: dynamodb:Scan, Resource: a }",
        Wider,
    ),
    (
        "an allowance that becomes a denial",
        "{ Effect: Allow, Action: dynamodb:Scan, Resource: a }",
        "{ Effect: Deny, Action: dynamodb:Scan, Resource: a }",
        Nothing,
    ),
    (
        "all but more",
        "{ Effect: Allow, NotAction: 'iam:*', Resource: '*' }",
        "{ Effect: Allow, NotAction: ['iam:*', 'sts:*'], Resource: '*' }",
        Nothing,
    ),
    (
        "all but less",
        "{ Effect: Allow, NotAction: ['iam:*', 'sts:*'], Resource: '*' }",
        "{ Effect: Allow, NotAction: 'iam:*', Resource: '*' }",
        Severe,
    ),
    (
        "all but, in another order",
        "{ Effect: Allow, NotAction: ['iam:*', 'sts:*'], Resource: '*' }",
        "{ Effect: Allow, NotAction: ['sts:*', 'IAM:*'], Resource: '*' }",
        Nothing,
    ),
    (
        "all but some to one of the rest",
        "{ Effect: Allow, NotAction: 'iam:*', Resource: '*' }",
        "{ Effect: Allow, Action: dynamodb:Scan, Resource: a }",
        Nothing,
    ),
    (
        "all but some to one of those",
        "{ Effect: Allow, NotAction: 'iam:*', Resource: '*' }",
        "{ Effect: Allow, Action: iam:GetRole, Resource: a }",
        Wider,
    ),
    (
        "all to all but some",
        "{ Effect: Allow, Action: '*', Resource: '*' }",
        "{ Effect: Allow, NotAction: 'iam:*', Resource: '*' }",
        Nothing,
    ),
    (
        "one to all but some",
        "{ Effect: Allow, Action: dynamodb:Scan, Resource: '*' }",
        "{ Effect: Allow, NotAction: 'iam:*', Resource: '*' }",
        Severe,
    ),
    (
        "all resources but more",
        "{ Effect: Allow, Action: dynamodb:Scan, NotResource: a }",
        "{ Effect: Allow, Action: dynamodb:Scan, NotResource: [a, b] }",
        Nothing,
    ),
    (
        "all resources but another",
        "{ Effect: Allow, Action: dynamodb:Scan, NotResource: a }",
        "{ Effect: Allow, Action: dynamodb:Scan, NotResource: b }",
        Wider,
    ),
    (
        "a resource that a variable may leave out",
        "{ Effect: Allow, Action: dynamodb:Scan, NotResource: 'a/${aws:username}' }",
        "{ Effect: Allow, Action: dynamodb:Scan, Resource: 'a/bob' }",
        Wider,
    ),
    (
        "a variable in another case",
        "{ Effect: Allow, Action: dynamodb:Scan, Resource: 'a/${aws:username}' }",
        "{ Effect: Allow, Action: dynamodb:Scan, Resource: 'a/${aws:userName}' }",
        Nothing,
    ),
    (
        "a resource that a wildcard may leave out",
        "{ Effect: Allow, Action: dynamodb:Scan, NotResource: 'a/*' }",
        "{ Effect: Allow, Action: dynamodb:Scan, Resource: '*/b' }",
        Wider,
    ),
    (
        "a denial of all but more",
        "{ Effect: Deny, NotAction: s3:GetObject, Resource: '*' }",
        "{ Effect: Deny, NotAction: [s3:GetObject, s3:PutObject], Resource: '*' }",
        Wider,
    ),
    (
        "a denial of all but less",
        "{ Effect: Deny, NotAction: [s3:GetObject, s3:PutObject], Resource: '*' }",
        "{ Effect: Deny, NotAction: s3:GetObject, Resource: '*' }",
        Nothing,
    ),
];

#[test]
fn denials_and_negations() {
    judge(&PAIRS, |statements| role([ALL, statements].join(", ").trim_end_matches(", ")));
}
