//! Migrations: numbered files of SQL that bring a schema forward and back.
//!
//! What was applied is recorded in the table `schema_migrations`, with the checksum of what was run. A run holds a lock of the
//! server, so that of two runs at once the second finds nothing left to do. `PostgreSQL` runs a migration and its record in one
//! transaction. `MySQL` ends a transaction with every change of a schema; there a migration is recorded before it begins, and one
//! that ends in the middle stays recorded as unfinished until somebody says what became of it.

mod error;
mod files;
mod ledger;
mod mysql;
mod postgres;
mod status;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::Session;
use ledger::Ledger;
use status::{check_all, compare};

pub use error::MigrationError;
pub use files::{Migration, parse_migrations};
pub use ledger::Direction;
pub use status::{MigrationStatus, State};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Apply what is pending, in the order of the numbers.
    Up {},
    /// Undo the applied migrations with the highest numbers.
    Down {
        /// How many; one unless said.
        #[serde(default = "one")]
        steps: NonZeroU32,
    },
    /// Only tell.
    Status {},
    /// Says what became of a migration that ended in the middle.
    Resolve {
        /// Its number.
        version: i64,
        /// What it counts as from now on.
        r#as: Resolution,
    },
}

/// What an unfinished migration counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// Its changes are there, all of them.
    Applied,
    /// Its changes are not there, none of them.
    Pending,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// A migration that was applied or undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// What was done with it.
    pub direction: Direction,
}

/// What a run did and how the schema stands after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What was done, in this order.
    pub steps: Vec<Step>,
    /// Every migration that has a file or a record, by number.
    pub migrations: Vec<MigrationStatus>,
}

/// Runs a command.
///
/// # Errors
///
/// [`MigrationError`]. Steps that were done before the one that failed stay done, and are named.
pub async fn migrate(session: &Session, migrations: &[Migration], command: Command) -> Result<Report, MigrationError> {
    let mut ledger = Ledger::open(session).await?;
    let result = run(&mut ledger, migrations, command).await;
    ledger.close().await;
    result
}

async fn run(ledger: &mut Ledger, migrations: &[Migration], command: Command) -> Result<Report, MigrationError> {
    ledger.lock().await?;
    ledger.prepare().await?;
    let records = ledger.records().await?;
    let before = compare(migrations, &records);
    let steps = match command {
        Command::Status {} => Vec::new(),
        Command::Up {} => {
            check_all(&before)?;
            let is_pending = |migration: &&Migration| records.iter().all(|record| record.version != migration.version);
            let pending: Vec<&Migration> = migrations.iter().filter(is_pending).collect();
            step(ledger, &pending, Direction::Up).await?
        }
        Command::Down { steps } => {
            let steps = usize::try_from(steps.get()).unwrap_or(usize::MAX);
            let undone = status::to_undo(migrations, &before, steps)?;
            step(ledger, &undone, Direction::Down).await?
        }
        Command::Resolve { version, r#as } => {
            if !before.iter().any(|status| status.version == version && status.state == State::Unfinished) {
                return Err(MigrationError::NotUnfinished { version });
            }
            ledger.resolve(version, r#as).await?;
            Vec::new()
        }
    };
    Ok(Report { steps, migrations: compare(migrations, &ledger.records().await?) })
}

async fn step(
    ledger: &mut Ledger,
    migrations: &[&Migration],
    direction: Direction,
) -> Result<Vec<Step>, MigrationError> {
    let mut done: Vec<Step> = Vec::new();
    for migration in migrations {
        ledger.step(migration, direction).await.map_err(|failure| MigrationError::StepFailed {
            migration: migration.label(),
            direction,
            failure,
            done: done.iter().map(|step| step.version).collect(),
        })?;
        done.push(Step { version: migration.version, name: migration.name.clone(), direction });
    }
    Ok(done)
}
