//! Lambda function: hands out presigned posts for videos, and tells how far they are.
//!
//! | route | answers |
//! |---|---|
//! | `GET /` | `{"hello": "world"}` |
//! | `GET /hello` | whom the authorizer vouches for |
//! | `GET /presignedurl/{project}/{step}?mail=` | a form that takes one video, for an hour; its row is there before |
//! | `GET /videos?mail=` or `?project_step=` | rows |
//!
//! Which routes need an authorizer, the API says; without one, `/hello` and `/videos` answer nobody.

mod form;
mod response;
mod settings;

use std::sync::Arc;

use http_events::{Answer, EventError, Problem, Request, parse_request};
use responses::{Rows, RowsError};
use serde_json::{Map, Value, json};
use wiring::{Clock, Log};

pub use response::Response;
pub use settings::Settings;

/// What the handler works with.
pub struct Dependencies {
    /// The function's configuration.
    pub settings: Settings,
    /// The rows of responses.
    pub rows: Rows,
    /// Says when a form begins to be valid.
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
    let cors = &dependencies.settings.cors;
    if request.method == "OPTIONS" {
        return Ok(cors.preflight(&request));
    }
    let result = route(&request, dependencies).await;
    if let Err(problem) = &result {
        let about = json!({ "path": request.path });
        if problem.status >= 500 {
            dependencies.log.error(problem.code, about, &problem.message);
        } else {
            dependencies.log.info(problem.code, about, &problem.message);
        }
    }
    Ok(cors.answer(&request, result))
}

async fn route(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let served = matches!(segments.as_slice(), ["" | "hello" | "videos"] | ["presignedurl", _, _]);
    if !served {
        return Err(Problem::not_found(&request.path));
    }
    if request.method != "GET" {
        return Err(Problem::method_not_allowed(&request.method, "GET, OPTIONS"));
    }
    match segments.as_slice() {
        ["hello"] => hello(request),
        ["videos"] => videos(request, dependencies).await,
        ["presignedurl", project, step] => form::hand_out(request, project, step, dependencies).await,
        _ => Ok(Answer::json(200, &json!({ "hello": "world" }))),
    }
}

/// Whom the authorizer vouches for, and what it says besides.
fn hello(request: &Request) -> Result<Answer, Problem> {
    let principal = principal(request)?;
    let context: Map<String, Value> = request
        .authorizer()
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(Answer::json(200, &json!({ "hello": principal, "context": context })))
}

async fn videos(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    principal(request)?;
    let Dependencies { settings, rows, .. } = dependencies;
    let given = |name: &str| request.query(name).filter(|value| !value.is_empty());
    let mail = given("mail").map(response::check_mail).transpose()?;
    let project_step = given("project_step").map(response::check_project_step).transpose()?;
    let found = match (project_step, mail) {
        (Some(project_step), mail) => rows.of_project_step(project_step, mail).await,
        (None, Some(mail)) => rows.of_mail(mail, &settings.mail_index).await,
        (None, None) => {
            let message = "give `mail`, or `project_step` (`alba-3`), or both in the query";
            return Err(Problem::new(404, "mail-missing", message));
        }
    };
    Ok(Answer::json(200, &Value::Array(found.map_err(|error| unavailable(&error, dependencies))?)))
}

/// Who asks, where the route has an authorizer.
fn principal(request: &Request) -> Result<&str, Problem> {
    request.vouched("principalId").ok_or_else(|| {
        Problem::new(401, "unauthenticated", "no authorizer vouches for a user of this route")
            .with_header("www-authenticate", "Basic")
    })
}

/// What a client is told when the table fails; why, only the log is.
fn unavailable(error: &RowsError, dependencies: &Dependencies) -> Problem {
    dependencies.log.error("table-failed", json!({ "table": dependencies.settings.table }), &error.to_string());
    Problem::new(503, "table-unavailable", "the responses cannot be read or written now; try again in a moment")
        .with_header("retry-after", "5")
}
