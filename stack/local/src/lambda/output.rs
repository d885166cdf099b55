//! What a function writes: lines into CloudWatch Logs, and the tail that an invocation can be given.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::{mpsc, oneshot};

use crate::cloud::Cloud;
use crate::logs::now;
use crate::persist::lock;

/// Bytes of the tail, as AWS gives them.
const TAIL: usize = 4096;

/// Longest line in bytes, CloudWatch's greatest event; longer ones are cut into several.
const LINE: usize = 262_144;

/// Where the lines of one instance go.
pub(super) struct Output {
    cloud: Arc<Cloud>,
    group: String,
    stream: String,
    tail: Mutex<Vec<u8>>,
}

/// Asks the reader of a pipe to read what is in it by now.
pub(super) type Flush = mpsc::Sender<oneshot::Sender<()>>;

impl Output {
    pub(super) fn new(cloud: Arc<Cloud>, group: &str, stream: &str) -> Self {
        Self { cloud, group: group.to_owned(), stream: stream.to_owned(), tail: Mutex::default() }
    }

    /// Adds lines.
    pub(super) fn write(&self, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        let mut tail = lock(&self.tail);
        for line in &lines {
            tail.extend_from_slice(line.as_bytes());
            tail.push(b'\n');
        }
        let excess = tail.len().saturating_sub(TAIL);
        tail.drain(..excess);
        drop(tail);
        let time = now();
        self.cloud.logs.append(&self.group, &self.stream, lines.into_iter().map(|line| (time, line)).collect());
    }

    /// Starts a new tail.
    pub(super) fn begin(&self) {
        lock(&self.tail).clear();
    }

    /// The tail since [`Output::begin`].
    pub(super) fn tail(&self) -> Vec<u8> {
        lock(&self.tail).clone()
    }
}

/// Reads a pipe to its end, line by line.
#[cfg(unix)]
pub(super) async fn collect(
    mut pipe: impl AsyncRead + std::os::fd::AsFd + Unpin,
    output: Arc<Output>,
    mut flushes: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut lines = Lines::default();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        tokio::select! {
            read = pipe.read(&mut chunk) => match read {
                Ok(length @ 1..) => output.write(lines.take(&chunk[..length])),
                _ => break,
            },
            Some(done) = flushes.recv() => {
                while rustix::io::ioctl_fionread(&pipe).is_ok_and(|waiting| waiting > 0) {
                    match pipe.read(&mut chunk).await {
                        Ok(length @ 1..) => output.write(lines.take(&chunk[..length])),
                        _ => break,
                    }
                }
                // Whoever asked may have given up.
                let _ = done.send(());
            }
        }
    }
    output.write(lines.rest());
}

/// Waits until a pipe's reader has read what was in the pipe.
pub(super) async fn flush(flush: &Flush) {
    let (done, read) = oneshot::channel();
    if flush.send(done).await.is_ok() {
        let _ = read.await;
    }
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                lines.push(self.line());
            } else {
                self.0.push(*byte);
                if self.0.len() >= LINE {
                    lines.push(self.line());
                }
            }
        }
        lines
    }

    fn line(&mut self) -> String {
        let line = String::from_utf8_lossy(&self.0).trim_end_matches('\r').to_owned();
        self.0.clear();
        line
    }

    fn rest(&mut self) -> Vec<String> {
        if self.0.is_empty() { Vec::new() } else { vec![self.line()] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_wherever_the_chunks_end() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"on"), Vec::<String>::new());
        assert_eq!(lines.take(b"e\r\n\ntw"), ["one", ""]);
        assert_eq!(lines.rest(), ["tw"]);
        assert_eq!(lines.rest(), Vec::<String>::new());
        assert_eq!(lines.take(&vec![b'x'; LINE + 1]).len(), 1);
    }
}
