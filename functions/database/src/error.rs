//! Why a database could not be used.

use thiserror::Error;

/// A database that could not be reached or refused. None of these holds a password.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// Secrets Manager refused or did not answer.
    #[error("the secret of the database could not be read: {reason}")]
    SecretUnavailable {
        /// In the words of the service.
        reason: String,
    },
    /// The secret is not what RDS writes.
    #[error("the secret of the database is not of the form that RDS has: {}", faults.join("; "))]
    SecretInvalid {
        /// One sentence per field; no values of fields that are secret.
        faults: Vec<String>,
    },
    /// The secret belongs to another engine than the function speaks with.
    #[error("the secret is of the engine `{found}`, and this function speaks with {expected}")]
    WrongEngine {
        /// `engine` of the secret.
        found: String,
        /// What the function speaks with.
        expected: &'static str,
    },
    /// No connection.
    #[error("no connection to {address}: {reason}")]
    ConnectionFailed {
        /// Host and port.
        address: String,
        /// In the words of the driver.
        reason: String,
    },
    /// The server does not know this user with this password.
    #[error("{address} refuses the user of the secret: {reason}")]
    AuthenticationFailed {
        /// Host and port.
        address: String,
        /// In the words of the server.
        reason: String,
    },
    /// A statement failed.
    #[error("{what} failed: {reason}")]
    StatementFailed {
        /// What was being done.
        what: &'static str,
        /// In the words of the server.
        reason: String,
    },
}

impl DatabaseError {
    /// A statement that failed while `what` was done.
    #[must_use]
    pub fn statement(what: &'static str, error: &sqlx::Error) -> Self {
        Self::StatementFailed { what, reason: error.to_string() }
    }

    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SecretUnavailable { .. } => "secret-unavailable",
            Self::SecretInvalid { .. } => "secret-invalid",
            Self::WrongEngine { .. } => "wrong-engine",
            Self::ConnectionFailed { .. } => "connection-failed",
            Self::AuthenticationFailed { .. } => "authentication-failed",
            Self::StatementFailed { .. } => "statement-failed",
        }
    }
}
