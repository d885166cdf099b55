//! What a build depends on: all of it is given, no environment variable is read here.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Where the packages are, how to build them, and what the build may do.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Directory of the project file. The Cargo workspace is searched from here upward.
    pub project_directory: PathBuf,
    /// How to compile.
    pub profile: Profile,
    /// Private folder for build tools that are not installed on this machine. Made when it is needed.
    pub tools_directory: PathBuf,
    /// True when a missing cargo-lambda may be downloaded into [`BuildOptions::tools_directory`].
    pub allow_install: bool,
    /// True when `Cargo.lock` must not change (`cargo --locked`).
    pub locked: bool,
    /// The whole environment of the build tools (`PATH`, `HOME`, `CARGO_HOME`, `RUSTFLAGS` ...), usually that of the
    /// calling process.
    pub variables: BTreeMap<OsString, OsString>,
}

impl BuildOptions {
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Cargo's home: its registry lies here, so its path would end in panic messages of dependencies.
    pub(crate) fn cargo_home(&self) -> Option<PathBuf> {
        let explicit = self.variable("CARGO_HOME").map(PathBuf::from);
        explicit.or_else(|| Some(PathBuf::from(self.variable("HOME")?).join(".cargo")))
    }
}

/// How function packages are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// For AWS: smallest and fastest code, with fat link-time optimization, the same bytes on every machine.
    Lambda,
    /// For the local cloud: quick, incremental builds.
    Local,
}

impl Profile {
    /// The Cargo profile that it is built with (`lambda`, `local`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Local => "local",
        }
    }

    /// Settings for a workspace that does not define the profile itself, as values of `cargo --config`.
    pub(crate) fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Lambda => &[
                "profile.lambda.inherits=\"release\"",
                "profile.lambda.lto=\"fat\"",
                "profile.lambda.codegen-units=1",
                "profile.lambda.panic=\"abort\"",
                "profile.lambda.strip=true",
            ],
            Self::Local => &[
                "profile.local.inherits=\"release\"",
                "profile.local.lto=\"off\"",
                "profile.local.codegen-units=16",
                "profile.local.opt-level=2",
                "profile.local.incremental=true",
                "profile.local.strip=\"debuginfo\"",
            ],
        }
    }
}
