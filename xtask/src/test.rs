//! `cargo xtask test`: everything that CI checks, in the order in which it is cheapest to fail.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::talk::{heading, say};
use crate::tools::{self, Tools};
use crate::{paths, talk};

#[derive(Args)]
pub(crate) struct TestArguments {
    /// Run only these steps
    #[arg(long, value_enum, value_delimiter = ',', num_args = 1..)]
    only: Vec<Step>,
}

/// One step. Test steps carry the name of their test target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting of every file
    Format,
    /// clippy on every target, warnings denied
    Lint,
    /// Unit tests beside the code
    Unit,
    /// Integration tests of single packages
    Packages,
    /// The image library with the codecs that a project may choose
    Codecs,
    /// The binary: arguments to whole output
    Cli,
    /// Commands against the local cloud and a scripted CloudFormation
    Deploy,
    /// The local cloud by real clients and real function binaries
    Local,
    /// Validators and endpoints that we did not write
    Peers,
    /// The web pages in a headless browser
    Browser,
    /// Examples in the documentation of the crates, and its links
    Doc,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn uses_servers(self) -> bool {
        matches!(self, Self::Unit | Self::Packages | Self::Local | Self::Peers | Self::Browser)
    }

    fn uses_images(self) -> bool {
        matches!(self, Self::Packages | Self::Codecs)
    }

    fn uses_python(self) -> bool {
        matches!(self, Self::Packages | Self::Local | Self::Peers | Self::Browser)
    }
}

enum Outcome {
    Passed,
    Failed,
    /// A test target that this tree does not have, or that this machine cannot build.
    Absent,
}

/// Runs the steps, prints a summary, and fails when a step failed.
pub(crate) fn run(arguments: &TestArguments) -> Result<(), Failure> {
    let steps: Vec<Step> =
        if arguments.only.is_empty() { Step::value_variants().to_vec() } else { arguments.only.clone() };
    let tools = provide_tools(&steps)?;
    let mut results = Vec::new();
    for step in steps {
        heading(&step.name());
        let started = Instant::now();
        let outcome = run_step(step, &tools)?;
        results.push((step, outcome, started.elapsed()));
    }
    summarize(&results, &tools)
}

/// Tools of the chosen steps only. In CI a missing tool is a failure: a run that skips silently proves nothing.
fn provide_tools(steps: &[Step]) -> Result<Tools, Failure> {
    let not_needed = || "not needed by the chosen steps".to_owned();
    let needs_python = steps.iter().any(|step| step.uses_python());
    let needs_browser = steps.contains(&Step::Browser);
    let needs_peers = steps.contains(&Step::Peers);
    let needs_servers = steps.iter().any(|step| step.uses_servers());
    let needs_images = steps.iter().any(|step| step.uses_images());
    let needs_codecs = steps.contains(&Step::Codecs);
    if needs_python || needs_browser || needs_servers || needs_images {
        heading("tools");
    }
    let tools = Tools {
        python: if needs_python { tools::python() } else { Err(not_needed()) },
        cdk: if needs_peers { tools::cdk() } else { Err(not_needed()) },
        emulator: if needs_peers { tools::emulator() } else { Err(not_needed()) },
        browser: if needs_browser { tools::browser() } else { Err(not_needed()) },
        servers: if needs_servers { tools::servers() } else { Err(not_needed()) },
        sharp: if needs_images { tools::sharp() } else { Err(not_needed()) },
        pillow: if needs_images { tools::pillow() } else { Err(not_needed()) },
        turbojpeg: if needs_codecs { tools::turbojpeg() } else { Err(not_needed()) },
    };
    let missing: Vec<&str> = [
        (needs_python, tools.python.as_ref().err()),
        (needs_peers, tools.cdk.as_ref().err()),
        (needs_peers, tools.emulator.as_ref().err()),
        (needs_browser, tools.browser.as_ref().err()),
        (needs_servers, tools.servers.as_ref().err()),
        (needs_images, tools.sharp.as_ref().err()),
        (needs_images, tools.pillow.as_ref().err()),
        (needs_codecs, tools.turbojpeg.as_ref().err()),
    ]
    .into_iter()
    .filter_map(|(needed, reason)| reason.filter(|_| needed).map(String::as_str))
    .collect();
    for reason in &missing {
        say(&format!("skipped: {reason}"));
    }
    if is_ci() && !missing.is_empty() {
        return Err(Failure::new(format!("CI needs every tool: {}", missing.join("; "))));
    }
    if needs_python && tools.python.is_ok() {
        say("python tools are ready");
    }
    if needs_browser && tools.browser.is_ok() {
        say("the browser is ready");
    }
    Ok(tools)
}

fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

fn run_step(step: Step, tools: &Tools) -> Result<Outcome, Failure> {
    match step {
        Step::Format => cargo(&["fmt", "--all", "--check"], tools),
        Step::Lint => cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], tools),
        Step::Unit => cargo_test(&["--lib", "--bins"], tools),
        Step::Packages => {
            let targets = paths::package_test_targets()?;
            let selection: Vec<&str> = targets.iter().flat_map(|target| ["--test", target.as_str()]).collect();
            cargo_test(&selection, tools)
        }
        Step::Codecs => codecs(tools),
        Step::Doc => match cargo(&["test", "--workspace", "--doc"], tools)? {
            Outcome::Passed => cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"], tools),
            outcome => Ok(outcome),
        },
        Step::Cli | Step::Deploy | Step::Local | Step::Peers | Step::Browser => {
            let target = step.name();
            if paths::root().join("tests").join(&target).join("main.rs").is_file() {
                cargo_test(&["--test", &target], tools)
            } else {
                Ok(Outcome::Absent)
            }
        }
    }
}

/// The tests of the image library once more, with the codecs in C; the other steps have run them with the one in Rust. A machine
/// that cannot compile libjpeg-turbo was told so already.
fn codecs(tools: &Tools) -> Result<Outcome, Failure> {
    if tools.turbojpeg.is_err() {
        return Ok(Outcome::Absent);
    }
    let runner = if has_nextest() { ["nextest", "run"].as_slice() } else { &["test"] };
    cargo(&[runner, &["--package", "media", "--features", "turbojpeg,webp"]].concat(), tools)
}

/// Tests of the whole workspace, so that every step compiles dependencies with the same features, once.
fn cargo_test(selection: &[&str], tools: &Tools) -> Result<Outcome, Failure> {
    let mut arguments = if has_nextest() { vec!["nextest", "run"] } else { vec!["test", "--no-fail-fast"] };
    arguments.push("--workspace");
    arguments.extend(selection);
    cargo(&arguments, tools)
}

fn cargo(arguments: &[&str], tools: &Tools) -> Result<Outcome, Failure> {
    say(&format!("$ cargo {}", arguments.join(" ")));
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(paths::root())
        .envs(tools.environment())
        // Broken links and the like in the documentation of the crates.
        .env("RUSTDOCFLAGS", "-D warnings")
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::new(format!("cannot start cargo: {error}")))?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}

fn has_nextest() -> bool {
    paths::program("cargo-nextest").is_some()
}

fn summarize(results: &[(Step, Outcome, Duration)], tools: &Tools) -> Result<(), Failure> {
    heading("summary");
    for (step, outcome, took) in results {
        let word = match outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
            Outcome::Absent => "not run",
        };
        let remark = match step {
            Step::Peers | Step::Local if tools.python.is_err() => "  (tests that need Python tools were skipped)",
            Step::Browser if tools.browser.is_err() => "  (skipped: no browser)",
            _ => "",
        };
        talk::say(&format!("{:<8} {word:<12} {:>7.1} s{remark}", step.name(), took.as_secs_f64()));
    }
    let failed: Vec<String> = results
        .iter()
        .filter(|(_, outcome, _)| matches!(outcome, Outcome::Failed))
        .map(|(step, ..)| step.name())
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "failed: {} (run one again: cargo xtask test --only {})",
        failed.join(", "),
        failed.first().map_or("unit", String::as_str)
    )))
}
