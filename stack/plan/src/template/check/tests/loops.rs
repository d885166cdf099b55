//! `Fn::ForEach`: what its rounds make is checked as if it were written out.

use super::*;

fn looped(body: &str) -> String {
    format!(
        "Transform: AWS::LanguageExtensions
Parameters:
  Names: {{Type: CommaDelimitedList, Default: 'a,b'}}
  Later: {{Type: CommaDelimitedList}}
Mappings:
  Zones: {{us-east-1: {{names: [x, y]}}}}
Resources:
  Plain: {{Type: AWS::SNS::Topic}}
{body}"
    )
}

#[test]
fn what_rounds_make_is_checked_at_its_place_in_the_text() {
    let text = looped(
        "  'Fn::ForEach::Queues':
    - Name
    - [one, two]
    - 'Queue${Name}':
        Type: AWS::SQS::Queue
        Properties:
          DelaySeconds: 901
          Tags: [{Key: name, Value: !Ref Name}]
Outputs:
  A: {Value: !GetAtt Queueone.Arn}
  B: {Value: !GetAtt Queuethree.Arn}
",
    );
    // Both rounds have the fault, and it stands once.
    assert_eq!(findings(&text), ["15: out-of-range", "19: undeclared-name"]);
}

#[test]
fn a_round_gives_its_item_to_names_texts_and_references() {
    let text = looped(
        "  'Fn::ForEach::Topics':
    - Name
    - !Ref Names
    - 'Topic&{Name}':
        Type: AWS::SNS::Topic
        DependsOn: Plain
        Properties: {TopicName: !Sub '${Name}-${AWS::Region}', DisplayName: !Ref Name}
      'Policy${Name}':
        Type: AWS::SNS::TopicPolicy
        Properties:
          Topics: [!Ref 'Topic${Name}']
          PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 'sns:Publish', Resource: '*'}]}
  'Fn::ForEach::Zones':
    - Zone
    - !FindInMap [Zones, !Ref AWS::Region, names]
    - 'Fn::ForEach::Inner':
        - Name
        - [q]
        - 'Queue${Zone}${Name}': {Type: AWS::SQS::Queue, Properties: {QueueName: '${Zone}-${Name}'}}
Outputs:
  A: {Value: !Ref Topica}
  B: {Value: !Ref Topicb}
  C: {Value: !GetAtt Queuexq.Arn}
  'Fn::ForEach::Attributes':
    - Attribute
    - [Arn, QueueName]
    - 'Made${Attribute}': {Value: !GetAtt [Queueyq, !Ref Attribute]}
",
    );
    assert_eq!(findings(&text), Vec::<String>::new());
}

#[test]
fn a_list_that_only_a_deployment_knows_is_no_reason_to_be_silent() {
    let text = looped(
        "  'Fn::ForEach::Queues':
    - Name
    - !Ref Later
    - 'Queue${Name}': {Type: AWS::SQS::Queue, Properties: {QueueName: 'q-${Name}', DelaySecond: 1}}
Outputs: {A: {Value: !Ref QueueFirst}}
",
    );
    assert_eq!(findings(&text), ["12: unsupported-property"]);
}

#[test]
fn loops_that_are_none_are_told() {
    let twice = looped(
        "  'Fn::ForEach::Queues':
    - Name
    - [a, b]
    - Queue: {Type: AWS::SQS::Queue}
",
    );
    assert_eq!(findings(&twice), ["12: invalid-function"]);
    assert_eq!(findings(&looped("  'Fn::ForEach::Queues': [Name, [a]]\n")), ["9: invalid-function"]);
    let without = looped("  'Fn::ForEach::Q': [N, [a], {'Q${N}': {Type: AWS::SQS::Queue}}]\n")
        .replace("AWS::LanguageExtensions", "AWS::Include");
    assert_eq!(findings(&without), ["9: invalid-function"]);
}
