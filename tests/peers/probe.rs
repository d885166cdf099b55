//! Every capability that the probe of `cargo xtask peers` names, found by boto3.

use std::process::Command;

use test_support::corpora::workspace_root;
use test_support::{Run, RunningCloud, TestProject, tools};

use crate::STACK;

#[test]
fn boto3_finds_every_capability_of_the_local_cloud() {
    let Some(python) = tools::python_program("python") else { return };
    let project = TestProject::empty(STACK);
    // Functions of the probe run in the same interpreter, which has boto3.
    let cloud = RunningCloud::start_with_path(&project, python.parent().unwrap());
    let run = Run::of(
        Command::new(&python)
            .arg(workspace_root().join("xtask/src/peers/probe/run.py"))
            .args(["--endpoint", cloud.url()])
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    );
    let checks = run.stdout.lines().filter(|line| line.starts_with("ok  ")).count();
    assert!(run.code == Some(0) && checks > 0, "{checks} checks passed\n{}\n{}", run.stdout, run.stderr);
}
