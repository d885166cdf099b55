//! Structured logs: one JSON object per line, as CloudWatch Logs reads it.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::redact::redact;

/// Receives the facts of an invocation.
pub trait Log: Send + Sync {
    /// Takes one fact.
    fn record(&self, fact: Value);

    /// A fact of the normal course: a kebab-case code, what it is about (a JSON object), a sentence.
    fn info(&self, code: &str, about: Value, message: &str) {
        self.record(line("INFO", code, &about, message));
    }

    /// A fact that someone should know.
    fn error(&self, code: &str, about: Value, message: &str) {
        self.record(line("ERROR", code, &about, message));
    }
}

/// One line, without what must stay secret.
fn line(level: &str, code: &str, about: &Value, message: &str) -> Value {
    redact(json!({ "level": level, "code": code, "message": message, "object": about }))
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Lines(Mutex<Vec<Value>>);

    impl Log for Lines {
        fn record(&self, fact: Value) {
            self.0.lock().unwrap().push(fact);
        }
    }

    #[test]
    fn facts_have_one_shape_and_no_secret() {
        let lines = Lines(Mutex::default());
        lines.info("image-written", json!({ "key": "a.jpg" }), "done");
        lines.error("refused", json!({ "authorization": "Bearer CANARY" }), "no");
        assert_eq!(
            *lines.0.lock().unwrap(),
            [
                json!({ "level": "INFO", "code": "image-written", "message": "done", "object": { "key": "a.jpg" } }),
                json!({ "level": "ERROR", "code": "refused", "message": "no", "object": { "authorization": "(hidden)" } }),
            ]
        );
    }
}
