//! Servers under measurement: the local cloud and its peer.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{http, process};
use crate::failure::Failure;

/// How long a server may take until it answers.
const START_LIMIT: Duration = Duration::from_mins(1);

/// A server that answers, and how it got there. It ends with this value.
pub(crate) struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// From the start of the process to the first answer.
    pub(crate) start: Duration,
}

impl Server {
    /// The local cloud of a project directory, in memory.
    pub(crate) fn local_cloud(stack: &Path, directory: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        Self::start(local_cloud(stack, directory, port), port, "/_stack/health")
    }

    /// The same, with a line in `log` for each request.
    pub(crate) fn logging_local_cloud(stack: &Path, directory: &Path, log: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut command = local_cloud(stack, directory, port);
        command.args(["-v", "-v"]).stderr(std::fs::File::create(log)?);
        Self::run(command, port, "/_stack/health")
    }

    /// ministack, with its state in memory and its roles and policies enforced, or everything allowed.
    pub(crate) fn ministack(python: &Path, scratch: &Path, has_iam: bool) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut command = Command::new(python.with_file_name("ministack"));
        command
            .env("AUTH", has_iam.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("TMPDIR", scratch)
            .current_dir(scratch);
        Self::start(command, port, "/_ministack/health")
    }

    fn start(mut command: Command, port: u16, health: &str) -> Result<Self, Failure> {
        command.stderr(Stdio::null());
        Self::run(command, port, health)
    }

    fn run(mut command: Command, port: u16, health: &str) -> Result<Self, Failure> {
        let shown = format!("{command:?}");
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}"), start: Duration::ZERO };
        loop {
            if http::get(&server.url, health).is_ok_and(|answer| answer.status == 200) {
                server.start = began.elapsed();
                return Ok(server);
            }
            if began.elapsed() > START_LIMIT || server.child.try_wait()?.is_some() {
                return Err(Failure::new(format!("{shown} did not come to answer at {}", server.url)));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
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

fn local_cloud(stack: &Path, directory: &Path, port: u16) -> Command {
    let mut command = Command::new(stack);
    command.args(["local", "start", "--foreground", "--memory", "--port", &port.to_string(), "-C"]).arg(directory);
    command
}

fn free_port() -> Result<u16, Failure> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
