//! sharp, the Node.js peer of the image benches.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::paths;
use crate::talk::say;

/// Its version.
pub(crate) const SHARP: &str = "0.35.5";

/// Installs sharp into a private folder, for scripts that lie there; returns the folder.
pub(crate) fn sharp() -> Result<PathBuf, String> {
    for program in ["node", "npm"] {
        paths::program(program).ok_or_else(|| format!("`{program}` is not on PATH"))?;
    }
    let directory = paths::tools().join(format!("sharp-{SHARP}"));
    let failed = |error: std::io::Error| error.to_string();
    if directory.join("node_modules/sharp").is_dir() {
        return Ok(directory);
    }
    say(&format!("installing sharp into {}", directory.display()));
    std::fs::create_dir_all(&directory).map_err(failed)?;
    std::fs::write(directory.join("package.json"), "{\"private\": true}").map_err(failed)?;
    let installed = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", &format!("sharp@{SHARP}")])
        .current_dir(&directory)
        .stdout(Stdio::null())
        .status()
        .map_err(failed)?;
    if installed.success() { Ok(directory) } else { Err(format!("npm could not install sharp: {installed}")) }
}
