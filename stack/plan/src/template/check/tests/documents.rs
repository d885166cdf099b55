//! Documents with a schema of their own.

use super::*;

fn machine(definition: &str) -> Vec<String> {
    findings(&format!(
        "Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/machine
      DefinitionSubstitutions: {{Wait: 5}}
      Definition:
{definition}"
    ))
}

#[test]
fn definitions_of_state_machines() {
    let fine = "        StartAt: First
        States:
          First: {Type: Wait, Seconds: '${Wait}', Next: Work}
          Work:
            Type: Parallel
            Branches: [{StartAt: One, States: {One: {Type: Succeed}}}]
            End: true
";
    assert_eq!(machine(fine), Vec::<String>::new());
    assert_eq!(machine(&fine.replace("StartAt: First", "StartAt: Frist")), ["8: undeclared-name"]);
    assert_eq!(machine(&fine.replace("Next: Work", "Next: Wrok")), ["10: undeclared-name"]);
    assert_eq!(machine(&fine.replace("StartAt: One", "StartAt: Two")), ["13: undeclared-name"]);
    assert_eq!(machine(&fine.replace("Type: Succeed", "Type: Success")), ["13: not-allowed"]);
    assert_eq!(machine(&fine.replace("            End: true\n", "")), ["11: one-of-properties"]);
    let text = "Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/machine
      DefinitionString: '{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Task\", \"End\": true}}}'
";
    assert_eq!(findings(text), ["6: missing-property"]);
    assert_eq!(findings(&text.replace("true}}}", "true}}")), ["6: contradiction"]);
}

#[test]
fn machines_that_query_with_jsonata() {
    let text = "        QueryLanguage: JSONata
        StartAt: First
        States:
          First: {Type: Pass, Output: '{% $states.input %}', End: true}
";
    assert_eq!(machine(text), Vec::<String>::new());
    assert_eq!(machine(&text.replace("Output: '{% $states.input %}'", "InputPath: $.a")), ["11: forbidden-value"]);
}

#[test]
fn documents_of_the_systems_manager() {
    let document = |content: &str| {
        findings(&format!(
            "Resources:\n  D:\n    Type: AWS::SSM::Document\n    Properties:\n      Content: {content}\n"
        ))
    };
    assert_eq!(document("{schemaVersion: '2.2', mainSteps: []}"), Vec::<String>::new());
    assert_eq!(document("{schemaVersion: '2.3', mainSteps: []}"), ["5: not-allowed"]);
    assert_eq!(document("{mainSteps: []}"), ["5: missing-property"]);
    assert_eq!(document("'{\"schemaVersion\": \"9\"}'"), ["5: not-allowed"]);
    assert_eq!(document("'{\"schemaVersion\"'"), ["5: contradiction"]);
}

#[test]
fn what_cfn_init_reads() {
    let text = "Resources:
  Server:
    Type: AWS::EC2::Instance
    Metadata:
      AWS::CloudFormation::Init:
        config:
          packages: {yum: {httpd: []}}
          files: {/etc/a: {content: !Sub 'a ${AWS::Region}', mode: '000644'}}
          services: {sysvinit: {httpd: {enabled: true}}}
    Properties: {ImageId: ami-0123456789abcdef0}
";
    assert_eq!(findings(text), Vec::<String>::new());
    assert_eq!(findings(&text.replace("yum:", "yam:")), ["7: unsupported-property"]);
    assert_eq!(findings(&text.replace("'000644'", "'644'")), ["8: wrong-count"]);
    assert_eq!(findings(&text.replace("enabled: true", "enabled: maybe")), ["9: type-mismatch"]);
}

#[test]
fn globals_of_the_serverless_transform() {
    let text = "Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: nodejs24.x, Timeout: 10}
Resources:
  F:
    Type: AWS::Serverless::Function
    IgnoreGlobals: [Timeout]
    Properties: {InlineCode: x, Handler: a.b, Runtime: nodejs24.x}
";
    assert_eq!(findings(text), Vec::<String>::new());
    assert_eq!(findings(&text.replace("  Function: {", "  Functions: {")), ["3: unsupported-property"]);
    assert_eq!(findings(&text.replace("Timeout: 10", "TimeOut: 10"))[0], "3: unsupported-property");
    assert_eq!(findings(&text.replace("[Timeout]", "[MemorySize]")), ["7: undeclared-name"]);
}
