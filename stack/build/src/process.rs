//! Child processes: their lines as they come, or their whole output.

use std::io;
use std::process::{ExitStatus, Output, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

use crate::{BuildError, BuildOptions};

/// A line of a build tool that is longer than this is cut: nobody reads on, and memory stays bounded.
const LONGEST_LINE: usize = 4096;

/// A command with exactly the environment of the options, no input, that ends with its owner.
pub(crate) fn command(options: &BuildOptions, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(&options.variables).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs to the end and returns all output.
pub(crate) async fn output(mut command: Command) -> Result<Output, BuildError> {
    command.output().await.map_err(|source| cannot_run(&command, source))
}

/// Runs to the end, and calls `on_line` with each line of stdout and stderr.
pub(crate) async fn lines(mut command: Command, mut on_line: impl FnMut(String)) -> Result<ExitStatus, BuildError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|source| cannot_run(&command, source))?;
    let mut stdout = child.stdout.take().map(BufReader::new);
    let mut stderr = child.stderr.take().map(BufReader::new);
    let failed = |source| cannot_run(&command, source);
    let (mut out_line, mut err_line) = (Vec::new(), Vec::new());
    while stdout.is_some() || stderr.is_some() {
        tokio::select! {
            more = next_line(&mut stdout, &mut out_line) => deliver(more.map_err(failed)?, &mut stdout, &mut out_line, &mut on_line),
            more = next_line(&mut stderr, &mut err_line) => deliver(more.map_err(failed)?, &mut stderr, &mut err_line, &mut on_line),
        }
    }
    child.wait().await.map_err(failed)
}

/// Reads up to the end of a line into `line`; what was read is kept there when this is cancelled. False at the end.
async fn next_line<R: AsyncRead + Unpin>(reader: &mut Option<BufReader<R>>, line: &mut Vec<u8>) -> io::Result<bool> {
    match reader {
        None => std::future::pending().await,
        Some(reader) => Ok(reader.read_until(b'\n', line).await? > 0),
    }
}

fn deliver<R>(more: bool, reader: &mut Option<R>, line: &mut Vec<u8>, on_line: &mut impl FnMut(String)) {
    if !line.is_empty() {
        line.truncate(LONGEST_LINE);
        on_line(String::from_utf8_lossy(line).trim_end().to_owned());
        line.clear();
    }
    if !more {
        *reader = None;
    }
}

fn cannot_run(command: &Command, source: io::Error) -> BuildError {
    BuildError::CannotRun { program: command.as_std().get_program().into(), source }
}

/// The command as a person would type it.
pub(crate) fn shell_line(command: &Command) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| {
        let word = word.to_string_lossy();
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:+,".contains(c));
        if plain { word.into_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_of_both_streams_arrive_and_the_status_too() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo one; echo two >&2; printf three; exit 3"]);
        let mut seen = Vec::new();
        let status = lines(command, |line| seen.push(line)).await.unwrap();
        seen.sort();
        assert_eq!(seen, ["one", "three", "two"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn shell_lines_quote_what_a_shell_would_read_otherwise() {
        let mut command = Command::new("cargo");
        command.args(["build", "--config", "profile.x.lto=\"fat\""]);
        assert_eq!(shell_line(&command), "cargo build --config 'profile.x.lto=\"fat\"'");
    }
}
