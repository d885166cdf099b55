//! A program that thinks it is used at a terminal: a person reads what it asks, and answers.

use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::project::Run;
use crate::wait::PATIENCE;

/// Runs a command with a terminal as its input and its stderr; where it has asked something that ends with `question`, `answer`
/// is typed. Lines are not redrawn, as the terminal is a dumb one. What it echoes is part of stderr.
#[must_use]
pub fn run_on_terminal(command: &mut Command, question: &str, answer: &str) -> Run {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let path = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
    let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap();
    let terminal = std::fs::File::options().read(true).write(true).custom_flags(flags).open(path).unwrap();
    command
        .stdin(Stdio::from(terminal.try_clone().unwrap()))
        .stderr(Stdio::from(terminal))
        .stdout(Stdio::piped())
        .env("TERM", "dumb");
    let child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    // The ends of the terminal that stay open here would keep it from ending.
    command.stdin(Stdio::null()).stderr(Stdio::null());

    let (sender, pieces) = mpsc::channel();
    let mut reader = std::fs::File::from(person.as_fd().try_clone_to_owned().unwrap());
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        // The last program at a terminal that ends makes reading fail.
        while let Ok(length) = reader.read(&mut piece) {
            if sender.send(piece[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut seen = Vec::new();
    let mut hand = std::fs::File::from(person);
    let mut is_answered = false;
    while let Ok(piece) = pieces.recv_timeout(PATIENCE) {
        seen.extend(piece);
        if !is_answered && seen.ends_with(question.as_bytes()) {
            is_answered = true;
            hand.write_all(answer.as_bytes()).unwrap();
        }
    }
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&seen).replace("\r\n", "\n");
    assert!(is_answered, "it never asked `{question}`:\n{stderr}");
    Run { code: output.status.code(), stdout: String::from_utf8_lossy(&output.stdout).into_owned(), stderr }
}
