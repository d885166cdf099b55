//! `--help` of every verb: no verb is named that does not exist.

use test_support::TestProject;

use crate::{STACK, assert_run};

#[test]
fn help_of_every_verb() {
    let project = TestProject::empty(STACK);
    assert_run!("help_stack", &project, &["--help"]);
    for verb in [
        "check",
        "init",
        "render",
        "diff",
        "graph",
        "eject",
        "schema",
        "build",
        "deploy",
        "destroy",
        "drift",
        "status",
        "attach",
        "cancel",
        "rollback",
        "events",
        "ls",
        "logs",
        "invoke",
        "outputs",
        "access",
        "token",
        "dev",
        "local",
        "doctor",
        "completions",
        "man",
    ] {
        assert_run!(format!("help_{verb}"), &project, &[verb, "--help"]);
    }
    for verb in ["new", "up", "down", "status", "resolve"] {
        assert_run!(format!("help_migrate_{verb}"), &project, &["migrate", verb, "--help"]);
    }
    for verb in ["start", "stop", "status", "reset", "env"] {
        assert_run!(format!("help_local_{verb}"), &project, &["local", verb, "--help"]);
    }
}

#[test]
fn short_help_fits_a_screen() {
    let project = TestProject::empty(STACK);
    assert_run!("help_short", &project, &["-h"]);
}
