//! `cargo xtask bench`: a figure for every row of the performance goals that can be measured on this machine.

mod build;
mod cloud;
mod codec;
mod deployer;
mod function;
mod http;
mod images;
mod process;
mod runtime;
mod s3;
pub(crate) mod server;
mod table;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::talk::{heading, say};
use crate::{paths, tools};

pub(crate) use table::Row;

#[derive(Args)]
pub(crate) struct BenchArguments {
    /// Measure only these groups
    #[arg(long, value_enum, value_delimiter = ',', num_args = 1..)]
    only: Vec<Group>,
    /// Times that each short task is run; the median counts
    #[arg(long, default_value_t = 11)]
    runs: usize,
    /// Remove target/release first, and measure how long building `stack` takes: about ten minutes
    #[arg(long)]
    cold_build: bool,
    /// Measure this `stack` instead of building one
    #[arg(long, value_name = "FILE", conflicts_with = "cold_build")]
    binary: Option<PathBuf>,
}

/// Rows that are measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// Start, size, rendering
    Deployer,
    /// The function package: build, zip, start, memory
    Function,
    /// The local cloud beside ministack: start, deployments, objects, thumbnails
    Cloud,
    /// The image library against sharp and Pillow
    Images,
}

/// Builds what is measured, measures, prints one table.
pub(crate) fn run(arguments: &BenchArguments) -> Result<(), Failure> {
    let chosen = |group| arguments.only.is_empty() || arguments.only.contains(&group);
    let scratch = tempfile::tempdir()?;
    let scratch = scratch.path();
    let runs = arguments.runs;
    let photo = photo();
    let (sharp, pillow) = if chosen(Group::Function) || chosen(Group::Images) { peers() } else { (None, None) };
    let peers = function::Peers { sharp: sharp.as_deref(), pillow: pillow.as_deref() };
    let mut rows = Vec::new();
    if [Group::Deployer, Group::Function, Group::Cloud].into_iter().any(chosen) {
        let (stack, row) = match &arguments.binary {
            Some(binary) => (std::path::absolute(binary)?, build::not_measured()),
            None if arguments.cold_build => build::cold()?,
            None => (build::warm()?, build::not_measured()),
        };
        let project = paths::root().join("examples").join("avatars");
        if chosen(Group::Deployer) {
            heading("deployer");
            rows.extend(deployer::rows(&stack, &project, scratch, runs)?);
            rows.push(row);
        }
        if chosen(Group::Function) {
            rows.extend(function::rows(&stack, &project, scratch, runs, photo.as_deref(), &peers)?);
        }
        if chosen(Group::Cloud) {
            heading("local cloud");
            let python = tools::python().inspect_err(|reason| say(&format!("no ministack: {reason}"))).ok();
            let bench = cloud::Bench {
                stack: &stack,
                project: &project,
                python: python.as_deref(),
                scratch,
                photo: photo.as_deref(),
                runs,
            };
            rows.extend(bench.rows()?);
        }
    }
    if chosen(Group::Images) {
        match &photo {
            Some(photo) => rows.extend(images::rows(photo, runs, &peers, scratch)?),
            None => say("skipped: image library, the benchmark photo is not there (see STACK_SHARED)"),
        }
    }
    table::print(&rows);
    Ok(())
}

/// Folder of sharp with its scripts, and interpreter with Pillow, where they can be had.
fn peers() -> (Option<PathBuf>, Option<PathBuf>) {
    let sharp = tools::sharp().and_then(|directory| {
        // A module is looked for from where the script lies.
        for script in ["sharp.mjs", "sharp_function.mjs"] {
            std::fs::copy(peer_script(script), directory.join(script)).map_err(|error| error.to_string())?;
        }
        Ok(directory)
    });
    let told = |name: &str, reason: &String| say(&format!("{name} is not measured: {reason}"));
    (
        sharp.inspect_err(|reason| told("sharp", reason)).ok(),
        tools::pillow().inspect_err(|reason| told("Pillow", reason)).ok(),
    )
}

/// A script that lets a peer do what is measured.
fn peer_script(name: &str) -> PathBuf {
    paths::root().join("xtask/src/bench/peers").join(name)
}

/// The photo of sharp's own benchmark, which may not be copied into this project.
fn photo() -> Option<PathBuf> {
    let shared = std::env::var_os("STACK_SHARED").map_or_else(|| paths::root().join("../shared"), PathBuf::from);
    let photo = shared.join("data/photos/2569067123_aca715a2ee_o.jpg");
    photo.is_file().then(|| photo.canonicalize().unwrap_or(photo))
}

fn cargo(arguments: &[&str]) -> Result<(), Failure> {
    say(&format!("$ cargo {}", arguments.join(" ")));
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(paths::root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("cargo {} failed; the compiler's message is above", arguments.join(" "))))
}
