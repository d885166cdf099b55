//! One call of the build tool for all packages that share architecture and features.

use std::collections::BTreeMap;
use std::path::PathBuf;

use stack_plan::Event;
use stack_plan::plan::Architecture;
use tokio::process::Command;

use crate::archive::Binary;
use crate::tool::Tool;
use crate::workspace::{Package, Workspace};
use crate::{BuildError, BuildOptions, Events, Profile, process};

/// Lines kept of a failed build. The first error comes first, and is what a person needs.
const LONGEST_FAILURE: usize = 400;

/// Separator of `CARGO_ENCODED_RUSTFLAGS`.
const FLAG_SEPARATOR: char = '\u{1f}';

/// What a call of the build tool needs.
pub(crate) struct Compilation<'a> {
    pub(crate) options: &'a BuildOptions,
    pub(crate) workspace: &'a Workspace,
    pub(crate) tool: &'a Tool,
    pub(crate) architecture: Architecture,
    pub(crate) features: &'a [String],
}

impl Compilation<'_> {
    /// Compiles the packages and returns their binaries, by package name.
    pub(crate) async fn run(
        &self,
        packages: &BTreeMap<String, &Package>,
        events: &mut Events<'_>,
    ) -> Result<BTreeMap<String, Binary>, BuildError> {
        let mut names = BTreeMap::new();
        for (name, package) in packages {
            names.insert(name.clone(), package.binary(name)?);
        }
        let command = self.command(&names)?;
        let shown = process::shell_line(&command);
        let mut failure: Vec<String> = Vec::new();
        let status = process::lines(command, |line| {
            // From the first error on, lines belong to the error value: they are told once, and together.
            if !failure.is_empty() || line.starts_with("error") {
                failure.push(line);
            } else if !line.is_empty() {
                events(Event::BuildOutput { line });
            }
        });
        let status = status.await?;
        if !status.success() {
            if failure.len() > LONGEST_FAILURE {
                let left = failure.split_off(LONGEST_FAILURE).len();
                failure.push(format!("... {left} more lines"));
            }
            return Err(BuildError::BuildFailed {
                packages: packages.keys().cloned().collect(),
                status: status.to_string(),
                output: failure.join("\n"),
                command: shown,
            });
        }
        let binaries = names
            .into_iter()
            .map(|(package, binary)| (package.clone(), Binary { package, file: self.binary_file(binary) }));
        Ok(binaries.collect())
    }

    fn command(&self, binaries: &BTreeMap<String, &str>) -> Result<Command, BuildError> {
        let profile = self.options.profile;
        let mut command = match self.tool {
            Tool::CargoLambda { program, search_path } => {
                let mut command = process::command(self.options, program);
                command.args(["lambda", "build", "--output-format", "binary"]);
                command.arg(match self.architecture {
                    Architecture::X86_64 => "--x86-64",
                    Architecture::Arm64 => "--arm64",
                });
                command.arg("--lambda-dir").arg(self.lambda_directory());
                if let Some(search_path) = search_path {
                    command.env("PATH", search_path);
                }
                command
            }
            Tool::Cargo { program } => {
                let mut command = process::command(self.options, program);
                command.arg("build");
                command
            }
        };
        // The workspace's root, not the project's: the same function built for two projects is the same binary.
        command.current_dir(&self.workspace.root);
        command.args(["--profile", profile.name()]);
        for (package, binary) in binaries {
            command.args(["--package", package, "--bin", binary]);
            for feature in self.features {
                let full = if feature.contains('/') { feature.clone() } else { format!("{package}/{feature}") };
                command.args(["--features", &full]);
            }
        }
        if self.options.locked {
            command.arg("--locked");
        }
        if !self.workspace.defines_profile(profile)? {
            for setting in profile.settings() {
                command.args(["--config", setting]);
            }
        }
        if profile == Profile::Lambda {
            self.add_flags(&mut command);
        }
        Ok(command)
    }

    /// Compiler flags for AWS: paths of this machine stay out of the binary, and the code may use what every machine of
    /// Lambda has (AVX2, or Neoverse N1; the same that `cargo lambda build --release` assumes).
    fn add_flags(&self, command: &mut Command) {
        let mut flags = Vec::new();
        if let Some(home) = self.options.cargo_home() {
            flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
        }
        flags.push(format!("--remap-path-prefix={}=/target", self.workspace.target_directory.display()));
        flags.push(format!("--remap-path-prefix={}=/workspace", self.workspace.root.display()));
        flags.push(match self.architecture {
            Architecture::X86_64 => "-Ctarget-cpu=haswell".to_owned(),
            Architecture::Arm64 => "-Ctarget-cpu=neoverse-n1".to_owned(),
        });
        // Flags of the environment win over all of cargo's settings, so ours join whatever the user set there.
        let encoded =
            self.options.variable("CARGO_ENCODED_RUSTFLAGS").map(|flags| flags.to_string_lossy().into_owned());
        let plain = || {
            let flags = self.options.variable("RUSTFLAGS")?.to_string_lossy().into_owned();
            Some(flags.split_whitespace().collect::<Vec<_>>().join(&FLAG_SEPARATOR.to_string()))
        };
        if let Some(mut all) = encoded.or_else(plain) {
            for flag in flags {
                all.push(FLAG_SEPARATOR);
                all.push_str(&flag);
            }
            command.env("CARGO_ENCODED_RUSTFLAGS", all.trim_start_matches(FLAG_SEPARATOR));
        } else {
            command.arg("--config").arg(format!("build.rustflags={}", serde_json::json!(flags)));
        }
    }

    /// Where cargo-lambda puts `<binary>/bootstrap`. Its own default, `<target>/lambda`, is also the folder of cargo's
    /// profile of that name.
    fn lambda_directory(&self) -> PathBuf {
        let name = format!("{}-{}", self.options.profile.name(), self.architecture.as_str());
        self.workspace.target_directory.join("stack").join(name)
    }

    /// Where cargo itself put a binary: the list of its sources lies beside it.
    pub(crate) fn cargo_file(&self, binary: &Binary) -> PathBuf {
        match self.tool {
            Tool::Cargo { .. } => binary.file.clone(),
            Tool::CargoLambda { .. } => {
                let name = binary.file.parent().and_then(std::path::Path::file_name).unwrap_or_default();
                let triple = match self.architecture {
                    Architecture::X86_64 => "x86_64-unknown-linux-gnu",
                    Architecture::Arm64 => "aarch64-unknown-linux-gnu",
                };
                self.workspace.target_directory.join(triple).join(self.options.profile.name()).join(name)
            }
        }
    }

    fn binary_file(&self, binary: &str) -> PathBuf {
        match self.tool {
            Tool::CargoLambda { .. } => self.lambda_directory().join(binary).join("bootstrap"),
            Tool::Cargo { .. } => self.workspace.target_directory.join(self.options.profile.name()).join(binary),
        }
    }
}
