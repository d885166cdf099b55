//! AWS's Runtime Interface Emulator, a Runtime API that we did not write: one program of the wheel of the AWS SAM CLI.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::paths;
use crate::talk::say;

/// The package whose wheel holds it, pinned. Templates among its tests are fetched for the oracle.
pub(crate) const SAM: &str = "aws-sam-cli==1.170.0";

/// Takes one file out of the only wheel of a folder.
const UNPACK: &str = "import glob, sys, zipfile; zipfile.ZipFile(glob.glob('*.whl')[0]).extract(sys.argv[1])";

/// The emulator for this machine, below `target/tools`. `python` has pip.
pub(super) fn provide(python: &Path) -> Result<PathBuf, String> {
    let machine = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "x86_64",
        ("linux", "aarch64") => "arm64",
        (system, architecture) => {
            return Err(format!("there is no Runtime Interface Emulator for {system} on {architecture}"));
        }
    };
    let directory = paths::tools().join(SAM.replace("==", "-"));
    let inside = format!("samcli/local/rapid/aws-lambda-rie-{machine}");
    let program = directory.join("aws-lambda-rie");
    if program.is_file() {
        return Ok(program);
    }
    say(&format!("fetching the Runtime Interface Emulator of {SAM} into {}", directory.display()));
    let failed = |error: std::io::Error| error.to_string();
    match std::fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    std::fs::create_dir_all(&directory).map_err(failed)?;
    let download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
    let run = |what: &str, arguments: &[&str]| {
        let status = Command::new(python).args(arguments).current_dir(&directory).status().map_err(failed)?;
        if status.success() { Ok(()) } else { Err(format!("{what}; its own message is above")) }
    };
    run(&format!("pip could not download {SAM}"), &[&download[..], &["--only-binary", ":all:", SAM]].concat())?;
    run(&format!("the wheel of {SAM} has no `{inside}`"), &["-c", UNPACK, &inside])?;
    let unpacked = directory.join(&inside);
    make_executable(&unpacked).map_err(failed)?;
    // Last, so that an interrupted installation is done again.
    std::fs::rename(&unpacked, &program).map_err(failed)?;
    Ok(program)
}

#[cfg(unix)]
fn make_executable(program: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
