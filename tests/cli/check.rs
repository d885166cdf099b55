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
