//! Which directories a function's code comes from: what must be watched to know that it changed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use stack_plan::plan::Artifact;

use crate::workspace::Workspace;
use crate::{BuildError, BuildOptions, tool};

/// Directories of the packages of `artifacts` and of the local packages that they depend on, sorted.
///
/// # Errors
///
/// As [`build`](crate::build()): no cargo, no workspace, an unknown package.
pub async fn source_directories(options: &BuildOptions, artifacts: &[Artifact]) -> Result<Vec<PathBuf>, BuildError> {
    if artifacts.is_empty() {
        return Ok(Vec::new());
    }
    let cargo = tool::find_cargo(options)?;
    of(&Workspace::find(&cargo, options).await?, artifacts).map(|found| found.into_iter().collect())
}

/// The same, of a workspace that is known.
pub(crate) fn of(workspace: &Workspace, artifacts: &[Artifact]) -> Result<BTreeSet<PathBuf>, BuildError> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    for artifact in artifacts {
        open.push(workspace.package_for(artifact)?.directory());
    }
    while let Some(directory) = open.pop() {
        if let Some(package) = workspace.package_in(&directory) {
            open.extend(package.path_dependencies().filter(|dependency| !found.contains(dependency)));
        }
        found.insert(directory);
    }
    Ok(found)
}
