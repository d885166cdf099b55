//! `cargo xtask bench`: a figure for every row of the performance goals that can be measured on this machine.

mod cloud;
mod deployer;
mod http;
mod images;
mod process;
mod server;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

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
}

/// Rows that are measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// Start, size, rendering
    Deployer,
    /// The local cloud: start, deployments, thumbnails
    Cloud,
    /// The image functions against sharp
    Images,
}

/// Builds what is measured, measures, prints one table.
pub(crate) fn run(arguments: &BenchArguments) -> Result<(), Failure> {
    let chosen = |group| arguments.only.is_empty() || arguments.only.contains(&group);
    let mut rows = Vec::new();
    if chosen(Group::Deployer) || chosen(Group::Cloud) {
        let stack = release_binary()?;
        let scratch = tempfile::tempdir()?;
        let project = paths::root().join("examples").join("avatars");
        if chosen(Group::Deployer) {
            heading("deployer");
            rows.extend(deployer_rows(&stack, &project, scratch.path(), arguments.runs)?);
        }
        if chosen(Group::Cloud) {
            heading("local cloud");
            let python = tools::python().inspect_err(|reason| say(&format!("no peer: {reason}"))).ok();
            rows.extend(cloud::start(&stack, &project, python.as_deref(), scratch.path())?);
            rows.extend(cloud::avatars(&stack, &project, arguments.runs)?);
        }
    }
    if chosen(Group::Images) {
        rows.extend(images::rows(arguments.runs)?);
    }
    table::print(&rows);
    Ok(())
}

fn deployer_rows(stack: &Path, project: &Path, scratch: &Path, runs: usize) -> Result<Vec<Row>, Failure> {
    Ok(vec![
        deployer::version(stack, runs)?,
        deployer::size(stack)?,
        deployer::avatars(stack, project, runs)?,
        deployer::template(stack, project)?,
        deployer::large(stack, scratch, runs)?,
    ])
}

fn release_binary() -> Result<PathBuf, Failure> {
    heading("release build");
    say("$ cargo build --release --package stack");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--package", "stack"])
        .current_dir(paths::root())
        .status()?;
    if !status.success() {
        return Err(Failure::new("the release build failed; the compiler's message is above"));
    }
    Ok(paths::target().join("release").join("stack"))
}
