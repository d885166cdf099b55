//! A local cloud as its users run it: the real binary in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::clients::Clients;
use crate::project::TestProject;

/// How long the binary may take to answer: it needs milliseconds, a loaded machine seconds.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running `stack local start --foreground`. It is killed when this value is dropped.
#[derive(Debug)]
pub struct RunningCloud {
    child: Child,
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
        let mut child = project
            .command(&["local", "start", "--foreground"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (sender, lines) = mpsc::channel();
        let output = child.stdout.take().unwrap();
        let errors = child.stderr.take().unwrap();
        for reader in [Box::new(output) as Box<dyn std::io::Read + Send>, Box::new(errors)] {
            let sender = sender.clone();
            // Reads to the end even when nobody listens any more, so that the child never blocks on a full pipe.
            std::thread::spawn(move || {
                for line in BufReader::new(reader).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        drop(sender);
        let mut seen = String::new();
        let url = loop {
            match lines.recv_timeout(START_LIMIT) {
                Ok(line) => {
                    if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")) {
                        break url.trim_end_matches(['/', '.', ',']).to_owned();
                    }
                    seen.push_str(&line);
                    seen.push('\n');
                }
                Err(error) => {
                    let _ = child.kill();
                    panic!("the local cloud is not ready ({error}); it said:\n{seen}");
                }
            }
        };
        Self { child, url }
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
        self.child.id()
    }

    /// SDK clients in `us-east-1`.
    #[must_use]
    pub fn clients(&self) -> Clients {
        Clients::new(&self.url, "us-east-1")
    }

    /// SIGKILL: the process gets no chance to write anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for RunningCloud {
    fn drop(&mut self) {
        // A polite end first, so that it can end the functions that it runs.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        for _ in 0..200 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
