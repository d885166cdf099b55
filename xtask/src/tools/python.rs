//! Virtual environments with the peers and clients that tests and benches use.

use std::path::PathBuf;
use std::process::Command;

use crate::paths;
use crate::talk::say;

/// A virtual environment under `target/tools`.
pub(super) struct Environment {
    /// Its folder.
    name: &'static str,
    /// What goes into it, pinned.
    requirements: &'static str,
    /// The same in words.
    what: &'static str,
}

/// What tests need.
pub(super) const TESTS: Environment = Environment {
    name: "python",
    requirements: include_str!("../../tools/requirements.txt"),
    what: "cfn-lint, ministack, aws-cli, boto3 and s3cmd",
};

/// What only benches need.
pub(super) const PILLOW: Environment =
    Environment { name: "pillow", requirements: include_str!("../../tools/pillow.txt"), what: "Pillow" };

/// The interpreter of the virtual environment. Nothing outside its folder is changed.
pub(super) fn provide(environment: &Environment) -> Result<PathBuf, String> {
    let Environment { name, requirements: wanted, what } = *environment;
    let directory = paths::tools().join(name);
    let interpreter = directory.join("bin").join("python");
    // Written last, so that an interrupted installation is done again.
    let stamp = directory.join("installed-requirements.txt");
    if interpreter.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    let system = paths::program("python3")
        .ok_or("python3 is not on PATH (install it: apt-get install python3 python3-venv)".to_owned())?;
    say(&format!("installing {what} into {}", directory.display()));
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
    std::fs::write(&requirements, wanted).map_err(failed)?;
    let installed = Command::new(&interpreter)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements)
        .status()
        .map_err(failed)?;
    if !installed.success() {
        return Err(format!("pip could not install {what}; its own message is above"));
    }
    std::fs::write(&stamp, wanted).map_err(failed)?;
    Ok(interpreter)
}
