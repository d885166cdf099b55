//! A program that goes on beside the test and talks.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::wait::PATIENCE;

/// How long a program may take to end after it was asked to: the local cloud lets functions end first.
const END_LIMIT: Duration = Duration::from_secs(30);

/// A running program. It is asked to end when this value is dropped, and killed when it does not.
#[derive(Debug)]
pub struct Background {
    child: Child,
    lines: Receiver<String>,
    /// What it said so far.
    seen: String,
}

impl Background {
    /// Starts it; both its streams are read.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
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
        Self { child, lines, seen: String::new() }
    }

    /// Reads on until `pick` takes something out of a line. Panics with what the program said when it ends before, or is
    /// silent for [`PATIENCE`].
    pub fn wait_for<T>(&mut self, what: &str, pick: impl FnMut(&str) -> Option<T>) -> T {
        self.wait_at_most(PATIENCE, what, pick)
    }

    /// The same with a limit of its own for the silence between two lines.
    pub fn wait_at_most<T>(&mut self, silence: Duration, what: &str, mut pick: impl FnMut(&str) -> Option<T>) -> T {
        loop {
            match self.lines.recv_timeout(silence) {
                Ok(line) => {
                    let picked = pick(&line);
                    self.seen.push_str(&line);
                    self.seen.push('\n');
                    if let Some(picked) = picked {
                        return picked;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("gave up after {silence:?} waiting for: {what}; it said:\n{}", self.seen)
                }
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before: {what}; it said:\n{}", self.seen),
            }
        }
    }

    /// Process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name (`INT`).
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill -{name} {}: {sent}", self.id());
    }

    /// Waits for its end; panics with what it said when it does not come.
    #[must_use]
    pub fn wait(mut self) -> (ExitStatus, String) {
        let Some(status) = self.try_wait_for(END_LIMIT) else {
            panic!("it did not end within {END_LIMIT:?}; it said:\n{}", self.seen)
        };
        self.seen.extend(self.lines.iter().map(|line| line + "\n"));
        (status, std::mem::take(&mut self.seen))
    }

    /// SIGKILL: the process gets no chance to write anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn try_wait_for(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
                _ => return None,
            }
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // A polite end first, so that it can end what it runs.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if self.try_wait_for(Duration::from_secs(3)).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
