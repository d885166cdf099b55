//! Corpora that lie beside the repository, never inside it.

use std::path::{Path, PathBuf};

/// Root of the workspace.
#[must_use]
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// A folder of the corpora (`exif_orientation`): below `STACK_SHARED`, or `../shared` beside the workspace. `None` where this
/// machine does not have it; the test then says that it was skipped.
#[must_use]
pub fn find(folder: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("STACK_SHARED").map_or_else(|| workspace_root().join("../shared"), PathBuf::from);
    let path = shared.join("data").join(folder);
    if !path.is_dir() {
        crate::skipped(&format!("no corpus `{folder}` at {}", path.display()));
        return None;
    }
    Some(path)
}
