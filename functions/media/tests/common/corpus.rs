use std::path::{Path, PathBuf};

/// A folder in `data/` below the folder that `STACK_SHARED` names, or below `../shared` beside the repository; `None`, and a line that
/// says so, where this machine has none.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("STACK_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let directory = shared.join("data").join(name);
    if directory.is_dir() {
        return Some(directory);
    }
    eprintln!("skipped: {} is not there", directory.display());
    None
}
