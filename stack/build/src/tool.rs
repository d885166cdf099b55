//! Which program compiles, and where a missing one comes from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use stack_plan::Event;
use stack_plan::plan::Architecture;

use crate::{BuildError, BuildOptions, Events, Profile, process};

/// Versions that a first build installs: pinned, so that two machines compile with the same linker.
const CARGO_LAMBDA: &str = "1.9.2";
const ZIGLANG: &str = "0.17.0";

/// The program that compiles packages of one architecture.
#[derive(Debug)]
pub(crate) enum Tool {
    /// cargo-lambda: links with zig against the C library of the Lambda runtime.
    CargoLambda {
        program: PathBuf,
        /// `PATH` that it needs, where zig is not on the user's own.
        search_path: Option<OsString>,
    },
    /// Plain cargo: for this machine only.
    Cargo { program: PathBuf },
}

/// The `cargo` on the search path.
pub(crate) fn find_cargo(options: &BuildOptions) -> Result<PathBuf, BuildError> {
    find(options, "cargo").ok_or(BuildError::NoCargo)
}

impl Tool {
    /// cargo-lambda when it is there. When it is missing: plain cargo for the local cloud on this architecture, else
    /// cargo-lambda is installed into the tools directory, if that is allowed.
    pub(crate) async fn choose(
        options: &BuildOptions,
        cargo: &Path,
        architecture: Architecture,
        events: &mut Events<'_>,
    ) -> Result<Self, BuildError> {
        if let Some(tool) = present(options, cargo, architecture) {
            if matches!(tool, Self::Cargo { .. }) {
                events(Event::Notice {
                    code: "plain-cargo-fallback",
                    detail: "cargo-lambda is not installed: plain cargo builds for this machine".into(),
                });
            }
            return Ok(tool);
        }
        if !options.allow_install {
            return Err(BuildError::NoCargoLambda { tools_directory: options.tools_directory.clone() });
        }
        PrivateTools::new(options).install(options, cargo, events).await
    }
}

/// What compiles for the architecture as things are, without installing anything.
pub(crate) fn present(options: &BuildOptions, cargo: &Path, architecture: Architecture) -> Option<Tool> {
    if let Some(program) = find(options, "cargo-lambda") {
        return Some(Tool::CargoLambda { program, search_path: None });
    }
    let plain = options.profile == Profile::Local && runs_here(architecture);
    let fallback = || plain.then(|| Tool::Cargo { program: cargo.to_owned() });
    PrivateTools::new(options).installed(options).or_else(fallback)
}

/// True when this machine runs binaries that plain cargo makes for the architecture.
fn runs_here(architecture: Architecture) -> bool {
    let here = match architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::Arm64 => "aarch64",
    };
    std::env::consts::OS == "linux" && std::env::consts::ARCH == here
}

fn find(options: &BuildOptions, program: &str) -> Option<PathBuf> {
    let directories = std::env::split_paths(options.variable("PATH")?).collect::<Vec<_>>();
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    directories.into_iter().filter(|d| d.is_absolute()).map(|d| d.join(&name)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// cargo-lambda in a folder of our own.
struct PrivateTools {
    directory: PathBuf,
}

impl PrivateTools {
    fn new(options: &BuildOptions) -> Self {
        Self { directory: options.tools_directory.join(format!("cargo-lambda-{CARGO_LAMBDA}")) }
    }

    /// Written last, so that an interrupted installation is not taken for a whole one.
    fn marker(&self) -> PathBuf {
        self.directory.join("installed")
    }

    fn installed(&self, options: &BuildOptions) -> Option<Tool> {
        self.marker().is_file().then(|| self.tool(options))
    }

    fn tool(&self, options: &BuildOptions) -> Tool {
        let bin = self.directory.join("bin");
        let user = options.variable("PATH").unwrap_or_default();
        let search_path = std::env::join_paths(std::iter::once(bin.clone()).chain(std::env::split_paths(user))).ok();
        Tool::CargoLambda { program: bin.join("cargo-lambda"), search_path }
    }

    /// From the Python package, which brings zig; without Python, from source, if zig is there.
    async fn install(&self, options: &BuildOptions, cargo: &Path, events: &mut Events<'_>) -> Result<Tool, BuildError> {
        let python = find(options, "python3");
        if python.is_none() && find(options, "zig").is_none() {
            let reason = "neither `python3` (to get the package that brings zig) nor `zig` is on the search path";
            return Err(BuildError::CannotInstallCargoLambda { reason: reason.into() });
        }
        if self.directory.exists() {
            std::fs::remove_dir_all(&self.directory).map_err(|source| self.file("remove", source))?;
        }
        std::fs::create_dir_all(&options.tools_directory).map_err(|source| self.file("create directory", source))?;
        events(Event::Notice {
            code: "installing-cargo-lambda",
            detail: format!("cargo-lambda {CARGO_LAMBDA} into {}", self.directory.display()),
        });
        if let Some(python) = python {
            let mut venv = process::command(options, python);
            venv.args(["-m", "venv"]).arg(&self.directory);
            run(venv, events).await?;
            let mut pip = process::command(options, self.directory.join("bin/python3"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            pip.args([format!("cargo-lambda=={CARGO_LAMBDA}"), format!("ziglang=={ZIGLANG}")]);
            run(pip, events).await?;
        } else {
            let mut install = process::command(options, cargo);
            install.args(["install", "--locked", "cargo-lambda", "--version", CARGO_LAMBDA, "--root"]);
            install.arg(&self.directory);
            run(install, events).await?;
        }
        std::fs::write(self.marker(), CARGO_LAMBDA).map_err(|source| self.file("write", source))?;
        Ok(self.tool(options))
    }

    fn file(&self, action: &'static str, source: std::io::Error) -> BuildError {
        BuildError::UnusableFile { action, path: self.directory.clone(), source }
    }
}

async fn run(command: tokio::process::Command, events: &mut Events<'_>) -> Result<(), BuildError> {
    let shown = process::shell_line(&command);
    let mut tail = std::collections::VecDeque::new();
    let status = process::lines(command, |line| {
        events(Event::BuildOutput { line: line.clone() });
        tail.push_back(line);
        if tail.len() > 20 {
            tail.pop_front();
        }
    });
    let status = status.await?;
    if status.success() {
        return Ok(());
    }
    let output = Vec::from(tail).join("\n");
    Err(BuildError::CargoLambdaInstallFailed { command: shown, status: status.to_string(), output })
}
