//! `stack local`: the local cloud alone.

mod serve;
mod start;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::arguments::{LocalCommand, Settings};
use crate::error::{CliError, LocalCloudError};
use crate::local_cloud::{self, CloudDirectory};
use crate::output::Output;
use crate::project;
use crate::report::Report;

pub(super) use start::check_port;

/// How long a local cloud may take to end: it lets requests and functions end, at most ten seconds each.
const STOP_LIMIT: Duration = Duration::from_secs(25);

/// How often it is looked at while something is waited for.
const LOOK: Duration = Duration::from_millis(5);

pub(super) fn run(settings: &Settings, command: LocalCommand, output: &mut Output) -> Result<Report, CliError> {
    let directory = directory(settings)?;
    match command {
        LocalCommand::Start(arguments) if arguments.foreground => serve::run(settings, &arguments, &directory, output),
        LocalCommand::Start(arguments) => start::run(settings, &arguments, &directory),
        LocalCommand::Stop => stop(&directory),
        LocalCommand::Status => Ok(status(&directory)),
        LocalCommand::Reset => reset(settings, &directory, output),
        LocalCommand::Env => env(settings, &directory),
    }
}

/// Files of the local cloud that belongs to the project, or to the directory when there is no project.
fn directory(settings: &Settings) -> Result<CloudDirectory, CliError> {
    let start = project::start_directory(settings)?;
    Ok(CloudDirectory::of(&project::find_directory(&start).unwrap_or(start)))
}

fn stop(directory: &CloudDirectory) -> Result<Report, CliError> {
    let Some(state) = directory.running() else { return Ok(Report::CloudStopped { pid: None }) };
    let pid = i32::try_from(state.pid).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended this moment; the lock tells.
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
    let begin = Instant::now();
    while directory.is_locked() {
        if begin.elapsed() > STOP_LIMIT {
            return Err(LocalCloudError::LocalCloudStuck {
                pid: state.pid,
                expected: "stop",
                seconds: STOP_LIMIT.as_secs(),
                log: directory.log(),
            }
            .into());
        }
        std::thread::sleep(LOOK);
    }
    Ok(Report::CloudStopped { pid: Some(state.pid) })
}

fn status(directory: &CloudDirectory) -> Report {
    let state = directory.running();
    let answers = state.as_ref().is_some_and(|state| answers(&state.url));
    Report::CloudStatus {
        running: state.is_some(),
        url: state.as_ref().map(|state| state.url.clone()),
        pid: state.as_ref().map(|state| state.pid),
        answers,
        data: state.and_then(|state| state.data),
        log: directory.log(),
    }
}

fn answers(url: &str) -> bool {
    let address = url.strip_prefix("http://").and_then(|address| address.parse::<SocketAddr>().ok());
    address.is_some_and(local_cloud::is_local_cloud)
}

fn reset(settings: &Settings, directory: &CloudDirectory, output: &mut Output) -> Result<Report, CliError> {
    if !settings.yes && !settings.can_ask {
        return Err(CliError::ApprovalNeeded { command: "stack local reset" });
    }
    // Held until the end, so that nothing starts on half a data directory.
    let _lock = directory.lock()?;
    let data = directory.data();
    if !data.exists() {
        return Ok(Report::CloudReset { directory: data, existed: false });
    }
    if !settings.yes && !output.ask_reset(&data) {
        return Ok(Report::Declined);
    }
    std::fs::remove_dir_all(&data).map_err(|source| CliError::Unwritable { path: data.clone(), source })?;
    Ok(Report::CloudReset { directory: data, existed: true })
}

fn env(settings: &Settings, directory: &CloudDirectory) -> Result<Report, CliError> {
    let url = directory.endpoint()?;
    let region = region(settings);
    let variables = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_REGION", region.clone()),
        ("AWS_DEFAULT_REGION", region),
    ];
    Ok(Report::CloudEnvironment { variables: variables.into() })
}

/// Region of callers that name none: the one given, or the project's.
fn region(settings: &Settings) -> String {
    let given = settings.region.clone();
    given.or_else(|| project::region(settings)).unwrap_or_else(|| stack_local::Settings::default().region)
}

/// Data directory that a start with these options uses, absent for memory.
fn data_directory(memory: bool, given: Option<PathBuf>, directory: &CloudDirectory) -> Option<PathBuf> {
    if memory { None } else { Some(given.unwrap_or_else(|| directory.data())) }
}
