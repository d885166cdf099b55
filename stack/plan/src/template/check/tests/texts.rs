//! Texts that `Fn::Sub` and `Fn::Join` make.

use super::*;

fn function_name(name: &str) -> Vec<String> {
    findings(&format!(
        "Parameters:
  Suffix: {{Type: String, Default: dev}}
  Free: {{Type: String}}
Resources:
  Topic: {{Type: AWS::SNS::Topic}}
  F:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: {name}
      Runtime: provided.al2023
      Handler: bootstrap
      Role: arn:aws:iam::123456789012:role/f
      Code: {{S3Bucket: code, S3Key: f.zip}}
"
    ))
}

#[test]
fn what_is_written_around_a_parameter_must_fit() {
    for name in
        ["!Sub 'thumb-${Suffix}'", "!Sub '${Free}'", "!Sub '${Topic.TopicName}-f'", "!Join ['-', [f, !Ref Free]]"]
    {
        assert_eq!(function_name(name), Vec::<String>::new(), "{name}");
    }
    for name in [
        "!Sub 'thumb images-${Suffix}'",
        "!Sub 'f!${Free}'",
        "!Join [' ', [f, !Ref Free]]",
        "!Sub 'f ${Topic.TopicName}'",
    ] {
        assert_eq!(function_name(name), ["9: pattern-mismatch"], "{name}");
    }
    let long = format!("!Sub '{}-${{Free}}'", "f".repeat(65));
    assert_eq!(function_name(&long), ["9: pattern-mismatch"]);
}

#[test]
fn a_value_that_can_be_changed_is_a_warning() {
    let text = "Parameters: {Name: {Type: String, Default: 'my name'}}\nResources: {F: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'q-${Name}'}}}\n";
    let found = check_text(text, &[]);
    assert!(found.iter().all(|error| error.fault.is_warning()), "{found:?}");
}

#[test]
fn dynamic_references_have_their_form_and_place() {
    let parameter = |reference: &str| {
        findings(&format!(
            "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: {{DisplayName: '{{{{{reference}}}}}'}}\n"
        ))
    };
    assert_eq!(parameter("resolve:ssm:/name:1"), Vec::<String>::new());
    assert_eq!(parameter("resolve:ssm:/name:latest"), ["4: invalid-function"]);
    assert_eq!(parameter("resolve:sms:/name"), ["4: invalid-function"]);
    assert_eq!(parameter("resolve:ssm-secure:/name:1"), ["4: invalid-function"]);
}
