use serde_json::{Value, json};
use stack_plan::specification::Specification;

use super::compare::compare;

/// `KIND /path expected -> actual` of every difference.
fn differences(resource_type: &str, declared: &Value, live: &Value) -> Vec<String> {
    let known = Specification::embedded().resource_type(resource_type);
    let compared = compare(known.as_deref(), declared, live, &["hunter2".to_owned()]);
    let shown =
        |one: &super::Difference| format!("{} {} {} -> {}", one.kind.as_str(), one.path, one.expected, one.actual);
    compared.differences.iter().map(shown).collect()
}

#[test]
fn values_are_compared_by_meaning() {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": ["a", "b"]},
            {"Sid": "B", "Effect": "Deny", "Action": ["s3:PutObject"], "Resource": "*"},
        ],
    });
    let turned = json!({
        "Statement": [
            {"Effect": "Deny", "Action": "s3:PutObject", "Resource": ["*"], "Sid": "B"},
            {"Resource": ["b", "a"], "Action": ["s3:GetObject"], "Effect": "Allow", "Sid": "A"},
        ],
        "Version": "2012-10-17",
    });
    for (resource_type, declared, live) in [
        ("AWS::S3::BucketPolicy", json!({"PolicyDocument": policy}), json!({"PolicyDocument": turned})),
        ("AWS::S3::BucketPolicy", json!({"PolicyDocument": policy}), json!({"PolicyDocument": turned.to_string()})),
        ("AWS::S3::BucketPolicy", json!({"PolicyDocument": policy.to_string()}), json!({"PolicyDocument": turned})),
        ("AWS::Lambda::Function", json!({"Timeout": "30", "Description": ""}), json!({"Timeout": 30})),
        ("AWS::CloudWatch::Alarm", json!({"Threshold": 1, "Period": "60"}), json!({"Threshold": 1.0, "Period": 60.0})),
        ("AWS::Lambda::Function", json!({"Code": {"S3Key": "a"}}), json!({})),
        (
            "AWS::S3::Bucket",
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
            json!({"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}], "BucketName": "made-up"}),
        ),
        ("AWS::IAM::Role", json!({"ManagedPolicyArns": ["a", "b"]}), json!({"ManagedPolicyArns": ["b", "a"]})),
        ("AWS::S3::Bucket", json!({"BucketName": "b"}), json!({"BucketName": null})),
    ] {
        assert_eq!(differences(resource_type, &declared, &live), Vec::<String>::new(), "{declared}");
    }
}

#[test]
fn differences_have_their_kind_and_place() {
    let found = differences(
        "AWS::Lambda::Function",
        &json!({
            "Description": "x",
            "Timeout": 30,
            "Environment": {"Variables": {"KEPT": "1", "GONE": "2", "SECRET": "a hunter2"}},
            "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
            "Architectures": ["arm64"],
        }),
        &json!({
            "Timeout": 31,
            "MemorySize": 128,
            "Environment": {"Variables": {"KEPT": "1", "NEW": "3", "SECRET": "b"}},
            "Tags": [{"Key": "c", "Value": "3"}, {"Key": "b", "Value": "4"}],
            "Architectures": ["x86_64"],
        }),
    );
    insta::assert_snapshot!(found.join("\n"));
    let found = differences(
        "AWS::IAM::RolePolicy",
        &json!({"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*"}]}}),
        &json!({"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["a:C", "a:D"], "Resource": "*"}]}}),
    );
    assert_eq!(
        found,
        [
            "REMOVE /PolicyDocument/Statement/0/Action/0 a:B -> null",
            "ADD /PolicyDocument/Statement/0/Action/1 null -> a:D"
        ]
    );
}
