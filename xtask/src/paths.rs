//! Where things lie.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The target directory that cargo uses: `CARGO_TARGET_DIR`, or `target` in the workspace.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |path| root().join(path))
}

/// Where tools for tests and benches are installed.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The program `name` on `PATH`, if there is one.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| candidate.is_file())
}

/// Names of the test targets that packages keep in a `tests/` folder of their own, sorted.
///
/// # Errors
/// When a folder of the workspace cannot be read.
pub(crate) fn package_test_targets() -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for group in ["stack", "functions"] {
        for package in std::fs::read_dir(root().join(group))? {
            let tests = package?.path().join("tests");
            if !tests.is_dir() {
                continue;
            }
            for file in std::fs::read_dir(tests)? {
                let file = file?.path();
                let is_target = match file.extension() {
                    Some(extension) => extension == "rs",
                    None => file.join("main.rs").is_file(),
                };
                if let (true, Some(name)) = (is_target, file.file_stem()) {
                    names.push(name.to_string_lossy().into_owned());
                }
            }
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}
