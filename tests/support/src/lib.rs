//! What the integration tests share: projects, running local clouds, clients, corpora.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a helper of a test fails the test by panicking, with the place and the value"
)]

pub mod background;
pub mod clients;
pub mod cloud;
pub mod corpora;
pub mod fault_proxy;
pub mod http;
pub mod ministack;
pub mod photo;
pub mod project;
pub mod race;
pub mod scripted_cloudformation;
pub mod subscriber;
pub mod terminal;
pub mod tools;
pub mod wait;
pub mod webdriver;

pub use background::Background;
pub use clients::Clients;
pub use cloud::RunningCloud;
pub use fault_proxy::FaultProxy;
pub use ministack::Ministack;
pub use project::{Run, TestProject};
pub use scripted_cloudformation::{Fault, ScriptedCloud};
pub use subscriber::Subscriber;
pub use terminal::run_on_terminal;
pub use wait::{eventually, within};

/// Says on stderr that a test proves nothing on this machine, and why. The caller returns.
pub fn skipped(reason: &str) {
    say(&format!("skipped: {reason}"));
}

/// A line among the test's own output.
pub fn say(line: &str) {
    use std::io::Write as _;
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
