//! Finding the interpreter of a managed runtime.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use super::Runtime;

/// How long an interpreter may take to say who it is.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// Says who the interpreter is. Shims that choose a version (pyenv, nvm, a virtual environment) need the environment that
/// functions do not get, so the real program is asked for.
const PYTHON_PROBE: &str = "import json, os, sys; print(json.dumps({'program': sys.executable, \
     'version': '.'.join(map(str, sys.version_info[:3])), \
     'packages': [path for path in os.environ.get('PYTHONPATH', '').split(os.pathsep) if path]}))";

/// The same for Node.js, with the directories where a program of this directory would find packages.
const NODE_PROBE: &str = "const {existsSync} = require('fs'), path = require('path'); \
     const shared = path.join(path.dirname(process.execPath), '..', 'lib', 'node_modules'); \
     const packages = [...require.resolve.paths('x'), shared].filter((directory) => existsSync(directory)); \
     console.log(JSON.stringify({program: process.execPath, version: process.versions.node, packages}))";

/// Least versions with all that our programs use.
const LEAST_PYTHON: (u32, u32) = (3, 8);
const LEAST_NODE: (u32, u32) = (18, 19);

/// An interpreter of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::lambda) struct Interpreter {
    pub(in crate::lambda) program: PathBuf,
    /// `3.11.7`.
    pub(in crate::lambda) version: String,
    /// Directories of the machine that hold packages.
    pub(in crate::lambda) packages: Vec<PathBuf>,
}

impl Interpreter {
    /// The interpreter for a runtime (`python3.12`): the one of that very version where there is one, else the usual one.
    ///
    /// # Errors
    /// What to install.
    pub(in crate::lambda) async fn find(runtime: Runtime, name: &str) -> Result<Self, String> {
        let (candidates, probe, least, product, install) = match runtime {
            Runtime::Python => (
                vec![name, "python3", "python"],
                ["-c", PYTHON_PROBE],
                LEAST_PYTHON,
                "Python",
                "`apt install python3`, `brew install python` or https://www.python.org/downloads/",
            ),
            Runtime::Node | Runtime::Custom => (
                vec!["node", "nodejs"],
                ["-e", NODE_PROBE],
                LEAST_NODE,
                "Node.js",
                "`apt install nodejs`, `brew install node` or https://nodejs.org/en/download",
            ),
        };
        let mut found = Vec::new();
        for candidate in &candidates {
            let Some(interpreter) = ask(candidate, probe).await else { continue };
            if interpreter.is_at_least(least) {
                return Ok(interpreter);
            }
            found.push(interpreter.version);
        }
        let why = if found.is_empty() {
            format!("there is no working `{}` on PATH", candidates.join("` or `"))
        } else {
            format!("version {} of this machine is older than {}.{}", found.join(", "), least.0, least.1)
        };
        Err(format!(
            "the local cloud runs `{name}` with the {product} of this machine, but {why}: install it ({install})"
        ))
    }

    /// Whether the version is this one or newer.
    fn is_at_least(&self, least: (u32, u32)) -> bool {
        let mut numbers = self.version.split('.').map(|number| number.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= least
    }

    /// `3.11`.
    pub(in crate::lambda) fn short_version(&self) -> String {
        self.version.split('.').take(2).collect::<Vec<_>>().join(".")
    }
}

/// Asks a program on `PATH` who it is. `None` when it is missing, hangs, or is something else.
async fn ask(program: &str, probe: [&str; 2]) -> Option<Interpreter> {
    let mut command = Command::new(program);
    command.args(probe).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PROBE_LIMIT, command.output()).await.ok()?.ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(version: &str) -> Interpreter {
        Interpreter { program: PathBuf::from("/usr/bin/x"), version: version.to_owned(), packages: Vec::new() }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, expected) in
            [("3.8.0", true), ("3.14.1", true), ("4.0", true), ("3.7.9", false), ("2.7", false), ("", false)]
        {
            assert_eq!(interpreter(version).is_at_least(LEAST_PYTHON), expected, "{version}");
        }
        assert_eq!(interpreter("3.11.7").short_version(), "3.11");
    }

    #[tokio::test]
    async fn what_is_no_interpreter_is_passed_over() {
        assert_eq!(ask("no-such-interpreter", ["-c", PYTHON_PROBE]).await, None);
        assert_eq!(ask("echo", ["-c", PYTHON_PROBE]).await, None);
    }
}
