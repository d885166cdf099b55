//! The one place that writes to the terminal.

use std::io::Write as _;

/// One line to stderr, where progress belongs.
pub(crate) fn say(line: &str) {
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// One line to stdout, where results belong.
pub(crate) fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A heading between steps.
pub(crate) fn heading(title: &str) {
    say(&format!("\n== {title}"));
}
