//! The voice for programs: one JSON object per line on stdout, the report last.

use serde::Serialize;
use serde_json::json;
use stack_aws::{CancellationToken, Question};

use super::{diagnostic, prompt, write_stderr, write_stdout};
use crate::error::CliError;
use crate::report::Report;

/// The voice for programs.
pub(crate) struct Json {
    color: bool,
}

impl Json {
    pub(crate) fn new(color: bool) -> Self {
        Self { color }
    }

    /// One fact. A reader that is gone is noticed at the report.
    #[expect(clippy::unused_self, reason = "a voice is spoken through its value, like the other one")]
    pub(crate) fn line(&self, fact: &impl Serialize) {
        if let Ok(line) = serde_json::to_string(fact) {
            let _ = write_stdout(&(line + "\n"));
        }
    }

    /// The question goes out as a line; the answer still comes from the terminal.
    pub(crate) fn ask(&self, question: &Question, interrupt: &CancellationToken) -> bool {
        self.line(question);
        prompt::ask_yes("Go on?", interrupt)
    }

    #[expect(clippy::unused_self, reason = "a voice is spoken through its value, like the other one")]
    pub(crate) fn report(&self, report: &Report) -> Result<(), CliError> {
        let mut value = serde_json::to_value(report).unwrap_or_default();
        value["exit_code"] = report.exit_code().into();
        write_stdout(&format!("{value}\n"))
    }

    /// The error as the last line on stdout, and for people on stderr.
    pub(crate) fn error(&self, error: &CliError) {
        let value = json!({ "report": "failed", "error": diagnostic::to_json(error), "exit_code": error.exit_code() });
        let _ = write_stdout(&format!("{value}\n"));
        write_stderr(&diagnostic::to_text(error, self.color));
    }
}
