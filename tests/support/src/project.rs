//! Small projects in a temporary directory, and the binary run in them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::corpora::workspace_root;

/// A project directory that goes with the test.
#[derive(Debug)]
pub struct TestProject {
    stack: String,
    directory: TempDir,
}

impl TestProject {
    /// A project of one `stack.yaml`. `stack` is `env!("CARGO_BIN_EXE_stack")`.
    #[must_use]
    pub fn new(stack: &str, stack_yaml: &str) -> Self {
        let project = Self::empty(stack);
        project.write("stack.yaml", stack_yaml);
        project
    }

    /// A directory without any file.
    #[must_use]
    pub fn empty(stack: &str) -> Self {
        Self { stack: stack.to_owned(), directory: temporary(&std::env::temp_dir()) }
    }

    /// A copy of a shipped example inside the workspace, because its functions are packages of the workspace.
    #[must_use]
    pub fn example(stack: &str, name: &str) -> Self {
        let parent = workspace_root().join(".stack").join("tests");
        std::fs::create_dir_all(&parent).unwrap();
        let directory = temporary(&parent);
        copy(&workspace_root().join("examples").join(name), directory.path());
        Self { stack: stack.to_owned(), directory }
    }

    /// A copy of `tests/fixtures/<name>`, outside the workspace.
    #[must_use]
    pub fn fixture(stack: &str, name: &str) -> Self {
        let project = Self::empty(stack);
        copy(&workspace_root().join("tests").join("fixtures").join(name), project.directory());
        project
    }

    /// Adds a file; its directories are made.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.directory().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Where it lies.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The binary, ready to run in this project: no credentials, profiles or colors of the developer reach it.
    #[must_use]
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(&self.stack);
        command.args(arguments).current_dir(self.directory()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            // Whoever runs the tests in a job wants no annotations of faults that are meant, and is nobody's deployer.
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITHUB_ACTOR")
            .env_remove("GITLAB_USER_LOGIN")
            .env("USER", "tester")
            .env("NO_COLOR", "1");
        command
    }

    /// Runs the binary to its end.
    #[must_use]
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// Runs the binary and fails the test unless it exits 0.
    pub fn succeed<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Run {
        let run = self.run(arguments);
        let shown: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
        assert_eq!(
            run.code,
            Some(0),
            "`stack {}` failed\n-- stdout\n{}\n-- stderr\n{}",
            shown.join(" "),
            run.stdout,
            run.stderr
        );
        run
    }
}

fn temporary(parent: &Path) -> TempDir {
    tempfile::Builder::new().prefix("stack-test-").tempdir_in(parent).unwrap()
}

/// Copies the files of a project, without what commands keep there.
fn copy(from: &Path, to: &Path) {
    let entries = std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries.map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_name() == ".stack" || entry.file_name() == "target" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// How a run of a program ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Runs a command to its end and keeps what it said.
    #[must_use]
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Standard output as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}\n-- stderr\n{}", self.stdout, self.stderr))
    }
}
