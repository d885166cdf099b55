//! Lambda function: gives a signed-in user a URL to upload an avatar to.
//!
//! `POST /avatars/key_upload` with `{"extension": "png", "length": 12345}` answers a URL that takes one `PUT`, within five
//! minutes, of exactly that many bytes of exactly that content type, under the user's own key. Who the user is, the
//! authorizer of the route says; nothing in the request can.

mod avatar;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http_events::{Answer, EventError, Problem, Request, parse_request};
use presign::Grant;
use serde_json::{Value, json};
use wiring::{Clock, Log};

pub use avatar::{Avatar, LARGEST_UPLOAD};
pub use settings::Settings;

/// How long an upload may wait to begin.
const LIFETIME: Duration = Duration::from_mins(5);

/// The one path that is served.
const PATH: &str = "/avatars/key_upload";

/// What the handler works with.
pub struct Dependencies {
    /// The function's configuration.
    pub settings: Settings,
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
pub fn handle(payload: Value, dependencies: &Dependencies) -> Result<Answer, EventError> {
    let request = parse_request(payload)?;
    let cors = &dependencies.settings.cors;
    if request.method == "OPTIONS" {
        return Ok(cors.preflight(&request));
    }
    let result = upload(&request, dependencies);
    if let Err(problem) = &result {
        dependencies.log.info(problem.code, json!({ "path": request.path }), &problem.message);
    }
    Ok(cors.answer(&request, result))
}

fn upload(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    if request.path != PATH {
        return Err(Problem::not_found(&request.path));
    }
    if request.method != "POST" {
        return Err(Problem::method_not_allowed(&request.method, "OPTIONS, POST"));
    }
    let avatar = Avatar::read(request)?;
    let Settings { storage, signer, .. } = &dependencies.settings;
    let headers = BTreeMap::from([
        ("content-type", avatar.content_type.to_owned()),
        ("content-length", avatar.length.to_string()),
    ]);
    let grant = Grant { method: "PUT", key: &avatar.key, headers, lifetime: LIFETIME };
    let url = signer.sign(storage, &grant, dependencies.clock.now());
    let about = json!({ "key": avatar.key, "length": avatar.length });
    dependencies.log.info("upload-allowed", about, "a URL was signed");
    let answer = json!({
        "url": url,
        "method": "PUT",
        "headers": { "content-type": avatar.content_type },
        "key": avatar.key,
        "expires_in": LIFETIME.as_secs(),
    });
    Ok(Answer::json(200, &answer))
}
