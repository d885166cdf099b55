//! `stack deploy --no-execute` against a local cloud.

use test_support::{RunningCloud, TestProject};

use crate::{SMALL, STACK};

#[test]
fn a_change_set_is_left_with_its_arn_and_what_can_be_done_with_it() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    let run = project.succeed(&["deploy", "--local", "--no-execute"]);
    let arn = run.stdout.trim_end();
    assert!(arn.starts_with("arn:aws:cloudformation:eu-central-1:000000000000:changeSet/stack-"), "{arn}");
    for line in ["left: the change set of small-one waits, nothing was executed", " delete it: stack destroy --local"] {
        assert!(run.stderr.contains(&format!("{line}\n")), "{}", run.stderr);
    }
    assert!(run.stderr.contains("execute it: aws cloudformation execute-change-set "), "{}", run.stderr);
    let status = project.run(&["status", "--local", "--json"]).json();
    assert_eq!(status["stack"]["status"], "REVIEW_IN_PROGRESS", "{status:#}");

    let report = project.succeed(&["deploy", "--local", "--no-execute", "--json"]);
    let last: serde_json::Value = serde_json::from_str(report.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&last["outcome"]["outcome"], &last["exit_code"]), (&"change-set-left".into(), &0.into()), "{last:#}");
    // The empty stack is not that run's own any more.
    let discard = last["outcome"]["discard"].as_str().unwrap();
    assert!(discard.starts_with("aws cloudformation delete-change-set "), "{discard}");

    assert!(project.succeed(&["destroy", "--local", "--yes"]).stderr.contains("destroyed small-one"));
    assert_eq!(project.run(&["status", "--local"]).code, Some(1));
}
