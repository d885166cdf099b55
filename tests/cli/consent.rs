//! Without a terminal and without `--yes`, nothing begins.

use test_support::TestProject;

use crate::{SMALL, STACK, assert_run};

#[test]
fn what_changes_something_needs_consent_at_once() {
    let project = TestProject::new(STACK, SMALL);
    assert_run!("consent_deploy", &project, &["deploy"]);
    assert_run!("consent_destroy", &project, &["destroy"]);
    assert_run!("consent_reset", &project, &["local", "reset"]);
}

#[test]
fn faults_come_before_consent() {
    let project = TestProject::new(STACK, "stack: Small Stack\n");
    let run = project.run(&["deploy"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("stack.yaml"), "{}", run.stderr);
}

#[test]
fn what_lasts_is_not_deployed_in_a_hurry() {
    let project = TestProject::new(STACK, SMALL);
    assert_run!("consent_express", &project, &["deploy", "-e", "prod", "--express", "--yes"]);
}

#[test]
fn no_credentials_is_an_error_with_a_way_out() {
    let project = TestProject::new(STACK, SMALL);
    let run = project.run(&["deploy", "--yes"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("no AWS credentials"), "{}", run.stderr);
    assert!(run.stderr.contains("--profile"), "{}", run.stderr);
}
