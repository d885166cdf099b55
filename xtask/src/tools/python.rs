//! A virtual environment with the peers and clients that tests and benches use.

use std::path::PathBuf;
use std::process::Command;

use crate::paths;
use crate::talk::say;

/// What goes into it, pinned.
const REQUIREMENTS: &str = include_str!("../../tools/requirements.txt");

/// The interpreter of the virtual environment. Nothing outside `target/tools/python` is changed.
pub(super) fn provide() -> Result<PathBuf, String> {
    let directory = paths::tools().join("python");
    let interpreter = directory.join("bin").join("python");
    // Written last, so that an interrupted installation is done again.
    let stamp = directory.join("installed-requirements.txt");
    if interpreter.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(interpreter);
    }
    let system = paths::program("python3")
        .ok_or("python3 is not on PATH (install it: apt-get install python3 python3-venv)".to_owned())?;
    say(&format!("installing cfn-lint, ministack, aws-cli and boto3 into {}", directory.display()));
    let failed = |error: std::io::Error| error.to_string();
    match std::fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    std::fs::create_dir_all(&directory).map_err(failed)?;
    let made = Command::new(&system).args(["-m", "venv"]).arg(&directory).status().map_err(failed)?;
    if !made.success() {
        return Err("python3 cannot make a virtual environment (install it: apt-get install python3-venv)".to_owned());
    }
    let requirements = directory.join("requirements.txt");
    std::fs::write(&requirements, REQUIREMENTS).map_err(failed)?;
    let installed = Command::new(&interpreter)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements)
        .status()
        .map_err(failed)?;
    if !installed.success() {
        return Err("pip could not install the peers; its own message is above".to_owned());
    }
    std::fs::write(&stamp, REQUIREMENTS).map_err(failed)?;
    Ok(interpreter)
}
