//! Migrations on `MySQL` and `MariaDB`, where every change of a schema is final at once.

use futures::StreamExt as _;
use sqlx::AssertSqlSafe;
use sqlx::mysql::MySqlConnection;

use super::ledger::{Failure, LOCK_SECONDS};
use super::{Direction, Migration};

/// Every row; the time in UTC, in which the driver opens its sessions.
pub(super) const RECORDS: &str = "SELECT version, name, checksum, state, DATE_FORMAT(recorded_at, '%Y-%m-%d %H:%i:%s') \
    FROM schema_migrations ORDER BY version";

/// A lock of the server by name, one for each database; names have 64 characters at most. False when another session keeps it.
pub(super) async fn lock(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    const LOCK: &str = "SELECT CAST(GET_LOCK(CONCAT('migrations.', LEFT(SHA2(DATABASE(), 256), 40)), ?) AS SIGNED)";
    let locked: Option<i64> = sqlx::query_scalar(LOCK).bind(LOCK_SECONDS).fetch_one(connection).await?;
    Ok(locked == Some(1))
}

/// Runs a migration between two records: that it began, and that it is done.
pub(super) async fn step(
    connection: &mut MySqlConnection,
    migration: &Migration,
    direction: Direction,
    sql: &str,
) -> Result<(), Failure> {
    let version = migration.version;
    let began = match direction {
        Direction::Up => begin(connection, migration).await,
        Direction::Down => mark(connection, version, "undoing").await,
    };
    began.map_err(|error| Failure::from(&error))?;
    let ran = run(connection, sql).await;
    let recorded = match (direction, &ran) {
        (Direction::Up, Ok(())) | (Direction::Down, Err(Failure { statements: 0, .. })) => {
            mark(connection, version, "applied").await
        }
        (Direction::Down, Ok(())) | (Direction::Up, Err(Failure { statements: 0, .. })) => {
            forget(connection, version).await
        }
        // What it left is for a person to judge.
        (_, Err(_)) => Ok(()),
    };
    ran?;
    recorded.map_err(|error| Failure::from(&error))
}

/// Runs statements one after the other, counting those that are done: a statement that fails undoes itself alone.
async fn run(connection: &mut MySqlConnection, sql: &str) -> Result<(), Failure> {
    let mut results = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_many(connection);
    let mut statements = 0;
    while let Some(result) = results.next().await {
        match result {
            Ok(result) => statements += usize::from(result.is_left()),
            Err(error) => return Err(Failure { statements, reason: error.to_string() }),
        }
    }
    Ok(())
}

async fn begin(connection: &mut MySqlConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    const BEGIN: &str = "INSERT INTO schema_migrations (version, name, checksum, state) VALUES (?, ?, ?, 'applying')";
    let begin = sqlx::query(BEGIN).bind(migration.version).bind(&migration.name).bind(migration.checksum());
    begin.execute(connection).await.map(drop)
}

/// Writes what a record says of its migration.
pub(super) async fn mark(connection: &mut MySqlConnection, version: i64, word: &str) -> Result<(), sqlx::Error> {
    // The time is named, because the first TIMESTAMP of a table may move by itself.
    const MARK: &str = "UPDATE schema_migrations SET state = ?, recorded_at = CURRENT_TIMESTAMP WHERE version = ?";
    sqlx::query(MARK).bind(word).bind(version).execute(connection).await.map(drop)
}

/// Takes a record away.
pub(super) async fn forget(connection: &mut MySqlConnection, version: i64) -> Result<(), sqlx::Error> {
    const FORGET: &str = "DELETE FROM schema_migrations WHERE version = ?";
    sqlx::query(FORGET).bind(version).execute(connection).await.map(drop)
}
