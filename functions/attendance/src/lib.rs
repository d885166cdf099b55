//! Lambda function: six actions on attendance videos and their rows, behind a Function URL.
//!
//! A request is `POST {"action", "params"}`; the answer is the action's own JSON, or `{"error": {"code", "message"}}`. Who may
//! ask, the header `x-shared-secret` tells, which is compared in constant time; or IAM, when the URL is protected by it.

mod action;
mod database;
mod entry;
mod guard;
mod name;
mod perform;
mod settings;
mod videos;

use std::sync::Arc;

use http_events::{Answer, EventError, Problem, Request, parse_request};
use serde_json::{Value, json};
use wiring::{Clock, Log};

pub use action::Action;
pub use database::Entries;
pub use entry::{EntryKey, NewEntry};
pub use guard::Guard;
pub use name::{Name, VIDEO_TYPES};
pub use settings::{Authentication, Settings};
pub use videos::Videos;

/// Longest body of a request in bytes.
const LONGEST_BODY: usize = 16 << 10;

/// What the handler works with.
pub struct Dependencies {
    /// The function's configuration.
    pub settings: Settings,
    /// Lets requests in.
    pub guard: Guard,
    /// The rows.
    pub entries: Entries,
    /// The objects.
    pub videos: Videos,
    /// Says when a URL begins to be valid.
    pub clock: Arc<dyn Clock>,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

/// Answers one request.
///
/// # Errors
///
/// [`EventError`] when the payload is no HTTP request.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Answer, EventError> {
    let request = parse_request(payload)?;
    let Dependencies { settings, log, .. } = dependencies;
    if request.method == "OPTIONS" {
        return Ok(settings.cors.preflight(&request));
    }
    let result = answer(&request, dependencies).await;
    if let Err(problem) = &result {
        let about = json!({ "path": request.path, "status": problem.status });
        if problem.status >= 500 {
            log.error(problem.code, about, &problem.message);
        } else {
            log.info(problem.code, about, &problem.message);
        }
    }
    // A Function URL with cross-origin rules of its own writes these headers itself, over what is answered here.
    Ok(settings.cors.answer(&request, result))
}

async fn answer(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    if request.method != "POST" {
        return Err(Problem::method_not_allowed(&request.method, "OPTIONS, POST"));
    }
    dependencies.guard.admit(request).await?;
    let action = Action::read(request.json(LONGEST_BODY)?)?;
    // Boxed: the futures of SDK calls nest so deeply that handlers meet the compiler's limit.
    let body = Box::pin(perform::perform(action, dependencies)).await?;
    Ok(Answer::json(200, &body))
}
