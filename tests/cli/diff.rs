//! `stack diff` without AWS: two templates, or a saved one and the plan.

use test_support::TestProject;

use crate::{SMALL, STACK, assert_run};

#[test]
fn a_template_that_was_just_rendered_does_not_differ() {
    let project = TestProject::new(STACK, SMALL);
    for (name, format) in [("t.yaml", "yaml"), ("t.json", "json")] {
        let text = project.succeed(&["render", "--format", format]).stdout;
        project.write(name, text);
    }
    assert_run!("diff_none", &project, &["diff", "--from", "t.json"]);
    assert_eq!(project.run(&["diff", "--template", "t.yaml", "t.json"]).code, Some(0));
}

#[test]
fn what_differs_is_told_with_its_path() {
    let project = TestProject::new(STACK, SMALL);
    project.write("old.yaml", project.succeed(&["render"]).stdout);
    project.write(
        "stack.yaml",
        SMALL.replace("files: {}", "files: { versioning: true }\n  more: {}").replace("Files:", "Named:"),
    );
    assert_run!("diff_from", &project, &["diff", "--from", "old.yaml", "--account", "000000000000"]);
    let report = project.run(&["diff", "--from", "old.yaml", "--json", "--account", "000000000000"]);
    assert_eq!(report.code, Some(2));
    let report = report.json();
    assert_eq!(report["changes"]["resources"][0]["action"], "modify", "{report:#}");
    assert_eq!(report["changes"]["resources"][0]["values"][0]["path"], "Properties.VersioningConfiguration");

    project.write("retyped.yaml", "Resources: { FilesBucket: { Type: AWS::SQS::Queue }, Kept: { Type: AWS::S3::Bucket, DeletionPolicy: Retain } }");
    project.write("new.yaml", "Resources: { FilesBucket: { Type: AWS::SNS::Topic } }");
    assert_run!("diff_templates", &project, &["diff", "--template", "retyped.yaml", "new.yaml"]);
}

const OLD: &str = r#"Resources:
  News: { Type: AWS::SNS::Topic, Properties: { TopicName: news } }
  Mail: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref News, Protocol: sqs } }
  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs.fifo, FifoQueue: true } }
  Data: { Type: AWS::RDS::DBInstance, UpdateReplacePolicy: Snapshot, Properties: { Port: "5432" } }
  Teller: { Type: AWS::Lambda::Function, Properties: { Environment: { Variables: { TOPIC: !Ref News } } } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: news
          PolicyDocument: { Statement: [{ Effect: Allow, Action: "sns:*", Resource: !Ref News }] }
"#;

const NEW: &str = r#"Resources:
  News: { Type: AWS::SNS::Topic, Properties: { TopicName: latest } }
  Mail: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref News, Protocol: sqs } }
  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs.fifo } }
  Data: { Type: AWS::RDS::DBInstance, UpdateReplacePolicy: Snapshot, Properties: { Port: "5433", PubliclyAccessible: true } }
  Teller: { Type: AWS::Lambda::Function, Properties: { Environment: { Variables: { TOPIC: !Ref News } } } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: news
          PolicyDocument: { Statement: [{ Effect: Allow, Action: "sns:Publish", Resource: !Ref News }, { Effect: Allow, Action: "*", Resource: "*" }] }
"#;

#[test]
fn what_is_made_again_and_what_widens_access_is_told() {
    let project = TestProject::new(STACK, SMALL);
    project.write("old.yaml", OLD);
    project.write("new.yaml", NEW);
    assert_run!("diff_wider", &project, &["diff", "--template", "old.yaml", "new.yaml"]);
    let report = project.run(&["diff", "--template", "old.yaml", "new.yaml", "--json"]).json();
    assert_eq!(report["changes"]["broadening"][1]["severity"], "severe", "{report:#}");
    assert_eq!(report["changes"]["resources"][1]["causes"][0]["made_again"], "News");
}

#[test]
fn what_cannot_be_compared_is_named() {
    let project = TestProject::new(STACK, SMALL);
    project.write("no.yaml", "Resources:\n  A: { Typ: x }\n");
    assert_run!("diff_invalid", &project, &["diff", "--from", "no.yaml"]);
    assert_run!("diff_missing", &project, &["diff", "--template", "no.yaml", "nothing.yaml"]);
    assert_run!("diff_usage", &project, &["diff", "--from", "no.yaml", "--no-build"]);
}
