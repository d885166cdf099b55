//! The release build of `stack`, warm or cold.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::table::Row;
use crate::failure::Failure;
use crate::paths;
use crate::talk::{heading, say};

/// The binary, from the usual target directory.
pub(super) fn warm() -> Result<(PathBuf, Row), Failure> {
    heading("release build");
    super::cargo(&["build", "--release", "--package", "stack"])?;
    let row = Row::alone("cold release build of stack", "not measured (--cold-build)").goal("12 min", None);
    Ok((paths::target().join("release").join("stack"), row))
}

/// The binary, from an empty target directory, which is removed afterwards, and how long that took.
pub(super) fn cold(scratch: &Path) -> Result<(PathBuf, Row), Failure> {
    heading("cold release build");
    // Sources of dependencies count as there: a download measures the line.
    super::cargo(&["fetch", "--locked"])?;
    let target = paths::target().join("cold-build");
    match std::fs::remove_dir_all(&target) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let began = Instant::now();
    super::cargo(&["build", "--release", "--package", "stack", "--target-dir", &target.to_string_lossy()])?;
    let took = began.elapsed();
    let binary = scratch.join("stack");
    std::fs::copy(target.join("release").join("stack"), &binary)?;
    if let Err(error) = std::fs::remove_dir_all(&target) {
        say(&format!("{} stays behind: {error}", target.display()));
    }
    let shown = format!("{} min {:02} s", took.as_secs() / 60, took.as_secs() % 60);
    Ok((binary, Row::alone("cold release build of stack", shown).goal("12 min", took <= Duration::from_mins(12))))
}
