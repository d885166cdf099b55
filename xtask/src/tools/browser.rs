//! A headless browser for the tests of the console page.

use std::path::PathBuf;

use super::apt;
use crate::paths;

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
    let named = |reason: String| format!("chromium and chromedriver: {reason}");
    apt::install(&["chromium", "chromium-driver"]).map_err(named)?;
    find().ok_or_else(|| named("not on PATH although apt installed them".to_owned()))
}

fn find() -> Option<Browser> {
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(paths::program)?;
    Some(Browser { chromium, driver: paths::program("chromedriver")? })
}
