//! Tools that tests and benches use besides Rust: installed into `target/tools`, or by apt when root.

mod apt;
mod browser;
mod emulator;
mod node;
mod python;
mod servers;

use std::path::PathBuf;

use crate::paths;

pub(crate) use browser::Browser;
pub(crate) use emulator::SAM;
pub(crate) use node::{SHARP, cdk, sharp};

/// What was found or installed. A missing tool carries the reason.
pub(crate) struct Tools {
    /// Python interpreter of the virtual environment with cfn-lint, ministack, aws-cli, boto3 and s3cmd.
    pub(crate) python: Result<PathBuf, String>,
    /// Folder of the AWS CDK.
    pub(crate) cdk: Result<PathBuf, String>,
    /// AWS's Runtime Interface Emulator.
    pub(crate) emulator: Result<PathBuf, String>,
    /// Headless browser and its driver.
    pub(crate) browser: Result<Browser, String>,
    /// Database servers and ffmpeg.
    pub(crate) servers: Result<(), String>,
    /// Folder of sharp.
    pub(crate) sharp: Result<PathBuf, String>,
    /// Python interpreter of the virtual environment with Pillow.
    pub(crate) pillow: Result<PathBuf, String>,
    /// What compiles libjpeg-turbo.
    pub(crate) turbojpeg: Result<(), String>,
}

impl Tools {
    /// The environment that hands the tools to the tests.
    pub(crate) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let mut variables = Vec::new();
        if let Ok(python) = &self.python {
            variables.push(("STACK_TEST_PYTHON", python.clone()));
        }
        if let Ok(cdk) = &self.cdk {
            variables.push(("STACK_TEST_CDK", cdk.clone()));
        }
        if let Ok(emulator) = &self.emulator {
            variables.push(("STACK_TEST_RIE", emulator.clone()));
        }
        if let Ok(sharp) = &self.sharp {
            variables.push(("STACK_TEST_SHARP", sharp.clone()));
        }
        if let Ok(pillow) = &self.pillow {
            variables.push(("STACK_TEST_PILLOW", pillow.clone()));
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
    python::provide(&python::TESTS)
}

/// Fetches AWS's Runtime Interface Emulator when it is missing.
pub(crate) fn emulator() -> Result<PathBuf, String> {
    emulator::provide(&python()?)
}

/// Installs the virtual environment with Pillow when it is missing or out of date.
pub(crate) fn pillow() -> Result<PathBuf, String> {
    python::provide(&python::PILLOW)
}

/// Sees to it that libjpeg-turbo can be compiled: cmake and nasm, by apt when this is root on Debian.
pub(crate) fn turbojpeg() -> Result<(), String> {
    let missing: Vec<&str> = ["cmake", "nasm"].into_iter().filter(|name| paths::program(name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    apt::install(&missing).map_err(|reason| format!("{}: {reason}", missing.join(", ")))
}

/// Sees to it that the local cloud finds database servers and ffmpeg, by apt when this is root on Debian.
pub(crate) fn servers() -> Result<(), String> {
    servers::provide()
}

/// Finds the browser, or installs it by apt when this is root on Debian.
pub(crate) fn browser() -> Result<Browser, String> {
    browser::provide()
}
