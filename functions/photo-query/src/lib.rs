//! Lambda function: the photos with the smallest thumbnails.
//!
//! It answers `GET /smallest?limit=5` behind a Function URL or an API, and a direct invocation with `{"limit": 5}`, with the same
//! JSON. Sizes are numbers and are ordered as numbers.

mod photo;

use std::sync::Arc;
use std::time::Duration;

use database::{Database, DatabaseError, MySql};
use http_events::{Answer, Cors, Problem, Request, parse_request};
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::timeout;
use wiring::{Environment, Log};

pub use photo::Photo;

/// How many photos are told of unless asked otherwise.
const USUAL: u16 = 5;

/// How many photos are told of at most.
const MOST: u16 = 100;

/// How long the database may take, which is less than API Gateway waits.
const PATIENCE: Duration = Duration::from_secs(15);

/// The one path that is served.
const PATH: &str = "/smallest";

/// What the handler works with.
pub struct Dependencies {
    /// The catalog.
    pub database: Database<MySql>,
    /// Pages that may ask.
    pub cors: Cors,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

/// Reads which pages may ask (`WEB_ORIGIN`, separated by commas; default all: a page has no right to ask that its user lacks).
pub fn cors(environment: &mut Environment<'_>) -> Option<Cors> {
    let origins = environment.optional("WEB_ORIGIN").unwrap_or_else(|| "*".to_owned());
    let origins = origins.split(',').map(|origin| origin.trim().to_owned()).collect();
    environment.check("WEB_ORIGIN", Cors::new(origins, "GET,OPTIONS", "authorization,x-amz-date,x-amz-security-token"))
}

/// A direct invocation that failed. Over HTTP there is an answer always.
#[derive(Debug, Error)]
pub enum HandlerError {
    /// The payload is neither an HTTP request nor a question.
    #[error("the payload is neither an HTTP request nor `{{\"limit\": 5}}`: {reason}")]
    UnsupportedEvent {
        /// What is wrong with it.
        reason: String,
    },
    /// What HTTP would have told as a problem.
    #[error("{message}")]
    Refused {
        /// Kebab-case code.
        code: &'static str,
        /// What is wrong and how to mend it.
        message: String,
    },
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::UnsupportedEvent { .. } => "unsupported-event",
            HandlerError::Refused { code, .. } => code,
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

/// What a direct invocation asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    limit: Option<i64>,
}

/// Answers one request or question.
///
/// # Errors
///
/// [`HandlerError`] for payloads that are neither, and for direct invocations that cannot be answered.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Value, HandlerError> {
    if payload.get("requestContext").is_none() {
        let unsupported = |reason: String| HandlerError::UnsupportedEvent { reason };
        if !payload.is_object() {
            return Err(unsupported("it is not a JSON object".to_owned()));
        }
        let question: Question = serde_json::from_value(payload).map_err(|error| unsupported(error.to_string()))?;
        let limit = question.limit.map(|limit| limit.to_string());
        let told = smallest(limit.as_deref(), dependencies).await;
        return told.map_err(|Problem { code, message, .. }| HandlerError::Refused { code, message });
    }
    let request = parse_request(payload).map_err(|error| HandlerError::UnsupportedEvent { reason: error.reason })?;
    let cors = &dependencies.cors;
    if request.method == "OPTIONS" {
        return Ok(json!(cors.preflight(&request)));
    }
    let result = answer(&request, dependencies).await;
    if let Err(problem) = &result {
        dependencies.log.info(problem.code, json!({ "path": request.path }), &problem.message);
    }
    Ok(json!(cors.answer(&request, result)))
}

async fn answer(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    if request.path != PATH {
        return Err(Problem::not_found(&request.path));
    }
    if request.method != "GET" {
        return Err(Problem::method_not_allowed(&request.method, "GET, OPTIONS"));
    }
    Ok(Answer::json(200, &smallest(request.query("limit"), dependencies).await?))
}

/// The smallest thumbnails, as JSON; `limit` as the client wrote it.
async fn smallest(limit: Option<&str>, dependencies: &Dependencies) -> Result<Value, Problem> {
    let limit = match limit.map(|text| (text.parse(), text)) {
        None => USUAL,
        Some((Ok(limit), _)) if (1..=MOST).contains(&limit) => limit,
        Some((_, text)) => {
            let message = format!("`limit` is `{text}`, and must be a number from 1 to {MOST}");
            return Err(Problem::new(400, "limit-refused", message));
        }
    };
    let Dependencies { database, log, .. } = dependencies;
    let reason = match timeout(PATIENCE, photo::smallest(database, limit)).await {
        Ok(Ok(photos)) => return Ok(json!({ "photos": photos })),
        Ok(Err(error)) => error,
        Err(_) => {
            // A connection in the middle of a statement is of no more use.
            database.disconnect().await;
            let reason = format!("no answer within {} s", PATIENCE.as_secs());
            DatabaseError::StatementFailed { what: "reading the smallest thumbnails", reason }
        }
    };
    log.error(reason.code(), json!({}), &reason.to_string());
    let message = "the catalog does not answer at the moment; try again";
    Err(Problem::new(503, "catalog-unavailable", message).with_header("retry-after", "5"))
}
