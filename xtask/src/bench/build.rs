//! The release build of `stack`, warm or cold.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::table::Row;
use crate::failure::Failure;
use crate::paths;
use crate::talk::{heading, say};

/// The binary, from the usual target directory.
pub(super) fn warm() -> Result<PathBuf, Failure> {
    heading("release build");
    super::cargo(&["build", "--release", "--package", "stack"])?;
    Ok(paths::target().join("release").join("stack"))
}

/// The row of the build where it was not cold.
pub(super) fn not_measured() -> Row {
    Row::alone("cold release build of stack", "not measured (--cold-build)").goal("12 min", None)
}

/// The binary, after everything that was compiled for it before is removed, and how long that took.
pub(super) fn cold() -> Result<(PathBuf, Row), Failure> {
    heading("cold release build");
    // Sources of dependencies count as there: a download measures the line.
    super::cargo(&["fetch", "--locked"])?;
    let directory = paths::target().join("release");
    match std::fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let began = Instant::now();
    super::cargo(&["build", "--release", "--package", "stack"])?;
    let took = began.elapsed();
    let shown = format!("{} min {:02} s", took.as_secs() / 60, took.as_secs() % 60);
    say(&format!("it took {shown}"));
    let row = Row::alone("cold release build of stack", shown).goal("12 min", took <= Duration::from_mins(12));
    Ok((directory.join("stack"), row))
}
