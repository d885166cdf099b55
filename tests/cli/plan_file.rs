//! `stack diff --out` and `stack deploy --plan` against a local cloud.

use test_support::{RunningCloud, TestProject};

use crate::{SMALL, STACK, assert_run};

#[test]
fn a_plan_is_written_deployed_once_and_then_refused() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    let run = project.run(&["diff", "--local", "--out", "small.plan"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("the plan is in "), "{}", run.stderr);
    let first = std::fs::read_to_string(project.directory().join("small.plan")).unwrap();
    let _ = project.run(&["diff", "--local", "--out", "small.plan"]);
    assert_eq!(
        std::fs::read_to_string(project.directory().join("small.plan")).unwrap(),
        first,
        "same input, same bytes"
    );

    let file = project.directory().join("stack.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("stack: small", "stack: small # the same")).unwrap();
    project.succeed(&["deploy", "--local", "--plan", "small.plan"]);
    let run = project.run(&["deploy", "--local", "--plan", "small.plan", "--json"]);
    let last: serde_json::Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&last["outcome"]["outcome"], &last["exit_code"]), (&"plan-stale".into(), &1.into()), "{last:#}");
    assert_eq!(last["outcome"]["changes"][0]["what"], "stack", "{last:#}");
}

#[test]
fn a_plan_of_another_environment_is_told_apart() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    let _ = project.run(&["diff", "--local", "--out", "small.plan"]);
    assert_run!("plan_stale", &project, &["deploy", "--local", "--suffix", "two", "--plan", "small.plan"]);
}

#[test]
fn what_is_no_plan_is_refused_before_anything_is_built() {
    let project = TestProject::new(STACK, SMALL);
    project.write("no.plan", "{\"plan_version\": 1}").write("new.plan", "{\"plan_version\": 2}");
    assert_run!("plan_invalid", &project, &["deploy", "--plan", "no.plan"]);
    assert_run!("plan_version", &project, &["deploy", "--plan", "new.plan"]);
    assert_run!("plan_missing", &project, &["deploy", "--plan", "missing.plan"]);
}
