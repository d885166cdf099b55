//! Lambda function: the profiles of people.
//!
//! `GET /api/profile/{handle}` shows one to anybody. `POST /api/profile/update` with `{"display_name", "bio", "handle"}` writes
//! the own one: whose it is, the authorizer of the route says, and nothing in the request can. The first update makes the profile.

mod profile;
mod update;

use std::sync::Arc;
use std::time::Duration;

use database::{Database, DatabaseError, Postgres};
use http_events::{Answer, Cors, EventError, Problem, Request, parse_request};
use serde_json::{Value, json};
use tokio::time::timeout;
use wiring::{Environment, Log};

pub use profile::Profile;
pub use update::Update;

/// How long the database may take, which is less than the function has.
const PATIENCE: Duration = Duration::from_secs(8);

/// Where the own profile is written.
const UPDATE_PATH: &str = "/api/profile/update";

/// What the paths of profiles begin with.
const PROFILE_PATH: &str = "/api/profile/";

/// What the handler works with.
pub struct Dependencies {
    /// The profiles.
    pub database: Database<Postgres>,
    /// Pages that may ask.
    pub cors: Cors,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

/// Reads which pages may ask (`WEB_ORIGIN`, separated by commas).
pub fn cors(environment: &mut Environment<'_>) -> Option<Cors> {
    let origins = environment.required_list("WEB_ORIGIN", "the origins of the pages that show profiles, or *");
    environment.check("WEB_ORIGIN", Cors::new(origins, "GET,OPTIONS,POST", "authorization,content-type"))
}

/// Answers one request.
///
/// # Errors
///
/// [`EventError`] when the payload is no HTTP request.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Answer, EventError> {
    let request = parse_request(payload)?;
    let cors = &dependencies.cors;
    if request.method == "OPTIONS" {
        return Ok(cors.preflight(&request));
    }
    let result = answer(&request, dependencies).await;
    if let Err(problem) = &result {
        dependencies.log.info(problem.code, json!({ "path": request.path }), &problem.message);
    }
    Ok(cors.answer(&request, result))
}

async fn answer(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    let method = request.method.as_str();
    if request.path == UPDATE_PATH {
        if method != "POST" {
            return Err(Problem::method_not_allowed(method, "OPTIONS, POST"));
        }
        let update = Update::read(request)?;
        let written = in_time(dependencies, profile::write(&dependencies.database, &update)).await??;
        return Ok(Answer::json(200, &json!({ "profile": written })));
    }
    let Some(handle) = request.path.strip_prefix(PROFILE_PATH).filter(|handle| update::is_handle(handle)) else {
        return Err(Problem::not_found(&request.path));
    };
    if method != "GET" {
        return Err(Problem::method_not_allowed(method, "GET, OPTIONS"));
    }
    let found = in_time(dependencies, profile::find(&dependencies.database, handle)).await?;
    let profile =
        found.ok_or_else(|| Problem::new(404, "profile-not-found", format!("nobody is called `{handle}`")))?;
    Ok(Answer::json(200, &json!({ "profile": profile })))
}

/// What the database says within the time that a client waits.
async fn in_time<T>(
    dependencies: &Dependencies,
    asked: impl Future<Output = Result<T, DatabaseError>>,
) -> Result<T, Problem> {
    let Dependencies { database, log, .. } = dependencies;
    let error = match timeout(PATIENCE, asked).await {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error,
        Err(_) => {
            // A connection in the middle of a statement is of no more use.
            database.disconnect().await;
            let reason = format!("no answer within {} s", PATIENCE.as_secs());
            DatabaseError::StatementFailed { what: "asking for a profile", reason }
        }
    };
    log.error(error.code(), json!({}), &error.to_string());
    let message = "the profiles cannot be reached at the moment; try again";
    Err(Problem::new(503, "profiles-unavailable", message).with_header("retry-after", "5"))
}
