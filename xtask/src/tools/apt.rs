//! Debian packages, when this is root.

use std::process::{Command, Stdio};

use crate::paths;
use crate::talk::say;

/// Installs packages by apt; where that cannot be done, the error says what to install.
pub(super) fn install(packages: &[&str]) -> Result<(), String> {
    let names = packages.join(" ");
    if !is_root() || paths::program("apt-get").is_none() {
        return Err(format!("not on PATH (install: apt-get install {names})"));
    }
    say(&format!("installing {names} by apt"));
    let install = [&["install", "--yes", "-qq", "--no-install-recommends"][..], packages].concat();
    for arguments in [&["update", "-qq"][..], &install] {
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status()
            .map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("apt-get could not install {names}; its own message is above"));
        }
    }
    Ok(())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
