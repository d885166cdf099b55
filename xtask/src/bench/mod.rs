//! `cargo xtask bench`: a figure for every row of the performance goals that can be measured on this machine.

mod process;
mod table;

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::failure::Failure;
use crate::paths;
use crate::talk::{heading, say};

pub(crate) use table::Row;

#[derive(Args)]
pub(crate) struct BenchArguments {
    /// Times that each short task is run; the median counts
    #[arg(long, default_value_t = 11)]
    runs: usize,
}

/// Builds the release binary, measures, prints one table.
pub(crate) fn run(arguments: &BenchArguments) -> Result<(), Failure> {
    let stack = release_binary()?;
    table::print(&[version(&stack, arguments.runs)?, binary_size(&stack)?]);
    Ok(())
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

fn version(stack: &std::path::Path, runs: usize) -> Result<Row, Failure> {
    let usage = process::median(runs, || {
        let mut command = Command::new(stack);
        command.arg("--version");
        command
    })?;
    Ok(Row {
        task: "stack --version".to_owned(),
        ours: usage.to_string(),
        peer: "CDK, recorded: 550 ms CPU".to_owned(),
        goal: "10 ms",
    })
}

fn binary_size(stack: &std::path::Path) -> Result<Row, Failure> {
    let bytes = std::fs::metadata(stack)?.len();
    Ok(Row {
        task: "size of the binary, local cloud included".to_owned(),
        ours: format!("{} MB", table::decimal(bytes, 1_000_000)),
        peer: "CDK, recorded: 215 MB".to_owned(),
        goal: "30 MB",
    })
}
