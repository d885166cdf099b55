//! `stack doctor`: what this machine lacks, and the command that mends it.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use stack_aws::{Aws, Target};
use stack_local::DEFAULT_PORT;

use crate::arguments::{DoctorArguments, Settings};
use crate::error::CliError;
use crate::local_cloud::is_local_cloud;
use crate::report::{Check, CheckState, Report};
use crate::{paths, runtime};

pub(super) fn run(settings: &Settings, arguments: &DoctorArguments) -> Result<Report, CliError> {
    let mut checks = vec![cargo(), compiler(), cargo_lambda(), python(), port()];
    if arguments.online {
        checks.push(credentials(settings)?);
    }
    Ok(Report::Doctor { checks })
}

fn cargo() -> Check {
    program("cargo", &["cargo"], "--version").unwrap_or_else(|| Check {
        name: "cargo",
        state: CheckState::Missing,
        found: "not on PATH: functions cannot be built".to_owned(),
        mend: Some("curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh".to_owned()),
    })
}

fn compiler() -> Check {
    program("C compiler", &["cc", "gcc", "clang"], "--version").unwrap_or_else(|| Check {
        name: "C compiler",
        state: CheckState::Missing,
        found: "no cc, gcc or clang on PATH: Rust programs cannot be linked".to_owned(),
        mend: Some(
            if cfg!(target_os = "macos") {
                "xcode-select --install"
            } else {
                "sudo apt-get install -y build-essential"
            }
            .to_owned(),
        ),
    })
}

fn cargo_lambda() -> Check {
    let private = paths::tools_directory().and_then(|tools| installed_cargo_lambda(&tools));
    if let Some(path) = private {
        return Check { name: "cargo-lambda", state: CheckState::Good, found: path.display().to_string(), mend: None };
    }
    program("cargo-lambda", &["cargo-lambda"], "--version").unwrap_or_else(|| Check {
        name: "cargo-lambda",
        state: CheckState::Replaceable,
        found: "the first build for AWS gets it; builds for the local cloud need only cargo".to_owned(),
        mend: Some("pip3 install cargo-lambda".to_owned()),
    })
}

/// One that a build has put into the private tools folder, and finished to.
fn installed_cargo_lambda(tools: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(tools).ok()?;
    let mut directories = entries.filter_map(|entry| Some(entry.ok()?.path()));
    directories
        .find(|directory| directory.join("installed").is_file())
        .map(|directory| directory.join("bin").join("cargo-lambda"))
        .filter(|program| program.is_file())
}

fn python() -> Check {
    program("python3", &["python3"], "--version").unwrap_or_else(|| Check {
        name: "python3",
        state: CheckState::Replaceable,
        found: "not on PATH: cargo-lambda must be installed by hand".to_owned(),
        mend: Some("sudo apt-get install -y python3-venv".to_owned()),
    })
}

fn port() -> Check {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    let (state, found, mend) = if TcpListener::bind(address).is_ok() {
        (CheckState::Good, "free".to_owned(), None)
    } else if is_local_cloud(address) {
        (CheckState::Good, "the local cloud answers".to_owned(), None)
    } else {
        let found = "taken by another program".to_owned();
        (CheckState::Replaceable, found, Some("stack local start --port 4600".to_owned()))
    };
    Check { name: "port 4566", state, found, mend }
}

fn credentials(settings: &Settings) -> Result<Check, CliError> {
    let target = Target {
        region: settings.region.clone().unwrap_or_else(|| "us-east-1".to_owned()),
        profile: settings.profile.clone(),
        endpoint_url: None,
        local: false,
    };
    runtime::run(async |_interrupt| {
        let account = match Aws::connect(&target).await {
            Ok(aws) => aws.account().await,
            Err(error) => Err(error),
        };
        Ok(match account {
            Ok(account) => Check {
                name: "AWS credentials",
                state: CheckState::Good,
                found: format!("account {account}"),
                mend: None,
            },
            Err(error) => Check {
                name: "AWS credentials",
                state: CheckState::Missing,
                found: error.to_string(),
                mend: Some("aws configure sso".to_owned()),
            },
        })
    })
}

/// A check that is good when one of the programs is there and says its version.
fn program(name: &'static str, candidates: &[&str], version: &str) -> Option<Check> {
    let path = candidates.iter().find_map(|candidate| find_on_path(candidate))?;
    let answer = Command::new(&path).arg(version).stdin(Stdio::null()).output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8_lossy(&answer.stdout);
    let found = format!("{} ({})", text.lines().next().unwrap_or_default().trim(), path.display());
    Some(Check { name, state: CheckState::Good, found, mend: None })
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|directory| directory.as_os_str() != OsStr::new(""))
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}
