//! What is said of a fault of the program itself: where it is, and not what it was about, because that can be a secret.

use std::panic::{Location, PanicHookInfo};

use super::write_stderr;

/// Replaces what a panic prints by itself: its message, which may hold values.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| write_stderr(&text(panic))));
}

fn text(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), place);
    format!(
        "error: this program has a fault of its own, at {place}\n  what it was about is not shown, because it may hold secrets\n  \
         help: report that place with the command that you gave; running the command again is safe\n"
    )
}

/// File and line, from the directory of the crate on: what is above it is of the machine that built this.
fn place(location: &Location<'_>) -> String {
    let parts: Vec<&str> = location.file().split('/').collect();
    let sources = parts.iter().rposition(|part| *part == "src").unwrap_or(parts.len() - 1);
    format!("{}:{}", parts[sources.saturating_sub(1)..].join("/"), location.line())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_panic_tells_its_place_and_not_its_message() {
        let said: Arc<Mutex<String>> = Arc::default();
        let kept = Arc::clone(&said);
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| kept.lock().unwrap().push_str(&text(panic))));
        let secret = "cAnArY/0";
        let ended = std::thread::spawn(move || panic!("the password is {secret}")).join();
        std::panic::set_hook(usual);
        assert!(ended.is_err());
        let said = said.lock().unwrap();
        assert!(said.contains("crash.rs:") && !said.contains(secret), "{said}");
    }
}
