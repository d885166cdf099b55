//! Finds and reads what the user wrote: the project file, and its own template and policy sources.

use std::path::{Path, PathBuf};

use crate::arguments::Settings;
use crate::error::CliError;

/// Name of the project file.
pub(crate) const FILE_NAME: &str = "stack.yaml";

/// Directory in which the search begins, without `.` and links.
pub(crate) fn start_directory(settings: &Settings) -> Result<PathBuf, CliError> {
    let path = &settings.directory;
    std::fs::canonicalize(path).map_err(|source| CliError::Unreadable { path: path.clone(), source })
}

/// The nearest directory, from here upward, that has a project file.
pub(crate) fn find_directory(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|directory| directory.join(FILE_NAME).is_file()).map(Path::to_owned)
}

/// Region that the project file names, if there is one that can be read.
pub(crate) fn region(_settings: &Settings) -> Option<String> {
    None
}
