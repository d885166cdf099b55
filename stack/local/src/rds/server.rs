//! The process of an instance: on a loopback address, as an ordinary user, ended so that its data is whole.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::user::{self, End, User};
use crate::wire::ServiceError;

/// How long a server may take until it accepts connections.
const START: Duration = Duration::from_secs(90);

/// How long one may take to write everything and end.
const STOP: Duration = Duration::from_secs(8);

/// How long a server that took a connection may take to greet before it is asked whether it still runs.
const GREETING: Duration = Duration::from_secs(1);

/// How often a starting server is asked.
const POLL: Duration = Duration::from_millis(20);

/// Loopback addresses that are tried for the port that was asked for, so that several instances can have it.
const ADDRESSES: u8 = 8;

/// A server that runs.
pub(super) struct Server {
    child: Child,
    /// What asks it to end at once, without waiting for clients.
    end: End,
}

/// A command that runs as `user`, with nothing of this process's environment but what programs need.
pub(super) fn command(program: &Path, user: Option<User>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", directory)
        // A server takes away what an earlier one seems to have left there; in a shared directory that is another one's.
        .env("TMPDIR", directory)
        .env("LC_ALL", "C")
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    user::run_as(&mut command, user);
    command
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started or fails; the message has the end of what it said.
pub(super) async fn run(mut command: Command, what: &str) -> Result<(), ServiceError> {
    let output = command.output().await.map_err(|error| failed(what, &error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(what, &String::from_utf8_lossy(&output.stderr)))
}

/// The refusal when a program failed: what, and the last lines of what it said.
pub(super) fn failed(what: &str, said: &str) -> ServiceError {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(5)..].join(" | ");
    ServiceError::new(http::StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", format!("{what} failed: {last}"))
}

/// An address that nobody listens on: the port that was asked for on one of the loopback addresses, else any.
pub(super) fn free_address(port: u16) -> Result<SocketAddr, ServiceError> {
    let hosts: &[u8] = if cfg!(target_os = "linux") { &[1, 2, 3, 4, 5, 6, 7, ADDRESSES] } else { &[1] };
    let wanted = hosts.iter().map(|host| SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, *host)), port));
    for address in wanted.chain([SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)]) {
        if let Ok(listener) = std::net::TcpListener::bind(address) {
            return listener.local_addr().map_err(|error| failed("finding a free port", &error.to_string()));
        }
    }
    Err(failed("finding a free port", "every port is taken"))
}

/// How a server is started.
pub(super) struct Start {
    pub(super) command: Command,
    pub(super) address: SocketAddr,
    /// Where the server writes what it has to say.
    pub(super) log: PathBuf,
    pub(super) end: End,
    /// A server listens before it is ready. This file ends with the word `ready` when it is; without one, the server greets.
    pub(super) ready: Option<PathBuf>,
}

/// Whether the server takes connections by now.
async fn answers(start: &Start) -> bool {
    let Ok(mut stream) = tokio::net::TcpStream::connect(start.address).await else { return false };
    if let Some(file) = &start.ready {
        return std::fs::read_to_string(file).is_ok_and(|text| text.trim_end().ends_with("ready"));
    }
    let mut first = [0];
    tokio::time::timeout(GREETING, stream.read_exact(&mut first)).await.is_ok_and(|read| read.is_ok())
}

impl Server {
    /// Starts a server and waits until it accepts connections.
    ///
    /// # Errors
    /// It cannot be started, ends, or says nothing in time; the message has the end of its log.
    pub(super) async fn start(mut start: Start) -> Result<Self, ServiceError> {
        const WHAT: &str = "starting the database server";
        let log = std::fs::File::create(&start.log).map_err(|error| failed(WHAT, &error.to_string()))?;
        let mut child = start.command.stderr(log).spawn().map_err(|error| failed(WHAT, &error.to_string()))?;
        let said = || std::fs::read_to_string(&start.log).unwrap_or_default();
        let ready = tokio::time::timeout(START, async {
            loop {
                if let Ok(Some(status)) = child.try_wait() {
                    return Err(failed(WHAT, &format!("{}\nit ended with {status}", said())));
                }
                if answers(&start).await {
                    return Ok(());
                }
                tokio::time::sleep(POLL).await;
            }
        });
        match ready.await {
            Ok(Ok(())) => Ok(Self { child, end: start.end }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(failed(WHAT, &format!("{}\nit did not listen on {} in time", said(), start.address))),
        }
    }

    /// Asks the server to end, and kills it when it does not.
    pub(super) async fn stop(mut self) {
        if let Some(id) = self.child.id() {
            self.end.send(id);
        }
        if tokio::time::timeout(STOP, self.child.wait()).await.is_err() {
            tracing::warn!("a database server did not end in time and was killed");
            let _ = self.child.kill().await;
        }
    }
}

/// Ends a server that an earlier process of the local cloud left behind when it was killed: the one that `pid_file` names and
/// whose command line names the directory.
pub(super) async fn end_leftover(pid_file: &Path, directory: &Path, end: End) {
    let id = std::fs::read_to_string(pid_file).ok().and_then(|text| text.lines().next()?.trim().parse::<u32>().ok());
    let Some(id) = id else { return };
    let command_line = PathBuf::from(format!("/proc/{id}/cmdline"));
    let is_ours = || {
        std::fs::read(&command_line)
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&*directory.to_string_lossy()))
    };
    if is_ours() {
        end.send(id);
    }
    let gone = async {
        while is_ours() {
            tokio::time::sleep(POLL).await;
        }
    };
    // What does not end keeps its lock, and the new server says so.
    let _ = tokio::time::timeout(STOP, gone).await;
}
