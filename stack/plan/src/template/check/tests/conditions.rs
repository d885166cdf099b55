//! Conditions: what can hold together decides what is wrong.

use super::*;

const CONDITIONS: &str = "
Parameters:
  Stage: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Other: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  HasOther: !Not [!Equals [!Ref Other, '']]
";

fn with(resources: &str) -> Vec<String> {
    findings(&format!("{CONDITIONS}Resources:\n{resources}"))
}

#[test]
fn both_branches_are_checked() {
    let found = with(
        "  A:\n    Type: AWS::SQS::Queue\n    Properties:\n      VisibilityTimeout: !If [IsProd, 30, soon]\n      DelaySeconds: !If\n        - IsDev\n        - 901\n        - !Ref AWS::NoValue\n",
    );
    assert_eq!(found, ["13: type-mismatch", "16: out-of-range"]);
}

#[test]
fn a_property_that_is_sometimes_missing_is_missing() {
    let found = with(
        "  A:\n    Type: AWS::SNS::Subscription\n    Properties:\n      TopicArn: !If [HasOther, !Ref Other, !Ref AWS::NoValue]\n      Protocol: email\n",
    );
    assert_eq!(found, ["12: missing-property"]);
}

#[test]
fn branches_that_exclude_each_other_are_not_mixed() {
    let text = "  A:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::123456789012:role/x
      Code: {ImageUri: !If [IsProd, a, b]}
      PackageType: !If [IsProd, Image, Zip]
      Handler: !If [IsDev, index.handler, !Ref AWS::NoValue]
      Runtime: !If [IsDev, nodejs24.x, !Ref AWS::NoValue]
";
    assert_eq!(with(text), Vec::<String>::new());
    // The same with conditions that can hold at once.
    let found = with(&text.replace("[IsDev", "[HasOther"));
    assert!(found.iter().any(|found| found.ends_with("broken-rule")), "{found:?}");
}

#[test]
fn a_condition_of_the_resource_holds_inside_it() {
    let text = "  A:\n    Type: AWS::SQS::Queue\n    Condition: IsProd\n    Properties: {DelaySeconds: !If [IsDev, 901, 30]}\n";
    assert_eq!(with(text), Vec::<String>::new());
}
