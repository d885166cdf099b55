//! `stack destroy --older-than` in a local cloud with several environments.

use serde_json::{Value, json};
use test_support::{Run, RunningCloud, TestProject};

use crate::{SMALL, STACK};

fn names(project: &TestProject) -> Vec<String> {
    let report = project.run(&["ls", "--local", "--json"]).json();
    let stacks = report["stacks"].as_array().unwrap().iter();
    stacks.map(|stack| stack["name"].as_str().unwrap().to_owned()).collect()
}

/// The last line of a run with `--json`.
fn report_of(run: &Run) -> Value {
    serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap()
}

/// Name and outcome of every stack of a report.
fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let stacks = report["stacks"].as_array().unwrap().iter();
    stacks.map(|stack| (stack["name"].as_str().unwrap(), stack["outcome"].as_str().unwrap())).collect()
}

#[test]
fn environments_that_nobody_deployed_for_so_long_go_and_precious_ones_stay() {
    let text =
        SMALL.replace("  prod:", "  ci: { suffix: \"pr-{{env.PULL_REQUEST}}\" }\n  prod:") + "env: [PULL_REQUEST]\n";
    let project = TestProject::new(STACK, &text);
    let _cloud = RunningCloud::start(&project);
    project.succeed(&["deploy", "--local"]);
    project.succeed(&["deploy", "--local", "--suffix", "two"]);
    project.succeed(&["deploy", "--local", "-e", "ci", "--suffix", "pr-7"]);
    project.succeed(&["deploy", "--local", "-e", "prod"]);

    let young = project.run(&["destroy", "--local", "--older-than", "1h", "--yes"]);
    assert_eq!(young.code, Some(0), "{young:?}");
    assert!(young.stderr.contains("nothing is old enough"), "{}", young.stderr);
    assert_eq!(names(&project).len(), 4);

    // The variable that the suffix of `ci` is made of is not there: its stack says which one it is.
    let ci = project.run(&["destroy", "--local", "--older-than", "0s", "-e", "ci", "--yes", "--json"]);
    assert_eq!(ci.code, Some(0), "{ci:?}");
    assert_eq!(outcomes(&report_of(&ci)), [("small-pr-7", "destroyed")]);

    let all = project.run(&["destroy", "--local", "--older-than", "0s", "--yes", "--json"]);
    assert_eq!(all.code, Some(0), "{all:?}");
    let report = report_of(&all);
    assert_eq!(report["report"], "stacks");
    assert_eq!(outcomes(&report), [("small-one", "destroyed"), ("small-two", "destroyed")]);
    assert_eq!(report["kept"], json!([{ "stack_name": "small", "reason": "it is protected" }]));
    assert_eq!(names(&project), ["small"]);
}

#[test]
fn a_bucket_with_objects_keeps_its_stack_and_the_others_go() {
    let project = TestProject::new(STACK, &SMALL.replace("files: {}", "files: { contents: site }"));
    std::fs::create_dir(project.directory().join("site")).unwrap();
    std::fs::write(project.directory().join("site/a.txt"), "a").unwrap();
    let _cloud = RunningCloud::start(&project);
    project.succeed(&["deploy", "--local"]);
    project.succeed(&["deploy", "--local", "--suffix", "two"]);
    let refused = project.run(&["destroy", "--local", "--older-than", "0s", "--yes"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("stack destroy -e dev --suffix two --local --empty"), "{}", refused.stderr);
    let emptied = project.run(&["destroy", "--local", "--older-than", "0s", "--yes", "--empty"]);
    assert_eq!(emptied.code, Some(0), "{emptied:?}");
    assert!(emptied.stderr.contains("1 object version\n"), "{}", emptied.stderr);
    assert!(names(&project).is_empty());
}

#[test]
fn consent_is_asked_for_before_anything_is_looked_at() {
    let project = TestProject::new(STACK, SMALL);
    let run = project.run(&["destroy", "--older-than", "7d"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("stack destroy --older-than"), "{}", run.stderr);
}
