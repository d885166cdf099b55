//! Lambda function: `DELETE /images/raw/{object+}` makes a name mean nothing.
//!
//! The rows of the name stay, marked as deleted. The image and its variants are deleted when no other name means the same bytes.
//! A name that means nothing already is answered in the same way.

use std::sync::Arc;

use http_events::{Answer, Cors, EventError, Problem, Request, parse_request};
use image_library::{ImageName, Library};
use serde_json::{Value, json};
use wiring::Log;

/// What the handler works with.
pub struct Dependencies {
    /// Table and bucket.
    pub library: Library,
    /// Pages that may call.
    pub cors: Cors,
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
    let Dependencies { cors, log, .. } = dependencies;
    if request.method == "OPTIONS" {
        return Ok(cors.preflight(&request));
    }
    let result = remove(&request, dependencies).await;
    if let Err(problem) = &result {
        problem.record(&request, log.as_ref());
    }
    Ok(cors.answer(&request, result))
}

async fn remove(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    if request.method != "DELETE" {
        return Err(Problem::method_not_allowed(&request.method, "DELETE, OPTIONS"));
    }
    let name = ImageName::of_request(request)?;
    let removal = dependencies.library.remove(&name).await?;
    let about = json!({ "name": name.as_str(), "rows": removal.rows });
    dependencies.log.info("image-deleted", about.clone(), "the name means nothing now");
    Ok(Answer::json(200, &json!({ "name": name.as_str(), "status": "deleted", "rows": removal.rows })))
}
