//! Migrations on `PostgreSQL`, each in one transaction with its record.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use super::ledger::LOCK_SECONDS;
use super::{Direction, Migration, Resolution};

/// Every row, the time in UTC.
pub(super) const RECORDS: &str = "SELECT version, name, checksum::text, state, \
    to_char(recorded_at, 'YYYY-MM-DD HH24:MI:SS') FROM schema_migrations ORDER BY version";

/// Key of the lock, one for each database: "stackmig" in ASCII.
const LOCK_KEY: i64 = 0x7374_6163_6b6d_6967;

/// SQLSTATE of a lock that was not given within `lock_timeout`.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// A lock that the server frees with the session. False when another session keeps it.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let wait = format!("SET TIME ZONE 'UTC'; SET lock_timeout = '{LOCK_SECONDS}s'");
    sqlx::raw_sql(AssertSqlSafe(wait)).execute(&mut *connection).await?;
    let locked = sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK_KEY).execute(&mut *connection).await;
    match locked {
        Ok(_) => {
            sqlx::raw_sql("SET lock_timeout = 0").execute(connection).await?;
            Ok(true)
        }
        Err(error) => match error.as_database_error().and_then(DatabaseError::code) {
            Some(code) if code == LOCK_NOT_AVAILABLE => Ok(false),
            _ => Err(error),
        },
    }
}

/// Runs a migration and records it, or does neither.
pub(super) async fn step(
    connection: &mut PgConnection,
    migration: &Migration,
    direction: Direction,
    sql: &str,
) -> Result<(), sqlx::Error> {
    const RECORD: &str =
        "INSERT INTO schema_migrations (version, name, checksum, state) VALUES ($1, $2, $3, 'applied')";
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *transaction).await?;
    match direction {
        Direction::Up => {
            let record = sqlx::query(RECORD).bind(migration.version).bind(&migration.name).bind(migration.checksum());
            record.execute(&mut *transaction).await?;
        }
        Direction::Down => forget(&mut transaction, migration.version).await?,
    }
    transaction.commit().await
}

/// Records what became of an unfinished migration. This engine leaves none; a record by hand may.
pub(super) async fn resolve(
    connection: &mut PgConnection,
    version: i64,
    resolution: Resolution,
) -> Result<(), sqlx::Error> {
    match resolution {
        Resolution::Applied => {
            const MARK: &str = "UPDATE schema_migrations SET state = 'applied' WHERE version = $1";
            sqlx::query(MARK).bind(version).execute(connection).await.map(drop)
        }
        Resolution::Pending => forget(connection, version).await,
    }
}

async fn forget(connection: &mut PgConnection, version: i64) -> Result<(), sqlx::Error> {
    const FORGET: &str = "DELETE FROM schema_migrations WHERE version = $1";
    sqlx::query(FORGET).bind(version).execute(connection).await.map(drop)
}
