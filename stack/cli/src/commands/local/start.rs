//! `stack local start`: the local cloud in the background.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::arguments::{Settings, StartArguments};
use crate::error::{CliError, LocalCloudError};
use crate::local_cloud::{CloudDirectory, CloudState, is_local_cloud};
use crate::report::Report;

/// How long the background process may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(15);

/// Number of log lines that an error shows.
const TAIL: usize = 12;

pub(super) fn run(
    settings: &Settings,
    arguments: &StartArguments,
    directory: &CloudDirectory,
) -> Result<Report, CliError> {
    if let Some(state) = directory.running() {
        return Ok(Report::CloudStarted { url: state.url, pid: state.pid, already: true });
    }
    check_port(arguments.port)?;
    directory.create()?;
    let mut child = spawn(settings, arguments, directory)?;
    let state = wait_until_ready(&mut child, directory)?;
    Ok(Report::CloudStarted { url: state.url, pid: state.pid, already: false })
}

/// Says at once, and in the user's terminal, that the port is taken.
pub(in crate::commands) fn check_port(port: u16) -> Result<(), CliError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(_) if is_local_cloud(address) => Err(LocalCloudError::PortTakenByLocalCloud { port }.into()),
        Err(source) => Err(stack_local::LocalError::PortInUse { address, source }.into()),
    }
}

/// The same program again, in the foreground of its own session, with its talk in the log.
fn spawn(settings: &Settings, arguments: &StartArguments, directory: &CloudDirectory) -> Result<Child, CliError> {
    let failed = |source| CliError::System { action: "start the background process", source };
    let path = directory.log();
    let unwritable = |source| CliError::Unwritable { path: path.clone(), source };
    let log = File::create(&path).map_err(unwritable)?;
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.arg("-C").arg(&settings.directory);
    // Told, because the environment that names it is not.
    command.arg("--region").arg(super::region(settings));
    command.args((0..settings.verbosity).map(|_| "-v"));
    command.args(["local", "start", "--foreground", "--detached", "--port", &arguments.port.to_string()]);
    command.args(["--iam", arguments.iam.word()]);
    if arguments.memory {
        command.arg("--memory");
    }
    if let Some(data) = &arguments.data_dir {
        command.arg("--data-dir").arg(data);
    }
    command.stdin(Stdio::null()).stdout(log.try_clone().map_err(unwritable)?).stderr(log);
    command.spawn().map_err(failed)
}

fn wait_until_ready(child: &mut Child, directory: &CloudDirectory) -> Result<CloudState, CliError> {
    let begin = Instant::now();
    loop {
        if let Some(state) = directory.running().filter(|state| state.pid == child.id() && super::answers(&state.url)) {
            return Ok(state);
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(LocalCloudError::LocalCloudEnded {
                status: status.to_string(),
                log: directory.log(),
                tail: log_tail(directory),
            }
            .into());
        }
        if begin.elapsed() > START_LIMIT {
            return Err(LocalCloudError::LocalCloudStuck {
                pid: child.id(),
                expected: "answer",
                seconds: START_LIMIT.as_secs(),
                log: directory.log(),
            }
            .into());
        }
        std::thread::sleep(super::LOOK);
    }
}

fn log_tail(directory: &CloudDirectory) -> String {
    let text = std::fs::read_to_string(directory.log()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}
