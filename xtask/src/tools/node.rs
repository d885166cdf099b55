//! Packages of Node.js: sharp, the peer of the image benches, and the AWS CDK, a deployer that we did not write.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::paths;
use crate::talk::say;

/// Version of sharp.
pub(crate) const SHARP: &str = "0.35.5";

/// The CDK's command line, its library, and the SDK client that its helper functions import on AWS.
const CDK: [&str; 4] = ["aws-cdk@2.1148.1", "aws-cdk-lib@2.276.0", "constructs@10.8.1", "@aws-sdk/client-s3@3.1175.0"];

/// Installs sharp into a private folder, for scripts that lie there; returns the folder.
pub(crate) fn sharp() -> Result<PathBuf, String> {
    provide(&format!("sharp-{SHARP}"), "sharp", &[&format!("sharp@{SHARP}")])
}

/// Installs the AWS CDK into a private folder; returns the folder.
pub(crate) fn cdk() -> Result<PathBuf, String> {
    provide("cdk", "the AWS CDK", &CDK)
}

/// Installs packages into a folder below `target/tools`, once.
fn provide(folder: &str, what: &str, packages: &[&str]) -> Result<PathBuf, String> {
    for program in ["node", "npm"] {
        paths::program(program).ok_or_else(|| format!("`{program}` is not on PATH"))?;
    }
    let directory = paths::tools().join(folder);
    let failed = |error: std::io::Error| error.to_string();
    // Written last, so that an interrupted installation is done again.
    let stamp = directory.join("installed-packages.txt");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(directory);
    }
    say(&format!("installing {what} into {}", directory.display()));
    std::fs::create_dir_all(&directory).map_err(failed)?;
    std::fs::write(directory.join("package.json"), "{\"private\": true}").map_err(failed)?;
    let installed = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund"])
        .args(packages)
        .current_dir(&directory)
        .stdout(Stdio::null())
        .status()
        .map_err(failed)?;
    if !installed.success() {
        return Err(format!("npm could not install {what}: {installed}"));
    }
    std::fs::write(&stamp, wanted).map_err(failed)?;
    Ok(directory)
}
