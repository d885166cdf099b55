use super::*;

const OLD: &str = r#"
Parameters:
  Size: { Type: Number, Default: 1 }
  Secret: { Type: String, NoEcho: true, Default: hunter2 }
Conditions: { Big: !Equals [!Ref Size, 2] }
Resources:
  Same: { Type: AWS::SNS::Topic, DependsOn: [Kept, Typed], Properties: { FifoTopic: "false", DisplayName: 7 } }
  Kept: { Type: AWS::S3::Bucket, DeletionPolicy: Retain }
  Changed:
    Type: AWS::S3::Bucket
    Properties:
      Tags: [{ Key: a, Value: b }, { Key: c, Value: d }, { Key: e, Value: f }]
      VersioningConfiguration: { Status: Enabled }
      BucketName: !Sub "${AWS::StackName}-x"
  Old: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }
  Typed: { Type: AWS::SQS::Queue }
  Policy: { Type: AWS::SQS::Queue, DeletionPolicy: Delete }
Outputs:
  A: { Value: x }
  Gone: { Value: x }
"#;
const NEW: &str = r#"
Parameters:
  Size: { Type: Number, Default: 2 }
  Secret: { Type: String, NoEcho: true, Default: hunter3 }
Conditions: { Big: !Equals [!Ref Size, 2] }
Resources:
  New: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }
  Same: { Type: AWS::SNS::Topic, DependsOn: [Typed, Kept], Properties: { FifoTopic: false, DisplayName: "7" } }
  Kept: { Type: AWS::S3::Bucket, DeletionPolicy: Retain }
  Changed:
    Type: AWS::S3::Bucket
    Properties:
      Tags: [{ Key: a, Value: b }, { Key: e, Value: g }]
      VersioningConfiguration: { Status: Suspended }
      BucketName: !Sub "${AWS::StackName}-y"
      AccelerateConfiguration: { AccelerationStatus: Enabled }
  Typed: { Type: AWS::SNS::Topic }
  Policy: { Type: AWS::SQS::Queue, DeletionPolicy: Retain }
Outputs:
  A: { Value: y }
  Added: { Value: x }
"#;

#[test]
fn changes_of_every_kind() {
    let (old, new) = (Template::parse(OLD).unwrap(), Template::parse(NEW).unwrap());
    insta::assert_json_snapshot!("changes", Changes::between(&old, &new));
    let gone = Template::parse("Resources: { Kept: { Type: AWS::S3::Bucket } }").unwrap();
    let changes = Changes::between(&old, &gone);
    let kept: Vec<_> = changes.resources.iter().filter(|change| change.impact == Impact::Retained).collect();
    assert!(kept.is_empty());
    let shown = serde_json::to_string(&(&changes, Changes::between(&old, &new))).unwrap();
    assert!(!shown.contains("hunter"), "{shown}");
    let none = Template::parse("Resources: { X: { Type: AWS::S3::Bucket } }").unwrap();
    let removed = Changes::between(&old, &none);
    let of_kept = removed.resources.iter().find(|change| change.logical_id == "Kept").unwrap();
    assert_eq!((of_kept.action, of_kept.impact), (Action::Remove, Impact::Retained));
}

#[test]
fn a_template_equals_itself_and_every_way_has_a_way_back() {
    let (old, new) = (Template::parse(OLD).unwrap(), Template::parse(NEW).unwrap());
    assert!(Changes::between(&old, &old).is_empty());
    let there = Changes::between(&old, &new);
    let back = Changes::between(&new, &old);
    assert_eq!(there.resources.len(), back.resources.len());
    assert_eq!(there.members.len(), back.members.len());
}

/// Action, impact and causes of one resource.
fn change_in(old: &str, new: &str, id: &str) -> String {
    let (old, new) = (Template::parse(old).unwrap(), Template::parse(new).unwrap());
    let changes = Changes::between(&old, &new);
    let Some(change) = changes.resources.iter().find(|change| change.logical_id == id) else {
        return "no change".to_owned();
    };
    let mut words = vec![format!("{:?} {:?}", change.action, change.impact)];
    for Cause { path, made_again, effect } in &change.causes {
        words.push(format!(
            "{path} {effect:?}{}",
            made_again.as_ref().map(|id| format!(" by {id}")).unwrap_or_default()
        ));
    }
    words.extend(change.name_taken.iter().map(|path| format!("taken {path}")));
    words.join("; ")
}

#[test]
fn a_changed_property_makes_again_what_the_type_says() {
    let cases = [
        ("AWS::S3::Bucket", "BucketName: a", "BucketName: b", "Replace DataLost; Properties.BucketName Replace"),
        ("AWS::S3::Bucket", "Tags: []", "Tags: [{ Key: a, Value: b }]", "Modify Updated"),
        // Only one of the two sources says so.
        (
            "AWS::S3::Bucket",
            "ObjectLockEnabled: false",
            "ObjectLockEnabled: true",
            "Replace DataLost; Properties.ObjectLockEnabled Replace",
        ),
        (
            "AWS::DynamoDB::Table",
            "KeySchema: [{ AttributeName: a, KeyType: HASH }]",
            "KeySchema: [{ AttributeName: b, KeyType: HASH }]",
            "Replace DataLost; Properties.KeySchema[0].AttributeName Replace",
        ),
        ("AWS::DynamoDB::Table", "BillingMode: PROVISIONED", "BillingMode: PAY_PER_REQUEST", "Modify Updated"),
        ("AWS::SNS::Topic", "TopicName: a", "TopicName: b", "Replace Deleted; Properties.TopicName Replace"),
        ("AWS::IAM::Role", "Path: /a/", "Path: /b/", "Replace Deleted; Properties.Path Replace"),
        // The name stays while both are there.
        (
            "AWS::SQS::Queue",
            "{ QueueName: a.fifo, FifoQueue: true }",
            "{ QueueName: a.fifo }",
            "Replace DataLost; Properties.FifoQueue Replace; taken Properties.QueueName",
        ),
        (
            "AWS::IAM::Role",
            "{ RoleName: r, Path: /a/ }",
            "{ RoleName: r, Path: /b/ }",
            "Replace Deleted; Properties.Path Replace; taken Properties.RoleName",
        ),
        (
            "AWS::RDS::DBInstance",
            "Engine: postgres",
            "{ Engine: postgres, Port: '5433' }",
            "Replace DataLost; Properties.Port Replace",
        ),
        // A part that is not there does not count.
        ("AWS::Lambda::Function", "MemorySize: 128", "MemorySize: 256", "Modify Updated"),
        ("Acme::Thing::Type", "A: 1", "A: 2", "Modify Unknown"),
    ];
    for (kind, old, new, expected) in cases {
        let template = |properties: &str| {
            let properties =
                if properties.starts_with('{') { properties.to_owned() } else { format!("{{ {properties} }}") };
            format!("Resources:\n  X: {{ Type: '{kind}', Properties: {properties} }}\n")
        };
        assert_eq!(change_in(&template(old), &template(new), "X"), expected, "{kind}: {old} -> {new}");
    }
}

#[test]
fn what_becomes_of_the_old_one_is_told_by_its_policy() {
    for (policy, expected) in [
        ("UpdateReplacePolicy: Retain", "Replace Retained"),
        ("UpdateReplacePolicy: Snapshot", "Replace Snapshot"),
        ("UpdateReplacePolicy: Delete", "Replace DataLost"),
        ("DeletionPolicy: Retain", "Replace DataLost"),
    ] {
        let template = |port: &str| {
            format!("Resources:\n  D: {{ Type: AWS::RDS::DBInstance, {policy}, Properties: {{ Port: '{port}' }} }}\n")
        };
        let told = change_in(&template("5432"), &template("5433"), "D");
        assert!(told.starts_with(expected), "{policy}: {told}");
    }
    for (resource, expected) in [
        ("Type: AWS::S3::Bucket", "Remove DataLost"),
        ("Type: AWS::S3::Bucket, DeletionPolicy: Retain", "Remove Retained"),
        ("Type: AWS::RDS::DBCluster", "Remove Snapshot"),
        ("Type: AWS::RDS::DBCluster, DeletionPolicy: Delete", "Remove DataLost"),
        ("Type: AWS::RDS::DBInstance, Properties: { DBClusterIdentifier: c }", "Remove DataLost"),
        ("Type: AWS::Lambda::Alias", "Remove Deleted"),
    ] {
        let template = |gone: &str| format!("Resources:\n  Kept: {{ Type: AWS::SNS::Topic }}\n{gone}");
        assert_eq!(
            change_in(&template(&format!("  G: {{ {resource} }}\n")), &template(""), "G"),
            expected,
            "{resource}"
        );
    }
}

#[test]
fn what_refers_to_a_thing_that_is_made_again_changes_with_it() {
    let template = |name: &str, more: &str| {
        format!(
            "Conditions: {{ C: !Equals [!Ref AWS::Region, x] }}
Resources:
  Topic: {{ Type: AWS::SNS::Topic, Properties: {{ TopicName: {name} }} }}
  Subscription: {{ Type: AWS::SNS::Subscription, Properties: {{ TopicArn: !Ref Topic, Protocol: sqs{more} }} }}
  Maybe: {{ Type: AWS::SNS::Subscription, Properties: {{ TopicArn: !If [C, !Ref Topic, other], Protocol: sqs }} }}
  Policy: {{ Type: AWS::SNS::TopicPolicy, Properties: {{ Topics: [!Ref Topic], PolicyDocument: {{}} }} }}
  Function: {{ Type: AWS::Lambda::Function, Properties: {{ Environment: {{ Variables: {{ T: !Sub \"${{Topic.TopicName}}\" }} }} }} }}
  Permission: {{ Type: AWS::Lambda::Permission, Properties: {{ FunctionName: f, SourceArn: !Ref Subscription }} }}
  Alone: {{ Type: AWS::SNS::Topic, DependsOn: Topic }}
"
        )
    };
    let (old, new) = (template("a", ""), template("b", ", RawMessageDelivery: true"));
    for (id, expected) in [
        ("Topic", "Replace Deleted; Properties.TopicName Replace"),
        ("Subscription", "Replace Deleted; Properties.TopicArn Replace by Topic"),
        ("Maybe", "MayReplace Deleted; Properties.TopicArn MayReplace by Topic"),
        ("Policy", "Modify Updated; Properties.Topics[0] Modify by Topic"),
        ("Function", "Modify Updated; Properties.Environment.Variables.T Modify by Topic"),
        ("Permission", "Replace Deleted; Properties.SourceArn Replace by Subscription"),
        ("Alone", "no change"),
    ] {
        assert_eq!(change_in(&old, &new, id), expected, "{id}");
    }
}

#[test]
fn a_condition_that_differs_may_do_anything() {
    let template = |more: &str| {
        format!("Conditions: {{ C: !Equals [a, b] }}\nResources:\n  X: {{ Type: AWS::SNS::Topic{more} }}\n")
    };
    assert_eq!(change_in(&template(""), &template(", Condition: C"), "X"), "Modify Unknown");
    assert_eq!(change_in(&template(""), &template(", Metadata: { a: b }"), "X"), "Modify None");
}
