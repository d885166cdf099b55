//! Lambda function: the pages of attendance videos, rendered here and sent to browsers as plain HTML.
//!
//! | page | what it does |
//! |---|---|
//! | `GET /` | leads to `/upload` |
//! | `GET /upload` | a form; also the health check |
//! | `POST /upload/begin` | asks for a URL, which the browser then puts the file to |
//! | `POST /upload` | writes the row of an uploaded video |
//! | `GET /calendar`, `GET /calendar/2026-01` | a month |
//! | `GET /view/2026-01-31` | the videos of a day |
//! | `GET`, `POST /edit/{id}/{timestamp}` | title and description |
//! | `GET`, `POST /delete/{id}/{timestamp}` | asks, and deletes |
//!
//! The function calls the actions with the shared secret; no page ever has it. Links are relative, so that the pages work
//! behind any address.

mod actions;
mod assets;
mod calendar;
mod forgery;
mod html;
mod pages;
mod routes;
mod settings;

use std::sync::Arc;

use http_events::{Answer, EventError, parse_request};
use serde_json::{Value, json};
use wiring::{Clock, Log};

pub use actions::Actions;
pub use html::escape;
pub use settings::Settings;

/// What the handler works with.
pub struct Dependencies {
    /// Calls the actions.
    pub actions: Actions,
    /// Says which day it is.
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
    let answer = routes::route(&request, dependencies).await.unwrap_or_else(|problem| {
        let about = json!({ "path": request.path, "status": problem.status });
        if problem.status >= 500 {
            dependencies.log.error(problem.code, about, &problem.message);
        } else {
            dependencies.log.info(problem.code, about, &problem.message);
        }
        pages::problem(&request, problem)
    });
    Ok(answer.with_header("content-security-policy", dependencies.actions.content_security_policy()))
}
