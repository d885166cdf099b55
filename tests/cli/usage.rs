//! Bad usage: exit code 1, the word at fault, a suggestion.

use test_support::TestProject;

use crate::{SMALL, STACK, assert_run};

#[test]
fn version_is_data() {
    let project = TestProject::empty(STACK);
    let run = project.succeed(&["--version"]);
    assert_eq!(run.stdout, format!("stack {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(run.stderr, "");
}

#[test]
fn an_unknown_verb_or_option_is_named() {
    let project = TestProject::empty(STACK);
    assert_run!("unknown_verb", &project, &["depoly"]);
    assert_run!("unknown_option", &project, &["deploy", "--parametre", "a=b"]);
    assert_run!("no_verb", &project, &[""; 0]);
}

#[test]
fn values_are_checked_before_anything_is_done() {
    let project = TestProject::new(STACK, SMALL);
    assert_run!("bad_account", &project, &["render", "--account", "42"]);
    assert_run!("bad_endpoint", &project, &["deploy", "--endpoint-url", "localhost:4566"]);
    assert_run!("bad_parameter", &project, &["check", "--parameter", "domain"]);
    assert_run!("two_clouds", &project, &["deploy", "--local", "--endpoint-url", "http://127.0.0.1:1"]);
}

#[test]
fn no_project_is_an_error_with_a_way_out() {
    let project = TestProject::empty(STACK);
    assert_run!("no_project", &project, &["check"]);
    assert_run!("no_directory", &project, &["check", "-C", "missing"]);
}

#[test]
fn color_is_used_only_when_asked_for() {
    let project = TestProject::empty(STACK);
    assert!(!project.run(&["check"]).stderr.contains('\u{1b}'));
    assert!(!project.run(&["check", "--color", "never"]).stderr.contains('\u{1b}'));
    assert!(project.run(&["check", "--color", "always"]).stderr.contains('\u{1b}'));
}

#[test]
fn an_error_is_json_for_programs() {
    let project = TestProject::empty(STACK);
    let run = project.run(&["check", "--json"]);
    assert_eq!(run.code, Some(1));
    let report = run.json();
    assert_eq!(report["report"], "failed");
    assert_eq!(report["exit_code"], 1);
    assert_eq!(report["error"]["code"], "project-missing");
    assert!(report["error"]["help"].as_str().unwrap().contains("stack -C DIR"));
}
