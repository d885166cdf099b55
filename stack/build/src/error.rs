//! What can go wrong in a build, and how to mend it.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// A build that did not yield its zips.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum BuildError {
    /// No `cargo` on the search path.
    #[error("`cargo` was not found on the search path")]
    #[diagnostic(
        code("no-cargo"),
        help("install Rust, then open a new shell: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh")
    )]
    NoCargo,

    /// The project lies in no Cargo workspace, or cargo cannot read the one that it lies in.
    #[error("no readable Cargo workspace at or above {}", directory.display())]
    #[diagnostic(
        code("no-workspace"),
        help("functions are Cargo packages: put the project file into a Cargo workspace (`cargo init`)\n{output}")
    )]
    NoWorkspace {
        /// Directory of the project file.
        directory: PathBuf,
        /// What cargo said.
        output: String,
    },

    /// `cargo metadata` answered something unexpected.
    #[error("the answer of `cargo metadata` cannot be read")]
    #[diagnostic(code("unreadable-metadata"), help("run `cargo metadata --format-version 1 --no-deps` and see"))]
    UnreadableMetadata {
        /// Why.
        #[source]
        source: serde_json::Error,
    },

    /// A function names a package that the workspace does not have.
    #[error("function `{function}`: the workspace {} has no package `{package}`", workspace.display())]
    #[diagnostic(code("unknown-package"), help("{help}"))]
    UnknownPackage {
        /// Function in the project file.
        function: String,
        /// The package that it names.
        package: String,
        /// Root of the Cargo workspace.
        workspace: PathBuf,
        /// The nearest name, or all of them.
        help: String,
    },

    /// The package of a function makes no executable.
    #[error("function `{function}`: package `{package}` has no binary target ({})", manifest.display())]
    #[diagnostic(code("no-binary"), help("add src/main.rs, or a [[bin]] section, to the package"))]
    NoBinary {
        /// Function in the project file.
        function: String,
        /// The package.
        package: String,
        /// Its Cargo.toml.
        manifest: PathBuf,
    },

    /// The package has several binaries, and none of them is the obvious one.
    #[error("function `{function}`: package `{package}` has several binary targets: {}", binaries.join(", "))]
    #[diagnostic(code("ambiguous-binary"), help("name one of them `{package}` or `bootstrap`, or split the package"))]
    AmbiguousBinary {
        /// Function in the project file.
        function: String,
        /// The package.
        package: String,
        /// Names of its binary targets.
        binaries: Vec<String>,
    },

    /// A function asks for a feature that its package does not have.
    #[error("function `{function}`: package `{package}` has no feature `{feature}`")]
    #[diagnostic(code("unknown-feature"), help("{help}"))]
    UnknownFeature {
        /// Function in the project file.
        function: String,
        /// The package.
        package: String,
        /// The unknown feature.
        feature: String,
        /// The nearest name, or all of them.
        help: String,
    },

    /// The compiler, or another step of the build tool, failed.
    #[error("{} did not build ({status})\n{output}", packages.join(", "))]
    #[diagnostic(code("build-failed"), help("mend the code; to see the same in full: {command}"))]
    BuildFailed {
        /// Packages of the call.
        packages: Vec<String>,
        /// How the tool ended.
        status: String,
        /// What the tool printed from the first error on. These lines were not sent as events.
        output: String,
        /// The command that ran, in the workspace's root.
        command: String,
    },

    /// The build tool ended well but its binary is not there, or is not for this architecture.
    #[error("package `{package}`: {} is not a Linux executable for {architecture}", file.display())]
    #[diagnostic(
        code("not-executable"),
        help("delete the file and build again; see `build.target` in .cargo/config.toml")
    )]
    NotExecutable {
        /// The package.
        package: String,
        /// Where its binary should be.
        file: PathBuf,
        /// Instruction set that was asked for.
        architecture: &'static str,
    },

    /// cargo-lambda is missing and may not be installed.
    #[error("`cargo-lambda` was not found on the search path")]
    #[diagnostic(
        code("no-cargo-lambda"),
        help("install it: pip3 install cargo-lambda (brings zig too), or allow the build to get it into {}", tools_directory.display())
    )]
    NoCargoLambda {
        /// Where it would be put.
        tools_directory: PathBuf,
    },

    /// There is nothing to install cargo-lambda with.
    #[error("`cargo-lambda` is missing and cannot be installed: {reason}")]
    #[diagnostic(
        code("cannot-install-cargo-lambda"),
        help(
            "install Python 3 with its venv module (Debian: apt install python3-venv), or zig, then run again; or install cargo-lambda by hand: https://www.cargo-lambda.info"
        )
    )]
    CannotInstallCargoLambda {
        /// What is missing.
        reason: String,
    },

    /// Installing cargo-lambda failed.
    #[error("installing `cargo-lambda` failed: `{command}` ended with {status}\n{output}")]
    #[diagnostic(
        code("cargo-lambda-install-failed"),
        help("check the network, then run again; or install it by hand: pip3 install cargo-lambda")
    )]
    CargoLambdaInstallFailed {
        /// The command.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines that it printed.
        output: String,
    },

    /// A program could not be started.
    #[error("cannot run {}", program.display())]
    #[diagnostic(code("cannot-run"), help("check that the file is executable"))]
    CannotRun {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },

    /// A zip could not be written; whatever was at its place is untouched.
    #[error("cannot write {} ({needed} bytes needed)", path.display())]
    #[diagnostic(code("cannot-write-zip"), help("check free space and permissions of the directory, then run again"))]
    CannotWriteZip {
        /// The zip.
        path: PathBuf,
        /// Bytes of the zip.
        needed: u64,
        /// Why.
        #[source]
        source: io::Error,
    },

    /// A file of the build could not be read, made or removed.
    #[error("cannot {action} {}", path.display())]
    #[diagnostic(code("unusable-file"), help("check that the path exists and who may use it"))]
    UnusableFile {
        /// What was tried (`read`, `create directory` ...).
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}
