//! Profiles as the database has them.

use database::{Database, DatabaseError, Postgres};
use http_events::Problem;
use serde::Serialize;
use sqlx::error::DatabaseError as DatabaseFailure;

use crate::Update;

/// What others see of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Id of the profile.
    pub uuid: String,
    /// Id of the user in the user pool, after which the avatar is named.
    pub cognito_user_id: String,
    /// Name in addresses.
    pub handle: String,
    /// Name for people.
    pub display_name: String,
    /// Description; empty where there is none.
    pub bio: String,
}

/// The columns of a profile.
type Row = (String, String, String, String, String);

impl From<Row> for Profile {
    fn from((uuid, cognito_user_id, handle, display_name, bio): Row) -> Self {
        Self { uuid, cognito_user_id, handle, display_name, bio }
    }
}

/// The profile with a handle.
pub(crate) async fn find(database: &Database<Postgres>, handle: &str) -> Result<Option<Profile>, DatabaseError> {
    const FIND: &str =
        "SELECT uuid::text, cognito_user_id, handle, display_name, COALESCE(bio, '') FROM users WHERE handle = $1";
    let mut connection = database.connection().await?;
    let row: Result<Option<Row>, _> = sqlx::query_as(FIND).bind(handle).fetch_optional(&mut *connection).await;
    Ok(row.map_err(|error| DatabaseError::statement("reading a profile", &error))?.map(Profile::from))
}

/// Writes somebody's profile, which is made where there is none; returns it. The inner refusal: the handle is another's.
pub(crate) async fn write(
    database: &Database<Postgres>,
    update: &Update,
) -> Result<Result<Profile, Problem>, DatabaseError> {
    const WRITE: &str = "INSERT INTO users AS present (cognito_user_id, handle, display_name, bio) \
        VALUES ($1, COALESCE($2, $3), $4, $5) \
        ON CONFLICT (cognito_user_id) DO UPDATE SET handle = COALESCE($2, present.handle), \
        display_name = excluded.display_name, bio = COALESCE(excluded.bio, present.bio) \
        RETURNING uuid::text, cognito_user_id, handle, display_name, COALESCE(bio, '')";
    let mut connection = database.connection().await?;
    let write = sqlx::query_as(WRITE)
        .bind(&update.user)
        .bind(&update.handle)
        .bind(&update.first_handle)
        .bind(&update.display_name)
        .bind(&update.bio);
    let written: Result<Row, _> = write.fetch_one(&mut *connection).await;
    match written {
        Ok(row) => Ok(Ok(row.into())),
        Err(error) if error.as_database_error().is_some_and(DatabaseFailure::is_unique_violation) => {
            let handle = update.handle.as_ref().unwrap_or(&update.first_handle);
            let message = format!("`{handle}` is somebody else's: choose another `handle`");
            Ok(Err(Problem::new(409, "handle-taken", message)))
        }
        Err(error) => Err(DatabaseError::statement("writing a profile", &error)),
    }
}
