//! A local cloud as its users run it: the real binary in a process of its own.

use std::path::Path;
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

    fn start_with(project: &TestProject, arguments: &[&str]) -> Self {
        let mut process = Background::start(project.command(&["local", "start", "--foreground"]).args(arguments));
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
