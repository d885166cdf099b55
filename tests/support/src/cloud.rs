//! A local cloud as its users run it: the real binary in a process of its own.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::background::Background;
use crate::clients::Clients;
use crate::project::TestProject;

/// How long the binary may take to answer: it needs milliseconds, a loaded machine seconds.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running `stack local start --foreground`. It ends when this value is dropped.
#[derive(Debug)]
pub struct RunningCloud {
    process: Background,
    url: String,
}

impl RunningCloud {
    /// Starts the one of a project, in memory, on a free port; `stack deploy --local` in that project finds it.
    #[must_use]
    pub fn start(project: &TestProject) -> Self {
        Self::start_with(project, &["--port", "0", "--memory"])
    }

    /// Starts one that keeps its state in `data`.
    #[must_use]
    pub fn start_in(project: &TestProject, data: &Path) -> Self {
        Self::start_with(project, &["--port", "0", "--data-dir", data.to_str().unwrap()])
    }

    /// Starts one in memory whose functions find the programs of `directory` first.
    #[must_use]
    pub fn start_with_path(project: &TestProject, directory: &Path) -> Self {
        Self::start_command(command(project, &["--port", "0", "--memory"]).env("PATH", path_before(directory)))
    }

    /// The same, with a folder of Node.js modules that functions may import.
    #[must_use]
    pub fn start_with_tools(project: &TestProject, directory: &Path, node_modules: &Path) -> Self {
        let mut command = command(project, &["--port", "0", "--memory"]);
        Self::start_command(command.env("PATH", path_before(directory)).env("NODE_PATH", node_modules))
    }

    fn start_with(project: &TestProject, arguments: &[&str]) -> Self {
        Self::start_command(&mut command(project, arguments))
    }

    fn start_command(command: &mut Command) -> Self {
        let mut process = Background::start(command);
        let url = process.wait_at_most(START_LIMIT, "the local cloud is ready", |line| {
            let url = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:"))?;
            Some(url.trim_end_matches(['/', '.', ',']).to_owned())
        });
        Self { process, url }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Process id.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// SDK clients in `us-east-1`.
    #[must_use]
    pub fn clients(&self) -> Clients {
        Clients::new(&self.url, "us-east-1")
    }

    /// SIGKILL: the process gets no chance to write anything.
    pub fn kill(self) {
        self.process.kill();
    }
}

fn command(project: &TestProject, arguments: &[&str]) -> Command {
    let mut command = project.command(&["local", "start", "--foreground"]);
    command.args(arguments);
    command
}

/// `PATH` with a directory in front.
fn path_before(directory: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::iter::once(directory.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(directories).unwrap()
}
