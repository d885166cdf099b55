//! Tools that tests and benches use besides Rust: installed into `target/tools`, or by apt when root.

mod browser;
mod python;

use std::path::PathBuf;

pub(crate) use browser::Browser;

/// What was found or installed. A missing tool carries the reason.
pub(crate) struct Tools {
    /// Python interpreter of the virtual environment with cfn-lint, ministack, aws-cli and boto3.
    pub(crate) python: Result<PathBuf, String>,
    /// Headless browser and its driver.
    pub(crate) browser: Result<Browser, String>,
}

impl Tools {
    /// The environment that hands the tools to the tests.
    pub(crate) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let mut variables = Vec::new();
        if let Ok(python) = &self.python {
            variables.push(("STACK_TEST_PYTHON", python.clone()));
        }
        if let Ok(browser) = &self.browser {
            variables.push(("STACK_TEST_CHROMIUM", browser.chromium.clone()));
            variables.push(("STACK_TEST_CHROMEDRIVER", browser.driver.clone()));
        }
        variables
    }
}

/// Installs the virtual environment with the peers when it is missing or out of date.
pub(crate) fn python() -> Result<PathBuf, String> {
    python::provide()
}

/// Finds the browser, or installs it by apt when this is root on Debian.
pub(crate) fn browser() -> Result<Browser, String> {
    browser::provide()
}
