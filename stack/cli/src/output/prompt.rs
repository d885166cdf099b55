//! Reading an answer from the terminal.

use std::io::BufRead as _;
use std::sync::mpsc;
use std::time::Duration;

use stack_aws::CancellationToken;

use super::write_stderr;

/// How often an interrupt is looked for while an answer is awaited.
const LOOK: Duration = Duration::from_millis(20);

/// Asks `line [y/N]`. Only `y` and `yes` are yes; the end of input and an interrupt are no.
pub(super) fn ask_yes(line: &str, interrupt: &CancellationToken) -> bool {
    write_stderr(&format!("{line} [y/N] "));
    read_line(interrupt).is_some_and(|answer| is_yes(&answer))
}

/// Asks for the name of a stack.
pub(super) fn ask_name(stack_name: &str, interrupt: &CancellationToken) -> bool {
    write_stderr(&format!("This environment is protected or retains its data. Type `{stack_name}` to destroy it: "));
    read_line(interrupt).is_some_and(|answer| answer.trim() == stack_name)
}

/// One line; nothing at the end of input or at an interrupt.
///
/// A thread reads, because a read cannot be interrupted; it ends with the process.
fn read_line(interrupt: &CancellationToken) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        // The receiver is gone after an interrupt.
        let _ = sender.send(read.ok().filter(|length| *length > 0).map(|_| answer));
    });
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(Some(answer)) => return Some(answer),
            Err(mpsc::RecvTimeoutError::Timeout) if !interrupt.is_cancelled() => {}
            _ => {
                write_stderr("\n");
                return None;
            }
        }
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(is_yes("y\n") && is_yes(" YES \n"));
        for no in ["", "\n", "n\n", "yep\n", "j\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
