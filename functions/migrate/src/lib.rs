//! Lambda function: brings the schema of a database to what a project's files of SQL say, from inside the database's network.
//!
//! The files lie in a bucket, where the deployment of the project puts them. A payload is a command: `{"command": "up"}`,
//! `{"command": "down", "steps": 1}`, `{"command": "status"}`, and `{"command": "resolve", "version": 3, "as": "applied"}` for
//! a migration that ended in the middle. The answer tells what was done and how every migration stands.

mod files;
mod settings;

use std::sync::Arc;

use aws_sdk_s3::Client;
use database::{Command, MigrationError, Report, Session, migrate, parse_migrations};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use thiserror::Error;
use wiring::Log;

pub use files::FilesError;
pub use settings::Settings;

/// What the handler works with.
pub struct Dependencies {
    /// Reaches the files.
    pub s3: Client,
    /// Who may connect to the database.
    pub session: Session,
    /// The function's configuration.
    pub settings: Settings,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

/// A run that did not come to its end.
#[derive(Debug, Error)]
pub enum HandlerError {
    /// The payload is no command.
    #[error(
        "the payload is no command: {reason}; commands are {{\"command\": \"up\"}}, {{\"command\": \"down\", \"steps\": 1}}, \
         {{\"command\": \"status\"}} and {{\"command\": \"resolve\", \"version\": 1, \"as\": \"applied\"}} (or \"pending\")"
    )]
    UnsupportedEvent {
        /// What is wrong with it.
        reason: String,
    },
    /// The files could not be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The migrations could not be run.
    #[error(transparent)]
    Migration(#[from] MigrationError),
}

impl HandlerError {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedEvent { .. } => "unsupported-event",
            Self::Files(error) => error.code(),
            Self::Migration(error) => error.code(),
        }
    }
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        Self { error_type: error.code().into(), error_message: error.to_string() }
    }
}

/// Runs one command.
///
/// # Errors
///
/// [`HandlerError`]. What was done before the failure stays done; the message names it.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Report, HandlerError> {
    let result = run(payload, dependencies).await;
    let log = &dependencies.log;
    match &result {
        Ok(report) => log.info("migrations-run", json!({ "steps": report.steps }), "the command is done"),
        Err(error) => log.error(error.code(), json!({}), &error.to_string()),
    }
    result
}

async fn run(payload: Value, dependencies: &Dependencies) -> Result<Report, HandlerError> {
    let Dependencies { s3, session, settings, .. } = dependencies;
    let command: Command = serde_json::from_value(payload)
        .map_err(|error| HandlerError::UnsupportedEvent { reason: error.to_string() })?;
    let migrations = parse_migrations(files::read(s3, settings).await?)?;
    if migrations.is_empty() {
        let Settings { bucket, prefix } = settings;
        return Err(FilesError::NoFiles { bucket: bucket.clone(), prefix: prefix.clone() }.into());
    }
    Ok(migrate(session, &migrations, command).await?)
}
