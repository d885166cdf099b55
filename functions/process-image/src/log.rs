//! Structured logs: one JSON object per line, as CloudWatch Logs reads it.

use std::io::Write;

use serde_json::{Value, json};

/// Receives the facts of an invocation.
pub trait Log: Send + Sync {
    /// Takes one fact.
    fn record(&self, fact: Value);

    /// A fact of the normal course.
    fn info(&self, code: &str, about: Value, message: &str) {
        self.record(json!({ "level": "INFO", "code": code, "message": message, "object": about }));
    }

    /// A fact that someone should know.
    fn error(&self, code: &str, about: Value, message: &str) {
        self.record(json!({ "level": "ERROR", "code": code, "message": message, "object": about }));
    }
}

/// Writes to standard output, which Lambda sends to the function's log group.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardOutput;

impl Log for StandardOutput {
    fn record(&self, fact: Value) {
        // A log that cannot be written must not fail the work that it tells of.
        let _ignored = writeln!(std::io::stdout().lock(), "{fact}");
    }
}
