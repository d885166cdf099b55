//! `stack diff --change-set` against a local cloud.

use test_support::{RunningCloud, TestProject};

use crate::{SMALL, STACK, assert_run};

#[test]
fn cloudformation_is_asked_and_nothing_is_left() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    assert_run!("preview_first", &project, &["diff", "--local", "--change-set"]);
    assert_eq!(project.run(&["status", "--local"]).code, Some(1), "the empty stack stays behind");

    project.succeed(&["deploy", "--local"]);
    assert_run!("preview_no_difference", &project, &["diff", "--local", "--change-set"]);
    let file = project.directory().join("stack.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("files: {}", "files: { versioning: true }")).unwrap();
    assert_run!("preview_values", &project, &["diff", "--local", "--change-set"]);
    let report = project.run(&["diff", "--local", "--change-set", "--json"]).json();
    let told = &report["stacks"][0]["change_set"];
    assert_eq!((&told["state"], &report["exit_code"]), (&"made".into(), &2.into()), "{report:#}");
    assert_eq!((&told["changes"][0]["action"], &told["changes"][0]["templates"]), (&"modify".into(), &"modify".into()));
    // Nothing was executed.
    let status = project.succeed(&["status", "--local", "--json"]).json();
    assert_eq!(status["stack"]["status"], "CREATE_COMPLETE", "{status:#}");
}

#[test]
fn it_is_asked_about_what_is_built_and_deployed_alone() {
    let project = TestProject::new(STACK, SMALL);
    for other in ["--no-build", "--template=a.yaml", "--from=a.yaml"] {
        let run = project.run(&["diff", "--change-set", other]);
        assert_eq!(run.code, Some(1), "{other}");
    }
    let run = project.run(&["diff", "--change-set", "--no-build"]);
    assert!(run.stderr.contains("cannot be used with '--no-build'"), "{}", run.stderr);
}
