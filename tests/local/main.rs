//! The local cloud as its users meet it: the real binary, real HTTP, real clients, real function binaries.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod access;
mod bad_input;
mod dev;
mod links;
mod photo_to_thumbnail;
mod side_by_side;
mod stub;
mod survival;
mod tokens;
mod triggers;

use test_support::{Run, TestProject};

/// The binary under test.
const STACK: &str = env!("CARGO_BIN_EXE_stack");

/// Account and region that end the names of buckets.
const PLACE: &str = "000000000000-us-east-1";

/// Deploys a project's `dev` environment with a suffix into the project's own local cloud.
fn deploy(project: &TestProject, suffix: &str, parameters: &[&str]) -> Run {
    let mut arguments = vec!["deploy", "--local", "-e", "dev", "--suffix", suffix, "--yes"];
    for parameter in parameters {
        arguments.extend(["--parameter", parameter]);
    }
    project.succeed(&arguments)
}

/// An output of the deployed stack.
fn output(project: &TestProject, suffix: &str, name: &str) -> String {
    project.succeed(&["outputs", "--local", "-e", "dev", "--suffix", suffix, name]).stdout.trim().to_owned()
}
