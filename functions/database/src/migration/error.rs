//! Why migrations were not run.

use lambda_runtime::Diagnostic;
use thiserror::Error;

use super::Direction;
use super::ledger::Failure;
use crate::DatabaseError;

/// A run that did not come to its end.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// Files that do not make a list of migrations.
    #[error("the migrations cannot be read: {}", faults.join("; "))]
    FilesInvalid {
        /// One sentence per file.
        faults: Vec<String>,
    },
    /// The database could not be reached, or its record of migrations not be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Another run holds the lock for too long.
    #[error("another run of migrations has held the lock for {seconds} s; look again when it is done")]
    Locked {
        /// How long this one waited.
        seconds: u64,
    },
    /// Record and files contradict each other; nothing was run.
    #[error("nothing was run, because record and files contradict each other: {}", faults.join("; "))]
    RecordContradicts {
        /// One sentence per migration.
        faults: Vec<String>,
    },
    /// A migration failed.
    #[error(
        "{} migration {migration} failed {failure}{}",
        match direction { Direction::Up => "applying", Direction::Down => "undoing" },
        if done.is_empty() { String::new() } else { format!("; done before it: {done:?}") }
    )]
    StepFailed {
        /// Number and name.
        migration: String,
        /// What was being done with it.
        direction: Direction,
        /// What went wrong and what is left of it.
        failure: Failure,
        /// Numbers of those that were done before.
        done: Vec<i64>,
    },
    /// Only a migration that ended in the middle can be resolved.
    #[error("migration {version} is not unfinished, so there is nothing to resolve")]
    NotUnfinished {
        /// Its number.
        version: i64,
    },
}

impl MigrationError {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FilesInvalid { .. } => "migration-files-invalid",
            Self::Database(error) => error.code(),
            Self::Locked { .. } => "migrations-locked",
            Self::RecordContradicts { .. } => "migration-record-contradicts",
            Self::StepFailed { .. } => "migration-failed",
            Self::NotUnfinished { .. } => "migration-not-unfinished",
        }
    }
}

impl From<MigrationError> for Diagnostic {
    fn from(error: MigrationError) -> Self {
        Self { error_type: error.code().into(), error_message: error.to_string() }
    }
}
