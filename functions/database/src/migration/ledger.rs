//! The record of what was applied, in either engine.

use std::fmt;

use serde::Serialize;
use sqlx::Connection as _;
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;

use super::{Migration, MigrationError, Resolution, mysql, postgres};
use crate::{DatabaseError, Family, MySql, Postgres, Session};

/// How long a run waits for another one, in seconds.
pub(crate) const LOCK_SECONDS: u32 = 60;

/// Which way a migration is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// It is applied.
    Up,
    /// It is undone.
    Down,
}

/// What a record says of its migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Applied,
    Applying,
    Undoing,
}

impl Mark {
    /// As the table has it. A word that is unknown counts as unfinished, which is the careful reading.
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "applied" => Self::Applied,
            "undoing" => Self::Undoing,
            _ => Self::Applying,
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) version: i64,
    pub(crate) name: String,
    pub(crate) checksum: String,
    pub(crate) mark: Mark,
    /// UTC, as the database writes it.
    pub(crate) at: String,
}

/// The columns of a row, as a record has them.
type Row = (i64, String, String, String, String);

/// What went wrong with a migration, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Statements of it that were done and stay done.
    pub statements: usize,
    /// In the words of the server.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { statements, reason } = self;
        match statements {
            0 => write!(formatter, "and left nothing behind: {reason}"),
            statements => write!(formatter, "after {statements} of its statements, which stay done: {reason}"),
        }
    }
}

impl From<&sqlx::Error> for Failure {
    fn from(error: &sqlx::Error) -> Self {
        Self { statements: 0, reason: error.to_string() }
    }
}

/// The table, in words that both engines know.
pub(crate) const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (\
    version BIGINT NOT NULL PRIMARY KEY, \
    name VARCHAR(200) NOT NULL, \
    checksum CHAR(64) NOT NULL, \
    state VARCHAR(16) NOT NULL, \
    recorded_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

/// A connection of its own, whose end frees the lock whatever happened.
pub(crate) enum Ledger {
    MySql(MySqlConnection),
    Postgres(PgConnection),
}

/// An error of the record itself.
fn recording(error: &sqlx::Error) -> DatabaseError {
    DatabaseError::statement("keeping the record of migrations", error)
}

impl Ledger {
    /// Connects to what the secret names.
    pub(crate) async fn open(session: &Session) -> Result<Self, DatabaseError> {
        Ok(match session.login().await?.family {
            Family::MySql => Self::MySql(session.connect::<MySql>().await?),
            Family::Postgres => Self::Postgres(session.connect::<Postgres>().await?),
        })
    }

    /// Waits until no other run is under way, and keeps others waiting until the connection ends.
    pub(crate) async fn lock(&mut self) -> Result<(), MigrationError> {
        let locked = match self {
            Self::MySql(connection) => mysql::lock(connection).await,
            Self::Postgres(connection) => postgres::lock(connection).await,
        };
        if locked.map_err(|error| recording(&error))? {
            return Ok(());
        }
        Err(MigrationError::Locked { seconds: LOCK_SECONDS.into() })
    }

    /// Makes the table where it is not there.
    pub(crate) async fn prepare(&mut self) -> Result<(), DatabaseError> {
        let made = match self {
            Self::MySql(connection) => sqlx::raw_sql(CREATE_TABLE).execute(connection).await.map(drop),
            Self::Postgres(connection) => sqlx::raw_sql(CREATE_TABLE).execute(connection).await.map(drop),
        };
        made.map_err(|error| recording(&error))
    }

    /// Every row, by number.
    pub(crate) async fn records(&mut self) -> Result<Vec<Record>, DatabaseError> {
        let rows: Result<Vec<Row>, _> = match self {
            Self::MySql(connection) => sqlx::query_as(mysql::RECORDS).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_as(postgres::RECORDS).fetch_all(connection).await,
        };
        let read =
            |(version, name, checksum, word, at): Row| Record { version, name, checksum, mark: Mark::parse(&word), at };
        Ok(rows.map_err(|error| recording(&error))?.into_iter().map(read).collect())
    }

    /// Runs a migration and records it.
    pub(crate) async fn step(&mut self, migration: &Migration, direction: Direction) -> Result<(), Failure> {
        let sql = match direction {
            Direction::Up => migration.up.as_str(),
            Direction::Down => migration.down.as_deref().unwrap_or_default(),
        };
        match self {
            Self::MySql(connection) => mysql::step(connection, migration, direction, sql).await,
            Self::Postgres(connection) => {
                postgres::step(connection, migration, direction, sql).await.map_err(|error| Failure::from(&error))
            }
        }
    }

    /// Records what became of an unfinished migration.
    pub(crate) async fn resolve(&mut self, version: i64, resolution: Resolution) -> Result<(), DatabaseError> {
        let resolved = match self {
            Self::MySql(connection) => match resolution {
                Resolution::Applied => mysql::mark(connection, version, "applied").await,
                Resolution::Pending => mysql::forget(connection, version).await,
            },
            Self::Postgres(connection) => postgres::resolve(connection, version, resolution).await,
        };
        resolved.map_err(|error| recording(&error))
    }

    /// Ends the connection in good order; the server frees the lock in any case.
    pub(crate) async fn close(self) {
        let _ignored = match self {
            Self::MySql(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        };
    }
}
