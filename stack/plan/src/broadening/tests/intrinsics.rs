//! Values that only the deployment knows.

use super::{Nothing, Pair, Wider, between, judge, role};

const PAIRS: [Pair; 27] = [
    (
        "an attribute as it was",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !GetAtt Files.Arn }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Files.Arn}' }",
        Nothing,
    ),
    (
        "a text with an attribute, joined and substituted",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Join ['', [!GetAtt Files.Arn, '/*']] }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Files.Arn}/*' }",
        Nothing,
    ),
    (
        "a delimiter",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Join ['/', [!GetAtt Files.Arn, 'a', '*']] }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub ['${Arn}/a/*', { Arn: !GetAtt Files.Arn }] }",
        Nothing,
    ),
    (
        "an ARN written out",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub 'arn:${AWS::Partition}:s3:::${Files}/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Files.Arn}/*' }",
        Nothing,
    ),
    (
        "a name for a reference",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::photos/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Named.Arn}/*' }",
        Nothing,
    ),
    (
        "a reference for a name",
        "{ Effect: Allow, Action: sns:Publish, Resource: !Ref Topic }",
        "{ Effect: Allow, Action: sns:Publish, Resource: !Sub 'arn:aws:sns:${AWS::Region}:${AWS::AccountId}:news' }",
        Nothing,
    ),
    (
        "another resource",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !GetAtt Files.Arn }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !GetAtt Named.Arn }",
        Wider,
    ),
    (
        "one resource more",
        "{ Effect: Allow, Action: s3:GetObject, Resource: [!GetAtt Files.Arn] }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: [!GetAtt Named.Arn, !GetAtt Files.Arn] }",
        Wider,
    ),
    (
        "what is in a bucket besides the bucket",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !GetAtt Files.Arn }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Files.Arn}*' }",
        Wider,
    ),
    (
        "a part of a bucket",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Files.Arn}/*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Files.Arn}/a/*' }",
        Nothing,
    ),
    (
        "any bucket to one",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Files.Arn}/*' }",
        Nothing,
    ),
    (
        "a parameter for a literal",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub 'arn:aws:s3:::${Name}' }",
        Wider,
    ),
    (
        "a wildcard for a parameter",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub 'arn:aws:s3:::${Name}' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::*' }",
        Wider,
    ),
    (
        "a parameter for a wildcard",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::*' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub 'arn:aws:s3:::${Name}' }",
        Nothing,
    ),
    (
        "a value of a map",
        "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::big' }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !Sub ['arn:aws:s3:::${B}', { B: !FindInMap [Names, prod, bucket] }] }",
        Nothing,
    ),
    (
        "a value that is imported",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !ImportValue a }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !ImportValue b }",
        Wider,
    ),
    (
        "a value that is imported as before",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !ImportValue a }",
        "{ Effect: Allow, Action: [s3:GetObject], Resource: [!ImportValue a] }",
        Nothing,
    ),
    (
        "one of two by a condition",
        "{ Effect: Allow, Action: s3:GetObject, Resource: [a, b] }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !If [Big, a, b] }",
        Nothing,
    ),
    (
        "both of two that a condition chose from",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !If [Big, a, b] }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: [a, b] }",
        Wider,
    ),
    (
        "a condition the other way round",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !If [Big, a, b] }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !If [Big, b, a] }",
        Wider,
    ),
    (
        "a condition as it was",
        "{ Effect: Allow, Action: s3:GetObject, Resource: !If [Big, a, b] }",
        "{ Effect: Allow, Action: s3:GetObject, Resource: [!If [Big, a, b]] }",
        Nothing,
    ),
    (
        "a statement under a condition",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        "!If [Big, { Effect: Allow, Action: s3:GetObject, Resource: a }, !Ref AWS::NoValue]",
        Nothing,
    ),
    (
        "a statement without its condition",
        "!If [Big, { Effect: Allow, Action: s3:GetObject, Resource: a }, !Ref AWS::NoValue]",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        Wider,
    ),
    (
        "a statement under the other condition",
        "!If [Big, { Effect: Allow, Action: s3:GetObject, Resource: a }, !Ref AWS::NoValue]",
        "!If [Small, { Effect: Allow, Action: s3:GetObject, Resource: a }, !Ref AWS::NoValue]",
        Wider,
    ),
    (
        "an item that a condition leaves out",
        "{ Effect: Allow, Action: [s3:GetObject, s3:PutObject], Resource: a }",
        "{ Effect: Allow, Action: [s3:GetObject, !If [Big, s3:PutObject, !Ref AWS::NoValue]], Resource: a }",
        Nothing,
    ),
    (
        "a denial under a condition",
        "{ Effect: Deny, Action: s3:GetObject, Resource: a }",
        "!If [Big, { Effect: Deny, Action: s3:GetObject, Resource: a }, !Ref AWS::NoValue]",
        Wider,
    ),
    (
        "a macro",
        "{ Effect: Allow, Action: s3:GetObject, Resource: a }",
        "{ 'Fn::Transform': { Name: AWS::Include, Parameters: { Location: 's3://b/k' } } }",
        Wider,
    ),
];

#[test]
fn values_that_only_the_deployment_knows() {
    judge(&PAIRS, role);
}

#[test]
fn texts_and_conditions_that_double_at_each_step_end() {
    let doubled = |name: &str, next: &str| format!("{name}: {{ 'Fn::And': [!Condition {next}, !Condition {next}] }}, ");
    let conditions: Vec<String> = (0..60).map(|step| doubled(&format!("C{step}"), &format!("C{}", step + 1))).collect();
    let conditions = conditions.concat();
    let nested = (0..15).fold("x".to_owned(), |inner, _| {
        format!("{{ 'Fn::Sub': ['${{V}}${{V}}${{V}}${{V}}${{V}}${{V}}${{V}}${{V}}', {{ V: {inner} }}] }}")
    });
    let bucket = |step: u32| {
        let next = step + 1;
        format!(
            "  B{step}: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: !Sub '${{B{next}}}${{B{next}}}' }} }}\n"
        )
    };
    let buckets = (0..30).map(bucket).collect::<Vec<String>>().concat();
    let template = |action: &str| {
        let statement = format!(
            "!If [C0, {{ Effect: Allow, Action: {action}, Resource: [!Sub '${{B0}}', !GetAtt B0.Arn, {nested}] }}, !Ref AWS::NoValue]"
        );
        let text = role(&statement).replace("Big: ", &format!("{conditions} C60: !Equals [a, b], Big: "));
        text.replace("Resources:\n", &format!("Resources:\n{buckets}  B30: {{ Type: AWS::S3::Bucket }}\n"))
    };
    assert_eq!(between(&template("s3:GetObject"), &template("[s3:GetObject]")), []);
    assert_eq!(between(&template("s3:GetObject"), &template("s3:PutObject")).len(), 1);
}

#[test]
fn what_cannot_be_read_is_told_as_such() {
    let macro_call = "{ 'Fn::Transform': { Name: AWS::Include, Parameters: { Location: 's3://b/k' } } }";
    let found = between(&role("{ Effect: Allow, Action: s3:GetObject, Resource: a }"), &role(macro_call));
    assert_eq!(found[0].what, "holds what cannot be read before it is deployed, and may allow anything");
    // Within everything it is no more than it was.
    assert_eq!(between(&role("{ Effect: Allow, Action: '*', Resource: '*' }"), &role(macro_call)), []);
}

#[test]
fn what_a_condition_or_a_default_says_counts() {
    let statement = "{ Effect: Allow, Action: s3:GetObject, Resource: [!If [Big, a, b], !Sub 'x/${Account}'] }";
    let old = role(statement);
    for (new, is_wider) in [
        (old.replace("eu-central-1", "us-east-1"), true),
        (old.replace("111122223333", "444455556666"), true),
        (
            old.replace("Big:", "Large:").replace("[Big,", "[Large,").replace("!Condition Big", "!Condition Large"),
            false,
        ),
    ] {
        assert_ne!(old, new);
        assert_eq!(!between(&old, &new).is_empty(), is_wider, "{new}");
    }
}
