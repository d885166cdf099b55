//! `stack status`, `stack events` and `stack ls` against a local cloud.

use test_support::{RunningCloud, TestProject};

use crate::{SMALL, STACK, assert_run};

#[test]
fn nothing_is_told_of_what_is_not_there() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    assert_run!("status_absent", &project, &["status", "--local"]);
    assert_run!("events_absent", &project, &["events", "--local"]);
    assert_run!("ls_empty", &project, &["ls", "--local"]);
}

#[test]
fn every_environment_is_told() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    project.succeed(&["deploy", "--local"]);
    project.succeed(&["deploy", "--local", "-e", "prod"]);

    let status = project.run(&["status", "--local"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    for line in [
        "stack       small-one in eu-central-1",
        "state       CREATE_COMPLETE: created",
        "outputs     1",
        "drift       never looked at; `stack drift` does",
        "protection  off",
        "tags        project small, environment dev, suffix one",
    ] {
        assert!(status.stdout.contains(&format!("{line}\n")), "{line}: {}", status.stdout);
    }
    assert!(
        status.stdout.contains("operation   CREATE_IN_PROGRESS ") && status.stdout.contains(", CREATE_COMPLETE after ")
    );
    assert_eq!(status.stderr, "next: stack deploy --local\n");
    let report = project.succeed(&["status", "--local", "-e", "prod", "--json"]).json();
    assert_eq!((&report["deploy"], &report["stack"]["protected"]), (&"update".into(), &true.into()), "{report:#}");

    let ls = project.succeed(&["ls", "--local"]).stdout;
    let rows: Vec<Vec<&str>> = ls.lines().map(|line| line.split_whitespace().take(4).collect()).collect();
    assert_eq!(
        rows,
        [
            vec!["STACK", "ENVIRONMENT", "SUFFIX", "STATE"],
            vec!["small", "prod", "-", "CREATE_COMPLETE"],
            vec!["small-one", "dev", "one", "CREATE_COMPLETE"],
        ],
        "{ls}"
    );

    let events = project.succeed(&["events", "--local"]);
    let first = events.stdout.lines().next().unwrap();
    let last = events.stdout.lines().last().unwrap();
    assert!(first.contains(" CREATE_IN_PROGRESS ") && first.contains(" small-one "), "{first}");
    assert!(last.contains(" CREATE_COMPLETE ") && last.contains(" small-one "), "{last}");
    let report = project.succeed(&["events", "--local", "--json"]).json();
    assert_eq!(report["operation"]["began_as"], "CREATE_IN_PROGRESS");
    let all = report["operation"]["events"].as_array().unwrap().len();
    let limited = project.succeed(&["events", "--local", "--limit", "2"]);
    assert_eq!(limited.stdout.lines().count(), 2);
    assert!(limited.stderr.contains(&format!("{} older events are left out", all - 2)), "{}", limited.stderr);
}

#[test]
fn operations_of_others_are_told_apart_from_none() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    assert_run!("attach_absent", &project, &["attach", "--local"]);
    project.succeed(&["deploy", "--local"]);
    assert_run!("attach_idle", &project, &["attach", "--local"]);
    assert_run!("cancel_idle", &project, &["cancel", "--local"]);
    assert_run!("rollback_idle", &project, &["rollback", "--local"]);
    assert_run!("rollback_nothing_to_skip", &project, &["rollback", "--local", "--skip", "Uploads"]);
}

#[test]
fn a_plan_is_compared_with_what_is_deployed() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    assert_run!("diff_first", &project, &["diff", "--local"]);
    project.succeed(&["deploy", "--local"]);
    assert_run!("diff_no_difference", &project, &["diff", "--local"]);
    let file = project.directory().join("stack.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\ntopics:\n  alerts: {{}}\n")).unwrap();
    assert_run!("diff_topic", &project, &["diff", "--local"]);
    assert_run!("diff_topic_markdown", &project, &["diff", "--local", "--markdown"]);
    let report = project.run(&["diff", "--local", "--json"]).json();
    assert_eq!((&report["report"], &report["exit_code"]), (&"stack-differences".into(), &2.into()), "{report:#}");
    assert_eq!(report["stacks"][0]["status"], "CREATE_COMPLETE");
}

#[test]
fn outputs_are_written_for_shells() {
    let project = TestProject::new(STACK, SMALL);
    let _cloud = RunningCloud::start(&project);
    project.succeed(&["deploy", "--local"]);
    assert_eq!(project.succeed(&["outputs", "--local", "--env-file", "deployed.env"]).stdout, "deployed.env\n");
    let read = "set -eu; . ./deployed.env; echo \"$FILES\"";
    let shell =
        test_support::Run::of(std::process::Command::new("sh").args(["-c", read]).current_dir(project.directory()));
    assert_eq!(shell.stdout, "small-one-files-000000000000-eu-central-1\n", "{shell:?}");
}
