//! A headless browser for the tests of the console page.

use std::path::PathBuf;
use std::process::Command;

use crate::paths;
use crate::talk::say;

/// A browser and the driver that speaks WebDriver to it.
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Chromium and chromedriver from PATH, or from apt when this is root.
pub(super) fn provide() -> Result<Browser, String> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    let advice = "chromium and chromedriver are not on PATH (install them: apt-get install chromium chromium-driver)";
    if !is_root() || paths::program("apt-get").is_none() {
        return Err(advice.to_owned());
    }
    say("installing chromium and chromium-driver by apt");
    for arguments in [
        &["update", "-qq"][..],
        &["install", "--yes", "-qq", "--no-install-recommends", "chromium", "chromium-driver"][..],
    ] {
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(std::process::Stdio::null())
            .status()
            .map_err(|error| error.to_string())?;
        if !status.success() {
            return Err("apt-get could not install chromium; its own message is above".to_owned());
        }
    }
    find().ok_or(advice.to_owned())
}

fn find() -> Option<Browser> {
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(paths::program)?;
    Some(Browser { chromium, driver: paths::program("chromedriver")? })
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
