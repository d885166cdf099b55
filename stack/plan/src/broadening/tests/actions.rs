//! Actions and resources of what a role may do.

use super::{Nothing, Pair, Severe, Wider, judge, role};

const PAIRS: [Pair; 38] = [
    (
        "one action more",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        "{ Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: 'arn:aws:s3:::b/*' }",
        Wider,
    ),
    (
        "one action less",
        "{ Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: 'arn:aws:s3:::b/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        Nothing,
    ),
    (
        "another action",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        "{ Effect: Allow, Action: s3:DeleteObject, Resource: 'arn:aws:s3:::b/*' }",
        Wider,
    ),
    (
        "a text and a list of one",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        "{ Effect: Allow, Action: [s3:GetObject], Resource: ['arn:aws:s3:::b/*'] }",
        Nothing,
    ),
    (
        "another order",
        "{ Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: [a, b] }",
        "{ Effect: Allow, Resource: [b, a], Action: [s3:PutObject, s3:GetObject] }",
        Nothing,
    ),
    (
        "the case of an action",
        "{ Effect: Allow, Action: S3:GETOBJECT, Resource: a }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        Nothing,
    ),
    (
        "the case of a resource",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::B' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b' }",
        Wider,
    ),
    (
        "an id of the statement",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        "{ Sid: Read, Effect: Allow, Action: s3:GetObject, Resource: a }",
        Nothing,
    ),
    (
        "one statement as two",
        "{ Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: a }",
        "{ Effect: Allow, Action: s3:PutObject, Resource: a }, { Effect: Allow, Action: s3:GetObject, Resource: a }",
        Nothing,
    ),
    (
        "two statements as one",
        "{ Effect: Allow, Action: s3:PutObject, Resource: a }, { Effect: Allow, Action: s3:GetObject, Resource: a }",
        "{ Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: a }",
        Nothing,
    ),
    (
        "two statements as one that mixes them",
        "{ Effect: Allow, Action: s3:PutObject, Resource: a }, { Effect: Allow, Action: s3:GetObject, Resource: b }",
        "{ Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: [a, b] }",
        Wider,
    ),
    (
        "a statement less",
        "{ Effect: Allow, Action: s3:PutObject, Resource: a }, { Effect: Allow, Action: s3:GetObject, Resource: a }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        Nothing,
    ),
    (
        "the same statement twice",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }, { Effect: Allow, Action: s3:GetObject, Resource: a }",
        Nothing,
    ),
    (
        "a wildcard to one of its actions",
        "{ Effect: Allow, Action: 's3:Get*', Resource: a }",
        "{ Effect: Allow, Action: [s3:GetObject, s3:GetObjectVersion], Resource: a }",
        Nothing,
    ),
    (
        "an action to a wildcard",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        "{ Effect: Allow, Action: 's3:Get*', Resource: a }",
        Wider,
    ),
    (
        "a wildcard to a longer one",
        "{ Effect: Allow, Action: 's3:*', Resource: a }",
        "{ Effect: Allow, Action: 's3:Get*', Resource: a }",
        Nothing,
    ),
    (
        "a wildcard to a shorter one",
        "{ Effect: Allow, Action: 's3:GetObject*', Resource: a }",
        "{ Effect: Allow, Action: 's3:Get*', Resource: a }",
        Wider,
    ),
    (
        "wildcards that only share some",
        "{ Effect: Allow, Action: 's3:Get*', Resource: a }",
        "{ Effect: Allow, Action: 's3:*Object', Resource: a }",
        Wider,
    ),
    (
        "any one letter to a letter",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b?' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b1' }",
        Nothing,
    ),
    (
        "any one letter to any letters",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b?' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b*' }",
        Wider,
    ),
    (
        "a wildcard that takes nothing in",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/**' }",
        Nothing,
    ),
    (
        "all actions of a service",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        "{ Effect: Allow, Action: 's3:*', Resource: a }",
        Severe,
    ),
    (
        "all actions",
        "{ Effect: Allow, Action: 's3:*', Resource: a }",
        "{ Effect: Allow, Action: '*', Resource: a }",
        Severe,
    ),
    (
        "all actions in another spelling",
        "{ Effect: Allow, Action: '*', Resource: '*' }",
        "{ Effect: Allow, Action: '*:*', Resource: '*' }",
        Nothing,
    ),
    (
        "all actions to some",
        "{ Effect: Allow, Action: '*', Resource: '*' }",
        "{ Effect: Allow, Action: [s3:GetObject, 'dynamodb:*'], Resource: [a, 'b/*'] }",
        Nothing,
    ),
    (
        "one resource to all",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: '*' }",
        Wider,
    ),
    (
        "all resources to one",
        "{ Effect: Allow, Action: s3:GetObject, Resource: '*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        Nothing,
    ),
    (
        "a prefix less",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/photos/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        Wider,
    ),
    (
        "a prefix more",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/photos/*' }",
        Nothing,
    ),
    (
        "another region",
        "{ Effect: Allow, Action: sqs:SendMessage, Resource: 'arn:aws:sqs:eu-central-1:111122223333:q' }",
        "{ Effect: Allow, Action: sqs:SendMessage, Resource: 'arn:aws:sqs:us-east-1:111122223333:q' }",
        Wider,
    ),
    (
        "any region",
        "{ Effect: Allow, Action: sqs:SendMessage, Resource: 'arn:aws:sqs:eu-central-1:111122223333:q' }",
        "{ Effect: Allow, Action: sqs:SendMessage, Resource: 'arn:aws:sqs:*:111122223333:q' }",
        Wider,
    ),
    (
        "passing one role",
        "{ Effect: Allow, Action: iam:PassRole, Resource: 'arn:aws:iam::111122223333:role/a' }",
        "{ Effect: Allow, Action: iam:PassRole, Resource: 'arn:aws:iam::111122223333:role/b' }",
        Wider,
    ),
    (
        "passing any role",
        "{ Effect: Allow, Action: iam:PassRole, Resource: 'arn:aws:iam::111122223333:role/a' }",
        "{ Effect: Allow, Action: iam:PassRole, Resource: '*' }",
        Severe,
    ),
    (
        "passing any role by a wildcard",
        "{ Effect: Allow, Action: iam:GetRole, Resource: '*' }",
        "{ Effect: Allow, Action: ['iam:Pass*', iam:GetRole], Resource: '*' }",
        Severe,
    ),
    (
        "passing any role no longer",
        "{ Effect: Allow, Action: iam:PassRole, Resource: '*' }",
        "{ Effect: Allow, Action: iam:PassRole, Resource: 'arn:aws:iam::111122223333:role/a' }",
        Nothing,
    ),
    (
        "a policy variable to a wildcard",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/${aws:username}/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*/*' }",
        Wider,
    ),
    (
        "a wildcard to a policy variable",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/${aws:username}/*' }",
        Nothing,
    ),
    (
        "an escaped star to a wildcard",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/${*}' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*' }",
        Wider,
    ),
];

#[test]
fn actions_and_resources() {
    judge(&PAIRS, role);
}

#[test]
fn the_version_and_the_form_of_a_document_mean_nothing() {
    let statement = "{ Effect: Allow, Action: s3:GetObject, Resource: a }";
    let old = role(statement);
    for new in [
        old.replace("2012-10-17", "2008-10-17"),
        old.replace("Version: '2012-10-17', ", ""),
        old.replace(&format!("[{statement}]"), statement),
    ] {
        assert_ne!(old, new);
        assert_eq!(super::between(&old, &new), [], "{new}");
    }
}
