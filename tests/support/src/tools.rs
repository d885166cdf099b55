//! Tools that `cargo xtask test` provides through the environment.

use std::path::PathBuf;

/// A program of the Python environment (`aws`, `cfn-lint`, `ministack`, `python`), or `None` after saying that the test is
/// skipped. In CI its absence fails the test.
#[must_use]
pub fn python_program(name: &str) -> Option<PathBuf> {
    tool("STACK_TEST_PYTHON").and_then(|python| {
        let program = python.with_file_name(name);
        if program.is_file() { Some(program) } else { missing(&format!("no `{name}` beside {}", python.display())) }
    })
}

/// Chromium and chromedriver, or `None` after saying that the test is skipped.
#[must_use]
pub fn browser() -> Option<(PathBuf, PathBuf)> {
    Some((tool("STACK_TEST_CHROMIUM")?, tool("STACK_TEST_CHROMEDRIVER")?))
}

/// Folder with the `node_modules` of the AWS CDK, or `None` after saying that the test is skipped.
#[must_use]
pub fn cdk() -> Option<PathBuf> {
    tool("STACK_TEST_CDK")
}

/// AWS's Runtime Interface Emulator, or `None` after saying that the test is skipped.
#[must_use]
pub fn runtime_interface_emulator() -> Option<PathBuf> {
    tool("STACK_TEST_RIE")
}

fn tool(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        return missing(&format!("{variable} is not set (`cargo xtask test` provides it)"));
    }
    path
}

fn missing(reason: &str) -> Option<PathBuf> {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "CI needs every tool: {reason}");
    crate::skipped(reason);
    None
}
