//! Managed runtimes: interpreters of this machine, each with a small program of ours that asks for invocations.
//!
//! AWS brings Python and Node.js along; here the one on `PATH` is taken, of whatever version it is, and told in the log.

mod inline;
mod interpreter;

use std::path::{Path, PathBuf};

pub(super) use inline::inline_zip;
pub(super) use interpreter::Interpreter;

use super::function::{invalid, validation};
use crate::wire::ServiceError;

/// The programs, with the names under which they are unpacked.
const PROGRAMS: [(&str, &str); 3] = [
    ("python.py", include_str!("python.py")),
    ("node.mjs", include_str!("node.mjs")),
    ("node_resolve.mjs", include_str!("node_resolve.mjs")),
];

/// Runtimes that AWS takes new functions for.
const AVAILABLE: [&str; 25] = [
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "python3.10",
    "python3.11",
    "java21",
    "ruby3.3",
    "ruby3.4",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "java17",
    "nodejs16.x",
    "dotnet10",
    "dotnet8",
    "java11",
    "dotnet6",
    "nodejs18.x",
    "provided.al2",
    "java8.al2",
];

/// Runtimes that AWS took once.
const RETIRED: [&str; 21] = [
    "dotnet5.0",
    "dotnet7",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "go1.x",
    "java8",
    "nodejs",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs4.3",
    "nodejs6.10",
    "nodejs8.10",
    "provided",
    "python2.7",
    "python3.6",
    "python3.7",
    "ruby2.5",
    "ruby2.7",
];

/// How a function's code is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runtime {
    /// The package brings `bootstrap`.
    Custom,
    Node,
    Python,
}

impl Runtime {
    /// The runtime of this name.
    ///
    /// # Errors
    /// As AWS refuses names that it does not know or no longer takes; what the local cloud cannot run is told as such.
    pub(super) fn parse(name: &str) -> Result<Self, ServiceError> {
        if RETIRED.contains(&name) {
            return Err(invalid(format!(
                "The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."
            )));
        }
        if !AVAILABLE.contains(&name) {
            return Err(invalid(format!(
                "Value {name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
                AVAILABLE.join(", ")
            )));
        }
        Self::of(name).ok_or_else(|| {
            invalid(format!(
                "the local cloud does not run `{name}`: it runs `provided.al2023` and `provided.al2`, whose zip brings its own `bootstrap`, and `python3.*` and `nodejs*` with the interpreter of this machine"
            ))
        })
    }

    /// The runtime of a name that was checked before.
    pub(super) fn of(name: &str) -> Option<Self> {
        [("provided", Self::Custom), ("nodejs", Self::Node), ("python", Self::Python)]
            .into_iter()
            .find_map(|(prefix, runtime)| name.starts_with(prefix).then_some(runtime))
    }

    /// Our program for the interpreter; none for a package that brings its own.
    pub(super) fn program(self, directory: &Path) -> Option<PathBuf> {
        match self {
            Self::Custom => None,
            Self::Node => Some(directory.join("node.mjs")),
            Self::Python => Some(directory.join("python.py")),
        }
    }
}

/// Refuses names in a list that are no runtimes at all, as a layer's compatible runtimes are checked.
pub(super) fn check_names(field: &str, names: &[String]) -> Result<(), ServiceError> {
    if names.iter().all(|name| AVAILABLE.contains(&name.as_str()) || RETIRED.contains(&name.as_str())) {
        return Ok(());
    }
    Err(validation(
        &format!("[{}]", names.join(", ")),
        field,
        &format!("Member must satisfy enum value set: [{}]", AVAILABLE.join(", ")),
    ))
}

/// Writes our programs into `directory` unless they are there.
pub(super) fn unpack_programs(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for (name, text) in PROGRAMS {
        let file = directory.join(name);
        if !file.exists() {
            crate::persist::write_atomic(&file, text.as_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runtime_is_run_or_refused_with_a_reason() {
        for (name, runtime) in [
            ("provided.al2023", Runtime::Custom),
            ("provided.al2", Runtime::Custom),
            ("python3.12", Runtime::Python),
            ("nodejs22.x", Runtime::Node),
        ] {
            assert_eq!(Runtime::parse(name).unwrap(), runtime, "{name}");
        }
        for (name, part) in [
            ("python3.7", "The runtime parameter of python3.7 is no longer supported"),
            ("java21", "the local cloud does not run `java21`"),
            ("PYTHON3.9", "Value PYTHON3.9 at 'runtime'"),
            ("", "Value  at 'runtime'"),
        ] {
            let refusal = Runtime::parse(name).unwrap_err();
            assert!(refusal.message.contains(part), "{}", refusal.message);
            assert_eq!(refusal.code, "InvalidParameterValueException");
        }
    }
}
