//! `stack check`.

use test_support::TestProject;

use crate::{SMALL, STACK, assert_run};

#[test]
fn a_project_without_faults() {
    let project = TestProject::new(STACK, SMALL);
    assert_run!("check_good", &project, &["check"]);
    assert_run!("check_good_json", &project, &["check", "--json"]);
    assert_run!("check_good_prod", &project, &["check", "-e", "prod"]);
}

#[test]
fn ten_faults_of_different_kinds_are_all_reported_with_line_and_help() {
    let project = TestProject::fixture(STACK, "ten-faults");
    assert_run!("check_ten_faults", &project, &["check"]);

    let report = project.run(&["check", "--json"]).json();
    let faults = report["error"]["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 10, "{report:#}");
    for fault in faults {
        assert!(fault["help"].is_string(), "{fault:#}");
        assert!(fault["places"][0]["line"].as_u64().unwrap() > 0, "{fault:#}");
    }
    let mut codes: Vec<_> = faults.iter().map(|fault| fault["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert!(codes.len() >= 6, "the faults are of different kinds: {codes:?}");
}

#[test]
fn the_project_is_found_from_below() {
    let project = TestProject::new(STACK, SMALL);
    project.write("site/css/a.css", "");
    let mut command = project.command(&["check"]);
    let run = test_support::Run::of(command.current_dir(project.directory().join("site/css")));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("../../stack.yaml"), "{}", run.stderr);
}

#[test]
fn an_unknown_environment_or_parameter_is_named() {
    let project = TestProject::new(STACK, SMALL);
    assert_run!("check_unknown_environment", &project, &["check", "-e", "prdo"]);
    assert_run!("check_unknown_parameter", &project, &["check", "--parameter", "domian=example.com"]);
}

#[test]
fn an_included_file_is_read_and_its_faults_are_shown_in_it() {
    let project = TestProject::new(STACK, "stack: small\nregion: eu-central-1\ninclude: cfn/old.yaml\n");
    assert_run!("check_include_missing", &project, &["check"]);
    project.write(
        "cfn/old.yaml",
        "Resources:\n  Old:\n    Type: AWS::SNS::Topic\n    Properties: { TopicName: !Ref Nobody }\n",
    );
    assert_run!("check_include_fault", &project, &["check"]);
    let report = project.run(&["check", "--json"]).json();
    let place = &report["error"]["faults"][0]["places"][0];
    assert_eq!((place["file"].as_str(), place["line"].as_u64()), (Some("cfn/old.yaml"), Some(4)), "{report:#}");
    project.write("cfn/old.yaml", " ".repeat(1024 * 1024 + 1));
    assert_eq!(project.run(&["check", "--json"]).json()["error"]["code"], "file-too-large");
}

#[test]
fn a_template_of_somebody_else_is_checked() {
    let project = TestProject::empty(STACK);
    project.write(
        "bad.yaml",
        "Resources:\n  Function:\n    Type: AWS::Lambda::Function\n    Properties:\n      Role: !GetAtt Table.Arn\n      Runtime: nodejs14.x\n      \
         Handler: index.handler\n      Code: { ZipFile: 'x' }\n      Timeout: 901\n      Memory: 512\n  Table:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      \
         BillingMode: PAY_PER_REQUEST\n      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]\n      KeySchema: [{ AttributeName: id, KeyType: HASH }]\n",
    );
    project.write(
        "good.json",
        r#"{"Parameters": {"Name": {"Type": "String", "Default": "A B"}}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}, "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Ref": "Name"}, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}}}"#,
    );
    assert_run!("check_template_bad", &project, &["check", "--template", "bad.yaml"]);
    assert_run!("check_template_good", &project, &["check", "--template", "good.json"]);
    assert_run!("check_template_good_json", &project, &["check", "--template", "good.json", "--json"]);
    assert_run!("check_template_missing", &project, &["check", "--template", "none.yaml"]);

    let report = project.run(&["check", "--template", "bad.yaml", "--json"]).json();
    let faults = report["error"]["faults"].as_array().unwrap();
    let place = |code: &str| {
        let fault = faults.iter().find(|fault| fault["code"] == code).unwrap_or_else(|| panic!("{code}: {report:#}"));
        (fault["places"][0]["line"].as_u64().unwrap(), fault["places"][0]["column"].as_u64().unwrap())
    };
    assert_eq!(place("wrong-target"), (5, 7));
    assert_eq!(place("broken-rule"), (9, 7));
    assert_eq!(place("unsupported-property"), (10, 7));
}

#[test]
fn a_job_of_github_gets_an_annotation_for_each_fault() {
    let project = TestProject::new(
        STACK,
        &SMALL.replace("  files: {}", "  files: { versionning: true }\n  more: { public: maybe }"),
    );
    let run = test_support::Run::of(project.command(&["check"]).env("GITHUB_ACTIONS", "true"));
    let annotations: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(annotations.len(), 2, "{run:?}");
    assert!(annotations[0].starts_with("::error file=stack.yaml,line=7,col=12,title=unknown-key::"), "{annotations:?}");
    assert!(!project.run(&["check"]).stderr.contains("::error"));
}
