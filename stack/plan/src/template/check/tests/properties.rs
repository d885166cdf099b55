//! Single checks, each with its message.

use super::*;

const TEMPLATE: &str = "
Transform: AWS::LanguageExtensions
Parameters:
  Count: {Type: Number, Default: x}
  Names: {Type: CommaDelimitedList, Default: 'a,b'}
  Old: {Type: Text}
  Level: {Type: String, AllowedValues: [low, high], Default: middle}
Mappings:
  Sizes: {eu-west-1: {small: '1'}}
Conditions:
  Bad: !Equals [!GetAtt Queue.Arn, x]
  Alone: !And [!Condition Bad]
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Ref Names
      DelaySeconds: !FindInMap [Sizes, eu-west-1, large]
      Arn: mine
      Tags: [{Key: a, Value: b}, {Key: a, Value: c}]
  Twin: {Type: AWS::S3::Bucket, Properties: {BucketName: one-name}}
  Other: {Type: AWS::S3::Bucket, Properties: {BucketName: one-name}}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs14.x
      Handler: 'x'
      Role: !Ref Queue
      Code: {ZipFile: 'x'}
      VpcConfig: {SubnetIds: [!GetAtt Queue.Arn], SecurityGroupIds: [!Ref Twin]}
  Custom: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Function.Arn, Anything: [1]}}
  Module: {Type: My::Own::Module::MODULE}
  Net: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Net, CidrBlock: 10.1.0.0/24}}
Outputs:
  List: {Value: !Split [',', 'a,b']}
  Free: {Value: !GetAtt Custom.Anything}
  Made: {Value: !Ref ModuleBucket}
  Length: {Value: !Length [1, 2]}
";

#[test]
fn every_finding_says_what_where_and_how_to_mend_it() {
    let text: Vec<String> = check_text(TEMPLATE, &["eu-west-1"])
        .iter()
        .map(|error| {
            let help = miette::Diagnostic::help(error).map(|help| format!("\n    help: {help}")).unwrap_or_default();
            let code = miette::Diagnostic::code(error).map(|code| code.to_string()).unwrap_or_default();
            format!("{code}: {error}{help}")
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn faults_of_structure_do_not_hide_others() {
    let found = findings(
        "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 901}}\n  B: {Type: AWS::SQS::Queue, Propertys: {}}\n  C: 1\n",
    );
    assert_eq!(found, ["2: out-of-range", "3: unsupported-property", "4: type-mismatch"]);
    assert_eq!(findings("Resources: [\n"), ["2: yaml-syntax"]);
    assert_eq!(findings("a: b\n").len(), 2);
}

#[test]
fn macros_bring_what_is_not_declared() {
    let text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {InlineCode: x, Handler: a.b, Runtime: nodejs24.x}\nOutputs: {Role: {Value: !GetAtt FRole.Arn}, Api: {Value: !Ref ServerlessRestApi}}\n";
    assert_eq!(findings(text), Vec::<String>::new());
    let loops = "Transform: AWS::LanguageExtensions\nResources:\n  'Fn::ForEach::Topics':\n    - Name\n    - [a, b]\n    - 'Topic${Name}': {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}\nOutputs: {A: {Value: !Ref Topica}}\n";
    assert_eq!(findings(loops), Vec::<String>::new());
}

#[test]
fn what_is_rendered_may_hold_anything() {
    let text = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: 'a ${AWS::Region}'}}}";
    let template = Template::parse(text).unwrap();
    assert_eq!(check(&template, &Positions::default(), &[]), []);
    assert_eq!(findings(text), ["1: invalid-function"]);
}
