//! What goes wrong for a client: one shape for all functions.

use serde_json::json;
use wiring::Log;

use crate::{Answer, Request};

/// A refusal or a failure, as the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status, 4xx or 5xx.
    pub status: u16,
    /// Kebab-case code; stable.
    pub code: &'static str,
    /// What is wrong and how to mend it, for a person.
    pub message: String,
    /// A header that belongs to the status (`Allow`, `Retry-After`).
    pub header: Option<(&'static str, String)>,
}

impl Problem {
    /// A problem without a header of its own.
    #[must_use]
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), header: None }
    }

    /// 404: no such path.
    #[must_use]
    pub fn not_found(path: &str) -> Self {
        Self::new(404, "not-found", format!("there is nothing at `{path}`"))
    }

    /// 405: the path is served by other methods (`GET, POST`) only.
    #[must_use]
    pub fn method_not_allowed(method: &str, allowed: &str) -> Self {
        Self {
            header: Some(("allow", allowed.to_owned())),
            ..Self::new(405, "method-not-allowed", format!("`{method}` is not served here; {allowed} is"))
        }
    }

    /// Notes it in the log: what a client did wrong as a fact, what failed here as an error.
    pub fn record(&self, request: &Request, log: &dyn Log) {
        let about = json!({ "path": request.path });
        if self.status < 500 {
            log.info(self.code, about, &self.message);
        } else {
            log.error(self.code, about, &self.message);
        }
    }

    /// With a header.
    #[must_use]
    pub fn with_header(self, name: &'static str, value: impl Into<String>) -> Self {
        Self { header: Some((name, value.into())), ..self }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let body = json!({ "error": { "code": problem.code, "message": problem.message } });
        let answer = Self::json(problem.status, &body);
        match problem.header {
            Some((name, value)) => answer.with_header(name, value),
            None => answer,
        }
    }
}
