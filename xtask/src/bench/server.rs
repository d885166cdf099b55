//! Servers under measurement: the local cloud and its peer.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{http, process};
use crate::failure::Failure;

/// How long a server may take until it answers.
const START_LIMIT: Duration = Duration::from_mins(1);

const OUR_HEALTH: &str = "/_stack/health";

const THEIR_HEALTH: &str = "/_ministack/health";

/// A server that answers, and how it got there. It ends with this value.
pub(crate) struct Server {
    command: Command,
    child: Child,
    /// The path that tells whether it answers.
    health: &'static str,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// From the start of the process to the first answer.
    pub(crate) start: Duration,
}

impl Server {
    /// The local cloud of a project directory, in memory.
    pub(crate) fn local_cloud(stack: &Path, directory: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        Self::start(local_cloud(stack, directory, port, &["--memory"]), port, OUR_HEALTH)
    }

    /// The same, with its state in `data`.
    pub(crate) fn local_cloud_on_disk(stack: &Path, directory: &Path, data: &Path) -> Result<Self, Failure> {
        let (port, data) = (free_port()?, data.display().to_string());
        Self::start(local_cloud(stack, directory, port, &["--data-dir", &data]), port, OUR_HEALTH)
    }

    /// The same, with a line in `log` for each request.
    pub(crate) fn logging_local_cloud(stack: &Path, directory: &Path, log: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut command = local_cloud(stack, directory, port, &["--memory"]);
        command.args(["-v", "-v"]).stderr(std::fs::File::create(log)?);
        Self::run(command, port, OUR_HEALTH)
    }

    /// ministack, with its state in memory and its roles and policies enforced, or everything allowed.
    pub(crate) fn ministack(python: &Path, scratch: &Path, has_iam: bool) -> Result<Self, Failure> {
        let port = free_port()?;
        Self::start(ministack(python, scratch, port, has_iam), port, THEIR_HEALTH)
    }

    /// The same with roles and policies enforced, and with every persistence that it offers in `data`.
    pub(crate) fn ministack_on_disk(python: &Path, scratch: &Path, data: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut command = ministack(python, scratch, port, true);
        command.env("PERSIST_STATE", "1").env("STATE_DIR", data.join("state"));
        command.env("S3_PERSIST", "1").env("S3_DATA_DIR", data.join("s3"));
        Self::start(command, port, THEIR_HEALTH)
    }

    /// Kills the process (SIGKILL), starts it again as it was started, and waits until it answers at the same address.
    pub(crate) fn restart(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = self.command.spawn()?;
        self.wait()
    }

    fn start(mut command: Command, port: u16, health: &'static str) -> Result<Self, Failure> {
        command.stderr(Stdio::null());
        Self::run(command, port, health)
    }

    fn run(mut command: Command, port: u16, health: &'static str) -> Result<Self, Failure> {
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Self { command, child, health, url, start: Duration::ZERO };
        server.wait()?;
        server.start = began.elapsed();
        Ok(server)
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        while !http::get(&self.url, self.health).is_ok_and(|answer| answer.status == 200) {
            if began.elapsed() > START_LIMIT || self.child.try_wait()?.is_some() {
                return Err(Failure::new(format!("{:?} did not come to answer at {}", self.command, self.url)));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Resident memory of the process now, in bytes. Linux only; absent elsewhere.
    pub(crate) fn memory(&self) -> Option<u64> {
        process::resident_memory(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn local_cloud(stack: &Path, directory: &Path, port: u16, state: &[&str]) -> Command {
    let mut command = Command::new(stack);
    command.args(["local", "start", "--foreground", "--port", &port.to_string()]).args(state).arg("-C").arg(directory);
    command
}

fn ministack(python: &Path, scratch: &Path, port: u16, has_iam: bool) -> Command {
    let mut command = Command::new(python.with_file_name("ministack"));
    command
        .env("AUTH", has_iam.to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("TMPDIR", scratch)
        .current_dir(scratch);
    command
}

fn free_port() -> Result<u16, Failure> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
