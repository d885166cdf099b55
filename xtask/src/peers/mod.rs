//! `cargo xtask peers`: the probe of capabilities, at the local cloud and at ministack in the same run.
//!
//! The probe itself is Python on boto3, a client that this project did not write (`probe/README`).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use serde_json::Value;

use crate::bench::server::Server;
use crate::failure::Failure;
use crate::talk::{heading, print, say};
use crate::{paths, tools};

#[derive(Args)]
pub(crate) struct PeersArguments {
    /// Ask for these services only
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Ask this `stack` instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Do not ask ministack
    #[arg(long)]
    alone: bool,
}

/// What one emulator answered to one check.
struct Verdict {
    has_passed: bool,
    why: String,
}

/// Checks by service and capability, in the order of the probe.
type Answers = Vec<((String, String), Verdict)>;

/// Runs the probe and prints the table; fails when the local cloud lacks a capability.
pub(crate) fn run(arguments: &PeersArguments) -> Result<(), Failure> {
    let python = tools::python().map_err(Failure::new)?;
    let stack = match &arguments.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => build()?,
    };
    let scratch = tempfile::tempdir()?;
    heading("local cloud");
    let probe = Probe { python: &python, only: &arguments.only };
    let ours = probe.all(
        || Server::local_cloud(&stack, scratch.path()),
        || Server::local_cloud_on_disk(&stack, scratch.path(), &scratch.path().join("ours")),
    )?;
    let theirs = if arguments.alone {
        Vec::new()
    } else {
        heading("ministack");
        probe.all(
            || Server::ministack(&python, scratch.path(), true),
            || Server::ministack_on_disk(&python, scratch.path(), &scratch.path().join("theirs")),
        )?
    };
    report(&ours, theirs)
}

fn build() -> Result<PathBuf, Failure> {
    heading("build");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--package", "stack"])
        .current_dir(paths::root())
        .status()?;
    if !status.success() {
        return Err(Failure::new("cargo build --package stack failed; the compiler's message is above"));
    }
    Ok(paths::target().join("debug").join("stack"))
}

/// The probe, and the services that it is to ask for.
struct Probe<'a> {
    python: &'a Path,
    only: &'a [String],
}

impl Probe<'_> {
    /// All checks at one server, and those of what outlives its process at another.
    fn all(
        &self,
        in_memory: impl Fn() -> Result<Server, Failure>,
        on_disk: impl Fn() -> Result<Server, Failure>,
    ) -> Result<Answers, Failure> {
        let mut answers = {
            let mut server = in_memory()?;
            self.ask(&mut server, &[])?
        };
        let mut server = on_disk()?;
        answers.extend(self.ask(&mut server, &["--survival"])?);
        Ok(answers)
    }

    /// One run of the probe, told as it goes. The server is killed and started again where the probe asks for it.
    fn ask(&self, server: &mut Server, options: &[&str]) -> Result<Answers, Failure> {
        let mut child = Command::new(self.python)
            .arg(paths::root().join("xtask/src/peers/probe/run.py"))
            .args(["--json", "--endpoint", &server.url, "--only", &self.only.join(",")])
            .args(options)
            // Bytecode would lie in the source tree.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let missing = || Failure::new("the probe has no input or output");
        let mut input = child.stdin.take().ok_or_else(missing)?;
        let lines = child.stdout.take().ok_or_else(missing)?;
        let mut answers = Vec::new();
        for line in BufReader::new(lines).lines() {
            let line = line?;
            if line == "restart" {
                server.restart()?;
                input.write_all(b"\n")?;
                continue;
            }
            let result: Value = serde_json::from_str(&line).map_err(|error| Failure::new(error.to_string()))?;
            let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
            let verdict = Verdict { has_passed: result["passed"] == true, why: text("why") };
            let word = if verdict.has_passed { "ok  " } else { "FAIL" };
            say(&format!("{word} {}: {}", text("service"), text("capability")));
            answers.push(((text("service"), text("capability")), verdict));
        }
        let status = child.wait()?;
        if !status.success() {
            return Err(Failure::new(format!("the probe ended early ({status}); its own message is above")));
        }
        Ok(answers)
    }
}

fn report(ours: &Answers, theirs: Answers) -> Result<(), Failure> {
    let theirs: BTreeMap<(String, String), Verdict> = theirs.into_iter().collect();
    let word = |has_passed: bool| if has_passed { "yes" } else { "NO" };
    print("| service | capability | stack | ministack |");
    print("|---|---|---|---|");
    for (name, verdict) in ours {
        let peer = theirs.get(name).map_or("-", |verdict| word(verdict.has_passed));
        print(&format!("| {} | {} | {} | {peer} |", name.0, name.1, word(verdict.has_passed)));
    }
    let passed = |count: usize, of: usize| if of == 0 { "-".to_owned() } else { format!("{count} of {of}") };
    let count = |verdicts: &mut dyn Iterator<Item = &Verdict>| verdicts.filter(|verdict| verdict.has_passed).count();
    let (mine, peers) = (count(&mut ours.iter().map(|(_, verdict)| verdict)), count(&mut theirs.values()));
    print(&format!("| all | | {} | {} |", passed(mine, ours.len()), passed(peers, theirs.len())));
    let missing: Vec<String> = ours
        .iter()
        .filter(|(_, verdict)| !verdict.has_passed)
        .map(|((service, capability), verdict)| format!("{service}: {capability}\n    {}", verdict.why))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("the local cloud lacks {} of {}:\n{}", missing.len(), ours.len(), missing.join("\n"))))
}
