//! The binary by its arguments: exit code, stdout and stderr of each verb that needs no cloud, whole and word for word.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod build;
mod check;
mod consent;
mod deaths;
mod diff;
mod drift;
mod eject;
mod graph;
mod guarded;
mod help;
mod init;
mod invoke;
mod kept;
mod local;
mod logs;
mod migrate;
mod older;
mod outcomes;
mod plan_file;
mod prepared;
mod preview;
mod races;
mod reach;
mod render;
mod schema;
mod secrets;
mod shell;
mod standing;
mod usage;

use test_support::{Run, TestProject};

/// The binary under test.
const STACK: &str = env!("CARGO_BIN_EXE_stack");

/// A whole run in the form of the snapshots, with the project's directory written as `[project]`.
fn whole(run: &Run, project: &TestProject) -> String {
    let text = format!("exit code: {:?}\n-- stdout\n{}-- stderr\n{}", run.code, run.stdout, run.stderr);
    let directory = std::fs::canonicalize(project.directory()).unwrap();
    text.replace(directory.to_str().unwrap(), "[project]")
}

/// Runs the binary in the project and compares the whole run with the snapshot of this name.
macro_rules! assert_run {
    ($name:expr, $project:expr, $arguments:expr) => {
        let run = $project.run($arguments);
        insta::with_settings!({ description => format!("stack {}", $arguments.join(" ")), omit_expression => true }, {
            insta::assert_snapshot!($name, crate::whole(&run, $project));
        });
    };
}

use assert_run;

/// A project without functions, so that no Cargo workspace is needed.
const SMALL: &str = "\
stack: small
region: eu-central-1
environments:
  dev: { suffix: one }
  prod: { removal: retain, protect: true }
buckets:
  files: {}
outputs:
  Files: \"{{bucket.files.name}}\"
";
