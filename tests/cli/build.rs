//! `stack build` where something is missing.

use test_support::{Run, TestProject};

use crate::{STACK, whole};

const WITH_FUNCTION: &str = "\
stack: small
region: eu-central-1
functions:
  resize: { package: resize }
";

/// A search path that has no program at all.
fn run_without_path(project: &TestProject, arguments: &[&str]) -> Run {
    let empty = project.directory().join("empty");
    std::fs::create_dir_all(&empty).unwrap();
    Run::of(project.command(arguments).env("PATH", empty))
}

#[test]
fn without_cargo() {
    let project = TestProject::new(STACK, WITH_FUNCTION);
    let run = run_without_path(&project, &["build"]);
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("build_without_cargo", whole(&run, &project));
    });
    assert_eq!(run.code, Some(1));
}

#[test]
fn an_unknown_function_is_named() {
    let project = TestProject::new(STACK, WITH_FUNCTION);
    let run = project.run(&["build", "resise"]);
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("build_unknown_function", whole(&run, &project));
    });
}

#[test]
fn doctor_names_what_is_missing_and_how_to_get_it() {
    let project = TestProject::empty(STACK);
    let run = run_without_path(&project, &["doctor", "--json"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let report = run.json();
    for name in ["cargo", "C compiler"] {
        let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["state"], "missing");
        assert!(check["mend"].is_string(), "{check}");
    }
}

#[test]
fn doctor_is_content_where_cargo_and_a_compiler_are() {
    let project = TestProject::empty(STACK);
    let run = project.run(&["doctor"]);
    assert_eq!(run.code, Some(0), "these tests were built by both:\n{}", run.stdout);
    assert!(run.stdout.contains("cargo "), "{}", run.stdout);
}
